"""Bars over hours, days or names: with gaps where nobody looked, intervals, and what was before."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from sightline.dashboard.charts.marks import (
    ON_SCREEN,
    Mark,
    chart,
    kind_of,
    line,
    linked,
    nice_top,
    rect,
    text,
    ticks,
    under_axis,
)

HEIGHT = 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 4.0, 12.0, 30.0
WIDEST = 90.0


def bars(
    marks: Sequence[Mark],
    *,
    title: str,
    number: Callable[[float], str],
    every: int = 1,
    width: float = ON_SCREEN,
    height: float = HEIGHT,
) -> Markup:
    """Upright bars beside each other.

    A mark without a value is a hatched gap as high as the chart. Its interval is a whisker, what was before a
    grey bar behind it.

    Args:
        title: what is shown, in words.
        number: writes a figure of the axis.
        every: so many marks have one label under the axis.
        width: of its own coordinates; one that shares its row with another is half as wide.
    """
    top = nice_top(one for mark in marks for one in (mark.value, mark.high, mark.before))
    inner, floor_y = width - LEFT - RIGHT, height - BOTTOM
    step = inner / max(1, len(marks))
    wide = min(WIDEST, step * 0.72)

    def y(value: float) -> float:
        return floor_y - (floor_y - TOP) * value / top

    parts = [line("axis", LEFT, y(tick), width - RIGHT, y(tick)) for tick in ticks(top)]
    parts += [text(number(tick), LEFT - 6, y(tick) + 4, anchor="end") for tick in ticks(top)]
    for place, mark in enumerate(marks):
        x = LEFT + place * step + (step - wide) / 2
        drawn = _bar(mark, x, wide, y, floor_y) if mark.value is not None else _gap(x, wide, step, floor_y)
        parts.append(linked(mark, drawn))
        if place % every == 0:
            parts.append(under_axis(mark.label, x + wide / 2, height - 8, width))
    return chart(width, height, title, parts, kind=kind_of(width))


def _bar(mark: Mark, x: float, wide: float, y: Callable[[float], float], floor_y: float) -> Markup:
    drawn = Markup("")
    if mark.before is not None:
        drawn += rect("before", x - wide * 0.12, y(mark.before), wide * 1.24, floor_y - y(mark.before))
    value = mark.value or 0.0
    drawn += rect("mark", x, y(value), wide, floor_y - y(value))
    if mark.low is not None and mark.high is not None:
        middle = x + wide / 2
        drawn += line("whisker", middle, y(mark.low), middle, y(mark.high))
        drawn += line("whisker", middle - 3, y(mark.low), middle + 3, y(mark.low))
        drawn += line("whisker", middle - 3, y(mark.high), middle + 3, y(mark.high))
    return drawn + _sheet(x, wide, floor_y)


def _gap(x: float, wide: float, step: float, floor_y: float) -> Markup:
    """As wide as its place: hours that nobody saw beside each other are one gap."""
    return rect("gap", x - (step - wide) / 2, TOP, step, floor_y - TOP) + _sheet(x, wide, floor_y)


def _sheet(x: float, wide: float, floor_y: float) -> Markup:
    """Clear, over the whole height: a bar of one visitor is as easy to hit as one of a hundred."""
    return rect("sheet", x, TOP, wide, floor_y - TOP, opacity=0)
