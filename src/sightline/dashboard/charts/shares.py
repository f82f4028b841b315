"""Shares of a whole, as lying bars with their names, and as one stacked bar."""

from collections.abc import Sequence

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, chart, linked, rect

WIDTH, HEIGHT = 480.0, 26.0
LONG, THICK = 100.0, 16.0
"""Of a lying bar; it is stretched to its place."""


def share_bars(
    marks: Sequence[Mark], *, title: str, figures: Sequence[str], whole: float | None = None
) -> Markup:
    """One lying bar for each name. Names and figures are text of the page: they wrap, and are never small.

    Args:
        figures: what stands right of each bar.
        whole: how much a full bar is; None for the largest value.
    """
    most = whole or max((mark.value or 0.0 for mark in marks), default=0.0) or 1.0
    rows = [_row(mark, figure, most) for mark, figure in zip(marks, figures, strict=True)]
    return Markup('<div class="shares" role="group" aria-label="{}">{}</div>').format(
        title, Markup("").join(rows)
    )


def stacked(marks: Sequence[Mark], *, title: str) -> Markup:
    """One bar in parts; the colour of a mark is that of its place: `s1`, `s2`, ..., the last one's `s0`."""
    total = sum(mark.value or 0.0 for mark in marks) or 1.0
    parts, x = [], 0.0
    for place, mark in enumerate(marks):
        wide = WIDTH * (mark.value or 0.0) / total
        kind = f"s{place + 1}" if place + 1 < len(marks) else "s0"
        if wide:
            parts.append(linked(mark, rect(kind, x + 0.5, 0, max(0.5, wide - 1), HEIGHT)))
        x += wide
    return chart(WIDTH, HEIGHT, title, parts, kind="stacked")


def _row(mark: Mark, figure: str, most: float) -> Markup:
    if mark.value is None:
        drawn = rect("gap", 0, 0, LONG, THICK)
    else:
        drawn = rect("mark", 0, 0, LONG * min(1.0, mark.value / most), THICK)
    bar = Markup(
        '<svg class="chart bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        "<title>{}</title>{}</svg>"
    ).format(mark.said, drawn)
    words = Markup("<span>{}</span>{}<span>{}</span>").format(mark.label, bar, figure)
    if not mark.href:
        return Markup('<span class="share" role="img" aria-label="{}">{}</span>').format(mark.said, words)
    return Markup('<a href="{}" aria-label="{}" class="share">{}</a>').format(mark.href, mark.said, words)
