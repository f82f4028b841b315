"""The worker with couriers of the test's own: lanes, leases, clocks that are set, a database that is away."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evidence_site import SCOPE, VENUE

from sightline.domain.outbox import Channel, ItemState, OutboxItem, RetryRhythm
from sightline.errors import DeliveryDeferred, DeliveryRefused
from sightline.evidence.outbox_worker import OutboxWorker, Postponed, Sent
from sightline.store import outbox, outbox_items, venues
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.outbox_items import StoredItem

RHYTHM = RetryRhythm(pauses=(timedelta(milliseconds=1),) * 3)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Scripted:
    """Does what the test says, and remembers what it was given."""

    def __init__(self, do: Callable[[StoredItem], object] = lambda _: None) -> None:
        self.sent: list[str] = []
        self._do = do

    def send(self, item: StoredItem) -> Sent:
        self.sent.append(item.key)
        self._do(item)
        return Sent(action="sent")


class Clocks:
    """A wall clock that is set, and one that only runs on."""

    def __init__(self) -> None:
        self.wall, self.running = NOON, 0.0

    def pass_s(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = open_database(sqlite_url(tmp_path / "sightline.db"))
    with database.transaction() as connection:
        venues.ensure_venue(SCOPE, connection, VENUE)
    yield database  # type: ignore[misc]
    database.close()


def put(database: Database, *keys: str, channel: Channel = Channel.WEBHOOK, to: str = "a") -> None:
    items = [OutboxItem(key=key, channel=channel, destination=to, venue_id=VENUE, chain=key) for key in keys]
    with database.transaction() as connection:
        outbox.put_items(SCOPE, connection, items, now=NOON)


def worker(database: Database, courier: Scripted, **options: object) -> OutboxWorker:
    given = {"rhythm": RHYTHM, "actor": "test", "round_s": 0.01} | options
    return OutboxWorker(database, {Channel.WEBHOOK: courier, Channel.UPLOAD: courier}, **given)  # type: ignore[arg-type]


def states(database: Database) -> dict[str, ItemState]:
    with database.reading() as connection:
        return {one.key: one.state for one in outbox_items.list_items(SCOPE, connection)}


def test_all_that_waits_is_sent_once(database: Database) -> None:
    put(database, *(f"k{n}" for n in range(20)))
    courier = Scripted()
    assert worker(database, courier).drain(10).sent == 20
    assert sorted(courier.sent) == sorted(f"k{n}" for n in range(20))


def test_a_bug_in_a_courier_is_an_attempt_like_any_other(database: Database) -> None:
    put(database, "k")
    courier = Scripted(lambda _: [][1])
    left = worker(database, courier).drain(10)
    assert (left.waiting, left.dead, len(courier.sent)) == (0, 1, 4)
    with database.reading() as connection:
        (item,) = outbox_items.list_items(SCOPE, connection)
    assert "IndexError" not in str(item.last_error)


def test_a_refusal_is_not_tried_again(database: Database) -> None:
    put(database, "k")

    def refuse(_: StoredItem) -> None:
        raise DeliveryRefused("no such account")

    courier = Scripted(refuse)
    assert worker(database, courier).drain(10).dead == 1
    assert courier.sent == ["k"]


def test_what_is_put_off_costs_no_attempt(database: Database) -> None:
    put(database, "k")
    clocks = Clocks()

    def later(item: StoredItem) -> None:
        if clocks.wall < NOON + timedelta(minutes=10):
            raise Postponed("cooling down", NOON + timedelta(minutes=10))
        assert item.attempts == 1

    courier = Scripted(later)
    sender = worker(database, courier, clock=lambda: clocks.wall, monotonic=lambda: clocks.running)
    for _ in range(3):
        sender.round()
        time.sleep(0.05)
    assert courier.sent == ["k"]
    clocks.pass_s(600)
    sender.round()
    _wait(lambda: states(database)["k"] is ItemState.SENT)


def test_a_lane_that_hangs_holds_up_no_other(database: Database) -> None:
    put(database, "slow", to="a")
    put(database, "quick", to="b")
    free = threading.Event()
    courier = Scripted(lambda item: free.wait(10) if item.destination == "a" else None)
    sender = worker(database, courier)
    sender.round()
    _wait(lambda: states(database)["quick"] is ItemState.SENT)
    assert states(database)["slow"] is ItemState.WAITING
    free.set()
    _wait(lambda: states(database)["slow"] is ItemState.SENT)


def test_a_lane_takes_no_more_than_its_threads(database: Database) -> None:
    put(database, *(f"k{n}" for n in range(6)), channel=Channel.UPLOAD)
    at_once, most = [], []
    free = threading.Event()

    def hold(item: StoredItem) -> None:
        at_once.append(item.key)
        most.append(len(at_once))
        free.wait(10)
        at_once.remove(item.key)

    sender = worker(database, Scripted(hold), at_a_time={Channel.UPLOAD: 2})
    for _ in range(3):
        sender.round()
    _wait(lambda: len(most) == 2)
    with database.reading() as connection:
        leased = [one for one in outbox_items.list_items(SCOPE, connection) if one.leased_by is not None]
    assert len(leased) == 2, "what nobody can send yet is left to others"
    free.set()
    assert sender.drain(10).waiting == 0
    assert max(most) == 2


def test_a_worker_that_was_killed_holds_nothing_up_for_longer_than_its_lease(database: Database) -> None:
    put(database, "k")
    clocks = Clocks()
    hanging = threading.Event()
    dead = worker(database, Scripted(lambda _: hanging.wait(10)), clock=lambda: clocks.wall)
    dead.round()
    courier = Scripted()
    heir = worker(database, courier, clock=lambda: clocks.wall, monotonic=lambda: clocks.running)
    heir.round()
    clocks.pass_s(29)
    heir.round()
    assert courier.sent == []
    clocks.pass_s(2)
    heir.round()
    _wait(lambda: states(database)["k"] is ItemState.SENT)
    hanging.set()


def test_what_takes_long_is_not_given_to_another(database: Database) -> None:
    put(database, "k")
    clocks = Clocks()
    free = threading.Event()
    busy = worker(
        database,
        Scripted(lambda _: free.wait(10)),
        clock=lambda: clocks.wall,
        monotonic=lambda: clocks.running,
    )
    other = worker(database, Scripted(), clock=lambda: clocks.wall, monotonic=lambda: clocks.running)
    for _ in range(10):
        busy.round()
        other.round()
        clocks.pass_s(11)
    free.set()
    _wait(lambda: states(database)["k"] is ItemState.SENT)
    with database.reading() as connection:
        (item,) = outbox_items.list_items(SCOPE, connection)
    assert item.attempts == 1


@pytest.mark.parametrize("hours", [-2, 2], ids=["back", "forward"])
def test_a_clock_that_is_set_makes_all_of_it_due(database: Database, hours: int) -> None:
    put(database, "k")
    clocks = Clocks()
    tries: list[datetime] = []

    def fail_once(_: StoredItem) -> None:
        tries.append(clocks.wall)
        if len(tries) == 1:
            raise DeliveryDeferred("no answer", retry_after_s=3_600)

    rhythm = RetryRhythm(pauses=(timedelta(hours=3),) * 3)
    sender = worker(
        database,
        Scripted(fail_once),
        rhythm=rhythm,
        clock=lambda: clocks.wall,
        monotonic=lambda: clocks.running,
    )
    sender.round()
    _wait(lambda: len(tries) == 1 and _attempt_settled(database))
    clocks.pass_s(1)
    sender.round()
    assert len(tries) == 1
    clocks.wall += timedelta(hours=hours)
    sender.round()
    _wait(lambda: states(database)["k"] is ItemState.SENT)


def test_a_receiver_that_is_back_gets_all_at_once(database: Database) -> None:
    put(database, *(f"k{n}" for n in range(5)))
    down = [True]

    def answer(_: StoredItem) -> None:
        if down[0]:
            raise DeliveryDeferred("no answer")

    rhythm = RetryRhythm(pauses=(timedelta(milliseconds=1), timedelta(hours=1), timedelta(hours=1)))
    courier = Scripted(answer)
    sender = worker(database, courier, rhythm=rhythm)
    sender.drain(0.5)
    assert set(states(database).values()) == {ItemState.WAITING}
    down[0] = False
    with database.transaction() as connection:
        outbox.retry_items(SCOPE, connection, now=datetime.now(UTC), ids=[1])
    put(database, "new")
    with database.transaction() as connection:  # its first attempt failed as well, a moment ago
        connection.exec_driver_sql("UPDATE outbox SET attempts = 1 WHERE id = 1")
    assert sender.drain(10).waiting == 0


def test_a_database_that_is_away_stops_nothing_for_good(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, "k")
    courier = Scripted()
    sender = worker(database, courier)
    database.engine.dispose()
    with monkeypatch.context() as away:
        from sightline.errors import StoreError

        def gone() -> None:
            raise StoreError("the database is away")

        away.setattr(type(database), "reading", lambda _self: gone())
        sender.round()
        sender.round()
    assert courier.sent == []
    assert sender.drain(10).sent == 1


def _attempt_settled(database: Database) -> bool:
    with database.reading() as connection:
        (item,) = outbox_items.list_items(SCOPE, connection)
    return item.leased_by is None and item.attempts == 1


def _wait(condition: Callable[[], bool], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)


def test_what_is_still_being_sent_is_not_sent_again_by_ourselves(database: Database) -> None:
    """The database was away for longer than a lease, so that it could not be renewed."""
    put(database, "k", channel=Channel.UPLOAD)
    free = threading.Event()
    courier = Scripted(lambda _: free.wait(10))
    sender = worker(database, courier)
    sender.round()
    _wait(lambda: courier.sent == ["k"])
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET leased_until = 0")
    sender.round()
    time.sleep(0.05)
    free.set()
    _wait(lambda: states(database)["k"] is ItemState.SENT)
    assert courier.sent == ["k"]
