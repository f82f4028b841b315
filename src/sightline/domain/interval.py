"""Intervals for what was counted: stated models, a nominal coverage, integers for people.

docs/design/platform.md, "Intervals", says what each one assumes. All are two-sided at 90 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

NOMINAL_PERCENT = 90
TAIL = (1 + NOMINAL_PERCENT / 100) / 2
Z = NormalDist().inv_cdf(TAIL)

QUALITY_UNTOLD = 0.7
"""Of people of whom nobody says how well they were seen: the least that is called medium."""
ERRORS_TOGETHER = 0.5
"""Relative standard deviation of a window's error rates: light, crowd and angle are shared by all in it."""
FEWEST_STRETCHES = 5
"""Audited stretches below which no spread can be told from them."""


@dataclass(frozen=True, slots=True)
class PeopleRange:
    """Between how many people it were; the bounds belong to it."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class CountedStretch:
    """A stretch that a person watched: how many the product found there, and how many there were."""

    found: int
    truth: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share 0..1 with its interval."""

    value: float
    low: float
    high: float


def person_quality(mean_frames: float, mean_confidence: float) -> float:
    """How likely a counted person is a person of their own, 0.5..1.

    Args:
        mean_frames: frames of a track.
        mean_confidence: of the detections, 0..1.
    """
    length = min(1.0, max(0.5, (mean_frames - 5) / 25 + 0.5))
    return 0.6 * length + 0.4 * min(1.0, max(0.5, mean_confidence))


def mixed_quality(told: int, stays: int, mean_frames: float | None, mean_confidence: float | None) -> float:
    """Quality of a window in which `told` of its stays carry frames and confidence, and the others do not.

    Args:
        mean_frames, mean_confidence: over the stays that carry both; None when none does.
    """
    if told == 0 or mean_frames is None or mean_confidence is None:
        return QUALITY_UNTOLD
    share = told / max(told, stays)
    return share * person_quality(mean_frames, mean_confidence) + (1 - share) * QUALITY_UNTOLD


def range_from_quality(count: int, quality: float) -> PeopleRange:
    """How many people there were, judged by how well those counted were seen.

    Model: each of the `count` is false (the rest of a broken track, a ghost) with probability f, and Poisson
    of `count` * m others were missed; f and m are the rates of this window, with mean 1 - quality and half of
    that as their standard deviation. False and missed ones balance on average, so the range lies around the
    count. Bounds by the normal approximation with continuity correction.

    Args:
        count: people counted, not negative. Of nobody counted nothing is claimed: 0 to 0.
        quality: 0..1, see `person_quality`.
    """
    rate = 1 - quality
    spread_of_rate = (ERRORS_TOGETHER * rate) ** 2
    within = count * (2 * rate - rate**2 - spread_of_rate)
    variance = within + 2 * count**2 * spread_of_rate
    return _around(count, Z * sqrt(max(0.0, variance)))


def range_from_audits(count: int, stretches: Sequence[CountedStretch]) -> PeopleRange | None:
    """How many people there were, judged by stretches that a person counted, too.

    Ratio estimator: the window has as many people for each one counted as the stretches had together. Its
    error has two parts, that of the ratio (linearised variance over the stretches) and that of this window
    around it (variance in proportion to the count, as between the stretches); Student's t with one degree of
    freedom less than stretches. One error is added to those seen, so that a few faultless stretches claim no
    perfection.

    Returns:
        None with fewer than five stretches in which anything was found.
    """
    used = [one for one in stretches if one.found > 0 or one.truth > 0]
    found = sum(one.found for one in used)
    if len(used) < FEWEST_STRETCHES or sum(one.found > 0 for one in used) < FEWEST_STRETCHES:
        return None
    ratio, spread = _ratio(used)
    variance = spread * (count**2 / found**2 * len(used) + count / found * len(used))
    return _around(ratio * count, _t(len(used)) * sqrt(variance))


def count_ratio(stretches: Sequence[CountedStretch]) -> Share | None:
    """People or events there were for each one found, with its interval; None as `range_from_audits`."""
    used = [one for one in stretches if one.found > 0 or one.truth > 0]
    if sum(one.found > 0 for one in used) < FEWEST_STRETCHES:
        return None
    ratio, spread = _ratio(used)
    half = _t(len(used)) * sqrt(spread * len(used)) / sum(one.found for one in used)
    return Share(ratio, max(0.0, ratio - half), ratio + half)


def wilson(hits: int, trials: int) -> Share | None:
    """A share and its Wilson interval, for precision and recall; None of nothing.

    Raises:
        ValueError: more hits than trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share")
    if trials == 0:
        return None
    share = hits / trials
    centre = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    # The bounds of none and of all are exact; rounding must not put them beside the share.
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == trials else centre + half
    return Share(share, low, high)


def _ratio(stretches: Sequence[CountedStretch]) -> tuple[float, float]:
    """Truth for each one found, and the variance of a stretch's truth around it."""
    ratio = sum(one.truth for one in stretches) / sum(one.found for one in stretches)
    squares = sum((one.truth - ratio * one.found) ** 2 for one in stretches)
    return ratio, (squares + 1) / (len(stretches) - 1)


def _t(stretches: int) -> float:
    from scipy.special import stdtrit  # 20 MB, for sites with audits only

    return float(stdtrit(stretches - 1, TAIL))


def _around(centre: float, half: float) -> PeopleRange:
    """Whole people within `half` of the centre, each of them being as wide as one."""
    if half == 0:
        return PeopleRange(round(centre), round(centre))
    return PeopleRange(max(0, floor(centre - half + 0.5)), max(0, ceil(centre + half - 0.5)))
