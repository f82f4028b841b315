"""The outbox table: keys once for ever, leases that end, order within an event, clocks that were set."""

from datetime import timedelta

import pytest
from store_stories import SITE, at

from sightline.domain.outbox import PATIENCE, Channel, ItemState, OutboxItem
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import outbox, outbox_items
from sightline.store.database import Database
from sightline.store.outbox import Lease
from sightline.store.outbox_items import StoredItem

LONGEST = timedelta(hours=6)
ANN, BOB = Lease("ann", timedelta(seconds=30)), Lease("bob", timedelta(seconds=30))


def item(
    channel: Channel = Channel.UPLOAD,
    *,
    event: str = "e1",
    key: str | None = None,
    chain: str | None = None,
    to: str = "there",
    venue: str = "shop",
) -> OutboxItem:
    return OutboxItem(
        key=key or event,
        channel=channel,
        destination=to,
        venue_id=venue,
        chain=chain or event,
        event_id=event,
        payload={"n": 1},
    )


def put(database: Database, *items: OutboxItem, seconds: float = 0) -> int:
    with database.transaction() as connection:
        return outbox.put_items(SITE, connection, items, now=at(seconds))


def lease(
    database: Database,
    channel: Channel,
    *,
    seconds: float = 0,
    by: Lease = ANN,
    to: str = "there",
    at_most: int = 10,
    chain: str | None = None,
) -> list[StoredItem]:
    with database.transaction() as connection:
        return outbox.lease_items(
            SITE,
            connection,
            (channel, to),
            now=at(seconds),
            lease=by,
            longest=LONGEST,
            at_most=at_most,
            chain=chain,
        )


def sent(database: Database, one: StoredItem, *, seconds: float = 0) -> bool:
    with database.transaction() as connection:
        return outbox.mark_sent(SITE, connection, one, {"ok": True}, now=at(seconds))


def failed(database: Database, one: StoredItem, *, again_in: float | None, seconds: float = 0) -> bool:
    due = None if again_in is None else at(seconds + again_in)
    with database.transaction() as connection:
        return outbox.mark_failed(SITE, connection, one, "no answer", now=at(seconds), due_at=due)


def states(database: Database) -> dict[int, ItemState]:
    with database.reading() as connection:
        return {one.id: one.state for one in outbox_items.list_items(SITE, connection)}


def test_a_key_is_taken_once_per_receiver(database: Database) -> None:
    assert put(database, item(), item(to="elsewhere")) == 2
    assert put(database, item(), item(Channel.INCIDENT)) == 1
    (one,) = lease(database, Channel.UPLOAD)
    assert sent(database, one)
    assert put(database, item()) == 0, "what was sent is not sent again"
    assert lease(database, Channel.UPLOAD, seconds=99) == []


def test_nobody_is_given_what_is_leased_until_the_lease_ends(database: Database) -> None:
    put(database, item())
    (mine,) = lease(database, Channel.UPLOAD)
    assert mine.attempts == 1
    assert lease(database, Channel.UPLOAD, seconds=29, by=BOB) == []
    (his,) = lease(database, Channel.UPLOAD, seconds=31, by=BOB)
    assert his.attempts == 2
    assert not sent(database, mine), "the lease went to another"
    assert sent(database, his)


def test_a_lease_that_is_renewed_holds_on(database: Database) -> None:
    put(database, item())
    (mine,) = lease(database, Channel.UPLOAD)
    with database.transaction() as connection:
        outbox.renew_leases(SITE, connection, [mine.id], now=at(25), lease=ANN)
    assert lease(database, Channel.UPLOAD, seconds=40, by=BOB) == []
    assert lease(database, Channel.UPLOAD, seconds=56, by=BOB)


def test_reports_wait_for_the_upload_as_long_as_it_takes(database: Database) -> None:
    put(database, item(Channel.INCIDENT), item(Channel.UPLOAD))
    assert lease(database, Channel.INCIDENT, seconds=3_000) == []
    (upload,) = lease(database, Channel.UPLOAD, seconds=3_000)
    assert lease(database, Channel.INCIDENT, seconds=3_000) == [], "not while it is on its way"
    sent(database, upload)
    assert lease(database, Channel.INCIDENT, seconds=3_001)


def test_reports_go_once_the_upload_was_given_up(database: Database) -> None:
    put(database, item(Channel.INCIDENT), item(Channel.UPLOAD))
    (upload,) = lease(database, Channel.UPLOAD)
    failed(database, upload, again_in=None)
    assert lease(database, Channel.INCIDENT, seconds=1)


def test_alerts_wait_a_little_then_go_with_what_there_is(database: Database) -> None:
    put(database, item(Channel.MAIL), item(Channel.UPLOAD))
    patience = PATIENCE.total_seconds()
    assert lease(database, Channel.MAIL, seconds=patience - 1) == []
    assert lease(database, Channel.MAIL, seconds=patience)


def test_nobody_loses_patience_with_an_analyser_that_may_veto(database: Database) -> None:
    put(database, item(Channel.MAIL), item(Channel.UPLOAD), item(Channel.ANALYZER))
    assert lease(database, Channel.MAIL, seconds=3_000) == []
    assert lease(database, Channel.UPLOAD, seconds=3_000) == []
    (asked,) = lease(database, Channel.ANALYZER, seconds=3_000)
    sent(database, asked)
    assert lease(database, Channel.MAIL, seconds=3_001)


def test_the_final_report_never_overtakes_that_of_the_confirmation(database: Database) -> None:
    put(database, item(Channel.INCIDENT))
    put(database, item(Channel.INCIDENT, key="e1:final", chain="e1:final"))
    (first,) = lease(database, Channel.INCIDENT)
    assert first.key == "e1"
    failed(database, first, again_in=60)
    assert lease(database, Channel.INCIDENT, seconds=30) == []
    (again,) = lease(database, Channel.INCIDENT, seconds=60)
    assert again.key == "e1"
    sent(database, again)
    (last,) = lease(database, Channel.INCIDENT, seconds=61)
    assert last.key == "e1:final"


def test_other_events_are_not_held_up(database: Database) -> None:
    put(database, item(Channel.INCIDENT), item(Channel.UPLOAD), item(Channel.INCIDENT, event="e2"))
    assert [one.event_id for one in lease(database, Channel.INCIDENT)] == ["e2"]


def test_what_is_longest_due_goes_first_and_no_more_than_asked(database: Database) -> None:
    put(database, item(event="late"), seconds=5)
    put(database, item(event="early"), seconds=1)
    assert [one.event_id for one in lease(database, Channel.UPLOAD, seconds=9, at_most=1)] == ["early"]
    assert [one.event_id for one in lease(database, Channel.UPLOAD, seconds=9)] == ["late"]


def test_what_failed_comes_back_when_it_is_due_and_not_before(database: Database) -> None:
    put(database, item())
    (one,) = lease(database, Channel.UPLOAD)
    failed(database, one, again_in=60)
    assert lease(database, Channel.UPLOAD, seconds=59) == []
    (again,) = lease(database, Channel.UPLOAD, seconds=60)
    assert (again.attempts, again.last_error) == (2, "no answer")


def test_a_receiver_that_takes_something_again_gets_all_that_failed_before(database: Database) -> None:
    put(database, item(), item(event="e2"), item(event="e3", to="elsewhere"))
    for one in lease(database, Channel.UPLOAD) + lease(database, Channel.UPLOAD, to="elsewhere"):
        failed(database, one, again_in=3_600)
    with database.transaction() as connection:
        outbox.hurry(SITE, connection, (Channel.UPLOAD, "there"), now=at(10))
    assert len(lease(database, Channel.UPLOAD, seconds=10)) == 2
    assert lease(database, Channel.UPLOAD, seconds=10, to="elsewhere") == []


def test_a_clock_set_back_a_year_holds_nothing_up(database: Database) -> None:
    put(database, item(), item(Channel.MAIL, event="e2"), item(Channel.UPLOAD, event="e2", to="dead"))
    (one,) = lease(database, Channel.UPLOAD)
    failed(database, one, again_in=60)
    a_year_before = -365 * 86_400
    assert lease(database, Channel.UPLOAD, seconds=a_year_before, by=BOB)
    assert lease(database, Channel.MAIL, seconds=a_year_before), "nor patience that ends in a year"


def test_who_read_the_clock_a_moment_before_another_leased_it_is_not_given_it_too(database: Database) -> None:
    put(database, item())
    assert lease(database, Channel.UPLOAD, seconds=0.005)
    assert lease(database, Channel.UPLOAD, by=BOB) == []


def test_a_clock_set_back_an_hour_is_made_up_for(database: Database) -> None:
    put(database, item())
    (one,) = lease(database, Channel.UPLOAD)
    failed(database, one, again_in=60)
    assert lease(database, Channel.UPLOAD, seconds=-3_600) == []
    with database.transaction() as connection:
        assert outbox.all_due(SITE, connection, now=at(-3_600)) == 1
    assert lease(database, Channel.UPLOAD, seconds=-3_600)


def test_an_attempt_put_off_is_none(database: Database) -> None:
    put(database, item(Channel.MAIL))
    (one,) = lease(database, Channel.MAIL)
    with database.transaction() as connection:
        assert outbox.postpone(SITE, connection, one, "later", due_at=at(600))
    (again,) = lease(database, Channel.MAIL, seconds=600)
    assert again.attempts == 1


def test_what_is_cancelled_or_given_up_is_not_handed_out(database: Database) -> None:
    put(database, item(), item(event="e2"))
    with database.transaction() as connection:
        assert outbox.cancel_items(SITE, connection, "vetoed", now=at(0), event_id="e1") == 1
    (two,) = lease(database, Channel.UPLOAD)
    failed(database, two, again_in=None)
    assert lease(database, Channel.UPLOAD, seconds=LONGEST.total_seconds()) == []
    assert set(states(database).values()) == {ItemState.CANCELLED, ItemState.DEAD}


def test_a_person_takes_up_what_was_given_up(database: Database) -> None:
    put(database, item(), item(event="e2"))
    for one in lease(database, Channel.UPLOAD):
        failed(database, one, again_in=None if one.event_id == "e1" else 900)
    with database.transaction() as connection:
        assert outbox.retry_items(SITE, connection, now=at(5)) == 1
    (dead,) = lease(database, Channel.UPLOAD, seconds=5)
    assert (dead.event_id, dead.attempts) == ("e1", 1)
    with database.transaction() as connection:
        outbox.retry_items(SITE, connection, now=at(6), ids=[2])
    assert [one.event_id for one in lease(database, Channel.UPLOAD, seconds=6)] == ["e2"]


def test_items_that_went_along_are_sent(database: Database) -> None:
    put(database, item(Channel.MAIL), item(Channel.MAIL, event="e2"))
    (one,) = lease(database, Channel.MAIL, at_most=1)
    with database.transaction() as connection:
        outbox.mark_sent(SITE, connection, one, {"way": "link"}, now=at(1))
        outbox.settle_with(SITE, connection, [2], {"way": "link"}, now=at(1))
    assert set(states(database).values()) == {ItemState.SENT}


def test_one_chain_can_be_sent_alone(database: Database) -> None:
    put(database, item(), item(event="e2"))
    assert [one.event_id for one in lease(database, Channel.UPLOAD, chain="e2")] == ["e2"]


def test_lanes_counts_and_any_due_tell_of_what_waits(database: Database) -> None:
    put(database, item(), item(event="e2"), item(Channel.MAIL), item(event="o1", venue="other"))
    with database.reading() as connection:
        assert outbox.waiting_lanes(SITE, connection) == [
            (Channel.MAIL, "there"),
            (Channel.UPLOAD, "there"),
        ]
        counts = {
            (one.venue_id, one.channel): one.count for one in outbox_items.count_items(SITE, connection)
        }
        lane, times = (Channel.MAIL, "there"), {"now": at(0), "lease": ANN, "longest": LONGEST}
        assert not outbox.any_due(SITE, connection, lane, **times)
        assert outbox.any_due(SITE, connection, (Channel.UPLOAD, "there"), **times)
    assert counts == {("shop", Channel.UPLOAD): 2, ("shop", Channel.MAIL): 1, ("other", Channel.UPLOAD): 1}


def test_a_venue_sees_and_writes_its_own(database: Database) -> None:
    put(database, item(), item(event="o1", venue="other"))
    shop = Scope.of("shop")
    with database.reading() as connection:
        assert [one.venue_id for one in outbox_items.list_items(shop, connection)] == ["shop"]
        assert outbox_items.get_item(shop, connection, 2) is None
    with pytest.raises(StoreError, match="outside"), database.transaction() as connection:
        outbox.put_items(shop, connection, [item(event="x", venue="other")], now=at(0))


def test_neither_payload_nor_answer_is_in_a_repr(database: Database) -> None:
    put(database, item())
    (one,) = lease(database, Channel.UPLOAD)
    with database.transaction() as connection:
        outbox.mark_sent(SITE, connection, one, {"private_link": "https://x/?token=t0ps3cret"}, now=at(0))
        stored = outbox_items.get_item(SITE, connection, one.id)
    assert "t0ps3cret" not in repr(stored)
