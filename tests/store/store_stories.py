"""Builders for the tests of the store: a morning at the till."""

from datetime import UTC, datetime, timedelta

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope

SITE = Scope.site()
OPENING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return OPENING + timedelta(seconds=seconds)


def interaction(start: float, end: float, *, staff: int = 1, customer: int = 2) -> ServiceEvent:
    return ServiceEvent(
        kind=EventKind.INTERACTION,
        started_at=at(start),
        ended_at=at(end),
        participants=(
            Participant(staff, Role.STAFF, 0.9, "behind the line"),
            Participant(customer, Role.CUSTOMER, 0.8, "in front of the line"),
        ),
        score=0.75,
        details={"mean_distance": 0.8},
    )


def unattended(start: float, end: float, *, customer: int = 3) -> ServiceEvent:
    return ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=at(start),
        ended_at=at(end),
        participants=(Participant(customer, Role.CUSTOMER, 0.8, "in front of the line"),),
        score=0.5,
        confirmed_at=at(start + 60),
    )
