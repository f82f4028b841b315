"""What an outside analyser says of an incident it has looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sightline.domain.security import RiskLevel

ANALYSIS_CHARS = 2_000
TYPE_CHARS = 100


class Verdict(StrEnum):
    """`NO_INCIDENT` is a veto; `UNDECIDED`: no answer, or none that can be used."""

    INCIDENT = "incident"
    NO_INCIDENT = "no_incident"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One word about one clip. What the analyser did not say is None.

    Attributes:
        incident_type: in the analyser's own words, one line.
        confidence: 0..1, the analyser's own.
        analysis: plain text, at most `ANALYSIS_CHARS`.
        reason: why it is undecided; None otherwise.
    """

    verdict: Verdict
    incident_type: str | None = None
    risk_level: RiskLevel | None = None
    confidence: float | None = None
    analysis: str | None = None
    reason: str | None = None

    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "verdict": self.verdict.value,
            "incident_type": self.incident_type,
            "risk_level": None if self.risk_level is None else self.risk_level.value,
            "confidence": self.confidence,
            "analysis": self.analysis,
            "reason": self.reason,
        }


def undecided(reason: str) -> Assessment:
    """No usable answer; `reason` in words."""
    return Assessment(verdict=Verdict.UNDECIDED, reason=reason)


def assessment_in(answer: object) -> Assessment:
    """An analyser's answer: `incident`, and what else it says. One wrong value makes all of it worthless.

    Args:
        answer: JSON values; only `incident` has to be there.
    """
    if not isinstance(answer, Mapping):
        return undecided("the answer is no JSON object")
    try:
        return Assessment(
            verdict=_verdict(answer.get("incident")),
            incident_type=_text(answer, "incident_type", TYPE_CHARS, lines=False),
            risk_level=_risk_level(answer.get("risk_level")),
            confidence=_confidence(answer.get("confidence")),
            analysis=_text(answer, "analysis", ANALYSIS_CHARS, lines=True),
        )
    except ValueError as error:
        return undecided(str(error))


def _verdict(value: object) -> Verdict:
    if not isinstance(value, bool):
        raise ValueError("the answer's 'incident' is not true or false")  # noqa: TRY004  a value from outside
    return Verdict.INCIDENT if value else Verdict.NO_INCIDENT


def _risk_level(value: object) -> RiskLevel | None:
    if value is None:
        return None
    if not isinstance(value, str) or value.upper() not in set(RiskLevel):
        raise ValueError("the answer's 'risk_level' is not LOW, MEDIUM or HIGH")
    return RiskLevel(value.upper())


def _confidence(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("the answer's 'confidence' is not a number from 0 to 1")
    return float(value)


def _text(answer: Mapping[str, Any], name: str, most: int, *, lines: bool) -> str | None:
    """A text without control signs, invisible ones and halves of signs, which spoil mails and files."""
    value = answer.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"the answer's {name!r} is not a text")  # noqa: TRY004  a value from outside
    kept = (sign if sign.isprintable() or (lines and sign == "\n") else " " for sign in value)
    return "".join(kept).strip()[:most].rstrip() or None
