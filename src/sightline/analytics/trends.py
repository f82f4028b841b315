"""Week by week, and whether it goes up or down."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sightline.analytics.observation import Observation
from sightline.analytics.shares import minutes_each, percent
from sightline.domain.local_time import WEEK, Window
from sightline.store.figures import Presence

GROWING_ABOVE, DECLINING_BELOW = 5.0, -5.0


def week_of(window: Window, number: int, found: Presence, observation: Observation) -> dict[str, Any]:
    """One of the weeks of a window, the first having the number 0.

    Visitors are None where nobody knows; of a venue of which nothing was ever seen or told they are 0.
    """
    monday = window.first + timedelta(days=WEEK * number)
    week = Window.of_days(WEEK, monday + timedelta(days=WEEK - 1), window.zone)
    known = found.stays or observation.nothing_ever or observation.knows_between(week.start, week.end)
    return {
        "week": monday,
        "visitors": found.stays if known else None,
        "avg_dwell_minutes": minutes_each(found.dwell_ms, found.visits),
        "return_rate_percent": percent(found.returned, found.people),
    }


def trend_of(visitors: Sequence[int | None]) -> tuple[str, float | None]:
    """Where weeks lead, in a word and in percent.

    The mean of the later half of the weeks of which something is known, against that of the earlier half; of
    an odd number the middle one is left out.
    """
    known = [number for number in visitors if number is not None]
    half = len(known) // 2
    if half == 0 or not any(known[:half]):
        return "insufficient_data", None
    earlier, later = sum(known[:half]), sum(known[-half:])
    growth = 100 * (later - earlier) / earlier
    if growth > GROWING_ABOVE:
        return "growing", round(growth, 1)
    return "declining" if growth < DECLINING_BELOW else "stable", round(growth, 1)
