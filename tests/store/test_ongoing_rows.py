"""Events that are told while they last: told, told again, completed, withdrawn, or left open by a kill."""

from datetime import datetime

import pytest
from sqlalchemy import select, text
from store_stories import SITE, at, interaction, unattended
from test_live_rows import a_run, analysed, begun, told
from test_replacement import everything, seal

from sightline.domain.event import ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import events, evidence, live, tables
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence

RULE = ClipRule()


def confirmed(
    database: Database, *found: ServiceEvent, run_id: str = "live-1", moment: float = 5000
) -> tuple[str, ...]:
    with database.transaction() as connection:
        return live.confirm_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id=run_id,
            events=found,
            rule=RULE,
            at=at(moment),
        )


def withdrawn(database: Database, *found: ServiceEvent) -> tuple[str, ...]:
    with database.transaction() as connection:
        return live.withdraw_events(SITE, connection, venue_id="shop", camera_id="till", events=found)


def closed(database: Database, run_id: str = "live-1") -> tuple[str, ...]:
    with database.transaction() as connection:
        return live.close_ongoing(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id=run_id,
            rule=RULE,
            at=at(9000),
        )


def get(database: Database, event_id: str) -> StoredEvent:
    with database.reading() as connection:
        found = events.get_event(SITE, connection, event_id)
    assert found is not None
    return found


def clips(database: Database, event_id: str, stage: str | None = None) -> StoredEvidence | None:
    with database.reading() as connection:
        return evidence.evidence_of_events(SITE, connection, [event_id], stage=stage).get(event_id)


def listed(database: Database, *, ongoing: bool | None = False, state: str | None = "current") -> list[str]:
    with database.reading() as connection:
        return [one.id for one in events.list_events(SITE, connection, ongoing=ongoing, state=state)]


def span(clip: StoredEvidence | None) -> tuple[datetime, datetime]:
    assert clip is not None
    return clip.wanted_from, clip.wanted_until


def test_a_confirmed_wait_is_stored_at_once_with_a_clip_up_to_now(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    one = get(database, event_id)
    assert (one.ongoing, one.state, one.run_id, one.created_at) == (True, "current", "live-1", at(5000))
    assert (one.started_at, one.ended_at, one.confirmed_at) == (at(100), at(160), at(160))
    clip = clips(database, event_id)
    assert clip is not None
    assert (clip.stage, clip.state, clip.reason) == ("provisional", "wanted", "unattended")
    assert span(clip) == (at(95), at(160))  # no post-roll: it is not over
    assert [part.file_name for part in clip.parts] == ["segment_1_20260302_090135_unattended.mp4"]


def test_what_goes_on_is_not_listed_with_what_is_finished_unless_asked_for(database: Database) -> None:
    begun(database)
    (going_on,) = confirmed(database, unattended(100, 160))
    (finished,) = told(database, interaction(10, 40))
    assert listed(database) == [finished]
    assert listed(database, ongoing=True) == [going_on]
    assert listed(database, ongoing=None) == [finished, going_on]
    with database.reading() as connection:
        pages = list(events.each_event(SITE, connection, venue_id="shop"))
    assert [[one.id for one in page] for page in pages] == [[finished]]


def test_told_again_it_changes_nothing(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    before = everything(database)
    assert confirmed(database, unattended(100, 160), moment=5001) == ()
    assert confirmed(database, unattended(100, 170), moment=5002) == ()
    assert everything(database) == before
    assert len(confirmed(database, unattended(100, 160), unattended(100, 160, customer=4))) == 1
    assert event_id in listed(database, ongoing=True)


def test_its_end_completes_it_under_the_same_id_and_incident_with_a_final_clip(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    provisional = clips(database, event_id)
    assert provisional is not None
    assert told(database, unattended(100, 300)) == (event_id,)
    one = get(database, event_id)
    assert (one.ongoing, one.ended_at, one.created_at) == (False, at(300), at(5000))
    final = clips(database, event_id)
    assert final is not None
    assert (final.stage, final.state, final.incident_id) == ("final", "wanted", provisional.incident_id)
    assert span(final) == (at(95), at(305))
    assert clips(database, event_id, "provisional") == provisional
    assert clips(database, event_id, "final") == final
    assert listed(database) == [event_id]


def test_both_told_again_after_the_end_change_nothing(database: Database) -> None:
    """A writer that was cut off between its commit and the answer tells all of it again."""
    begun(database)
    confirmed(database, unattended(100, 160))
    told(database, unattended(100, 300))
    before = everything(database)
    assert confirmed(database, unattended(100, 160)) == ()
    assert withdrawn(database, unattended(100, 160)) == ()
    assert told(database, unattended(100, 300)) == ()
    assert everything(database) == before


def test_a_wait_that_never_came_true_is_withdrawn_and_its_clip_forgotten(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    assert withdrawn(database, unattended(100, 160), unattended(500, 560)) == (event_id,)
    assert withdrawn(database, unattended(100, 160)) == ()
    one = get(database, event_id)
    assert (one.state, one.ongoing) == ("superseded", True)
    assert clips(database, event_id) is None
    assert listed(database, ongoing=True) == listed(database) == listed(database, state="superseded") == []
    assert closed(database) == ()
    assert listed(database, ongoing=None, state=None) == [event_id]


def test_what_was_sealed_of_a_withdrawn_event_stays(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    sealed = seal(database, event_id)
    withdrawn(database, unattended(100, 160))
    assert clips(database, event_id) == sealed


@pytest.mark.parametrize("was_sealed", [False, True])
def test_withdrawn_and_true_after_all_it_goes_on_under_the_same_id(
    database: Database, was_sealed: bool
) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    if was_sealed:
        seal(database, event_id)
    withdrawn(database, unattended(100, 160))
    assert confirmed(database, unattended(100, 200), moment=5050) == (event_id,)
    one = get(database, event_id)
    assert (one.state, one.ongoing, one.ended_at, one.created_at) == ("current", True, at(200), at(5000))
    assert span(clips(database, event_id)) == (at(95), at(160 if was_sealed else 200))
    withdrawn(database, unattended(100, 200))
    assert told(database, unattended(100, 260)) == (event_id,), "its conclusion counts, told again or not"
    assert (get(database, event_id).state, get(database, event_id).ongoing) == ("current", False)


def test_a_wait_that_proves_shorter_than_told_ends_earlier(database: Database) -> None:
    """Attention by somebody who was known as staff only later."""
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    told(database, unattended(100, 140))
    assert get(database, event_id).ended_at == at(140)
    assert span(clips(database, event_id)) == (at(95), at(145))


def test_recovery_completes_what_went_on_under_its_id_with_the_people_of_the_second_look(
    database: Database,
) -> None:
    begun(database)
    one, other = confirmed(database, unattended(100, 180, customer=3), unattended(120, 180, customer=4))
    incident = clips(database, one)
    assert incident is not None
    # Counted anew by another tracker, a little off, and much longer than what was told.
    found = [unattended(120.4, 400, customer=12), unattended(99.8, 500, customer=11), interaction(30, 60)]
    ids = told(database, *found, recovered=True)
    assert ids[:2] == (other, one)
    assert [listed(database).count(each) for each in ids] == [1, 1, 1]
    done = get(database, one)
    assert (done.ongoing, done.started_at, done.ended_at) == (False, at(99.8), at(500))
    assert [who.track_id for who in done.participants] == [11]
    final = clips(database, one)
    assert final is not None
    assert (final.stage, final.incident_id) == ("final", incident.incident_id)
    assert listed(database, ongoing=True) == []
    assert told(database, *found, recovered=True) == ()


def test_recovery_does_not_take_a_finished_event_for_one_that_went_on(database: Database) -> None:
    begun(database)
    (finished,) = told(database, unattended(100, 190, customer=3))
    (ongoing,) = confirmed(database, unattended(110, 180, customer=4))
    assert told(database, unattended(100.2, 190, customer=11), recovered=True) == ()
    assert listed(database) == [finished]
    assert closed(database) == (ongoing,)


def test_what_no_second_look_covers_is_closed_as_it_stands(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 180))
    assert told(database, unattended(400, 500, customer=9), recovered=True) != (event_id,)
    assert closed(database, "live-2") == ()
    assert closed(database) == (event_id,)
    assert closed(database) == ()
    one = get(database, event_id)
    assert (one.ongoing, one.state, one.ended_at) == (False, "current", at(180))
    assert [who.track_id for who in one.participants] == [3]
    assert span(clips(database, event_id)) == (at(95), at(185))
    first, second = clips(database, event_id, "provisional"), clips(database, event_id, "final")
    assert first is not None
    assert second is not None
    assert first.incident_id == second.incident_id


def test_an_event_of_another_run_that_went_on_is_not_this_ones(database: Database) -> None:
    begun(database)
    begun(database, a_run("live-2", 150))
    (event_id,) = confirmed(database, unattended(100, 180))
    assert told(database, unattended(101, 300, customer=9), run_id="live-2", recovered=True) != (event_id,)
    assert get(database, event_id).ongoing


def test_analysing_the_footage_leaves_what_goes_on_to_its_run(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    with database.transaction() as connection:
        live.extend_run(
            SITE,
            connection,
            "live-1",
            recorded_until=at(400),
            frames=1,
            analysed_frames=1,
            open_since=at(100),
        )
    before = get(database, event_id)
    done = analysed(database, [interaction(10, 40), unattended(100.2, 240, customer=7)], 0, 240)
    assert done.ids[1] == event_id
    assert done.kept == (event_id,)
    assert done.superseded == ()
    assert get(database, event_id) == before
    # Footage from the middle of it only: the same event, cut off at the beginning.
    assert analysed(database, [unattended(300, 390, customer=8)], 300, 390, "file-2").ids == (event_id,)
    # And what it does not show at all is not superseded: it cannot be judged before it is over.
    assert analysed(database, [], 0, 240, "file-3").superseded == (done.ids[0],)
    assert told(database, unattended(100, 500)) == (event_id,)
    assert listed(database) == [event_id]


def test_analysing_the_footage_of_a_finished_event_keeps_its_provisional_clip(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    provisional = seal(database, event_id)
    told(database, unattended(100, 300))
    done = analysed(database, [unattended(101, 280, customer=7)], 0, 400)
    assert done.ids == done.kept == (event_id,)
    assert clips(database, event_id, "provisional") == provisional
    final = clips(database, event_id, "final")
    assert span(final) == (at(96), at(285))
    assert final is not None
    assert final.incident_id == provisional.incident_id


def test_a_finished_event_that_is_superseded_forgets_both_claims(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    told(database, unattended(100, 300))
    assert analysed(database, [], 0, 400).superseded == (event_id,)
    with database.reading() as connection:
        assert connection.execute(select(tables.evidence.c.id)).all() == []


def test_footage_analysed_faster_than_it_was_told_is_not_told_again(database: Database) -> None:
    begun(database)
    analysed(database, [unattended(100, 165, customer=7)], 0, 165)
    assert confirmed(database, unattended(100.2, 160)) == ()
    assert listed(database, ongoing=True) == []


def test_one_clip_of_each_stage_and_no_more(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    told(database, unattended(100, 300))
    with database.reading() as connection:
        rows = connection.execute(
            text("SELECT stage FROM evidence WHERE event_id = :it ORDER BY stage"), {"it": event_id}
        )
        assert rows.scalars().all() == ["final", "provisional"]


def test_columns_of_holds_and_moves_are_read_as_they_were_written(database: Database) -> None:
    begun(database)
    (event_id,) = confirmed(database, unattended(100, 160))
    with database.transaction() as connection:
        connection.execute(
            tables.evidence.update().values(
                held_at=at(1), held_by="anna", hold_reason="police", moved_at=at(2)
            )
        )
    clip = clips(database, event_id)
    assert clip is not None
    assert (clip.held_at, clip.held_by, clip.hold_reason) == (at(1), "anna", "police")
    assert clip.moved_at == at(2)


def test_outside_the_scope_nothing_is_told_withdrawn_or_closed(database: Database) -> None:
    other = Scope.of("other")
    here = {"venue_id": "shop", "camera_id": "till"}
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.confirm_events(other, connection, **here, run_id="live-1", events=[], rule=RULE, at=at(1))
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.withdraw_events(other, connection, **here, events=[])
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        live.close_ongoing(other, connection, **here, run_id="live-1", rule=RULE, at=at(1))


def test_a_short_provisional_clip_is_missing_and_the_final_one_is_made(database: Database) -> None:
    begun(database, a_run(start=158))
    (event_id,) = confirmed(database, unattended(100, 160))
    clip = clips(database, event_id)
    assert clip is not None
    assert clip.state == "missing"
    assert confirmed(database, unattended(100, 160)) == ()
    told(database, unattended(100, 300))
    assert span(clips(database, event_id)) == (at(158), at(305))
