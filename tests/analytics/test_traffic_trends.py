"""Where weeks lead."""

import pytest

from sightline.analytics.traffic import data_quality, engagement_of_dwell
from sightline.analytics.trends import trend_of


@pytest.mark.parametrize(
    ("visitors", "expected"),
    [
        pytest.param([], ("insufficient_data", None), id="no week"),
        pytest.param([5], ("insufficient_data", None), id="one week"),
        pytest.param([None, 5, None], ("insufficient_data", None), id="one week that was observed"),
        pytest.param([0, 5], ("insufficient_data", None), id="nobody to begin with"),
        pytest.param([100, 105], ("stable", 5.0), id="exactly the limit up"),
        pytest.param([100, 95], ("stable", -5.0), id="exactly the limit down"),
        pytest.param([1000, 1051], ("growing", 5.1), id="above the limit"),
        pytest.param([1000, 949], ("declining", -5.1), id="below the limit"),
        pytest.param([100, 9, 200], ("growing", 100.0), id="the middle one is left out"),
        pytest.param(
            [100, None, 100, None, 50, 50], ("declining", -50.0), id="unobserved weeks are no zeros"
        ),
        pytest.param([10, 0], ("declining", -100.0), id="nobody in the end"),
    ],
)
def test_trend_compares_the_halves_of_what_is_known(
    visitors: list[int | None], expected: tuple[str, float | None]
) -> None:
    assert trend_of(visitors) == expected


@pytest.mark.parametrize(
    ("level", "word"), [(None, None), (0.85, "high"), (0.8499, "medium"), (0.7, "medium"), (0.6999, "low")]
)
def test_quality_in_a_word(level: float | None, word: str | None) -> None:
    assert data_quality(level) == word


@pytest.mark.parametrize(
    ("seconds", "word"), [(300.001, "High"), (300, "Medium"), (120.001, "Medium"), (120, "Low"), (0, "Low")]
)
def test_engagement_by_dwell_in_a_word(seconds: float, word: str) -> None:
    assert engagement_of_dwell(seconds) == word
