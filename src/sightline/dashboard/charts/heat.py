"""A grid of days and hours, the darker the more."""

from collections.abc import Sequence

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, chart, linked, rect, text

LEFT, TOP = 40.0, 16.0
CELL_W, CELL_H = 25.0, 24.0
LIGHTEST = 0.06


def heat_grid(
    rows: Sequence[tuple[str, Sequence[Mark]]], columns: Sequence[str], *, title: str, every: int = 3
) -> Markup:
    """Rows of cells.

    Args:
        rows: name and marks of each, as many as there are columns.
        columns: their names; every third is written.
    """
    most = max((mark.value or 0.0 for _, marks in rows for mark in marks), default=0.0)
    parts = [
        text(name, LEFT + (place + 0.5) * CELL_W, TOP - 5)
        for place, name in enumerate(columns)
        if place % every == 0
    ]
    for row, (name, marks) in enumerate(rows):
        y = TOP + row * CELL_H
        parts.append(text(name, LEFT - 6, y + CELL_H / 2 + 4, anchor="end"))
        for place, mark in enumerate(marks):
            parts.append(linked(mark, _cell(mark, LEFT + place * CELL_W, y, most)))
    return chart(LEFT + len(columns) * CELL_W, TOP + len(rows) * CELL_H + 2, title, parts, kind="by-hour")


def _cell(mark: Mark, x: float, y: float, most: float) -> Markup:
    place = (x + 1, y + 1, CELL_W - 2, CELL_H - 2)
    if mark.value is None:
        return rect("track", *place) + rect("gap", *place)
    share = mark.value / most if most else 0.0
    return rect("track", *place) + rect(
        "heat", *place, opacity=LIGHTEST + (1 - LIGHTEST) * share if share else 0
    )
