"""Who is in the scenario: bodies and clothes, drawn from a seeded generator."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

Colour = tuple[int, int, int]
"""Blue, green, red, 0..255, as OpenCV orders them."""


class Role(StrEnum):
    STAFF = "staff"
    CUSTOMER = "customer"


class Hair(StrEnum):
    SHORT = "short"
    LONG = "long"
    BALD = "bald"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One figure.

    Attributes:
        person_id: unique in the scenario, staff first.
        height_m: 1.56..1.90.
        build: width of the body as a factor on the average.
        pace: walking speed, m/s.
        sleeve: share of the arm that is covered, 0..1.
        skirt: whether a skirt covers the thighs.
        bag: colour of a carried bag, None for free hands.
        sway: phase of the idle motions, so that no two people move alike.
    """

    person_id: int
    role: Role
    height_m: float
    build: float
    pace: float
    skin: Colour
    hair: Hair
    hair_colour: Colour
    top: Colour
    trousers: Colour
    shoes: Colour
    sleeve: float
    skirt: bool
    bag: Colour | None
    sway: float


UNIFORM: Colour = (118, 104, 22)

_SKINS: tuple[Colour, ...] = (
    (170, 196, 232),
    (148, 178, 222),
    (120, 154, 204),
    (88, 122, 176),
    (56, 84, 132),
    (40, 58, 94),
)
_HAIR: tuple[Colour, ...] = (
    (24, 26, 32),
    (30, 40, 58),
    (44, 66, 96),
    (78, 122, 168),
    (120, 120, 124),
    (30, 34, 44),
)
_TOPS: tuple[Colour, ...] = (
    (52, 48, 168), (150, 84, 40), (70, 132, 70), (196, 190, 182), (60, 168, 212), (58, 58, 62),
    (142, 70, 110), (176, 140, 84), (40, 96, 184), (210, 206, 224), (104, 60, 48), (84, 104, 130),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = (
    (92, 66, 46), (62, 46, 36), (44, 44, 46), (96, 110, 128), (120, 88, 62), (70, 78, 84), (38, 36, 44),
)  # fmt: skip
_SHOES: tuple[Colour, ...] = ((34, 34, 38), (200, 200, 204), (40, 54, 84), (60, 56, 52))
_BAGS: tuple[Colour, ...] = ((36, 60, 108), (50, 48, 150), (60, 60, 60), (96, 140, 60))


def staff_member(person_id: int, rng: np.random.Generator) -> Person:
    """A figure in the shop's uniform."""
    return _person(person_id, Role.STAFF, rng)


def customer(person_id: int, rng: np.random.Generator) -> Person:
    """A figure in clothes of its own."""
    return _person(person_id, Role.CUSTOMER, rng)


def _person(person_id: int, role: Role, rng: np.random.Generator) -> Person:
    staff = role is Role.STAFF
    woman = bool(rng.random() < 0.5)
    hair = (
        Hair.LONG
        if woman and rng.random() < 0.7
        else Hair.BALD
        if not woman and rng.random() < 0.12
        else Hair.SHORT
    )
    return Person(
        person_id=person_id,
        role=role,
        height_m=float(np.clip(rng.normal(1.66 if woman else 1.77, 0.055), 1.56, 1.90)),
        build=float(np.clip(rng.normal(0.97 if woman else 1.04, 0.06), 0.85, 1.2)),
        pace=float(rng.uniform(0.95, 1.3)),
        skin=_pick(_SKINS, rng),
        hair=hair,
        hair_colour=_pick(_HAIR, rng),
        top=UNIFORM if staff else _pick(_TOPS, rng),
        trousers=(44, 44, 46) if staff else _pick(_TROUSERS, rng),
        shoes=_pick(_SHOES, rng),
        sleeve=0.3 if staff else float(rng.choice([0.3, 0.35, 1.0, 1.0])),
        skirt=bool(woman and not staff and rng.random() < 0.3),
        bag=None if staff or rng.random() < 0.5 else _pick(_BAGS, rng),
        sway=float(rng.uniform(0, 2 * np.pi)),
    )


def _pick(colours: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    blue, green, red = colours[int(rng.integers(len(colours)))]
    shift = rng.integers(-9, 10, size=3)
    return (
        int(np.clip(blue + shift[0], 8, 245)),
        int(np.clip(green + shift[1], 8, 245)),
        int(np.clip(red + shift[2], 8, 245)),
    )
