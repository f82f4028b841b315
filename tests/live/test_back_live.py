"""People who come back after a long gap before a live camera: one stay, told once."""

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from camera_stories import RULES, picture, pictures, standing
from test_live_watch import NOON, at

from sightline.domain.detection import FloatArray
from sightline.domain.scene import CameraRules
from sightline.domain.track import Box
from sightline.domain.zone import Zone, ZoneKind
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.loop import watch_footage
from sightline.pipeline.recovery import _Found
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.vision.clothes import Clothes
from sightline.vision.picture import Picture


class OneColour:
    """Everybody wears the same."""

    even, same, note = 0.5, 0.8, ""

    def vectors(self, picture: Picture, boxes: FloatArray) -> FloatArray:  # noqa: ARG002
        return np.tile(np.array([1, 0], np.float32), (len(boxes), 1))

    def facts(self) -> dict[str, str | int | float]:
        return {"name": "one colour"}


def behind_a_shelf(at_s: float) -> list[Box]:
    return [] if 4 <= at_s < 14 else [standing(150, 100)]


class Watching:
    def __init__(self, clothes: Clothes | None, *, ids_from: int = 0, rules: CameraRules = RULES) -> None:
        self.reports: list[WatchReport] = []
        self.quiet: list[bool] = []
        self.watch = LiveWatch(
            rules=rules,
            tracker=open_tracker,
            on_report=self.reports.append,
            on_quiet=self.quiet.append,
            clothes=clothes,
        )
        self.watch.number_from(ids_from)
        self.detector = ScriptedDetector(behind_a_shelf, NOON)

    def see(self, start_s: float, end_s: float, *, size: tuple[int, int] = (320, 240)) -> None:
        for frame in pictures(end_s - start_s, start_s=start_s):
            shown = picture((frame.captured_at - NOON).total_seconds(), size=size)
            self.watch.take(shown, self.detector.detect(shown))

    def tracks(self) -> list[tuple[int, float, float]]:
        """Number, first and last second of those that were handed over."""
        return [
            (
                one.span.track_id,
                (one.span.started_at - NOON).total_seconds(),
                (one.span.ended_at - NOON).total_seconds(),
            )
            for report in self.reports
            for one in report.tracks
        ]


def test_who_comes_back_is_one_track_and_the_hole_is_no_dwell() -> None:
    live = Watching(OneColour(), ids_from=10)
    live.see(0, 18)
    assert live.tracks() == []
    live.watch.finish()
    assert live.tracks() == [(11, 0.0, 17.8)]
    (seen,) = [one for report in live.reports for one in report.tracks]
    assert seen.frames == pytest.approx(8 * 5, abs=1)
    assert sum(stay.duration.total_seconds() for stay in seen.zones.stays) == pytest.approx(7.6, abs=0.3)
    (merge,) = [one for report in live.reports for one in report.merges]
    assert (merge.track_id, merge.lost_at) == (11, at(3.8))


def test_by_motion_alone_they_are_two() -> None:
    live = Watching(None)
    live.see(0, 18)
    live.watch.finish()
    assert [track for track, _, _ in live.tracks()] == [1, 2]


def test_who_does_not_come_back_is_handed_over_once_the_long_memory_has_passed() -> None:
    live = Watching(OneColour())
    live.detector = ScriptedDetector(lambda at_s: behind_a_shelf(min(at_s, 10)), NOON)
    live.see(0, 23)
    assert live.tracks() == []
    assert live.quiet == []  # the gate must not rest while somebody may come back
    live.see(23, 26)
    assert live.tracks() == [(1, 0.0, 3.8)]
    assert live.quiet == [True]


def test_after_the_end_was_told_nobody_comes_back() -> None:
    """A track that is handed over twice would be two stays in the store."""
    live = Watching(OneColour())
    live.see(0, 10)
    live.watch.finish()
    live.see(10, 18)
    live.watch.finish()
    assert [track for track, _, _ in live.tracks()] == [1, 2]


def test_in_pictures_of_another_size_nobody_comes_back() -> None:
    live = Watching(OneColour())
    live.see(0, 10)
    live.see(10, 18, size=(640, 480))
    live.watch.finish()
    assert [track for track, _, _ in live.tracks()] == [1, 2]


DOOR = replace(RULES, zones=(Zone("door", ZoneKind.ENTRANCE, ((0.4, 0.6), (0.7, 0.6), (0.5, 1.0))),))


def test_who_was_lost_at_the_door_has_left_and_who_is_seen_there_3_s_later_has_come() -> None:
    detector = ScriptedDetector(lambda s: [] if 4 <= s < 7 else [standing(150, 100)], NOON)
    frames = pictures(12)
    tracks = [
        watch_footage(
            [(frame, detector.detect(frame)) for frame in frames],
            tracker=open_tracker(),
            rules=rules,
            tracks_file=io.StringIO(),
            on_frame=lambda _: None,
        ).tracks
        for rules in (RULES, DOOR)
    ]
    assert [len(found) for found in tracks] == [1, 2]

    live = Watching(None, rules=DOOR)
    live.detector = detector
    live.see(0, 12)
    live.watch.finish()
    assert [track for track, _, _ in live.tracks()] == [1, 2]


def test_after_a_kill_who_had_been_told_is_not_told_again_and_who_was_missing_is() -> None:
    for killed_s, told in ((10, [1]), (30, [])):
        found = _Found(since=at(0), until=at(killed_s))
        live = Watching(OneColour())
        live.detector = ScriptedDetector(lambda at_s: behind_a_shelf(min(at_s, 10)), NOON)
        live.see(0, 35)
        live.watch.finish()
        for report in live.reports:
            found.add(report)
        assert [one.span.track_id for one in found.tracks] == told
        assert found.seen_until == at(34.8)


def test_memory_stays_as_large_as_the_scene() -> None:
    live = Watching(OneColour())
    live.detector = ScriptedDetector(lambda s: [standing(20 + s % 25, 100)] if s % 25 < 3 else [], NOON)
    live.see(0, 300)
    kept = live.watch._watch  # what is kept of tracks has no other door
    assert len(live.tracks()) >= 8
    assert max(map(len, (kept._evidence, kept._spans, kept._last_seen, live.watch._sightings))) <= 3
    assert timedelta(seconds=20) > RULES.lost_after
