"""Who watches the outbox: one alert while something does not leave; the ledger gets what waits for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from evidence_site import EVENTS, SCOPE, VENUE, problems
from outbox_site import OutboxSite

from sightline.delivery_wiring import delivery_chores
from sightline.evidence.site_key import seal_waiting
from sightline.pipeline.outbox_alerts import STUCK_AFTER, OutboxAlerts
from sightline.store import alerts, ledger
from sightline.store.alerts import StoredAlert
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault

SiteWith = Callable[..., OutboxSite]


@pytest.fixture
def shop(site_with: SiteWith, receiver: Receiver) -> OutboxSite:
    site = site_with(delivery={"evidence": {"to": "http", "url": receiver.upload_url}})
    site.conclude()
    site.seal()
    return site


def watch(site: OutboxSite, *, in_: timedelta = timedelta()) -> OutboxAlerts:
    return OutboxAlerts(site.small.database, clock=lambda: datetime.now(UTC) + in_)


def told(site: OutboxSite) -> list[StoredAlert]:
    with site.small.database.reading() as connection:
        found = alerts.list_alerts(SCOPE, connection, limit=None)
    return [one for one in found if one.alert_type == "outbox_stuck"]


def test_what_waits_for_less_than_an_hour_is_no_news(shop: OutboxSite) -> None:
    watch(shop, in_=STUCK_AFTER - timedelta(minutes=1)).judge()
    assert told(shop) == []


def test_what_waits_for_more_than_an_hour_is_told_once_and_cleared_when_it_has_left(shop: OutboxSite) -> None:
    watcher = watch(shop, in_=STUCK_AFTER + timedelta(minutes=1))
    for _ in range(3):
        watcher.judge()
    watch(shop, in_=STUCK_AFTER + timedelta(minutes=2)).judge()  # a worker that was started anew
    (alert,) = told(shop)
    assert (alert.venue_id, alert.severity, alert.cleared_at) == (VENUE, "critical", None)
    assert f"{len(EVENTS)} waiting (upload" in alert.message
    assert "sightline outbox list" in alert.message
    shop.drain()
    watcher.judge()
    (alert,) = told(shop)
    assert alert.cleared_at is not None


def test_what_was_given_up_is_told_at_once_and_a_retry_clears_it(
    shop: OutboxSite, receiver: Receiver
) -> None:
    receiver.plan = lambda *_: Fault.REFUSED
    shop.drain()
    watcher = watch(shop)
    watcher.judge()
    (alert,) = told(shop)
    assert f"{len(EVENTS)} given up (upload)" in alert.message
    assert alert.cleared_at is None
    receiver.plan = lambda *_: None
    with shop.small.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'waiting', attempts = 0, due_at = 0")
    assert shop.drain().dead == 0
    watcher.judge()
    assert [one.cleared_at is not None for one in told(shop)] == [True]


def test_what_waits_for_its_place_in_the_ledger_gets_it(shop: OutboxSite) -> None:
    shop.drain()
    assert len(waiting(shop)) == len(EVENTS), "what was sent is entered by the worker, which seals nothing"
    keys = shop.data_dir / "keys"
    assert seal_waiting(shop.small.database, keys, datetime.now(UTC)) == 1
    assert waiting(shop) == []
    assert problems(shop.small.verify()) == []
    with shop.small.database.reading() as connection:
        chain = ledger.chain(SCOPE, connection, VENUE)
        last = ledger.last_seal(SCOPE, connection, VENUE)
    assert [one.position for one in chain] == list(range(1, len(chain) + 1))
    assert last is not None
    assert last.position == len(chain)
    assert seal_waiting(shop.small.database, keys, datetime.now(UTC)) == 0


def waiting(site: OutboxSite) -> list[ledger.LedgerEntry]:
    with site.small.database.reading() as connection:
        return ledger.unsealed_entries(SCOPE, connection, VENUE)


def test_the_worker_does_all_of_it_now_and_then(shop: OutboxSite, receiver: Receiver) -> None:
    receiver.plan = lambda *_: Fault.REFUSED
    shop.drain()
    chores = {one.name: one for one in delivery_chores(shop.site)}
    assert set(chores) >= {"ledger", "outbox alerts", "clips that may go", "views of links", "expired videos"}
    for chore in chores.values():
        chore.do()
    assert len(told(shop)) == 1
    assert waiting(shop) == []
    assert chores["ledger"].every_s <= 5, "a page tells the ledger's head to whoever looks"
