"""Upright bars in parts: several kinds of events beside each other in one hour."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
)

HEIGHT = 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 4.0, 12.0, 30.0
THINNEST = 5.0
"""Pixels: a part of one among a thousand must be seen and hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The parts of one bar, from the bottom; their places are their colours, `s1`, `s2`, ...

    Attributes:
        label: on the axis.
        unseen: in words, where nobody looked; empty otherwise.
    """

    label: str
    parts: Sequence[Mark]
    unseen: str = ""

    @property
    def total(self) -> float:
        return sum(one.value or 0.0 for one in self.parts)


def stacks(
    bars: Sequence[Stack],
    *,
    title: str,
    number: Callable[[float], str],
    every: int = 1,
    width: float = ON_SCREEN,
) -> Markup:
    """Bars in parts; one that nobody saw is a hatched gap as high as the chart.

    Args:
        title: what is shown, in words.
        number: writes a figure of the axis.
        every: so many bars have one label under the axis.
        width: of its own coordinates.
    """
    top = nice_top(one.total for one in bars)
    floor_y = HEIGHT - BOTTOM
    step = (width - LEFT - RIGHT) / max(1, len(bars))
    wide = step * 0.72

    def tall(value: float) -> float:
        return (floor_y - TOP) * value / top

    drawn = [
        line("axis", LEFT, floor_y - tall(tick), width - RIGHT, floor_y - tall(tick)) for tick in ticks(top)
    ]
    drawn += [text(number(tick), LEFT - 6, floor_y - tall(tick) + 4, anchor="end") for tick in ticks(top)]
    for place, one in enumerate(bars):
        x = LEFT + place * step + (step - wide) / 2
        drawn.append(_gap(one, x, wide, step, floor_y) if one.unseen else _stack(one, x, wide, floor_y, tall))
        if place % every == 0:
            drawn.append(text(one.label, x + wide / 2, HEIGHT - 8))
    return chart(width, HEIGHT, title, drawn, kind=kind_of(width))


def _gap(one: Stack, x: float, wide: float, step: float, floor_y: float) -> Markup:
    gap = Mark(label=one.label, value=None, said=one.unseen)
    return linked(gap, rect("gap", x - (step - wide) / 2, TOP, step, floor_y - TOP))


def _stack(one: Stack, x: float, wide: float, floor_y: float, tall: Callable[[float], float]) -> Markup:
    drawn, y = Markup(""), floor_y
    for place, part in enumerate(one.parts):
        if part.value:
            high = max(THINNEST, tall(part.value))
            y -= high
            drawn += linked(part, rect(f"s{place + 1}", x, y, wide, high - 1))
    return drawn
