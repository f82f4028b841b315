"""Figures as people read them: what is nearly nothing is not nothing, and parts of a whole add up."""

from datetime import UTC

import pytest

from sightline.dashboard.event_words import detail_lines
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.event import EVENT

ENGLISH, FRENCH = Shown("en", UTC), Shown("fr", UTC)


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        pytest.param(None, 0, "–", "–", id="unknown"),
        pytest.param(0, 1, "0%", "0\u202f%", id="nothing"),
        pytest.param(0.2, 0, "<1%", "<\u00a01\u202f%", id="nearly nothing"),
        pytest.param(0.04, 1, "<0.1%", "<\u00a00,1\u202f%", id="nearly nothing, more exactly"),
        pytest.param(99.7, 0, ">99%", ">\u00a099\u202f%", id="nearly all"),
        pytest.param(100, 0, "100%", "100\u202f%", id="all"),
        pytest.param(12.34, 1, "12.3%", "12,3\u202f%", id="some"),
    ],
)
def test_percents(value: float | None, digits: int, english: str, french: str) -> None:
    assert ENGLISH.percent(value, digits) == english
    assert FRENCH.percent(value, digits) == french


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        pytest.param([1, 1, 1], ["34%", "33%", "33%"], id="thirds"),
        pytest.param([226, 477, 297], ["22%", "48%", "30%"], id="rounded by themselves they are 101"),
        pytest.param([0, 0], ["–", "–"], id="of nothing"),
        pytest.param([2, 998], ["<1%", ">99%"], id="nobody can add that up"),
        pytest.param([0, 7], ["0%", "100%"], id="all of one"),
    ],
)
def test_parts_of_a_whole_add_up_to_a_hundred(counts: list[int], said: list[str]) -> None:
    assert ENGLISH.percents(counts) == said


def test_a_change_that_rounds_to_nothing_has_no_direction() -> None:
    assert ENGLISH.percent_change(-0.3) == "±0%"
    assert FRENCH.percent_change(-12.6) == "−13\u202f%"


def test_a_span_does_not_break_at_the_end_of_a_line() -> None:
    assert ENGLISH.span(9.97) == "10\u00a0s"
    assert ENGLISH.span(187) == "3\u00a0min\u00a007\u00a0s"
    assert ENGLISH.span(3720) == "1\u00a0h\u00a002\u00a0min"


def test_a_zone_called_queue_is_a_place_and_no_reason_for_an_end() -> None:
    told = {"zone": "queue", "ended_by": "queue"}
    assert detail_lines(told, in_language("en", EVENT), ENGLISH) == [
        ("Zone", "queue"),
        ("Ended because", "the customer joined the line"),
    ]
