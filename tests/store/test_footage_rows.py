"""Footage of live cameras: what is oldest, what is still needed, and when a clip can be cut."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event
from store_stories import SITE, at
from store_workers import MINUTE, exit_code, start, tell_of_pictures

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.store import claims, coverage, evidence, gaps, live, recordings
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.runs import StoredRun


def a_segment(start: float, end: float, size: int = 1000) -> RecordedSegment:
    return RecordedSegment(
        path=f"shop/till/{start:g}.mp4",
        started_at=at(start),
        ended_at=at(end),
        zero_at=at(start),
        codec="h264",
        frames=150,
        size_bytes=size,
    )


def recorded(database: Database, *segments: RecordedSegment, venue_id: str = "shop") -> None:
    with database.transaction() as connection:
        for segment in segments:
            recordings.put_segment(SITE, connection, venue_id, "till", segment)


def wanted(database: Database, start: float, end: float, *, created: float | None = None) -> StoredEvidence:
    with database.transaction() as connection:
        return claims.want_clip(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            wanted_from=at(start),
            wanted_until=at(end),
            at=at(end if created is None else created),
        )


def ripe(database: Database, second: float) -> list[str]:
    with database.reading() as connection:
        return [one.id for one in evidence.ripe_evidence(SITE, connection, now=at(second))]


@pytest.fixture
def running(database: Database) -> Database:
    """The till is recorded and analysed since the opening."""
    run = StoredRun(
        id="live-1",
        venue_id="shop",
        camera_id="till",
        source_name="rtsp://10.0.0.7",
        source_sha256=None,
        recorded_at=at(0),
        recorded_until=at(0),
        recorded_at_source="wall clock",
        started_at=at(0),
        finished_at=None,
        software="sightline 0.2.0",
        analysis={},
        frames=0,
        analysed_frames=0,
        warnings=(),
        visitors={},
        kind="live",
    )
    with database.transaction() as connection:
        live.begin_run(SITE, connection, run)
    return database


def test_clip_is_ripe_when_the_recording_has_reached_its_end(running: Database) -> None:
    recorded(running, a_segment(0, 10), a_segment(10, 20))
    clip = wanted(running, 12, 25)
    assert ripe(running, 26) == []
    assert ripe(running, 4000) == []
    recorded(running, a_segment(20, 24.99))
    assert ripe(running, 4000) == []
    recorded(running, a_segment(24.99, 35))
    assert ripe(running, 36) == [clip.id]


def test_clip_of_a_camera_in_a_gap_is_ripe_after_half_a_minute(running: Database) -> None:
    recorded(running, a_segment(0, 20))
    clip = wanted(running, 12, 25, created=22)
    gap = Gap(started_at=at(20), ended_at=None, reason=GapReason.STALLED)
    with running.transaction() as connection:
        gap_id = gaps.open_gap(SITE, connection, "shop", "till", gap)
    assert ripe(running, 54.9) == []
    assert ripe(running, 55) == [clip.id]
    with running.transaction() as connection:
        gaps.close_gap(SITE, connection, gap_id, at(60))
    assert ripe(running, 61) == []


def test_clip_of_a_camera_that_no_longer_runs_is_ripe_after_half_a_minute(running: Database) -> None:
    clip = wanted(running, 12, 25, created=40)
    with running.transaction() as connection:
        live.finish_run(SITE, connection, "live-1", at=at(41))
    assert ripe(running, 69) == []
    assert ripe(running, 70) == [clip.id]


def test_footage_of_another_camera_makes_no_clip_ripe(running: Database) -> None:
    wanted(running, 12, 25)
    recorded(running, a_segment(0, 100), venue_id="other")
    assert ripe(running, 4000) == []


def test_what_was_sealed_or_lies_outside_the_scope_is_not_ripe(running: Database) -> None:
    recorded(running, a_segment(0, 100))
    clip, other = wanted(running, 12, 25), wanted(running, 30, 40)
    with running.transaction() as connection:
        evidence.mark_missing(SITE, connection, clip.id, failure="there is no footage")
        assert evidence.ripe_evidence(Scope.of("other"), connection, now=at(200)) == []
    assert ripe(running, 200) == [other.id]


def test_oldest_footage_of_all_cameras_comes_first(database: Database) -> None:
    recorded(database, a_segment(20, 30), a_segment(0, 10), a_segment(10, 20))
    recorded(database, a_segment(5, 15), venue_id="other")
    with database.reading() as connection:
        found = recordings.oldest_segments(SITE, connection, 3)
        assert [(one.venue_id, one.camera_id, one.segment.started_at) for one in found] == [
            ("shop", "till", at(0)),
            ("other", "till", at(5)),
            ("shop", "till", at(10)),
        ]
        early = recordings.oldest_segments(SITE, connection, 9, ended_before=at(15))
        assert [one.segment.ended_at for one in early] == [at(10)]
        own = recordings.oldest_segments(Scope.of("other"), connection, 9)
        assert [one.segment.started_at for one in own] == [at(5)]


def test_footage_that_a_clip_is_still_to_be_cut_from_is_not_free(database: Database) -> None:
    recorded(database, *(a_segment(start, start + 10) for start in range(0, 100, 10)))
    recorded(database, a_segment(40, 50), venue_id="other")
    clip = wanted(database, 45, 55)
    with database.transaction() as connection:
        needed = recordings.segments_needed_by_evidence(SITE, connection)
        free = recordings.oldest_segments(SITE, connection, 99, only_free=True)
        assert [one.segment.started_at for one in needed] == [at(second) for second in (30, 40, 50, 60)]
        assert {one.venue_id for one in needed} == {"shop"}
        assert {*needed, *free} == set(recordings.oldest_segments(SITE, connection, 99))
        assert not {*needed} & {*free}
        evidence.mark_missing(SITE, connection, clip.id, failure="it is over")
        assert recordings.segments_needed_by_evidence(SITE, connection) == []


def test_size_and_end_of_what_is_recorded(database: Database) -> None:
    with database.reading() as connection:
        assert recordings.recorded_bytes(SITE, connection) == 0
        assert recordings.last_segment(SITE, connection, "shop", "till") is None
    recorded(database, a_segment(10, 20, 700), a_segment(0, 10, 50))
    recorded(database, a_segment(90, 99, 8000), venue_id="other")
    with database.reading() as connection:
        assert recordings.recorded_bytes(SITE, connection) == 8750
        assert recordings.recorded_bytes(SITE, connection, venue_id="shop", camera_id="till") == 750
        assert recordings.recorded_bytes(Scope.of("other"), connection) == 8000
        assert recordings.last_segment(SITE, connection, "shop", "till") == a_segment(10, 20, 700)
        assert recordings.last_segment(Scope.of("other"), connection, "shop", "till") is None


def test_pictures_of_a_minute_are_added_up_as_they_are_told(database: Database) -> None:
    with database.transaction() as connection:
        coverage.count_coverage(SITE, connection, "shop", "till", {at(0): 5})
        coverage.count_coverage(SITE, connection, "shop", "till", {at(0): 7, at(60): 1})
        coverage.count_coverage(SITE, connection, "shop", "till", {})
        found = coverage.coverage_between(SITE, connection, venue_id="shop")
        assert [one.frames_seen for one in found] == [12, 1]
        coverage.add_coverage(SITE, connection, "shop", "till", {at(0): 300})
        found = coverage.coverage_between(SITE, connection, venue_id="shop")
    assert [one.frames_seen for one in found] == [300, 1]
    with pytest.raises(ValueError, match="not the start of a minute"), database.transaction() as connection:
        coverage.count_coverage(SITE, connection, "shop", "till", {at(1): 5})


@pytest.mark.slow
def test_six_processes_that_write_at_once_lose_nothing_of_each_other(url: str, database: Database) -> None:
    """None waits for its turn for long: measured by what one alone takes, on a machine as busy as it is."""
    alone_s = seconds_of_writers(url, 1)
    took_s = seconds_of_writers(url, 6)
    with database.reading() as connection:
        (minute,) = coverage.coverage_between(SITE, connection, venue_id="shop")
    assert (minute.minute_at, minute.frames_seen) == (MINUTE, 7 * 100)
    assert took_s < 5 + 5 * 6 * alone_s


def seconds_of_writers(url: str, processes: int) -> float:
    began = time.monotonic()
    writers = [start(tell_of_pictures, url, 100) for _ in range(processes)]
    assert [exit_code(writer) for writer in writers] == [0] * processes
    return time.monotonic() - began


def test_what_is_asked_every_two_seconds_reads_no_whole_table(running: Database) -> None:
    """Of a week of footage, the queries of worker and supervisor touch what an index names."""
    with running.transaction() as connection:
        asked = {
            "ripe evidence": lambda: evidence.ripe_evidence(SITE, connection, now=at(0)),
            "last segment": lambda: recordings.last_segment(SITE, connection, "shop", "till"),
            "oldest segments": lambda: recordings.oldest_segments(SITE, connection, 10, only_free=True),
            "needed segments": lambda: recordings.segments_needed_by_evidence(SITE, connection),
            "size of a camera": lambda: recordings.recorded_bytes(
                SITE, connection, venue_id="shop", camera_id="till"
            ),
            "open gaps": lambda: gaps.open_gaps(SITE, connection),
            "unfinished runs": lambda: live.unfinished_runs(SITE, connection),
        }
        for name, ask in asked.items():
            for step in plan_of(connection, ask):
                whole = "Seq Scan" in step or (step.startswith("SCAN") and "USING" not in step)
                assert not whole, f"{name}: {step}"


def plan_of(connection: Connection, ask: Callable[[], object]) -> list[str]:
    """The steps in which the database carries out the queries of `ask`."""
    queries: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        queries.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    ask()
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN"
    if connection.dialect.name == "postgresql":
        explain = "EXPLAIN"
        # The tables are too small for PostgreSQL to bother with an index: ask what it would do otherwise.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plans = [connection.exec_driver_sql(f"{explain} {sql}", given) for sql, given in queries]
    steps = [row[-1] for plan in plans for row in plan]
    assert steps
    return steps
