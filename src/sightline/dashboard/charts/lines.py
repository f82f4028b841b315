"""A line over weeks or days, with a band of doubt and gaps where nobody looked."""

from collections.abc import Callable, Sequence
from itertools import groupby

from markupsafe import Markup

from sightline.dashboard.charts.marks import (
    ON_SCREEN,
    Mark,
    chart,
    circle,
    kind_of,
    line,
    linked,
    nice_top,
    path,
    rect,
    text,
    ticks,
    under_axis,
)

HEIGHT = 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 30.0


def trend(
    marks: Sequence[Mark],
    *,
    title: str,
    number: Callable[[float], str],
    every: int = 1,
    width: float = ON_SCREEN,
) -> Markup:
    """Dots joined by a line, broken where nobody looked.

    Args:
        title: what is shown, in words.
        number: writes a figure of the axis.
        every: so many marks have one label under the axis.
        width: of its own coordinates; one that shares its row with another is half as wide.
    """
    top = nice_top(one for mark in marks for one in (mark.value, mark.high))
    floor_y = HEIGHT - BOTTOM
    step = (width - LEFT - RIGHT) / max(1, len(marks))

    def y(value: float) -> float:
        return floor_y - (floor_y - TOP) * value / top

    def x(place: int) -> float:
        return LEFT + (place + 0.5) * step

    parts = [line("axis", LEFT, y(tick), width - RIGHT, y(tick)) for tick in ticks(top)]
    parts += [text(number(tick), LEFT - 6, y(tick) + 4, anchor="end") for tick in ticks(top)]
    for known, group in groupby(enumerate(marks), key=lambda one: one[1].value is not None):
        if known:
            parts.append(path("line", [(x(place), y(mark.value or 0.0)) for place, mark in group]))
    for place, mark in enumerate(marks):
        sheet = rect("sheet", x(place) - step / 2, TOP, step, floor_y - TOP, opacity=0)
        if mark.value is None:
            drawn = rect("gap", x(place) - step / 2, TOP, step, floor_y - TOP)
        else:
            drawn = circle("dot", x(place), y(mark.value), 4)
            if mark.low is not None and mark.high is not None:
                drawn = line("whisker", x(place), y(mark.low), x(place), y(mark.high)) + drawn
        parts.append(linked(mark, drawn + sheet))
        if place % every == 0:
            parts.append(under_axis(mark.label, x(place), HEIGHT - 8, width))
    return chart(width, HEIGHT, title, parts, kind=kind_of(width))
