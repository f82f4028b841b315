"""A live camera tells events while they last: reports, rows, and what is left of them after a kill."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest
from camera_stories import FPS, NOON, RULES, VENUE, open_shop, pictures, plan, standing, who_is_there
from footage_made import write_video
from test_live_watch import Watching
from test_store_writer import camera

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.line_alarm import LineNow
from sightline.domain.scope import Scope
from sightline.domain.track import Box
from sightline.domain.zone import Zone, ZoneKind
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.recovery import finish_killed_run
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.database import Database
from sightline.store.event_ids import event_ids
from sightline.store.events import StoredEvent, list_events
from sightline.store.evidence import StoredEvidence, evidence_of_events, list_evidence
from sightline.store.recordings import put_segments
from sightline.store.runs import list_runs
from sightline.testing.detectors import Script, ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock

SITE = Scope.site()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_shop(tmp_path) as database:
        yield database


def stored(
    database: Database, *, ongoing: bool | None = False, state: str | None = "current"
) -> list[StoredEvent]:
    with database.reading() as connection:
        return list_events(SITE, connection, ongoing=ongoing, state=state)


def turns_out_to_be_staff(at_s: float) -> list[Box]:
    """Alone in the shop for 6 s, then behind the line for good."""
    return [standing(200, 20)] if at_s < 6 else [standing(max(20, 200 - 40 * (at_s - 6)), 20)]


def test_a_confirmed_wait_is_reported_with_its_picture_and_again_as_the_same_event_at_its_end() -> None:
    live = Watching()
    live.see(*pictures(19))
    (report,) = [one for one in live.told.reports if one.confirmed]
    (so_far,) = report.confirmed
    assert report.until == so_far.ended_at == at(4)
    assert so_far.started_at == at(0)
    lasting = [one.until for one in live.told.reports if one.ongoing]
    assert (lasting[0], lasting[-1]) == (at(4), at(17.8))  # lost for up to 5 s after 12.8 s
    finished = next(event for event in live.told.events if event.kind is EventKind.UNATTENDED)
    assert ids(so_far) == ids(finished)
    assert not any(one.withdrawn for one in live.told.reports)


def ids(event: ServiceEvent) -> str:
    return next(event_ids(VENUE, "cam1", event))


def test_one_who_turns_out_to_be_staff_is_reported_as_withdrawn() -> None:
    live = Watching(turns_out_to_be_staff)
    live.see(*pictures(40))
    live.watch.finish()
    confirmed = [one for report in live.told.reports for one in report.confirmed]
    assert [one for report in live.told.reports for one in report.withdrawn] == confirmed
    assert len(confirmed) == 1
    assert live.told.events == []


def test_lines_are_reported_while_they_are_seen_and_not_when_the_camera_is_gone() -> None:
    line = Zone("line", ZoneKind.QUEUE, ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
    reports: list[WatchReport] = []
    watch = LiveWatch(rules=replace(RULES, zones=(line,)), tracker=open_tracker, on_report=reports.append)
    detector = ScriptedDetector(lambda _: [standing(200, 20)], NOON)
    for frame in pictures(8):
        watch.take(frame, detector.detect(frame))
    assert reports[0].lines == (LineNow(place="line", length=0, longest_wait=timedelta()),)
    assert reports[-1].lines == (LineNow(place="line", length=1, longest_wait=timedelta(seconds=7.8)),)
    watch.finish()
    assert (reports[-1].lines, reports[-1].ongoing) == ((), ())


def test_the_row_is_there_while_the_wait_lasts_and_complete_afterwards(database: Database) -> None:
    writer = StoreWriter(database, every_s=60)
    one = camera(writer)
    one.see(0, 5)
    assert writer.flush(5)
    assert stored(database) == []
    (going_on,) = stored(database, ongoing=True)
    assert (going_on.started_at, going_on.ended_at, going_on.run_id) == (at(0), at(4), "run 1")
    with database.reading() as connection:
        (clip,) = list_evidence(SITE, connection)
        (run,) = list_runs(SITE, connection)
    assert (clip.stage, clip.wanted_until) == ("provisional", at(4))
    assert run.open_since == at(0)
    assert one.book.events == 0

    one.see(5, 15)
    one.watch.finish()
    one.book.finish(datetime.now(UTC))
    assert writer.close() == 0
    finished = {event.id: event for event in stored(database)}
    assert (finished[going_on.id].ongoing, finished[going_on.id].kind) == (False, EventKind.UNATTENDED)
    assert stored(database, ongoing=True) == []
    assert one.book.events == len(finished) == 2


def test_a_wait_is_told_at_once_not_with_the_next_round_of_the_writer(database: Database) -> None:
    writer = StoreWriter(database, every_s=3600)
    one = camera(writer)
    one.see(0, 4.4)
    for _ in range(200):
        if stored(database, ongoing=True):
            break
        writer._thread.join(0.01)
    assert len(stored(database, ongoing=True)) == 1
    assert writer.close() == 0


def test_told_and_withdrawn_before_anything_could_be_written_leaves_nothing(database: Database) -> None:
    writer = StoreWriter(database, every_s=3600)
    one = camera(writer)
    watching = Watching(turns_out_to_be_staff)
    watching.see(*pictures(40))
    for report in watching.told.reports:
        with one.book._lock:
            one.book._queued = True  # as if the writer had not come round
        one.book.report(report)
    with one.book._lock:
        one.book._queued = False
    one.book.report(watching.told.reports[-1])
    one.book.finish(datetime.now(UTC))
    assert writer.close() == 0
    assert stored(database, ongoing=None, state=None) == []


def test_one_who_turns_out_to_be_staff_does_not_stay_ongoing(database: Database) -> None:
    writer = StoreWriter(database, every_s=0.01)
    one = camera(writer)
    detector = ScriptedDetector(turns_out_to_be_staff, NOON)
    for frame in pictures(40):
        one.watch.take(frame, detector.detect(frame))
        if frame.captured_at == at(5):
            assert writer.flush(5)
            assert len(stored(database, ongoing=True)) == 1
    one.book.finish(datetime.now(UTC))
    assert writer.close() == 0
    assert stored(database, ongoing=True) == stored(database) == []
    (gone,) = stored(database, ongoing=None, state=None)
    assert gone.state == "superseded"


class Killed:
    """A camera whose process was killed after `seconds`: its recording goes on to 11 s."""

    def __init__(self, database: Database, folder: Path, seconds: float) -> None:
        self.database, self.folder = database, folder
        writer = StoreWriter(database, every_s=60)
        one = camera(writer)
        one.see(0, seconds)
        assert writer.flush(5)
        self._record(write_video(folder / "camera.mp4", frames=11 * FPS, fps=FPS, gop=FPS))
        writer.close()
        (self.told,) = stored(database, ongoing=True)

    def _record(self, video: Path) -> None:
        folder = self.folder / "recordings"
        with (
            av.open(str(video)) as source,
            Recorder(folder, name=f"{VENUE}/cam1", segment_s=5, on_segment=self._put) as recorder,
        ):
            stream = source.streams.video[0]
            clock = CaptureClock(recorded_at=NOON, first_pts=0, time_base=stream.time_base or Fraction(1))
            recorder.begin(stream, clock)
            for packet in source.demux(stream):
                if packet.size:
                    recorder.write(packet)

    def _put(self, segment: object) -> None:
        with self.database.transaction() as connection:
            put_segments(SITE, connection, VENUE, "cam1", [segment])  # type: ignore[list-item]

    def recover(self, script: Script = who_is_there) -> tuple[str, ...]:
        settings = replace(
            plan(self.folder, "cam1", lambda: ""), detector=lambda: ScriptedDetector(script, NOON)
        )
        with self.database.reading() as connection:
            (run,) = list_runs(SITE, connection)
        pool = InferencePool(1)
        try:
            return finish_killed_run(run, settings, until=at(60), database=self.database, pool=pool)
        finally:
            assert pool.close()

    def clips(self) -> list[StoredEvidence]:
        with self.database.reading() as connection:
            return [
                evidence_of_events(SITE, connection, [self.told.id], stage=stage)[self.told.id]
                for stage in ("provisional", "final")
            ]


def test_what_went_on_at_a_kill_is_completed_by_the_second_look(database: Database, tmp_path: Path) -> None:
    killed = Killed(database, tmp_path, 5)
    added = killed.recover()
    assert killed.told.id in added
    wait, service = stored(database)
    assert (wait.id, wait.ongoing, wait.started_at) == (killed.told.id, False, at(0))
    assert (service.kind, service.ended_at) == (EventKind.INTERACTION, at(10.8))
    assert wait.ended_at > killed.told.ended_at
    assert {who.track_id for who in wait.participants}.isdisjoint(
        {who.track_id for who in killed.told.participants}
    ), "numbers of the second look's tracker, which go on after those of the first"
    provisional, final = killed.clips()
    assert provisional.incident_id == final.incident_id
    assert final.wanted_until == wait.ended_at + timedelta(seconds=5)
    with database.reading() as connection:
        assert list_runs(SITE, connection)[0].finished_at is not None


def test_what_the_second_look_does_not_see_is_closed_as_it_stood(database: Database, tmp_path: Path) -> None:
    killed = Killed(database, tmp_path, 5)
    assert killed.recover(lambda _: []) == ()
    (wait,) = stored(database)
    assert wait == replace(killed.told, ongoing=False)
    assert killed.clips()[1].wanted_until == killed.told.ended_at + timedelta(seconds=5)
