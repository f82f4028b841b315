"""Running again: the same ids, nothing doubled, and evidence that stays exactly as long as it fits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from store_stories import OPENING, SITE, at, interaction, unattended

from sightline.domain.event import ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import all_tables, events, evidence, keeping, ledger, tables, venues
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.replacement import Replacement, replace_events

HOUR = (at(0), at(3600))


def analyse(
    database: Database,
    found: Sequence[ServiceEvent],
    *,
    run_id: str = "run-1",
    span: tuple[datetime, datetime] = HOUR,
    rule: ClipRule | None = None,
    camera_id: str = "till",
) -> Replacement:
    with database.transaction() as connection:
        return replace_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id=camera_id,
            run_id=run_id,
            span=span,
            events=found,
            rule=rule,
            at=OPENING + timedelta(days=1),
        )


def stored(database: Database, state: str | None = "current") -> list[events.StoredEvent]:
    with database.reading() as connection:
        return events.list_events(SITE, connection, venue_id="shop", state=state)


def clip_of(database: Database, event_id: str) -> evidence.StoredEvidence:
    with database.reading() as connection:
        return evidence.evidence_of_events(SITE, connection, [event_id])[event_id]


def seal(database: Database, event_id: str) -> evidence.StoredEvidence:
    claim = clip_of(database, event_id)
    with database.transaction() as connection:
        assert evidence.seal_evidence(
            SITE,
            connection,
            claim.id,
            manifest="{}",
            manifest_sha256="ab" * 32,
            signature="sig",
            key_id="key",
            sealed_at=at(4000),
            parts=claim.parts,
        )
    return clip_of(database, event_id)


def everything(database: Database) -> dict[str, list[tuple]]:
    """All rows of all tables, to see that nothing changed."""
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in all_tables.ALL_TABLES
        }


def test_events_come_back_as_they_were_found(database: Database) -> None:
    found = [interaction(10, 40), unattended(100, 200)]
    outcome = analyse(database, found)
    assert outcome.ids == outcome.inserted
    for one, happened in zip(stored(database), found, strict=True):
        for name in ("kind", "started_at", "ended_at", "confirmed_at", "score", "participants", "details"):
            assert getattr(one, name) == getattr(happened, name), name
        assert (one.run_id, one.state) == ("run-1", "current")


def test_same_run_again_changes_nothing_at_all(database: Database) -> None:
    found = [interaction(10, 40), unattended(100, 200), interaction(300, 301)]
    first = analyse(database, found)
    seal(database, first.ids[0])
    before = everything(database)
    again = analyse(database, found)
    assert again.kept == again.ids == first.ids
    assert again.superseded == ()
    assert everything(database) == before


def test_same_footage_in_another_database_gets_the_same_ids(database: Database) -> None:
    first = analyse(database, [interaction(10, 40)])
    assert first.ids == (stored(database)[0].id,)
    with database.transaction() as connection:
        for table in reversed(all_tables.ALL_TABLES):
            if table.name not in ("venue", "camera"):
                connection.execute(table.delete())
    assert analyse(database, [interaction(10, 40)]).ids == first.ids


def test_changed_times_keep_the_id_and_claim_new_footage_with_a_tombstone_for_the_old(
    database: Database,
) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    old = seal(database, event_id)
    outcome = analyse(database, [interaction(10, 50)], run_id="run-2")

    assert outcome.kept == (event_id,)
    new = clip_of(database, event_id)
    assert (new.state, new.wanted_until) == ("wanted", at(55))
    assert new.incident_id == old.incident_id, "the incident is the same"
    assert {part.file_name for part in new.parts}.isdisjoint(part.file_name for part in old.parts)
    with database.reading() as connection:
        buried = evidence.get_evidence(SITE, connection, old.id)
        (entry,) = ledger.unsealed_entries(SITE, connection, "shop")
    assert buried is not None
    assert (buried.state, buried.parts) == ("deleted", old.parts)
    assert (entry.action, entry.subject_kind, entry.subject_id) == ("superseded", "evidence", old.id)
    assert entry.facts == {"event_id": event_id, "manifest_sha256": old.manifest_sha256}


def test_a_held_clip_stays_although_the_times_of_its_event_changed(database: Database) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    old = seal(database, event_id)
    with database.transaction() as connection:
        keeping.hold_evidence(SITE, connection, old.id, by="police", reason="case 7", at=at(60))
    analyse(database, [interaction(10, 50)], run_id="run-2")
    kept = clip_of(database, event_id)
    assert (kept.id, kept.state) == (old.id, "sealed")


def test_changed_times_before_sealing_leave_no_trace_of_the_first_claim(database: Database) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    analyse(database, [interaction(10, 50)])
    with database.reading() as connection:
        assert [one.event_id for one in evidence.list_evidence(SITE, connection)] == [event_id]
        assert connection.scalar(select(func.count()).select_from(tables.evidence_part)) == 1
        assert ledger.unsealed_entries(SITE, connection, "shop") == []


def test_sealed_clip_stays_when_only_score_and_people_changed(database: Database) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    sealed = seal(database, event_id)
    analyse(database, [interaction(10, 40, staff=9)], run_id="run-2")
    assert clip_of(database, event_id) == sealed
    assert stored(database)[0].participants[0].track_id == 9


def test_event_without_successor_is_superseded_and_its_sealed_clip_kept(database: Database) -> None:
    kept, gone, wanted = analyse(
        database, [interaction(10, 40), interaction(100, 140), unattended(500, 600)]
    ).ids
    sealed = seal(database, gone)
    outcome = analyse(database, [interaction(10, 40)], run_id="run-2")

    assert outcome.kept == (kept,)
    assert set(outcome.superseded) == {gone, wanted}
    assert [one.id for one in stored(database)] == [kept]
    assert [one.id for one in stored(database, "superseded")] == [gone, wanted]
    assert clip_of(database, gone) == sealed
    with database.reading() as connection:
        assert evidence.evidence_of_events(SITE, connection, [wanted]) == {}, (
            "nobody needs that clip any more"
        )


def test_superseded_event_that_is_found_again_is_current_again_under_its_id(database: Database) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    sealed = seal(database, event_id)
    analyse(database, [])
    outcome = analyse(database, [interaction(10, 40)])
    assert outcome.inserted == (event_id,)
    assert clip_of(database, event_id) == sealed
    assert stored(database, "superseded") == []


def test_short_successor_at_the_same_start_gets_an_id_of_its_own(database: Database) -> None:
    (long_id,) = analyse(database, [interaction(10, 100)]).ids
    outcome = analyse(database, [interaction(10, 20)])
    assert outcome.superseded == (long_id,)
    assert outcome.inserted != (long_id,)
    assert analyse(database, [interaction(10, 20)]).kept == outcome.ids


def test_events_outside_the_analysed_span_and_of_other_cameras_stay(database: Database) -> None:
    with database.transaction() as connection:
        venues.ensure_camera(SITE, connection, "shop", "door", source_label="door.mp4")
    before = analyse(database, [interaction(10, 40), interaction(3500, 3600)])
    door = analyse(database, [interaction(3700, 3800)], camera_id="door", span=(at(3600), at(7200)))
    outcome = analyse(database, [], span=(at(3600), at(7200)))
    assert outcome.superseded == ()
    assert {one.id for one in stored(database)} == {*before.ids, *door.ids}


def test_event_that_another_program_told_of_is_not_replaced(database: Database) -> None:
    with database.transaction() as connection:
        told = events.add_event(
            SITE, connection, venue_id="shop", camera_id="till", happened=interaction(10, 40)
        )
    outcome = analyse(database, [interaction(10, 40)])
    assert told.id not in outcome.ids
    assert {one.id for one in stored(database)} == {told.id, *outcome.ids}


def test_missing_footage_is_asked_for_again_by_the_next_run(database: Database) -> None:
    (event_id,) = analyse(database, [interaction(10, 40)]).ids
    claim = clip_of(database, event_id)
    with database.transaction() as connection:
        assert evidence.mark_missing(SITE, connection, claim.id, failure="the recording has a gap")
    analyse(database, [interaction(10, 40)])
    assert clip_of(database, event_id) == claim


def test_failure_in_the_middle_keeps_the_old_events(database: Database) -> None:
    analyse(database, [interaction(10, 40)])
    before = everything(database)
    with pytest.raises(StoreError, match=r"(?i)check constraint"):
        analyse(database, [interaction(200, 240), interaction(500, 400)])
    assert everything(database) == before


def test_writing_into_a_venue_outside_the_scope_is_refused(database: Database) -> None:
    with (
        pytest.raises(StoreError, match="'shop' is outside this scope"),
        database.transaction() as connection,
    ):
        replace_events(
            Scope.of("other"), connection, venue_id="shop", camera_id="till", run_id="r", span=HOUR, events=[]
        )


stays = st.tuples(st.integers(0, 3000), st.integers(5, 300), st.integers(1, 3), st.booleans()).map(
    lambda drawn: (
        interaction(drawn[0], drawn[0] + drawn[1], customer=drawn[2])
        if drawn[3]
        else unattended(drawn[0], drawn[0] + drawn[1], customer=drawn[2])
    )
)


def test_whatever_was_found_before_the_last_run_alone_decides_what_is_current(database: Database) -> None:
    """SQLite is searched further: the statements are the same."""

    @settings(max_examples=20 if database.engine.dialect.name == "sqlite" else 8, deadline=None)
    @given(st.lists(st.lists(stays, max_size=6), min_size=1, max_size=4))
    def found_again(runs: list[list[ServiceEvent]]) -> None:
        assert_the_last_run_decides(database, runs)

    found_again()


def assert_the_last_run_decides(database: Database, runs: list[list[ServiceEvent]]) -> None:
    for number, found in enumerate(runs):
        outcome = analyse(database, found, run_id=f"run-{number}")
        assert len(set(outcome.ids)) == len(found)
        current = stored(database)
        assert sorted(one.id for one in current) == sorted(outcome.ids)
        assert sorted((one.kind, one.started_at, one.ended_at) for one in current) == sorted(
            (one.kind, one.started_at, one.ended_at) for one in found
        )
        with database.reading() as connection:
            claims = evidence.list_evidence(SITE, connection)
        assert sorted(str(one.event_id) for one in claims if one.state != "deleted") == sorted(outcome.ids)
