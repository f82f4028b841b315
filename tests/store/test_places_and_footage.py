"""Venues, cameras, runs, recordings, coverage."""

from dataclasses import replace
from datetime import datetime

import pytest
from store_stories import SITE, at

from sightline.domain.event import Role
from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import coverage, recordings, runs, venues
from sightline.store.database import Database
from sightline.store.runs import StoredRun, StoredTrack


def test_venue_keeps_what_is_not_said_again(database: Database) -> None:
    with database.transaction() as connection:
        made = venues.ensure_venue(SITE, connection, "v", name="My Shop", timezone="Africa/Johannesburg")
        again = venues.ensure_venue(SITE, connection, "v")
        renamed = venues.ensure_venue(SITE, connection, "v", name="Our Shop")
        assert venues.get_venue(SITE, connection, "v") == renamed
    assert again == made
    assert renamed == replace(made, name="Our Shop")


def test_new_venue_is_named_by_its_id_and_lives_in_utc(database: Database) -> None:
    with database.transaction() as connection:
        made = venues.ensure_venue(SITE, connection, "v")
    assert (made.name, made.timezone) == ("v", "UTC")


@pytest.mark.parametrize("bad", ["", "../etc", "a/b", "a b", "x" * 51, "caf\u00e9", "a\n"])
def test_ids_that_could_be_paths_are_refused(database: Database, bad: str) -> None:
    with pytest.raises(StoreError, match="must be 1 to 50 of"), database.transaction() as connection:
        venues.ensure_venue(SITE, connection, bad)
    with pytest.raises(StoreError, match="must be 1 to 50 of"), database.transaction() as connection:
        venues.ensure_camera(SITE, connection, "shop", bad, source_label="")


@pytest.mark.parametrize("zone", ["Europe/Pariss", "../../etc/passwd", ""])
def test_unknown_time_zone_is_refused(database: Database, zone: str) -> None:
    with pytest.raises(StoreError, match="unknown time zone"), database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "v", timezone=zone)


def test_camera_of_no_venue_is_refused_by_name(database: Database) -> None:
    with pytest.raises(StoreError, match="no venue 'nowhere'"), database.transaction() as connection:
        venues.ensure_camera(SITE, connection, "nowhere", "till", source_label="")


def test_password_of_a_camera_is_never_stored(database: Database) -> None:
    address = "rtsp://admin:p@ss:w0rd@10.0.0.5:554/live?x=1"
    with database.transaction() as connection:
        venues.ensure_camera(SITE, connection, "shop", "till", source_label=address)
        (camera,) = venues.list_cameras(SITE, connection, "shop")
    assert camera.source_label == "rtsp://***@10.0.0.5:554/live?x=1"


def test_venues_outside_the_scope_are_neither_seen_nor_made(database: Database) -> None:
    other = Scope.of("other")
    with database.reading() as connection:
        assert [venue.id for venue in venues.list_venues(other, connection)] == ["other"]
        assert venues.get_venue(other, connection, "shop") is None
        assert venues.list_cameras(other, connection, "shop") == []
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        venues.ensure_venue(other, connection, "third")


def a_run(run_id: str, start: float, end: float, **changes: object) -> StoredRun:
    return replace(
        StoredRun(
            id=run_id,
            venue_id="shop",
            camera_id="till",
            source_name="till.mp4",
            source_sha256="ab" * 32,
            recorded_at=at(start),
            recorded_until=at(end),
            recorded_at_source="file name",
            started_at=at(9000),
            finished_at=None,
            software="sightline 0.1.0",
            analysis={"detector": "yolo11n", "fps": 5.0},
            frames=100,
            analysed_frames=20,
            warnings=("the file is cut off",),
            visitors={"count": 3, "low": 2, "high": None},
        ),
        **changes,
    )


def a_track(track_id: int) -> StoredTrack:
    return StoredTrack(
        track_id=track_id,
        first_at=at(1),
        last_at=at(2),
        frames=5,
        role=Role.STAFF,
        role_confidence=0.9,
        role_reason="behind the line",
    )


def test_run_and_its_tracks_come_back_as_given(database: Database) -> None:
    run, tracks = a_run("r1", 0, 100), [a_track(1), a_track(7)]
    with database.transaction() as connection:
        assert runs.replace_run(SITE, connection, run, tracks) == []
        assert runs.list_runs(SITE, connection, venue_id="shop", camera_id="till") == [run]
        assert runs.list_tracks(SITE, connection, "r1") == tracks
        assert runs.list_runs(Scope.of("other"), connection) == []
        assert runs.list_tracks(Scope.of("other"), connection, "r1") == []


@pytest.mark.parametrize(
    ("start", "end", "goes"),
    [
        pytest.param(0, 100, True, id="the same footage"),
        pytest.param(50, 400, True, id="half of it"),
        pytest.param(51, 400, False, id="less than half of it"),
        pytest.param(100, 200, False, id="the next file"),
    ],
)
def test_older_run_goes_when_half_of_its_footage_is_analysed_again(
    database: Database, start: float, end: float, goes: bool
) -> None:
    with database.transaction() as connection:
        runs.replace_run(SITE, connection, a_run("old", 0, 100), [a_track(1)])
        gone = runs.replace_run(SITE, connection, a_run("new", start, end), [])
        assert gone == (["old"] if goes else [])
        assert runs.list_tracks(SITE, connection, "old") == ([] if goes else [a_track(1)])


def test_run_of_a_single_picture_is_replaced_too(database: Database) -> None:
    with database.transaction() as connection:
        runs.replace_run(SITE, connection, a_run("old", 5, 5), [])
        assert runs.replace_run(SITE, connection, a_run("new", 5, 5), []) == ["old"]


def test_same_run_stored_twice_is_one(database: Database) -> None:
    with database.transaction() as connection:
        for _ in range(2):
            runs.replace_run(SITE, connection, a_run("r", 0, 100), [a_track(1)])
        assert len(runs.list_runs(SITE, connection)) == len(runs.list_tracks(SITE, connection, "r")) == 1


def a_segment(path: str, start: float, end: float) -> RecordedSegment:
    return RecordedSegment(
        path=path,
        started_at=at(start),
        ended_at=at(end),
        zero_at=at(start - 1),
        codec="h264",
        frames=250,
        size_bytes=5_000_000_000,
    )


def test_segments_of_a_span_are_those_that_hold_a_picture_of_it(database: Database) -> None:
    segments = [a_segment(f"{n}.mp4", n * 10, n * 10 + 10) for n in range(4)]
    with database.transaction() as connection:
        recordings.put_segments(SITE, connection, "shop", "till", segments)
        recordings.put_segments(SITE, connection, "shop", "till", segments[:2])

        def between(start: float, end: float, scope: Scope = SITE) -> list[RecordedSegment]:
            return recordings.segments_between(scope, connection, "shop", "till", at(start), at(end))

        assert between(0, 40) == segments
        assert between(10, 15) == segments[1:2], "the one before ends where the span begins"
        assert between(15, 20) == segments[1:3], "the picture at the end of the span belongs to it"
        assert between(50, 60) == between(0, 40, Scope.of("other")) == []
        assert recordings.forget_segments(SITE, connection, "shop", "till", ["0.mp4", "9.mp4"]) == 1
        assert between(0, 40) == segments[1:]


def test_coverage_of_a_minute_is_replaced_not_added(database: Database) -> None:
    def minute(number: int) -> datetime:
        return at(60 * number)

    with database.transaction() as connection:
        for frames in (100, 300):
            seen = {minute(0): frames, minute(1): 0, minute(2): 5}
            coverage.add_coverage(SITE, connection, "shop", "till", seen)
        found = coverage.coverage_between(SITE, connection, venue_id="shop", camera_id="till")
        assert [(one.minute_at, one.frames_seen) for one in found] == [(minute(0), 300), (minute(2), 5)]
        assert coverage.coverage_between(Scope.of("other"), connection, venue_id="shop") == []
        bounded = coverage.coverage_between(SITE, connection, venue_id="shop", start=minute(0), end=minute(2))
        assert [one.minute_at for one in bounded] == [minute(0)]


def test_coverage_counts_whole_minutes(database: Database) -> None:
    with pytest.raises(ValueError, match="start of a minute"), database.transaction() as connection:
        coverage.add_coverage(SITE, connection, "shop", "till", {at(1): 5})


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda s, c: runs.replace_run(s, c, a_run("r", 0, 1), []), id="run"),
        pytest.param(lambda s, c: recordings.put_segments(s, c, "shop", "till", []), id="segment"),
        pytest.param(lambda s, c: recordings.forget_segments(s, c, "shop", "till", []), id="no segment"),
        pytest.param(lambda s, c: coverage.add_coverage(s, c, "shop", "till", {}), id="coverage"),
        pytest.param(lambda s, c: venues.ensure_camera(s, c, "shop", "till", source_label=""), id="camera"),
    ],
)
def test_nothing_is_written_outside_the_scope(database: Database, write) -> None:
    with (
        pytest.raises(StoreError, match="'shop' is outside this scope"),
        database.transaction() as connection,
    ):
        write(Scope.of("other"), connection)
