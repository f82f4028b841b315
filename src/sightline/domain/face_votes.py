"""Age bracket and gender of one person, voted over the faces of a track."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEAST_SCORE = 0.5
LEAST_HEIGHT_PX, LEAST_WIDTH_PX = 50, 30
LEAST_CONFIDENCE = 0.6
"""Below it age and gender are unknown."""
DOUBT = 0.5
"""Weight that speaks for nothing: one good face is enough to say something, one poor face is not."""

CHILD = "0-17"
_BRACKETS = ((18, CHILD), (20, "18-19"), (30, "20-29"), (40, "30-39"), (50, "40-49"), (60, "50-59"))
OLDEST = "60+"
BRACKETS = (*(name for _, name in _BRACKETS), OLDEST)


def bracket_of(age: float) -> str:
    """The age bracket of an age in years, not negative, rounded as people say it: 17.6 is 18."""
    years = int(age + 0.5)
    return next((name for below, name in _BRACKETS if years < below), OLDEST)


def is_face_enough(score: float, width_px: float, height_px: float) -> bool:
    """Whether a found face is sure and large enough to count for anything."""
    return score >= LEAST_SCORE and width_px >= LEAST_WIDTH_PX and height_px >= LEAST_HEIGHT_PX


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a vote says.

    Attributes:
        label: an age bracket, or M or F; None when unknown.
        confidence: 0..1, of the label that leads, also when it is not enough to be told.
    """

    label: str | None
    confidence: float

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Verdict":
        """The leading label; of equal ones the one that comes first in the alphabet."""
        total = sum(weights.values())
        if total <= 0:
            return cls(None, 0.0)
        label = min(weights, key=lambda name: (-weights[name], name))
        confidence = weights[label] / (total + DOUBT)
        return cls(label if confidence >= LEAST_CONFIDENCE else None, confidence)


@dataclass(slots=True)
class FaceVotes:
    """The votes of the faces of one track. Each weighs as much as its quality.

    The confidence is the share of the votes for the leading label, with half a vote more for nothing: it
    grows with the number of faces that agree, and a face on the border of two brackets leaves the age
    unknown.

    Attributes:
        faces: how many have voted.
    """

    faces: int = 0
    _ages: dict[str, float] = field(default_factory=dict)
    _genders: dict[str, float] = field(default_factory=dict)

    def see(self, *, age: float, male: float, quality: float) -> None:
        """Count one face.

        Args:
            age: years.
            male: probability 0..1; that of female is the rest. Both get their part of the vote.
            quality: 0..1; a face of quality 0 does not count.
        """
        if quality <= 0:
            return
        self.faces += 1
        bracket = bracket_of(max(0.0, age))
        self._ages[bracket] = self._ages.get(bracket, 0.0) + quality
        for label, share in (("M", male), ("F", 1 - male)):
            self._genders[label] = self._genders.get(label, 0.0) + quality * share

    @property
    def age_bracket(self) -> Verdict:
        """One of `BRACKETS`, or unknown."""
        return Verdict.of(self._ages)

    @property
    def gender(self) -> Verdict:
        """M or F, or unknown."""
        return Verdict.of(self._genders)

    @property
    def may_be_known_again(self) -> bool:
        """Whether a template may be made of this person, and looked for.

        Never of somebody whom more votes take for 0-17 than for any other age, however unsure they are, and
        never of somebody whose age nobody voted on: a child is not kept for lack of a look.
        """
        if not self._ages:
            return False
        return max(self._ages.values()) > self._ages.get(CHILD, 0.0)
