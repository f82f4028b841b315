"""A live camera tells its run, tracks and events piece by piece, twice if need be, and after a kill."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from store_stories import SITE, at, interaction, unattended

from sightline.domain.event import Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import events, evidence, live, runs
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.replacement import Replacement, replace_events
from sightline.store.runs import StoredRun, StoredTrack
from sightline.store.track_ids import highest_live_track_id


def a_run(run_id: str = "live-1", start: float = 0, *, kind: str = "live", **changes: Any) -> StoredRun:
    return replace(
        StoredRun(
            id=run_id,
            venue_id="shop",
            camera_id="till",
            source_name="rtsp://***@10.0.0.7/main",
            source_sha256=None,
            recorded_at=at(start),
            recorded_until=at(start),
            recorded_at_source="wall clock",
            started_at=at(start),
            finished_at=None,
            software="sightline 0.2.0",
            analysis={"detector": "builtin"},
            frames=0,
            analysed_frames=0,
            warnings=(),
            visitors={"count": 0, "low": 0, "high": 0},
            kind=kind,
        ),
        **changes,
    )


def a_track(track_id: int, last: float) -> StoredTrack:
    return StoredTrack(
        track_id=track_id,
        first_at=at(1),
        last_at=at(last),
        frames=5,
        role=Role.CUSTOMER,
        role_confidence=0.9,
        role_reason="in front of the line",
    )


def test_who_came_back_is_noted_once_and_the_newest_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without an end must not grow without one."""
    monkeypatch.setattr(live, "MERGES_KEPT", 4)
    begun(database)
    back = [{"track_id": number, "cosine": 0.9} for number in range(5)]
    with database.transaction() as connection:
        assert live.note_merges(SITE, connection, "live-1", back[:2])
        assert live.note_merges(SITE, connection, "live-1", back[:3])  # told again by a writer cut off
        told_twice = runs.get_run(SITE, connection, "live-1")
        assert told_twice is not None
        assert told_twice.analysis["merges"] == back[:3]
        assert live.note_merges(SITE, connection, "live-1", back[3:])
        assert not live.note_merges(SITE, connection, "unknown", back)
        run = runs.get_run(SITE, connection, "live-1")
        assert run is not None
        assert run.analysis == {"detector": "builtin", "merges": back[1:]}
        assert not live.note_merges(Scope.of("other"), connection, "live-1", back)


def begun(database: Database, run: StoredRun | None = None) -> StoredRun:
    run = run or a_run()
    with database.transaction() as connection:
        live.begin_run(SITE, connection, run)
    return run


def told(
    database: Database, *found: ServiceEvent, run_id: str = "live-1", recovered: bool = False
) -> tuple[str, ...]:
    with database.transaction() as connection:
        return live.append_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id=run_id,
            events=found,
            rule=ClipRule(),
            at=at(9000),
            recovered=recovered,
        )


def stored(database: Database, state: str = "current") -> list[tuple[datetime, datetime]]:
    with database.reading() as connection:
        found = events.list_events(SITE, connection, venue_id="shop", state=state)
        clips = evidence.evidence_of_events(SITE, connection, [one.id for one in found])
    assert set(clips) == {one.id for one in found if state == "current"}
    return [(one.started_at, one.ended_at) for one in found]


def analysed(
    database: Database, found: Sequence[ServiceEvent], start: float, end: float, run_id: str = "file-1"
) -> Replacement:
    """What `analyze` does in one transaction."""
    run = a_run(run_id, start, kind="file", recorded_until=at(end), finished_at=at(9000))
    with database.transaction() as connection:
        runs.replace_run(SITE, connection, run, [])
        return replace_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id=run_id,
            span=(at(start), at(end)),
            events=found,
        )


def test_run_grows_and_ends(database: Database) -> None:
    run = begun(database)
    with database.transaction() as connection:
        assert live.unfinished_runs(SITE, connection, venue_id="shop", camera_id="till") == [run]
        assert live.extend_run(
            SITE,
            connection,
            run.id,
            recorded_until=at(60),
            frames=900,
            analysed_frames=300,
            open_since=at(42),
        )
        grown = replace(run, recorded_until=at(60), frames=900, analysed_frames=300, open_since=at(42))
        assert live.unfinished_runs(SITE, connection) == [grown]
        assert live.finish_run(
            SITE, connection, run.id, at=at(70), analysed_frames=305, warnings=["12 pictures dropped"]
        )
        assert not live.finish_run(SITE, connection, run.id, at=at(71))
        assert runs.get_run(SITE, connection, run.id) == replace(
            grown,
            analysed_frames=305,
            finished_at=at(70),
            open_since=None,
            warnings=("12 pictures dropped",),
        )
        assert live.unfinished_runs(SITE, connection) == []
        assert not live.extend_run(
            SITE, connection, run.id, recorded_until=at(90), frames=1, analysed_frames=1, open_since=None
        )


def test_run_begun_twice_is_one_and_that_of_a_file_is_none_that_goes_on(database: Database) -> None:
    begun(database)
    run = begun(database)
    with database.reading() as connection:
        assert runs.list_runs(SITE, connection) == [run]
    with pytest.raises(StoreError, match="'f' is not one that goes on"):
        begun(database, a_run("f", kind="file"))


def test_tracks_are_replaced_as_they_grow(database: Database) -> None:
    begun(database)
    with database.transaction() as connection:
        assert live.add_tracks(SITE, connection, "live-1", [a_track(1, 5), a_track(2, 6)])
        assert live.add_tracks(SITE, connection, "live-1", [a_track(2, 9), a_track(3, 9)])
        assert live.add_tracks(SITE, connection, "live-1", [])
        assert runs.list_tracks(SITE, connection, "live-1") == [a_track(1, 5), a_track(2, 9), a_track(3, 9)]
        assert not live.add_tracks(SITE, connection, "gone", [a_track(1, 5)])


def test_event_claims_its_footage_from_the_start_of_the_run_to_the_end_of_the_post_roll(
    database: Database,
) -> None:
    begun(database, a_run(start=100))
    first, second = told(database, unattended(102, 140), interaction(150, 200))
    with database.reading() as connection:
        clips = evidence.evidence_of_events(SITE, connection, [first, second])
        one = events.get_event(SITE, connection, first)
    assert (clips[first].wanted_from, clips[first].wanted_until) == (at(100), at(145))
    assert (clips[second].wanted_from, clips[second].wanted_until) == (at(145), at(205))
    assert {clip.state for clip in clips.values()} == {"wanted"}
    assert one is not None
    assert (one.run_id, one.created_at, one.state) == ("live-1", at(9000), "current")


def test_event_told_twice_is_one(database: Database) -> None:
    begun(database)
    ids = told(database, unattended(100, 140), interaction(150, 200))
    assert len(ids) == 2
    assert told(database, interaction(150, 200), unattended(100, 140)) == ()
    assert told(database, unattended(100, 140), unattended(300, 340)) != ()
    assert len(stored(database)) == 3


def test_two_customers_who_wait_at_the_same_time_are_two_events(database: Database) -> None:
    begun(database)
    together = [unattended(100, 140, customer=3), unattended(100, 140, customer=4)]
    assert len(told(database, *together)) == 2
    assert len(told(database, unattended(102, 141, customer=5))) == 1
    assert len(stored(database)) == 3


def test_recovery_adds_only_what_the_killed_run_had_not_told(database: Database) -> None:
    begun(database)
    told(database, unattended(100, 140, customer=3))
    # Analysed again from 95 s, by a tracker that counts anew: the same wait, another, and the open one.
    found = [
        unattended(100.2, 139.8, customer=1),
        interaction(150, 200),
        unattended(130, 190, customer=2),
    ]
    assert len(told(database, *found, recovered=True)) == 2
    assert told(database, *found, recovered=True) == ()
    assert stored(database) == [(at(100), at(140)), (at(130), at(190)), (at(150), at(200))]


def test_recovery_that_reaches_further_keeps_what_was_told(database: Database) -> None:
    begun(database)
    (event_id,) = told(database, unattended(100, 140))
    assert told(database, unattended(99, 160, customer=8), recovered=True) == ()
    with database.reading() as connection:
        kept = events.get_event(SITE, connection, event_id)
    assert kept is not None
    assert (kept.started_at, kept.ended_at) == (at(100), at(140))


def test_recovery_knows_two_at_once_from_one(database: Database) -> None:
    begun(database)
    told(database, unattended(100, 140, customer=3))
    both = [unattended(101, 140, customer=1), unattended(99.5, 140, customer=2)]
    assert len(told(database, *both, recovered=True)) == 1
    assert len(stored(database)) == 2


def test_short_event_far_before_is_not_taken_for_the_same(database: Database) -> None:
    begun(database)
    told(database, interaction(100, 100.4))
    assert told(database, interaction(100.6, 101.2, customer=9), recovered=True) != ()
    assert told(database, interaction(100.5, 101.1, customer=11), recovered=True) == ()


def test_analysing_exported_footage_replaces_the_live_events_of_that_span(database: Database) -> None:
    begun(database)
    ids = told(database, unattended(100, 140), interaction(150, 200), unattended(500, 560))
    with database.transaction() as connection:
        live.extend_run(
            SITE, connection, "live-1", recorded_until=at(600), frames=1, analysed_frames=1, open_since=None
        )
        live.finish_run(SITE, connection, "live-1", at=at(600))
    done = analysed(database, [unattended(101, 140.5), interaction(300, 330)], 90, 400)
    assert done.kept == (ids[0],)
    assert done.superseded == (ids[1],)
    assert stored(database) == [(at(101), at(140.5)), (at(300), at(330)), (at(500), at(560))]
    with database.reading() as connection:
        assert [one.id for one in runs.list_runs(SITE, connection)] == ["file-1"]  # it covers half and more


def test_analysing_footage_of_a_run_that_goes_on_does_not_take_it_away(database: Database) -> None:
    begun(database)
    (first,) = told(database, unattended(100, 140))
    with database.transaction() as connection:
        live.extend_run(
            SITE, connection, "live-1", recorded_until=at(200), frames=1, analysed_frames=1, open_since=None
        )
    assert analysed(database, [unattended(100, 140)], 0, 200).kept == (first,)
    with database.transaction() as connection:
        assert [one.id for one in live.unfinished_runs(SITE, connection)] == ["live-1"]
        assert live.add_tracks(SITE, connection, "live-1", [a_track(1, 5)])
    assert len(told(database, unattended(210, 250))) == 1
    # Told again by the live run, or found by its recovery: the analysis of the file has it already.
    assert told(database, unattended(100, 140)) == ()
    assert told(database, unattended(100.4, 140.2, customer=9)) == ()
    assert told(database, unattended(100.4, 140.2, customer=9), recovered=True) == ()
    assert stored(database) == [(at(100), at(140)), (at(210), at(250))]


def test_event_that_an_analysis_withdrew_does_not_come_back_by_being_told_again(database: Database) -> None:
    begun(database)
    (event_id,) = told(database, unattended(100, 140))
    assert analysed(database, [], 0, 90).superseded == ()
    assert analysed(database, [], 0, 200).superseded == (event_id,)
    assert told(database, unattended(100, 140)) == ()
    assert stored(database) == []


def test_event_of_a_run_that_is_gone_is_stored_all_the_same(database: Database) -> None:
    (event_id,) = told(database, unattended(100, 140), run_id="gone")
    with database.reading() as connection:
        clip = evidence.evidence_of_events(SITE, connection, [event_id])[event_id]
    assert clip.wanted_from == at(95)


def test_longest_event_of_the_past_is_found_among_many(database: Database) -> None:
    """The lookup is bounded by the length of the new event; half an overlap cannot start earlier."""
    begun(database)
    told(database, unattended(0, 3600))
    assert told(database, unattended(1800, 3600, customer=9), recovered=True) == ()
    assert len(told(database, unattended(1810, 3600, customer=9), recovered=True)) == 1


def test_runs_and_events_outside_the_scope_are_refused(database: Database) -> None:
    begun(database)
    other = Scope.of("other")
    with database.transaction() as connection:
        assert live.unfinished_runs(other, connection) == []
        assert runs.get_run(other, connection, "live-1") is None
        assert not live.add_tracks(other, connection, "live-1", [a_track(1, 5)])
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.begin_run(other, connection, a_run("live-2"))
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.finish_run(other, connection, "live-1", at=at(5))
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.append_events(
            other,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id="live-1",
            events=[],
            rule=ClipRule(pre=timedelta(0)),
            at=at(5),
        )


def test_the_highest_number_of_a_camera_is_that_of_all_its_live_runs(database: Database) -> None:
    begun(database)
    with database.transaction() as connection:
        assert highest_live_track_id(SITE, connection, "shop", "till") == 0
        live.add_tracks(SITE, connection, "live-1", [a_track(3, 9)])
    begun(database, a_run("live-2", 100))
    told(database, interaction(101, 120, customer=5, staff=7), run_id="live-2")
    analysed(database, [interaction(301, 320, customer=90, staff=91)], 300, 400)
    with database.reading() as connection:
        assert highest_live_track_id(SITE, connection, "shop", "till") == 7
        assert highest_live_track_id(SITE, connection, "shop", "door") == 0
        assert highest_live_track_id(Scope.of("other"), connection, "shop", "till") == 0
