"""Empties the outbox: leases what is due, has it sent, notes what became of it.

Each receiver has a lane of threads of its own, so that a slow one holds up nobody else. A worker that is
killed leaves leases, which end by themselves; what it had sent without noting it is sent again with the same
key.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from secrets import token_hex
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from sightline.domain.outbox import USUAL_RHYTHM, Channel, ItemState, RetryRhythm
from sightline.domain.scope import Scope
from sightline.errors import CopyDiffers, DeliveryDeferred, DeliveryRefused, SightlineError
from sightline.evidence.outbox_notes import note_copy_differs, note_given_up, note_sent
from sightline.store import outbox, outbox_items
from sightline.store.database import Database
from sightline.store.outbox import Lease
from sightline.store.outbox_items import Lane, StoredItem

log = structlog.get_logger()

HOLD = timedelta(seconds=30)
ROUND_S = 0.5
CLOCK_SET_S = 30.0
"""The wall clock has been set when it and the one that only runs on differ by this since the last round."""
AT_A_TIME: Mapping[Channel, int] = {Channel.UPLOAD: 4, Channel.INCIDENT: 2, Channel.HOSTED: 2}
"""Threads of a lane; one for all others."""


class Postponed(Exception):
    """Not an error: the item waits until `due_at` without an attempt having been made."""

    def __init__(self, reason: str, due_at: datetime) -> None:
        super().__init__(reason)
        self.due_at = due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Along:
    """An item that went together with another one; `answer` and `facts` are its own, as in `Sent`."""

    item: StoredItem
    answer: Mapping[str, Any]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a courier brings back.

    Attributes:
        action: for the ledger: `uploaded`, `reported`, `mailed` ...
        answer: kept with the item, JSON values without secrets or personal data.
        facts: for the ledger: ids, hashes, how the copy was compared.
        along: further items that went with this one.
        store: whatever else has to be stored in the same transaction.
    """

    action: str
    answer: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    along: tuple[Along, ...] = ()
    store: Callable[[Connection], None] = lambda _connection: None


class Courier(Protocol):
    """Sends the items of one channel. Called from several threads at once."""

    def send(self, item: StoredItem) -> Sent:
        """Send it, now.

        Raises:
            Postponed: not yet.
            DeliveryDeferred: it did not arrive; worth another try.
            DeliveryRefused: it did not arrive and will not.
        """
        ...


@dataclass(frozen=True, slots=True)
class Drained:
    """What is left after `drain`."""

    sent: int
    waiting: int
    dead: int


class OutboxWorker:
    """Sends what a site's outbox holds.

    Args:
        couriers: who sends what; items of other channels are left alone.
        rhythm: when what failed is tried again.
        at_a_time: threads of a lane, by channel.
        chain: send this one only.
        actor: who is named in the ledger.
    """

    def __init__(
        self,
        database: Database,
        couriers: Mapping[Channel, Courier],
        *,
        actor: str,
        rhythm: RetryRhythm = USUAL_RHYTHM,
        hold: timedelta = HOLD,
        round_s: float = ROUND_S,
        at_a_time: Mapping[Channel, int] = AT_A_TIME,
        scope: Scope | None = None,
        chain: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._couriers = dict(couriers)
        self._actor = actor
        self._rhythm = rhythm
        self._lease = Lease(f"{os.getpid()}-{token_hex(8)}", hold)
        self._round_s = round_s
        self._at_a_time = at_a_time
        self._scope = scope or Scope.site()
        self._chain = chain
        self._clock = clock
        self._monotonic = monotonic
        self._lanes: dict[Lane, _LaneThreads] = {}
        self._settled = threading.Event()
        self._sent = 0
        self._renewed_at = self._monotonic()
        self._clocks: tuple[datetime, float] | None = None
        self._failing = ""

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set. What is being sent then is left to its lease."""
        while not stop.is_set():
            self.round()
            self._settled.wait(self._round_s)
            self._settled.clear()

    def wake(self) -> None:
        """Something new may be due: look now, not only at the next round."""
        self._settled.set()

    def drain(self, timeout_s: float, *, on_round: Callable[[int], None] = lambda _: None) -> Drained:
        """Send until nothing waits, or the time is up.

        Args:
            on_round: told after each round how many items still wait.
        """
        until = self._monotonic() + timeout_s
        while True:
            self.round()
            left = self._left()
            on_round(left[ItemState.WAITING])
            if not left[ItemState.WAITING] or self._monotonic() >= until:
                return Drained(self._sent, left[ItemState.WAITING], left[ItemState.DEAD])
            self._settled.wait(min(self._round_s, max(0.0, until - self._monotonic())))
            self._settled.clear()

    def round(self) -> None:
        """Hand out whatever is due now; errors of the database are logged, and the next round goes on."""
        try:
            self._notice_the_clock()
            self._renew()
            with self._database.reading() as connection:
                lanes = [
                    lane
                    for lane in outbox.waiting_lanes(self._scope, connection, chain=self._chain)
                    if lane[0] in self._couriers and self._free(lane) and self._any_due(connection, lane)
                ]
            for lane in lanes:
                self._hand_out(lane)
        except SightlineError as error:
            if self._failing != str(error):
                log.error("the outbox cannot be read", reason=str(error))  # noqa: TRY400  foreseen: one line
            self._failing = str(error)
        else:
            self._failing = ""

    def _any_due(self, connection: Connection, lane: Lane) -> bool:
        return outbox.any_due(
            self._scope,
            connection,
            lane,
            now=self._clock(),
            lease=self._lease,
            longest=self._rhythm.longest,
            chain=self._chain,
        )

    def _free(self, lane: Lane) -> int:
        threads = self._lanes.get(lane)
        width = self._at_a_time.get(lane[0], 1)
        return width - len(threads.busy) if threads is not None else width

    def _hand_out(self, lane: Lane) -> None:
        with self._database.transaction() as connection:
            items = outbox.lease_items(
                self._scope,
                connection,
                lane,
                now=self._clock(),
                lease=self._lease,
                longest=self._rhythm.longest,
                at_most=self._free(lane),
                chain=self._chain,
            )
        if lane not in self._lanes:
            self._lanes[lane] = _LaneThreads(lane, self._at_a_time.get(lane[0], 1), self._deliver)
        for item in items:
            # One of ours whose lease ran out while the database was away is still being sent.
            if item.id not in self._lanes[lane].busy:
                self._lanes[lane].take(item)

    def _renew(self) -> None:
        if self._monotonic() - self._renewed_at < self._lease.hold.total_seconds() / 3:
            return
        self._renewed_at = self._monotonic()
        busy = [item_id for lane in self._lanes.values() for item_id in list(lane.busy)]
        if busy:
            with self._database.transaction() as connection:
                outbox.renew_leases(self._scope, connection, busy, now=self._clock(), lease=self._lease)

    def _notice_the_clock(self) -> None:
        """What waits by the clock would wait for hours after it was set back: then all of it is due."""
        now, running = self._clock(), self._monotonic()
        before, self._clocks = self._clocks, (now, running)
        if before is None:
            return
        drift = (now - before[0]).total_seconds() - (running - before[1])
        if abs(drift) > CLOCK_SET_S:
            with self._database.transaction() as connection:
                due = outbox.all_due(self._scope, connection, now=now)
            log.warning("the clock was set, so all that waits is due", by_s=round(drift), items=due)

    def _deliver(self, item: StoredItem) -> None:
        """In a thread of the lane: one attempt, and what became of it."""
        try:
            try:
                sent = self._couriers[item.channel].send(item)
            except Postponed as later:
                self._store(item, partial(self._put_off, item, later))
            except Exception as error:  # noqa: BLE001  top of the thread: whatever happens is one attempt
                self._note_failure(item, error)
            else:
                self._store(item, partial(self._note_sent, item, sent))
        finally:
            self._settled.set()

    def _note_sent(self, item: StoredItem, sent: Sent, connection: Connection) -> None:
        now = self._clock()
        if outbox.mark_sent(self._scope, connection, item, sent.answer, now=now):
            self._sent += 1
            note_sent(self._scope, connection, item, sent.action, sent.facts, actor=self._actor, at=now)
            for one in sent.along:
                if outbox.settle_with(self._scope, connection, [one.item.id], one.answer, now=now):
                    self._sent += 1
                    note_sent(
                        self._scope, connection, one.item, sent.action, one.facts, actor=self._actor, at=now
                    )
            sent.store(connection)
            if item.attempts > 1:
                outbox.hurry(self._scope, connection, item.lane, now=now)

    def _put_off(self, item: StoredItem, later: Postponed, connection: Connection) -> None:
        outbox.postpone(self._scope, connection, item, str(later), due_at=later.due_at)

    def _note_failure(self, item: StoredItem, error: Exception) -> None:
        where = {"channel": item.channel.value, "to": item.destination, "key": item.key}
        if not isinstance(error, SightlineError):
            log.exception("a delivery failed in a way nobody foresaw", **where, exc_info=error)
        refused = isinstance(error, DeliveryRefused)
        asked_s = error.retry_after_s if isinstance(error, DeliveryDeferred) else None
        pause = None if refused else self._rhythm.after(item.attempts, asked_s)
        reason = str(error) if isinstance(error, SightlineError) else "something went wrong here; see the log"
        log.warning("not delivered", **where, reason=reason, attempt=item.attempts, given_up=pause is None)
        self._store(item, partial(self._note_failed, item, reason, error, pause))

    def _note_failed(
        self,
        item: StoredItem,
        reason: str,
        error: Exception,
        pause: timedelta | None,
        connection: Connection,
    ) -> None:
        now = self._clock()
        due_at = now + pause if pause is not None else None
        if not outbox.mark_failed(self._scope, connection, item, reason, now=now, due_at=due_at):
            return
        if isinstance(error, CopyDiffers):
            note_copy_differs(self._scope, connection, item, reason, actor=self._actor, at=now)
        if due_at is None:
            note_given_up(self._scope, connection, item, error, actor=self._actor, at=now)

    def _store(self, item: StoredItem, write: Callable[[Connection], None]) -> None:
        """What cannot be noted is sent again, with the same key, once the lease has ended."""
        try:
            with self._database.transaction() as connection:
                write(connection)
        except SightlineError as error:
            log.error("what became of a delivery cannot be stored", key=item.key, reason=str(error))  # noqa: TRY400

    def _left(self) -> dict[ItemState, int]:
        left = {ItemState.WAITING: 0, ItemState.DEAD: 0}
        with self._database.reading() as connection:
            if self._chain is not None:
                for item in outbox_items.list_items(
                    self._scope, connection, chain=self._chain, states=list(left)
                ):
                    left[item.state] += 1
                return left
            for one in outbox_items.count_items(self._scope, connection):
                if one.state in left and one.channel in self._couriers:
                    left[one.state] += one.count
        return left


class _LaneThreads:
    """The threads that send to one receiver. Daemons: what hangs there must not keep us from ending."""

    def __init__(self, lane: Lane, width: int, deliver: Callable[[StoredItem], None]) -> None:
        self.busy: set[int] = set()
        self._deliver = deliver
        self._items: SimpleQueue[StoredItem] = SimpleQueue()
        self._name = f"outbox {lane[0].value} {lane[1]}"
        self._width = width
        self._threads = 0

    def take(self, item: StoredItem) -> None:
        """Send it as soon as a thread is free; counts as busy from now on."""
        self.busy.add(item.id)
        if self._threads < self._width:
            self._threads += 1
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._items.put(item)

    def _run(self) -> None:
        while True:
            item = self._items.get()
            try:
                self._deliver(item)
            finally:
                self.busy.discard(item.id)
