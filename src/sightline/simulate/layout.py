"""Where things stand in the simulated shop. All figures are metres on the floor, x then y."""

from dataclasses import dataclass
from enum import StrEnum

Spot = tuple[float, float]


class Surface(StrEnum):
    """What a piece of furniture is made of; the painter knows a look for each."""

    COUNTER = "counter"
    TILL = "till"
    GOODS = "goods"
    GONDOLA = "gondola"
    STAND = "stand"


@dataclass(frozen=True, slots=True)
class Solid:
    """An upright box: `x` and `y` are (from, to) on the floor, `z` (from, to) above it."""

    name: str
    surface: Surface
    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]


ROOM_X = 10.0
ROOM_Y = 8.2
ROOM_HEIGHT = 3.4

COUNTER = Solid("counter", Surface.COUNTER, (1.65, 2.05), (2.5, 4.9), (0.0, 0.92))
TILL = Solid("till", Surface.TILL, (1.72, 1.92), (3.45, 3.8), (0.92, 1.22))
STAFF_SHELF = Solid("staff shelf", Surface.GOODS, (0.0, 0.32), (3.4, 7.4), (0.0, 2.2))
WALL_SHELF = Solid("wall shelf", Surface.GOODS, (3.1, 8.3), (7.78, 8.2), (0.0, 1.9))
GONDOLA = Solid("gondola", Surface.GONDOLA, (5.2, 7.6), (6.0, 6.4), (0.0, 1.2))
STAND = Solid("promotion stand", Surface.STAND, (8.7, 9.4), (6.5, 7.2), (0.0, 0.95))
SOLIDS = (COUNTER, TILL, STAFF_SHELF, WALL_SHELF, GONDOLA, STAND)

BACK_DOOR = (0.45, 1.4)  # x range of the opening in the wall y = ROOM_Y
BACK_DOOR_HEIGHT = 2.1
ENTRANCE = (3.8, 5.3)  # y range of the opening in the wall x = ROOM_X
ENTRANCE_HEIGHT = 2.3

OUTSIDE_SPOTS: tuple[Spot, ...] = ((11.0, 7.4), (11.3, 7.7))  # on the pavement, hidden by the wall
DOORSTEP: Spot = (10.75, 4.55)
INSIDE_DOOR: Spot = (9.3, 4.55)
BACK_ROOM: Spot = (-0.9, 9.1)
BACK_ROOM_DOORSTEP: Spot = (0.92, 8.9)
BACK_ROOM_INSIDE: Spot = (0.92, 7.5)

CASHIER_HOME: Spot = (1.25, 3.2)
CASHIER_SHELF: Spot = (0.78, 3.75)
ASSISTANT_HOME: Spot = (0.9, 6.0)
GAP: Spot = (1.5, 6.2)  # between the counter and the back wall, the staff's way to the shop floor
TILL_SPOT: Spot = (2.5, 3.2)

QUEUE_Y = 3.2
QUEUE_HEAD_X = 4.2
QUEUE_STEP = 0.85
QUEUE_PLACES = 4

PEEK_FROM: Spot = (3.3, 7.3)
PEEK_AT: Spot = (2.2, 7.4)  # just over the staff line

# (where a customer stands, what he looks at)
BROWSE_SPOTS: tuple[tuple[Spot, Spot], ...] = (
    ((4.1, 7.25), (4.1, 8.0)),
    ((5.0, 7.2), (5.0, 8.0)),
    ((6.1, 7.15), (6.1, 8.0)),
    ((7.2, 7.2), (7.2, 8.0)),
    ((5.6, 5.45), (5.6, 6.2)),
    ((6.5, 5.4), (6.5, 6.2)),
    ((7.3, 5.45), (7.3, 6.2)),
    ((8.35, 6.2), (9.0, 6.8)),
    ((4.5, 5.9), (5.4, 6.2)),
)

# Ways that nobody takes without a reason: the waiting line, and the floor right before the till.
LANE_KEEP_OUT = ((3.7, 7.4), (2.6, 3.8))
TILL_KEEP_OUT = ((1.5, 3.6), (2.0, 4.8))
STAFF_KEEP_OUT = ((0.0, 2.3), (2.0, 8.2))

STAFF_LINE: tuple[Spot, Spot] = ((1.86, 1.6), (2.75, 8.2))

ZONES: tuple[tuple[str, str, tuple[Spot, ...]], ...] = (
    ("till", "service", ((2.08, 2.35), (3.2, 2.35), (3.2, 4.1), (2.08, 4.1))),
    ("queue", "queue", ((3.75, 2.75), (7.25, 2.75), (7.25, 3.7), (3.75, 3.7))),
    ("behind the counter", "staff", ((0.35, 2.3), (1.86, 2.3), (2.65, 7.8), (0.35, 7.8))),
    ("entrance", "entrance", ((8.9, 3.75), (9.95, 3.75), (9.95, 5.35), (8.9, 5.35))),
)


def queue_place(index: int) -> Spot:
    """The floor spot of a place in line; 0 is the head."""
    return (QUEUE_HEAD_X + QUEUE_STEP * index, QUEUE_Y)
