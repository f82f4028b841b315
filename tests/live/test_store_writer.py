"""One writer for all cameras: quick, patient, and losing nothing when the database is away."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from camera_stories import FPS, NOON, RULES, VENUE, open_shop, pictures, who_is_there
from sqlalchemy import Connection, event

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.store_writer import StoreWriter
from sightline.pipeline.visitor_book import VisitorBook
from sightline.store.clips import ClipRule
from sightline.store.coverage import coverage_between
from sightline.store.database import Database
from sightline.store.events import list_events
from sightline.store.recordings import put_segment, recorded_bytes
from sightline.store.runs import StoredRun, list_runs, list_tracks
from sightline.store.status import list_status
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.missing import Merge
from sightline.tracking.registry import open_tracker

SITE = Scope.site()


@dataclass
class Note:
    """A write that keeps a segment of so many bytes, and remembers what became of it."""

    size: int
    error: Exception | None = None
    stored_at: list[datetime] = field(default_factory=list)
    tries: int = 0
    label: str = "note"

    def prepare(self) -> None:
        return

    def store(self, connection: Connection) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error
        book_segment(connection, self.size)

    def stored(self, at: datetime) -> None:
        self.stored_at.append(at)


def book_segment(connection: Connection, size: int) -> None:
    put_segment(SITE, connection, VENUE, "cam1", segment(size))


def segment(size: int) -> RecordedSegment:
    at = NOON + timedelta(seconds=size)
    return RecordedSegment(
        path=f"shop/cam1/{size}.mp4",
        started_at=at,
        ended_at=at + timedelta(seconds=1),
        zero_at=at,
        codec="h264",
        frames=1,
        size_bytes=size,
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One that does not wait for others, so that being locked is an error at once."""
    with open_shop(tmp_path) as database:
        database.engine.dispose()
        event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 20"))
        yield database


@pytest.fixture
def locked(tmp_path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(tmp_path / "sightline.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def stored_bytes(database: Database) -> int:
    with database.reading() as connection:
        return recorded_bytes(SITE, connection)


def wait_until(holds: Callable[[], bool], timeout_s: float = 5) -> bool:
    until = time.monotonic() + timeout_s
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_what_is_given_is_committed_together_half_a_second_later(database: Database) -> None:
    writer, began = StoreWriter(database, every_s=0.3), time.monotonic()
    notes = [Note(1), Note(2), Note(3)]
    for note in notes:
        writer.submit(note)
    assert wait_until(lambda: all(note.stored_at for note in notes))
    assert time.monotonic() - began >= 0.3
    assert writer.counts.commits == 1
    assert writer.close() == 0
    assert stored_bytes(database) == 6


def test_urgent_things_are_committed_at_once_and_take_the_others_along(database: Database) -> None:
    writer, began = StoreWriter(database, every_s=60), time.monotonic()
    first, urgent = Note(1), Note(2)
    writer.submit(first)
    writer.submit(urgent, urgent=True)
    assert wait_until(lambda: bool(first.stored_at and urgent.stored_at))
    assert time.monotonic() - began < 5
    writer.close()


def test_a_locked_database_delays_and_loses_nothing(database: Database, locked: sqlite3.Connection) -> None:
    told: list[str | None] = []
    writer = StoreWriter(database, every_s=0.05, on_failure=told.append)
    for size in range(1, 11):
        writer.submit(Note(size))
        time.sleep(0.02)
    assert wait_until(lambda: writer.counts.failures >= 2)
    assert (writer.unsaved, stored_bytes(database)) == (10, 0)
    locked.execute("ROLLBACK")
    assert writer.flush(5)
    assert stored_bytes(database) == 55
    assert [reason is None for reason in told] == [False, True]
    assert writer.close() == 0


def test_closing_says_how_much_could_not_be_stored(database: Database, locked: sqlite3.Connection) -> None:
    writer, began = StoreWriter(database, every_s=0.05), time.monotonic()
    writer.submit(Note(1))
    writer.submit(Note(2))
    assert writer.close(timeout_s=0.5) == 2
    assert time.monotonic() - began < 3
    locked.execute("ROLLBACK")  # the thread goes on trying as long as the process lives
    assert wait_until(lambda: writer.unsaved == 0)


@pytest.mark.parametrize("error", [StoreError("no such camera"), RuntimeError("a mistake of ours")])
def test_what_the_database_never_takes_holds_up_nothing_else(database: Database, error: Exception) -> None:
    writer = StoreWriter(database, every_s=0.05)
    refused = Note(2, error=error)
    for note in (Note(1), refused, Note(3)):
        writer.submit(note)
    assert writer.flush(5)
    assert stored_bytes(database) == 4
    assert (writer.counts.refused, refused.tries, refused.stored_at) == (1, 1, [])
    assert writer.alive
    writer.close()


@dataclass
class Camera:
    """A camera's watch and book over pictures of a script."""

    book: CameraBook
    watch: LiveWatch

    def see(self, start_s: float, seconds: float) -> None:
        detector = ScriptedDetector(who_is_there, NOON)
        for frame in pictures(seconds, start_s=start_s):
            self.watch.take(frame, detector.detect(frame))


def camera(writer: StoreWriter) -> Camera:
    book = CameraBook(writer, VENUE, "cam1")
    book.begin(live_run("run 1"), rule=ClipRule(), frames=lambda: 7, zone=UTC, visitors=VisitorBook())
    return Camera(book, LiveWatch(rules=RULES, tracker=open_tracker, on_report=book.report))


def live_run(run_id: str) -> StoredRun:
    return StoredRun(
        id=run_id,
        venue_id=VENUE,
        camera_id="cam1",
        source_name="rtsp://camera",
        source_sha256=None,
        recorded_at=NOON,
        recorded_until=NOON,
        recorded_at_source="live",
        started_at=NOON,
        finished_at=None,
        software="test",
        analysis={},
        frames=0,
        analysed_frames=0,
        warnings=(),
        visitors={"count": None, "low": None, "high": None},
        kind="live",
    )


def test_who_came_back_is_noted_in_the_run(database: Database) -> None:
    writer = StoreWriter(database, every_s=0.05)
    one = camera(writer)
    merge = Merge(track_id=2, lost_at=NOON, back_at=NOON, cosine=0.9, runner_up=0.5, heights=1.0)
    one.book.report(
        WatchReport(
            until=NOON, concluded_at=NOON, events=(), tracks=(), coverage={}, open_since=None, merges=(merge,)
        )
    )
    assert writer.flush(5)
    with database.reading() as connection:
        (run,) = list_runs(SITE, connection)
    assert run.analysis["merges"] == [merge.document()]
    writer.close()


def test_a_run_grows_while_it_goes_on_and_ends_whole(database: Database) -> None:
    writer = StoreWriter(database, every_s=0.05)
    one = camera(writer)
    one.see(0, 4)
    assert writer.flush(5)
    with database.reading() as connection:
        (run,) = list_runs(SITE, connection)
    assert (run.open_since, run.recorded_until) == (NOON, NOON + timedelta(seconds=3.8))
    assert (run.analysed_frames, run.frames, run.finished_at) == (4 * FPS, 7, None)

    one.see(4, 36)
    one.watch.finish()
    one.book.finish(datetime.now(UTC))
    assert writer.close() == 0
    with database.reading() as connection:
        (run,) = list_runs(SITE, connection)
        events = list_events(SITE, connection)
        tracks = list_tracks(SITE, connection, run.id)
        minutes = coverage_between(SITE, connection, venue_id=VENUE)
    assert run.finished_at is not None
    assert (run.open_since, run.analysed_frames) == (None, 40 * FPS)
    assert sorted(event.kind for event in events) == ["interaction"] * 2 + ["unattended"] * 2
    assert one.book.events == 4
    assert len(tracks) == 3
    assert sum(minute.frames_seen for minute in minutes) == 40 * FPS


def test_an_outage_of_the_database_costs_a_live_camera_nothing(
    database: Database, locked: sqlite3.Connection
) -> None:
    writer = StoreWriter(database, every_s=0.02)
    one = camera(writer)
    for start_s in range(0, 40, 2):
        one.see(start_s, 2)
        time.sleep(0.02)
    waiting = writer.unsaved
    locked.execute("ROLLBACK")
    assert writer.flush(5)
    assert waiting <= 4  # what the watch brings is added up, not piled up
    with database.reading() as connection:
        assert len(list_events(SITE, connection)) >= 3
        assert list_runs(SITE, connection)[0].analysed_frames == 40 * FPS
        assert sum(one.frames_seen for one in coverage_between(SITE, connection, venue_id=VENUE)) == 40 * FPS
    writer.close()


def test_the_time_from_picture_to_commit_is_measured(database: Database) -> None:
    writer = StoreWriter(database, every_s=0.05)
    one = camera(writer)
    assert one.book.latency.p50_s is None
    one.see(0, 20)
    assert writer.flush(5)
    latency = one.book.latency
    since_noon_s = (datetime.now(UTC) - NOON).total_seconds()
    assert latency.count == 2
    assert latency.max_s == pytest.approx(since_noon_s, abs=60)
    writer.close()


def test_only_the_last_status_before_a_commit_is_stored(database: Database) -> None:
    writer = StoreWriter(database, every_s=0.2)
    book = CameraBook(writer, VENUE, "cam1")
    for number in range(20):
        book.put_status({"number": number})
    assert writer.flush(5)
    with database.reading() as connection:
        (status,) = list_status(SITE, connection)
    assert status.status == {"number": 19}
    assert writer.counts.commits == 1
    writer.close()
