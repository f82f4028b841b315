"""Shares of a whole, as lying bars with their names, and as one stacked bar."""

from collections.abc import Sequence

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, chart, linked, rect, text

WIDTH = 480.0
NAME, FIGURE = 130.0, 96.0
ROW = 28.0


def share_bars(
    marks: Sequence[Mark], *, title: str, figures: Sequence[str], whole: float | None = None
) -> Markup:
    """One lying bar for each name.

    Args:
        figures: what stands right of each bar.
        whole: how much a full bar is; None for the largest value.
    """
    most = whole or max((mark.value or 0.0 for mark in marks), default=0.0) or 1.0
    room = WIDTH - NAME - FIGURE
    parts = []
    for row, (mark, figure) in enumerate(zip(marks, figures, strict=True)):
        y = row * ROW + 4
        long = room * min(1.0, (mark.value or 0.0) / most)
        drawn = rect("track", NAME, y, room, ROW - 10)
        if mark.value is None:
            drawn += rect("gap", NAME, y, room, ROW - 10)
        else:
            drawn += rect("mark", NAME, y, long, ROW - 10)
        drawn += text(_cut(mark.label), NAME - 8, y + 13, anchor="end", kind="strong")
        drawn += text(figure, WIDTH - FIGURE + 8, y + 13, anchor="start", kind="strong")
        parts.append(linked(mark, drawn))
    return chart(WIDTH, max(1, len(marks)) * ROW, title, parts)


def stacked(marks: Sequence[Mark], *, title: str) -> Markup:
    """One bar in parts; the colour of a mark is that of its place: `s1`, `s2`, ..., the last one's `s0`."""
    total = sum(mark.value or 0.0 for mark in marks) or 1.0
    parts, x = [], 0.0
    for place, mark in enumerate(marks):
        wide = WIDTH * (mark.value or 0.0) / total
        kind = f"s{place + 1}" if place + 1 < len(marks) else "s0"
        parts.append(linked(mark, rect(kind, x + 0.5, 0, max(0.0, wide - 1), 26)))
        x += wide
    return chart(WIDTH, 26, title, parts)


def _cut(name: str) -> str:
    return name if len(name) <= 20 else name[:19] + "…"
