"""Facts that a rule has concluded: interaction, unattended, queue, security."""

from collections.abc import Iterable, Mapping
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


Details = Mapping[str, float | int | str | None]


def sort_of(kind: EventKind, details: Details) -> str:
    """What two events must have in common to be the same: the kind, of an incident its type and zone too.

    Somebody may loiter in two zones that overlap, after hours, all from one moment on: three incidents.
    """
    if kind is not EventKind.SECURITY:
        return kind.value
    return ":".join([kind.value, *(str(details.get(name) or "") for name in ("incident_type", "zone"))])


Identity = tuple[str, datetime, tuple[tuple[Role, int], ...]]
"""Sort, start, and the people with their roles: what makes two tellings the same event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """A finished event, in capture time; or one that is told while it lasts, with its end so far.

    Attributes:
        kind: which rule concluded it.
        started_at: aware UTC; an unattended wait starts when the customer was first alone.
        ended_at: the last moment the condition was seen to hold, not the end of a grace period.
        participants: staff first, then customers; of a security incident as they were when it was confirmed.
        score: 0..1, how sure the rule is; for an interaction from distance, overlap, facing, stillness.
        confirmed_at: when an unattended wait or a security incident was confirmed, else None.
        details: JSON values a person may want to read (place in line, mean distance ...).
    """

    kind: EventKind
    started_at: datetime
    ended_at: datetime
    participants: tuple[Participant, ...]
    score: float
    confirmed_at: datetime | None = None
    details: Details = field(default_factory=lambda: MappingProxyType({}))

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at

    @property
    def identity(self) -> Identity:
        """What stays the same from the first telling to the end; the end and the figures do not."""
        people = tuple((one.role, one.track_id) for one in self.participants)
        return sort_of(self.kind, self.details), self.started_at, people


def in_order(events: Iterable[ServiceEvent]) -> list[ServiceEvent]:
    """Events by their end; the same ones always come in the same order."""
    return sorted(
        events,
        key=lambda event: (
            event.ended_at,
            event.started_at,
            event.kind,
            [person.track_id for person in event.participants],
        ),
    )
