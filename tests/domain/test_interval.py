"""Intervals cover as often as they say, in worlds simulated from their models, and in worse ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import t as student

from sightline.domain.interval import (
    FEWEST_STRETCHES,
    QUALITY_UNTOLD,
    CountedStretch,
    PeopleRange,
    count_ratio,
    mixed_quality,
    person_quality,
    range_from_audits,
    range_from_quality,
    wilson,
)

LEAST, MOST = 0.88, 0.995
Random = np.random.Generator


def covered(truths: np.ndarray, found: PeopleRange) -> float:
    return float(np.mean((truths >= found.low) & (truths <= found.high)))


def true_people(random: Random, count: int, quality: float, windows: int) -> np.ndarray:
    """How many people there were in windows in which `count` were counted, as the design page has it."""
    rate = 1 - quality
    deviation = rate / 2
    # A beta and a gamma distribution of this mean and standard deviation.
    size = rate * (1 - rate) / deviation**2 - 1
    false = random.beta(rate * size, (1 - rate) * size, windows)
    missed = random.gamma((rate / deviation) ** 2, deviation**2 / rate, windows)
    return count - random.binomial(count, false) + random.poisson(count * missed)


@pytest.mark.parametrize("quality", [0.5, 0.7, 0.8, 0.9, 0.95])
def test_ranges_from_quality_cover_as_often_as_they_say(quality: float) -> None:
    random = np.random.default_rng(20260302)
    for count in (5, 12, 40, 150, 600, 5000):
        share = covered(true_people(random, count, quality, 6000), range_from_quality(count, quality))
        assert LEAST <= share <= MOST, f"{count} people of quality {quality}: {share}"


def test_of_one_or_two_people_the_range_covers_and_is_as_narrow_as_whole_people_allow() -> None:
    random = np.random.default_rng(1)
    for count in (1, 2):
        for quality in (0.5, 0.7, 0.9):
            found = range_from_quality(count, quality)
            truths = true_people(random, count, quality, 6000)
            assert covered(truths, found) >= LEAST
            narrower = PeopleRange(found.low + 1, found.high - 1)
            assert narrower.low > narrower.high or covered(truths, narrower) < 0.9


def test_perfect_tracks_leave_no_doubt_and_nobody_is_nobody() -> None:
    assert range_from_quality(40, 1.0) == PeopleRange(40, 40)
    assert range_from_quality(0, 0.5) == PeopleRange(0, 0)


@given(count=st.integers(0, 100_000), quality=st.floats(0.5, 1))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_ranges_hold_the_count_and_widen_as_quality_falls(count: int, quality: float) -> None:
    found, worse = range_from_quality(count, quality), range_from_quality(count, quality * 0.9)
    assert 0 <= found.low <= count <= found.high
    assert worse.low <= found.low
    assert worse.high >= found.high


def stretches_of(random: Random, number: int, found_per_person: float, noise: float) -> list[CountedStretch]:
    """Stretches of some ten people, each with its own luck, counted by a camera with a bias."""
    truths = random.poisson(random.uniform(6, 18, number))
    luck = found_per_person * random.lognormal(-(noise**2) / 2, noise, number)
    return [
        CountedStretch(int(found), int(truth))
        for found, truth in zip(random.poisson(truths * luck), truths, strict=True)
    ]


@pytest.mark.parametrize("stretches", [5, 10, 30])
@pytest.mark.parametrize("bias", [0.7, 1.0, 1.4])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_ranges_from_audits_cover_also_when_the_camera_has_a_bias(
    stretches: int, bias: float, noise: float
) -> None:
    random = np.random.default_rng(4)
    hits = judged = width = 0
    for _ in range(1200):
        audited = stretches_of(random, stretches, bias, noise)
        window = stretches_of(random, 12, bias, noise)  # is made of stretches like those
        truth, count = sum(one.truth for one in window), sum(one.found for one in window)
        found = range_from_audits(count, audited)
        if found is not None:
            judged += 1
            hits += found.low <= truth <= found.high
            width += found.high - found.low
    assert judged > 1000
    assert LEAST <= hits / judged <= MOST
    assert width / judged < 2.5 * 144  # not so wide that it would say nothing


def test_an_audit_covers_where_track_quality_alone_does_not() -> None:
    """A camera that makes 14 of every ten people, all of them seen very well."""
    random = np.random.default_rng(9)
    by_audit = by_quality = 0
    for _ in range(2000):
        window = stretches_of(random, 30, 1.4, 0.1)
        truth, count = sum(one.truth for one in window), sum(one.found for one in window)
        audit = range_from_audits(count, stretches_of(random, 15, 1.4, 0.1))
        quality = range_from_quality(count, 0.95)
        assert audit is not None
        by_audit += audit.low <= truth <= audit.high
        by_quality += quality.low <= truth <= quality.high
    assert by_audit >= LEAST * 2000
    assert by_quality <= 0.1 * 2000


def test_few_stretches_or_empty_ones_say_nothing() -> None:
    full, empty = CountedStretch(8, 9), CountedStretch(0, 0)
    assert range_from_audits(100, [full] * (FEWEST_STRETCHES - 1)) is None
    assert range_from_audits(100, [full] * (FEWEST_STRETCHES - 1) + [empty] * 20) is None
    assert range_from_audits(100, [CountedStretch(0, 3)] * 20) is None
    assert count_ratio([full] * (FEWEST_STRETCHES - 1)) is None


def test_a_few_faultless_stretches_claim_no_perfection() -> None:
    found = range_from_audits(300, [CountedStretch(3, 3)] * FEWEST_STRETCHES)
    assert found is not None
    assert found.low < 290
    assert found.high > 310


def test_the_ratio_of_counts_and_its_interval_are_those_of_the_textbook() -> None:
    counted = [(10, 12), (7, 7), (14, 15), (3, 5), (9, 8), (11, 13)]
    share = count_ratio([CountedStretch(found, truth) for found, truth in counted])
    found, truth = np.array(counted).T
    ratio = truth.sum() / found.sum()
    spread = (((truth - ratio * found) ** 2).sum() + 1) / (len(counted) - 1)
    error = np.sqrt(spread / len(counted)) / found.mean()
    half = student.ppf(0.95, len(counted) - 1) * error
    assert share is not None
    assert (share.value, share.low, share.high) == pytest.approx((ratio, ratio - half, ratio + half))


@given(trials=st.integers(1, 500), data=st.data())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_precision_and_recall_have_wilson_intervals(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    share = wilson(hits, trials)
    reference = binomtest(hits, trials).proportion_ci(confidence_level=0.9, method="wilson")
    assert share is not None
    assert share.value == hits / trials
    assert (share.low, share.high) == pytest.approx((reference.low, reference.high), abs=1e-9)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_a_share_of_nothing_is_none_and_more_hits_than_trials_are_refused() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        wilson(4, 3)


def test_quality_is_the_formula_of_the_contract() -> None:
    assert person_quality(30, 0.9) == pytest.approx(0.6 * 1 + 0.4 * 0.9)
    assert person_quality(10, 0.8) == pytest.approx(0.6 * 0.7 + 0.4 * 0.8)
    assert person_quality(0, 0.1) == pytest.approx(0.5)
    assert person_quality(5000, 1) == pytest.approx(1.0)


def test_stays_that_tell_no_quality_count_as_medium_by_their_number() -> None:
    assert mixed_quality(0, 12, None, None) == QUALITY_UNTOLD
    assert mixed_quality(10, 10, 30, 1.0) == pytest.approx(1.0)
    assert mixed_quality(5, 20, 30, 1.0) == pytest.approx(0.25 * 1.0 + 0.75 * QUALITY_UNTOLD)
