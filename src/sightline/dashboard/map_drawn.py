"""Where places lie on the map, in Web Mercator, and the cells of H3 that add up what is in them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan, cos, degrees, log, pi, radians, sinh, tan

import h3

WORLD = 100_000.0
"""Units around the Equator; those of `static/world.svg`."""
ASPECT = 0.6
"""Height of the map over its width."""
NARROWEST, WIDEST = 5.0, WORLD
WIDTH_AT_FIRST = 1_000.0
"""At least so much is shown at first, some 400 km: a single venue among outlines that people know."""
MARGIN = 1.5
LEVELS = (9, 7, 5, 3, 1)
"""Resolutions of cells that are drawn; each is seven times as wide as the one before it."""
CELLS_ACROSS = 22
"""How many edges of a cell fit into the map where its level is neither too fine nor too coarse."""
EQUATOR_KM = 40_075.0
FURTHEST = 85.0
PIXELS = 1_000.0
"""How wide the map is taken to be until a script has measured it."""
LETTER, LINE = 7.5, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A venue on the map. `visitors` is None where nobody looked or told in these days."""

    venue_id: str
    name: str
    latitude: float
    longitude: float
    visitors: int | None

    @property
    def x(self) -> float:
        return (self.longitude + 180) / 360 * WORLD

    @property
    def y(self) -> float:
        return _y_of(self.latitude)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What part of the world is shown: its middle and its width, in units of the map."""

    x: float
    y: float
    width: float

    @classmethod
    def at(cls, latitude: float, longitude: float, width: float) -> "View":
        return cls(x=(longitude + 180) / 360 * WORLD, y=_y_of(latitude), width=width)

    @classmethod
    def around(cls, places: Sequence[Place]) -> "View":
        """All places with a margin; the whole world without any."""
        if not places:
            return cls(x=WORLD / 2, y=WORLD * 0.42, width=WORLD)
        left, right = min(one.x for one in places), max(one.x for one in places)
        top, bottom = min(one.y for one in places), max(one.y for one in places)
        width = max(WIDTH_AT_FIRST, MARGIN * (right - left), MARGIN * (bottom - top) / ASPECT)
        return cls(x=(left + right) / 2, y=(top + bottom) / 2, width=min(WIDEST, width))

    @property
    def height(self) -> float:
        return self.width * ASPECT

    @property
    def box(self) -> str:
        """As the attribute `viewBox`."""
        corner = (self.x - self.width / 2, self.y - self.height / 2)
        return " ".join(short(one) for one in (*corner, self.width, self.height))

    @property
    def latitude(self) -> float:
        return degrees(atan(sinh(pi * (1 - 2 * self.y / WORLD))))

    @property
    def longitude(self) -> float:
        return self.x / WORLD * 360 - 180

    def anchor(self, place: Place) -> str:
        """To which side the name of a place goes, so that it stays on the map."""
        across = (place.x - self.x) / self.width
        return "end" if across > 0.2 else "start" if across < -0.2 else "middle"

    @property
    def scale(self) -> float:
        """Units of the map in a pixel."""
        return self.width / PIXELS

    @property
    def across_km(self) -> float:
        return self.width / WORLD * EQUATOR_KM * cos(radians(self.latitude))

    def moved(self, right: float = 0.0, down: float = 0.0, zoom: float = 1.0) -> "View":
        """Another one beside it; `right` and `down` are shares of its width and height."""
        return View(
            x=min(WORLD, max(0.0, self.x + right * self.width)),
            y=min(WORLD, max(0.0, self.y + down * self.height)),
            width=min(WIDEST, max(NARROWEST, self.width * zoom)),
        )

    def query(self) -> dict[str, str]:
        """For the address of the page."""
        return {"lat": f"{self.latitude:.5f}", "lon": f"{self.longitude:.5f}", "width": short(self.width)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell with what its venues add up to; `visitors` is None where nothing is known of any of them."""

    points: str
    view: View
    places: tuple[Place, ...]
    visitors: int | None
    share: float
    foot: tuple[float, float]

    @property
    def is_shared(self) -> bool:
        return len(self.places) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """All cells of one resolution, for views of `narrowest` up to `widest`."""

    resolution: int
    narrowest: float
    widest: float
    cells: tuple[Cell, ...]

    def fits(self, view: View) -> bool:
        return self.narrowest <= view.width < self.widest


def levels(places: Iterable[Place]) -> list[Level]:
    """The same places added up in cells of every size."""
    every = list(places)
    return [_level(every, number) for number in range(len(LEVELS))]


def labelled(places: Sequence[Place], view: View) -> set[str]:
    """Whose names can stand beside their marks without covering each other; busy ones come first."""
    taken: list[tuple[float, float, float]] = []
    found = set()
    for one in sorted(places, key=lambda place: (-(place.visitors or 0), place.venue_id)):
        half = max(30.0, len(one.name) * LETTER / 2 + 12)
        shift = {"start": half, "middle": 0.0, "end": -half}[view.anchor(one)]
        x, y = one.x / view.scale + shift, one.y / view.scale
        if all(abs(x - ox) > half + other or abs(y - oy) > LINE for ox, oy, other in taken):
            taken.append((x, y, half))
            found.add(one.venue_id)
    return found


def short(value: float) -> str:
    """A coordinate, to 40 cm."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _y_of(latitude: float) -> float:
    bounded = radians(max(-FURTHEST, min(FURTHEST, latitude)))
    return (0.5 - log(tan(pi / 4 + bounded / 2)) / (2 * pi)) * WORLD if bounded else WORLD / 2


def _level(places: Sequence[Place], number: int) -> Level:
    resolution = LEVELS[number]
    held: dict[str, list[Place]] = defaultdict(list)
    for one in places:
        held[h3.latlng_to_cell(one.latitude, one.longitude, resolution)].append(one)
    sums = {cell: _sum(inside) for cell, inside in held.items()}
    most = max((one or 0 for one in sums.values()), default=0)
    best = h3.average_hexagon_edge_length(resolution, unit="km") / EQUATOR_KM * WORLD * CELLS_ACROSS
    return Level(
        resolution=resolution,
        narrowest=0.0 if number == 0 else best / 7**0.5,
        widest=WIDEST * 2 if number == len(LEVELS) - 1 else best * 7**0.5,
        cells=tuple(
            _cell(cell, inside, sums[cell], most)
            for cell, inside in sorted(held.items(), key=lambda one: one[0])
        ),
    )


def _cell(cell: str, inside: Sequence[Place], visitors: int | None, most: int) -> Cell:
    edges = [(lat, lon) for lat, lon in h3.cell_to_boundary(cell)]
    if max(lon for _, lon in edges) - min(lon for _, lon in edges) > 180:  # over the date line
        edges = [(lat, lon + 360 if lon < 0 else lon) for lat, lon in edges]
    corners = [((lon + 180) / 360 * WORLD, _y_of(lat)) for lat, lon in edges]
    wide = max(x for x, _ in corners) - min(x for x, _ in corners)
    latitude, longitude = h3.cell_to_latlng(cell)
    return Cell(
        points=" ".join(f"{short(x)},{short(y)}" for x, y in corners),
        view=View.at(latitude, longitude, max(NARROWEST, min(WIDEST, wide * 2.2))),
        places=tuple(inside),
        visitors=visitors,
        share=(visitors or 0) / most if most else 0.0,
        foot=(sum(x for x, _ in corners) / len(corners), max(y for _, y in corners)),
    )


def _sum(places: Iterable[Place]) -> int | None:
    known = [one.visitors for one in places if one.visitors is not None]
    return sum(known) if known else None
