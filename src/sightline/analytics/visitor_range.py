"""How sure a number of people is: from audited stretches when there are enough, else from track quality."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypedDict

from sqlalchemy import Connection

from sightline.domain.interval import (
    NOMINAL_PERCENT,
    CountedStretch,
    range_from_audits,
    range_from_quality,
)
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.audits import VISITORS, list_audited

AUDITS_HOLD = timedelta(days=180)
"""How far from a window a stretch may lie: cameras are moved, shops rebuilt."""


class VisitorRange(TypedDict):
    """As `visitor_range` in answers: whole people, and how they were arrived at."""

    low: int
    high: int
    method: str
    nominal_percent: int


def visitor_range(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    window: Window,
    unique: int,
    quality: float,
) -> VisitorRange:
    """The interval for the people who came in a window.

    Args:
        unique: different people counted in it.
        quality: of the window, from `domain.interval.mixed_quality`.

    Returns:
        `method` is `audit` with five audited stretches or more within 180 days of the window, `track_quality`
        otherwise. The bounds of an audit need not hold `unique`: that the count is off is what audits show.
    """
    return range_of(unique, quality, audited_near(scope, connection, venue_id, window))


def audited_near(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> Sequence[CountedStretch]:
    """The audits of people that say something about a window."""
    audited = list_audited(
        scope,
        connection,
        venue_id=venue_id,
        rule=VISITORS,
        start=window.start - AUDITS_HOLD,
        end=window.end + AUDITS_HOLD,
    )
    return [CountedStretch(one.found, one.truth) for one in audited]


def range_of(unique: int, quality: float, audited: Sequence[CountedStretch]) -> VisitorRange:
    """The same for any number of people of a window: of one of its hours or days."""
    found = range_from_audits(unique, audited)
    method = "track_quality" if found is None else "audit"
    found = found or range_from_quality(unique, quality)
    return VisitorRange(low=found.low, high=found.high, method=method, nominal_percent=NOMINAL_PERCENT)
