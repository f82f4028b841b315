"""Zones as they are drawn on the picture of a camera, the darker the more people."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, linked

LIGHTEST, DARKEST = 0.12, 0.62
"""What lies under a zone stays to be seen."""
SHARES = 1000
LONGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnZone:
    """A polygon with its figure.

    Attributes:
        points: x and y, shares 0..1 of the picture's size.
        figure: what stands in it, under its name.
    """

    mark: Mark
    points: Sequence[tuple[float, float]]
    figure: str


def zones_drawn(zones: Sequence[DrawnZone], *, title: str) -> Markup:
    """To be laid over a picture of any shape: the polygons stretch with it, and the words do not."""
    most = max((one.mark.value or 0.0 for one in zones), default=0.0)
    parts = Markup("").join(linked(one.mark, _drawn(one, most)) for one in zones)
    return Markup('<svg class="chart over-picture" role="group" aria-label="{}">{}</svg>').format(
        title, parts
    )


def _drawn(zone: DrawnZone, most: float) -> Markup:
    share = (zone.mark.value or 0.0) / most if most else 0.0
    kind = "heat" if zone.mark.value is not None else "unseen"
    corners = " ".join(f"{x * SHARES:.0f},{y * SHARES:.0f}" for x, y in zone.points)
    polygon = Markup(
        '<svg viewBox="0 0 {0} {0}" width="100%" height="100%" preserveAspectRatio="none">'
        '<polygon class="{1}" points="{2}" fill-opacity="{3}"/></svg>'
    ).format(SHARES, kind, corners, f"{LIGHTEST + (DARKEST - LIGHTEST) * share:.2f}")
    return (
        polygon
        + _words(_cut(zone.mark.label), zone.points, "-0.2em")
        + _words(zone.figure, zone.points, "1em")
    )


def _words(said: str, points: Sequence[tuple[float, float]], below: str) -> Markup:
    x, y = middle(points)
    return Markup('<text x="{}%" y="{}%" dy="{}" text-anchor="middle" aria-hidden="true">{}</text>').format(
        f"{100 * x:.1f}", f"{100 * y:.1f}", below, said
    )


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centre of gravity of a polygon; the mean of its corners where it encloses nothing."""
    area = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], *points[:1]], strict=True):
        cross = x1 * y2 - x2 * y1
        area, x, y = area + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    if abs(area) < 1e-9:
        return sum(one for one, _ in points) / len(points), sum(one for _, one in points) / len(points)
    return x / (3 * area), y / (3 * area)
