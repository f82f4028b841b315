"""Whether two shares differ by more than chance."""

from math import sqrt
from statistics import NormalDist

SIGNIFICANT = 0.05
FEWEST_EXPECTED = 5.0
"""Of each kind, on each side, by the common share: below it the normal distribution is no model."""


def p_of_shares(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """How likely a difference of this size or more is when both sides have one share.

    Two-sided test of two proportions with the pooled share, normal approximation. 1.0 where there is too
    little of anything to tell.
    """
    if not trials or not other_trials:
        return 1.0
    pooled = (hits + other_hits) / (trials + other_trials)
    if min(trials, other_trials) * min(pooled, 1 - pooled) < FEWEST_EXPECTED:
        return 1.0
    spread = sqrt(pooled * (1 - pooled) * (1 / trials + 1 / other_trials))
    z = abs(hits / trials - other_hits / other_trials) / spread
    return 2 * (1 - NormalDist().cdf(z))


def scaled(number: int, scale: float) -> int:
    """Counts of stays as counts of visits: stays of one visit come together and are no evidence each."""
    return round(number * min(1.0, scale))
