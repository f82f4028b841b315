"""What all charts are made of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

GAP_PATTERN = Markup(
    '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)">'
    '<line class="gap-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
)
"""Hatching for what nobody saw."""
NEAR_END, HALF_A_LETTER = 32.0, 4.6
ON_SCREEN, ON_PHONE = 960.0, 420.0
"""Widths of a chart that has a row for itself, in its own coordinates."""
MOST_STEPS = 6
"""Of an axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One figure of a chart.

    Attributes:
        label: on the axis.
        value: None where nobody looked: unknown is not zero.
        said: the figure in words, for the pointer, for readers of the screen and for the table.
        href: where its events and clips are; empty for none.
        low, high: bounds of its interval.
        before: the figure it is compared with.
    """

    label: str
    value: float | None
    said: str
    href: str = ""
    low: float | None = None
    high: float | None = None
    before: float | None = None


def chart(width: float, height: float, title: str, parts: Iterable[Markup], *, kind: str = "") -> Markup:
    """The whole of a chart.

    Args:
        width, height: of its own coordinates; it is as wide as its place on the page.
        title: what it shows, in words.
        kind: another class of the style sheet: `over-time` is a wide one, whose words grow on a phone.
    """
    return Markup('<svg class="chart {}" viewBox="0 0 {} {}" role="group" aria-label="{}">{}{}</svg>').format(
        kind, _short(width), _short(height), title, GAP_PATTERN, Markup("").join(parts)
    )


def on_both(draw: Callable[[float], Markup]) -> Markup:
    """A wide chart for a screen and a narrow one for a phone; the style sheet shows one of them.

    Args:
        draw: a chart of so many units of its own coordinates.
    """
    return draw(ON_SCREEN) + draw(ON_PHONE)


def kind_of(width: float) -> str:
    """The class of a chart of a width: its words are of one size wherever it stands."""
    return {ON_SCREEN: "over-time", ON_PHONE: "on-phone"}.get(width, "half")


def linked(mark: Mark, drawn: Markup) -> Markup:
    """A mark that says its figure and leads to what is behind it."""
    said = escape(mark.said)
    if not mark.href:
        return Markup('<g role="img" aria-label="%s"><title>%s</title>%s</g>') % (said, said, drawn)
    return Markup('<a href="%s" aria-label="%s"><title>%s</title>%s</a>') % (mark.href, said, said, drawn)


def rect(
    kind: str, x: float, y: float, width: float, height: float, *, opacity: float | None = None
) -> Markup:
    """A rectangle of a class of the style sheet, rounded a little."""
    clear = Markup(' fill-opacity="%s"') % _short(opacity) if opacity is not None else Markup("")
    place = (_short(x), _short(y), _short(max(0.0, width)), _short(max(0.0, height)))
    # Hundreds of marks are on a page, and this way takes a third of the time of format().
    return Markup('<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="1.5"%s/>') % (
        kind,
        *place,
        clear,
    )


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A straight line."""
    return Markup('<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>') % (
        kind,
        *(_short(one) for one in (x1, y1, x2, y2)),
    )


def circle(kind: str, x: float, y: float, radius: float) -> Markup:
    """A dot."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{}"/>').format(
        kind, _short(x), _short(y), _short(radius)
    )


def path(kind: str, points: Sequence[tuple[float, float]]) -> Markup:
    """A line through points; nothing for fewer than two."""
    if len(points) < 2:
        return Markup("")
    through = " L".join(f"{_short(x)} {_short(y)}" for x, y in points)
    return Markup('<path class="{}" d="M{}"/>').format(kind, through)


def text(said: str, x: float, y: float, *, anchor: str = "middle", kind: str = "") -> Markup:
    """Words; hidden from readers of the screen, who get them with the marks."""
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}" aria-hidden="true">{}</text>').format(
        _short(x), _short(y), anchor, kind, said
    )


def under_axis(said: str, x: float, y: float, width: float) -> Markup:
    """A label of an axis; one at the right end of a chart stays within it."""
    if x > width - max(NEAR_END, len(said) * HALF_A_LETTER):
        return text(said, width, y, anchor="end")
    return text(said, x, y)


def nice_top(values: Iterable[float | None]) -> float:
    """The upper end of an axis: the next one of its steps, at least 1."""
    most = max((value for value in values if value is not None), default=0.0)
    step = _step(most)
    return max(1.0, step * ceil(most / step))


def ticks(top: float) -> list[float]:
    """Where an axis from 0 to `top` has lines: at most six whole steps."""
    step = _step(top)
    return [step * place for place in range(round(top / step) + 1)]


def _step(most: float) -> float:
    """1, 2 or 5 times a power of ten, at least 1: nobody counts halves of people."""
    least = max(1.0, most / MOST_STEPS)
    scale: float = 10.0 ** floor(log10(least))
    return next(step * scale for step in (1, 2, 5, 10) if step * scale >= least)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
