"""How long a customer has been alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sightline.domain.interaction import Together
from sightline.domain.track import Box

WaitEnd = Literal["attention", "queue", "left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattendedRule:
    """When being alone is an event; the defaults are the product's.

    Attributes:
        threshold: alone for longer is an event.
        confirmation: still alone this much longer confirms it.
        grace: attention shorter than this does not reset the wait.
    """

    threshold: timedelta = timedelta(seconds=30)
    confirmation: timedelta = timedelta(seconds=30)
    grace: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A wait of one customer, from the moment first alone; `ended_by` is None while it goes on."""

    started_at: datetime
    ended_at: datetime
    confirmed_at: datetime | None
    ended_by: WaitEnd | None
    glances: int

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWait:
    """A wait that still goes on, for those who act while it lasts.

    Attributes:
        track_id: the customer.
        started_at: the moment first alone.
        last_seen_at: the customer's last sighting.
        exceeded: longer than the threshold, so that it will be an event.
        confirmed_at: when it was confirmed, else None.
        last_attended_at: the end of the last attention of any length, None if there was none.
        box: where the customer was last seen, xyxy pixels.
    """

    track_id: int
    started_at: datetime
    last_seen_at: datetime
    exceeded: bool
    confirmed_at: datetime | None
    last_attended_at: datetime | None
    box: Box

    @property
    def duration(self) -> timedelta:
        return self.last_seen_at - self.started_at


@dataclass(slots=True)
class WaitTimer:
    """Turns sightings of one customer, and the staff near them, into waits.

    The wait counts from the moment first alone, whenever it is confirmed. Attention shorter than the grace
    leaves it running, and before any wait only delays its beginning; attention that reaches the grace ended
    it at the moment attention began, and so does attention that still goes on when the customer leaves.
    Time in a queue is told by the queue.
    """

    rule: UnattendedRule
    started_at: datetime | None = None
    confirmed_at: datetime | None = None
    last_attended_at: datetime | None = None
    _attention_at: datetime | None = None
    _met: bool = False
    _glances: int = 0
    _queued_until: datetime | None = None
    _queueing: bool = False

    def see(self, at: datetime, staff: Iterable[Together]) -> Wait | None:
        """Record one sighting, with the real stretches of closeness to staff that are not over.

        Args:
            at: capture time of the last sighting of the customer.
            staff: those stretches, in any order.
        """
        listed = list(staff)
        closed = None
        if listed:
            closed = self._attend(
                min(together.started_at for together in listed),
                max(together.last_close_at for together in listed),
            )
        elif self._attention_at is not None:
            self._leave_alone()
        if self.started_at is not None and self._attention_at is None:
            due = self.started_at + self.rule.threshold + self.rule.confirmation
            if self.confirmed_at is None and at >= due:
                # Short attention over the due moment defers the confirmation: nobody was alone then.
                self.confirmed_at = max(due, self.last_attended_at or due)
        return closed

    def enter_queue(self, at: datetime) -> Wait | None:
        """A queueing stay that began at `at` has been validated: the wait ended there."""
        self._queueing = True
        return self._close(at, "queue")

    def leave_queue(self, at: datetime) -> None:
        """The queueing stay ended at `at`: alone again from there, unless attention began before."""
        self._queueing = False
        if not self._met:
            self._restart(at)

    def finish(self, last_seen_at: datetime) -> Wait | None:
        """The customer is gone, or the footage is over."""
        if self._attention_at is not None:
            return self._close(self._attention_at, "attention")
        return self._close(last_seen_at, "left")

    def confirmed(self, last_seen_at: datetime) -> Wait | None:
        """The wait so far, when it goes on and is confirmed."""
        if self.started_at is None or self.confirmed_at is None or not self.exceeded(last_seen_at):
            return None
        return Wait(
            started_at=self.started_at,
            ended_at=last_seen_at,
            confirmed_at=self.confirmed_at,
            ended_by=None,
            glances=self._glances,
        )

    def exceeded(self, at: datetime) -> bool:
        return self.started_at is not None and at - self.started_at > self.rule.threshold

    def _attend(self, began_at: datetime, last_at: datetime) -> Wait | None:
        self._attention_at = min(self._attention_at or began_at, began_at)
        self.last_attended_at = last_at
        if self._met or last_at - self._attention_at < self.rule.grace:
            return None
        self._met = True
        return self._close(self._attention_at, "attention")

    def _leave_alone(self) -> None:
        assert self._attention_at is not None
        assert self.last_attended_at is not None
        met_at_once = self.started_at is not None and self._attention_at <= self.started_at
        if self._met or met_at_once:
            self._restart(self.last_attended_at)
        else:
            self._glances += 1
        self._attention_at, self._met = None, False

    def _restart(self, at: datetime) -> None:
        self.confirmed_at, self._glances = None, 0
        self.started_at = None if self._queueing else at

    def _close(self, at: datetime, ended_by: WaitEnd) -> Wait | None:
        started_at, confirmed_at, glances = self.started_at, self.confirmed_at, self._glances
        self.started_at, self.confirmed_at, self._glances = None, None, 0
        if started_at is None or at - started_at <= self.rule.threshold:
            return None
        if confirmed_at is not None and confirmed_at > at:
            confirmed_at = None
        return Wait(
            started_at=started_at,
            ended_at=at,
            confirmed_at=confirmed_at,
            ended_by=ended_by,
            glances=glances,
        )
