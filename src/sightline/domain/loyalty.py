"""How faithful a known visitor is, told from the number of visits and the time since the last one."""

from dataclasses import dataclass
from datetime import timedelta

LAPSED_AFTER = timedelta(days=90)
RECENT = timedelta(days=30)
FULL_VISITS = 10


@dataclass(frozen=True, slots=True)
class Tier:
    """`name` is reached with `visits` or more, the last of them at most `within` ago; None: however long."""

    name: str
    visits: int
    within: timedelta | None


TIERS = (
    Tier("VIP", 10, RECENT),
    Tier("Loyal", 5, RECENT),
    Tier("Regular", 3, timedelta(days=60)),
    Tier("Occasional", 2, None),
    Tier("New", 0, None),
)
"""The first one that fits counts."""


def loyalty_tier(visits: int, since_last: timedelta) -> str:
    """VIP, Loyal, Regular, Occasional or New.

    Args:
        since_last: from the end of the last stay until now.
    """
    return next(
        tier.name
        for tier in TIERS
        if visits >= tier.visits and (tier.within is None or since_last <= tier.within)
    )


def is_lapsed(since_last: timedelta) -> bool:
    """Whether the person has not come for more than 90 days."""
    return since_last > LAPSED_AFTER


def loyalty_score(visits: int, since_last: timedelta) -> int:
    """0..100: ten points a visit up to a hundred, in full for 30 days after the last one, then fading evenly
    to nothing at 90 days."""
    faded = (LAPSED_AFTER - since_last) / (LAPSED_AFTER - RECENT)
    return round(100 * min(visits / FULL_VISITS, 1.0) * min(1.0, max(0.0, faded)))
