"""A camera watched live finds what its recording shows, and keeps nothing of what is over."""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from camera_stories import FPS, NOON, ROUND_S, RULES, picture, pictures, standing, who_is_there

from sightline.domain.event import EventKind, ServiceEvent
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.loop import WatchedFootage, watch_footage
from sightline.store.runs import StoredTrack
from sightline.testing.detectors import Script, ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.video.picture import Frame


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass
class Told:
    """All that a watch reported."""

    reports: list[WatchReport] = field(default_factory=list)
    quiet: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def events(self) -> list[ServiceEvent]:
        events = [event for report in self.reports for event in report.events]
        return sorted(events, key=lambda event: (event.started_at, event.kind))

    @property
    def tracks(self) -> list[StoredTrack]:
        gone = [one.stored() for report in self.reports for one in report.tracks]
        return sorted(gone, key=lambda one: one.track_id)

    @property
    def coverage(self) -> dict[datetime, int]:
        total: dict[datetime, int] = {}
        for report in self.reports:
            for minute, frames in report.coverage.items():
                total[minute] = total.get(minute, 0) + frames
        return total


class Watching:
    def __init__(self, script: Script = who_is_there) -> None:
        self.told = Told()
        self.watch = LiveWatch(
            rules=RULES,
            tracker=open_tracker,
            on_report=self.told.reports.append,
            on_quiet=lambda quiet: self.told.quiet.append((len(self.told.reports), quiet)),
        )
        self.detector = ScriptedDetector(script, NOON)

    def see(self, *frames: Frame) -> None:
        for frame in frames:
            self.watch.take(frame, self.detector.detect(frame))


def watched(frames: list[Frame], script: Script = who_is_there) -> WatchedFootage:
    return watch_footage(
        detected_ahead(frames, ScriptedDetector(script, NOON)),
        tracker=open_tracker(),
        rules=RULES,
        tracks_file=io.StringIO(),
        on_frame=lambda _: None,
    )


def test_live_events_tracks_and_coverage_are_those_of_the_recording() -> None:
    frames = pictures(4 * ROUND_S)
    live = Watching()
    live.see(*frames)
    live.watch.finish()

    file = watched(frames)
    assert {event.kind for event in file.events} == {EventKind.UNATTENDED, EventKind.INTERACTION}
    assert tuple(live.told.events) == file.events
    assert live.told.coverage == file.coverage
    assert any(track.zones.stays for track in file.tracks)
    assert [one.zones for report in live.told.reports for one in report.tracks] == [
        track.zones for track in sorted(file.tracks, key=lambda track: track.span.ended_at)
    ]
    assert [(one.track_id, one.first_at, one.last_at, one.frames, one.role) for one in live.told.tracks] == [
        (one.track_id, one.first_at, one.last_at, one.frames, one.role)
        for one in (track.stored() for track in file.tracks)
    ]


def test_a_hole_in_the_stream_is_time_that_passes() -> None:
    frames = pictures(4) + pictures(10, start_s=34)
    live = Watching()
    live.see(*frames)
    live.watch.finish()
    assert tuple(live.told.events) == watched(frames).events


def test_ending_what_is_open_during_a_hole_gives_the_events_the_next_picture_would_give() -> None:
    frames = pictures(4) + pictures(10, start_s=34)
    live = Watching()
    live.see(*frames[: 4 * FPS])
    live.watch.finish()
    assert [event.ended_at for event in live.told.events] == [at(3.8)]
    live.see(*frames[4 * FPS :])
    live.watch.finish()
    assert tuple(live.told.events) == watched(frames).events


def test_what_goes_on_is_told_since_its_start_and_no_more_once_it_is_over() -> None:
    live = Watching()
    live.see(*pictures(4))
    assert live.told.reports[-1].open_since == at(0)
    live.see(*pictures(14.6, start_s=4))  # gone at 13 s, and forgotten 5 s later
    assert live.told.reports[-1].open_since is None
    assert live.told.reports[-1].until == at(18.4)


def test_an_event_is_told_with_the_picture_that_concluded_it() -> None:
    live = Watching()
    live.see(*pictures(19))
    (report, *_) = [report for report in live.told.reports if report.events]
    assert report.concluded_at is not None
    assert report.concluded_at == report.until > report.events[0].ended_at


def test_pictures_of_another_size_end_what_goes_on_and_tracks_count_on() -> None:
    live = Watching()
    live.see(*pictures(5))
    live.see(*(picture(at_s, size=(640, 480)) for at_s in (5.0, 5.2, 5.4)))
    assert [(event.kind, event.ended_at) for event in live.told.events] == [(EventKind.UNATTENDED, at(4.8))]
    live.watch.finish()
    numbers = [track.track_id for track in live.told.tracks]
    assert len(numbers) == len(set(numbers)) == 4


@pytest.mark.parametrize("late_s", [1.0, 3.8], ids=["earlier", "the same again"])
def test_a_picture_that_is_not_later_than_the_last_is_left_out_and_counted(late_s: float) -> None:
    live = Watching()
    live.see(*pictures(4))
    live.see(picture(late_s))
    assert live.watch.late == 1
    assert len(live.told.reports) == 4 * FPS


def test_quiet_is_told_when_the_last_one_is_gone_for_good_and_ended_by_the_first_sight() -> None:
    live = Watching(lambda at_s: [standing(100, 100)] if at_s < 2 or at_s >= 12 else [])
    live.see(*pictures(14))
    assert live.told.quiet == [(36, True), (61, False)]  # 5 s after the last sight at 1.8 s; at 12 s


def test_memory_stays_as_large_as_the_scene() -> None:
    """A shop full of passers-by, hour after hour."""
    live = Watching(lambda at_s: [standing(20 + 10 * (at_s % 25), 100)] if at_s % 25 < 12 else [])
    live.see(*pictures(1200, fps=2.5))
    assert len(live.told.tracks) >= 40
    kept = live.watch._watch  # what is kept of tracks has no other door
    assert max(map(len, (kept._evidence, kept._spans, kept._last_seen, kept._people))) <= 2
    assert len(live.watch._sightings) <= 2


def test_who_is_in_view_is_told_as_of_now() -> None:
    live = Watching()
    live.see(*pictures(5))
    assert live.watch.people_now() == {"customers": 1, "staff": 1, "waiting": 0}
    live.see(*pictures(13.8, start_s=5))  # the customer went at 13 s, and is no longer looked for
    assert live.watch.people_now() == {"customers": 0, "staff": 1, "waiting": 0}


def test_numbers_go_on_after_those_of_earlier_runs() -> None:
    fresh, later = Watching(), Watching()
    later.watch.number_from(1_000)
    for one in (fresh, later):
        one.see(*pictures(2 * ROUND_S))
        one.watch.finish()

    numbers = [track.track_id for track in fresh.told.tracks]
    assert numbers
    assert [track.track_id for track in later.told.tracks] == [1_000 + number for number in numbers]
