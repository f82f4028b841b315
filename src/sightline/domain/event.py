"""Facts about service that a rule has concluded: interaction, unattended, queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class EventKind(StrEnum):
    INTERACTION = "interaction"
    UNATTENDED = "unattended"
    QUEUE = "queue"
    SECURITY = "security"


class Role(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Participant:
    """One track in one event, with the role it had when the event closed."""

    track_id: int
    role: Role
    role_confidence: float
    role_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """A finished event, in capture time.

    Attributes:
        kind: which rule concluded it.
        started_at: aware UTC; an unattended wait starts when the customer was first alone.
        ended_at: the last moment the condition was seen to hold, not the end of a grace period.
        participants: staff first, then customers.
        score: 0..1, how sure the rule is; for an interaction from distance, overlap, facing, stillness.
        confirmed_at: when an unattended wait was confirmed, else None.
        details: JSON values a person may want to read (place in line, mean distance ...).
    """

    kind: EventKind
    started_at: datetime
    ended_at: datetime
    participants: tuple[Participant, ...]
    score: float
    confirmed_at: datetime | None = None
    details: Mapping[str, float | int | str | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at
