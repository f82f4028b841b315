"""Which stays are meant, by what is known of them and of whose they are."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["high", "moderate", "low"]
Facing = Literal["facing_camera", "sideways", "facing_away"]
UNKNOWN = "unknown"
"""Of a person whose age or gender nobody told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StayTraits:
    """What does not matter is None.

    Attributes:
        age, gender: of the person, as the venue knows them today, as all figures of people are counted.
        behavior, posture: labels that the stay carries.
        level: of its engagement score, see `domain.stay`.
        facing: by its body orientation, likewise.
    """

    zone: str | None = None
    camera_id: str | None = None
    age: str | None = None
    gender: str | None = None
    behavior: str | None = None
    posture: str | None = None
    level: Level | None = None
    facing: Facing | None = None
