"""What one camera saw: a row per day, watched stretches solid, interruptions hatched, the rest empty."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sightline.dashboard.charts.marks import ON_SCREEN, Mark, chart, kind_of, line, linked, rect, text

NAME, END, ROW, TOP = 68.0, 24.0, 34.0, 28.0
HOURS = (0, 6, 12, 18, 24)
THINNEST = 2.0
"""An interruption of seconds is seen, too."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a day.

    Attributes:
        start, end: shares of the day, 0..1.
        mark: its words; without a value it is an interruption.
    """

    start: float
    end: float
    mark: Mark


def watched_days(
    rows: Sequence[tuple[str, Sequence[Stretch]]], *, title: str, width: float = ON_SCREEN
) -> Markup:
    """Rows of stretches.

    Args:
        rows: name and stretches of each day; interruptions are drawn over what was watched.
    """
    room = width - NAME - END
    floor_y = TOP + len(rows) * ROW
    parts = [
        line("axis", NAME + room * hour / 24, TOP - 4, NAME + room * hour / 24, floor_y) for hour in HOURS
    ]
    parts += [text(f"{hour}:00", NAME + room * hour / 24, TOP - 8) for hour in HOURS]
    for row, (name, stretches) in enumerate(rows):
        y = TOP + row * ROW + 4
        parts.append(text(name, NAME - 8, y + ROW / 2, anchor="end"))
        parts.append(rect("track", NAME, y, room, ROW - 8))
        for one in sorted(stretches, key=lambda one: one.mark.value is None):
            x, wide = NAME + room * one.start, max(THINNEST, room * (one.end - one.start))
            if one.mark.value is None:
                drawn = rect("track", x, y, wide, ROW - 8) + rect("gap", x, y, wide, ROW - 8)
                drawn += rect("gap-frame", x, y, wide, ROW - 8)
            else:
                drawn = rect("seen", x, y, wide, ROW - 8)
            parts.append(linked(one.mark, drawn))
    return chart(width, floor_y + 2, title, parts, kind=kind_of(width))
