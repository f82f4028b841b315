"""What has to leave the site, in which order, and when it is tried again. No clock is read here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Channel(StrEnum):
    """A kind of delivery. Each has a courier in `evidence/`."""

    ANALYZER = "analyzer"
    UPLOAD = "upload"
    INCIDENT = "incident"
    FOOTFALL = "footfall"
    HOSTED = "hosted"
    MAIL = "mail"
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    APPRISE = "apprise"


class ItemState(StrEnum):
    """Waiting items are leased, tried and tried again; the other states are ends.

    `dead`: given up, until a person retries it. `cancelled`: not to be sent any more, `last_error` says why.
    """

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


STEPS: Mapping[Channel, int] = MappingProxyType(
    {
        Channel.ANALYZER: 0,
        Channel.UPLOAD: 1,
        Channel.INCIDENT: 2,
        Channel.FOOTFALL: 2,
        Channel.HOSTED: 3,
        Channel.MAIL: 4,
        Channel.WEBHOOK: 4,
        Channel.MQTT: 4,
        Channel.APPRISE: 4,
    }
)
"""Place in the order of one event: analyzer, upload, incident, link, then whoever is told."""

PATIENCE = timedelta(seconds=30)
"""How long an alert waits for what comes before it: then it goes with what there is, and says so."""

_STRICT = frozenset({Channel.INCIDENT, Channel.FOOTFALL})
"""They name the stored file, so they wait for the upload as long as it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One delivery to one receiver.

    Attributes:
        key: the receiver's idempotency key; with channel and destination, unique for ever.
        destination: which receiver of that channel; a slow one holds up only its own items.
        chain: items of one chain go in the order of their steps; an event id, or an id of its own.
        payload: JSON values that are fixed when the item is made; the rest is read when it is sent.
    """

    key: str
    channel: Channel
    destination: str
    venue_id: str
    chain: str
    event_id: str | None = None
    evidence_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def step(self) -> int:
        return STEPS[self.channel]

    @property
    def patience(self) -> timedelta | None:
        """How long it waits for earlier steps of its chain; None: as long as it takes."""
        return None if self.channel in _STRICT else PATIENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRhythm:
    """When a failed delivery is tried again. Counted in attempts, so that a clock that jumps costs nothing.

    Attributes:
        pauses: after the first, second ... failed attempt; after the last one it is dead.
        longest_asked: a receiver may ask for a longer pause (Retry-After), up to this.
    """

    pauses: tuple[timedelta, ...]
    longest_asked: timedelta = timedelta(hours=6)

    def after(self, attempts: int, asked_s: float | None = None) -> timedelta | None:
        """The pause after the failed attempt number `attempts` (1 for the first); None: give up."""
        if attempts > len(self.pauses):
            return None
        pause = self.pauses[attempts - 1]
        if asked_s is None:
            return pause
        return max(pause, min(timedelta(seconds=max(0.0, asked_s)), self.longest_asked))

    @property
    def longest(self) -> timedelta:
        """No item is ever due later than this from now, unless the clock was set."""
        return max(*self.pauses, self.longest_asked)

    def times(self, factor: float) -> "RetryRhythm":
        """The same rhythm in compressed time, for tests and measurements."""
        return RetryRhythm(
            pauses=tuple(pause * factor for pause in self.pauses), longest_asked=self.longest_asked * factor
        )


def _usual_pauses() -> tuple[timedelta, ...]:
    """3 quick attempts 5 s apart, then growing pauses; 3 days and 4 hours in all."""
    seconds = [5, 5, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200]
    six_hours = 6 * 3_600
    return tuple(timedelta(seconds=pause) for pause in [*seconds, *[six_hours] * 12])


USUAL_RHYTHM = RetryRhythm(pauses=_usual_pauses())
