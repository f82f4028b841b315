"""What counts as a word of an outside analyser."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.assessment import ANALYSIS_CHARS, Verdict, assessment_in, undecided
from sightline.domain.security import RiskLevel

SEEN: dict[str, Any] = {
    "incident": True,
    "incident_type": "shoplifting",
    "risk_level": "HIGH",
    "confidence": 0.92,
    "analysis": "One hides a bottle.",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def test_all_that_is_said_is_kept() -> None:
    word = assessment_in(SEEN)
    assert word.document() == {
        "verdict": "incident",
        **{name: SEEN[name] for name in SEEN if name != "incident"},
        "reason": None,
    }


def test_a_bare_word_is_enough() -> None:
    assert assessment_in({"incident": False}).verdict is Verdict.NO_INCIDENT
    assert assessment_in({"incident": True}).verdict is Verdict.INCIDENT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("incident", value) for value in (None, "true", "yes", 0, 1, [], {})
    ] + [
        ("confidence", value) for value in (7, -0.1, 1.01, 92, "0.9", True, False, math.nan, math.inf, [])
    ] + [
        ("risk_level", value) for value in ("EXTREME", "", 3, True, ["HIGH"])
    ] + [
        (name, value) for name in ("incident_type", "analysis") for value in (3, True, ["a"], {"a": 1})
    ],
)  # fmt: skip
def test_one_wrong_value_makes_all_of_it_worthless(name: str, value: object) -> None:
    word = assessment_in({**SEEN, name: value})
    assert word.verdict is Verdict.UNDECIDED
    assert name in str(word.reason)
    assert word.document() | {"verdict": 0, "reason": 0} == dict.fromkeys(word.document()) | {
        "verdict": 0,
        "reason": 0,
    }


@pytest.mark.parametrize("confidence", [0, 1, 0.0, 1.0])
def test_the_ends_of_confidence_are_in(confidence: float) -> None:
    assert assessment_in({**SEEN, "confidence": confidence}).confidence == confidence


def test_risk_is_read_in_any_case() -> None:
    assert assessment_in({**SEEN, "risk_level": "Medium"}).risk_level is RiskLevel.MEDIUM


def test_texts_are_cut_and_cleaned() -> None:
    word = assessment_in(
        {
            "incident": True,
            "incident_type": "theft\r\nBcc: everybody\u202e",
            "analysis": "\x1b[31mred\0\ud800\nnext line " + 3_000 * "é",
        }
    )
    assert word.incident_type == "theft  Bcc: everybody"
    assert str(word.analysis).startswith("[31mred  \nnext line ééé")
    assert len(str(word.analysis)) == ANALYSIS_CHARS


def test_a_text_of_nothing_is_none() -> None:
    assert assessment_in({"incident": True, "analysis": " \x07 "}).analysis is None


def test_undecided_says_why() -> None:
    assert undecided("no answer within 30 s").document()["reason"] == "no answer within 30 s"


@given(JSON | st.fixed_dictionaries({}, optional={name: JSON | st.just(said) for name, said in SEEN.items()}))
def test_no_answer_breaks_anything(answer: object) -> None:
    document = assessment_in(answer).document()
    json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    assert (document["verdict"] == "undecided") == (document["reason"] is not None)
