"""Events over a day or more, a row a camera; each is a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from sightline.dashboard.charts.marks import ON_SCREEN, Mark, chart, kind_of, line, linked, rect, text

LEFT, RIGHT, TOP = 8.0, 8.0, 28.0
LANE, BETWEEN, AXIS = 24.0, 32.0, 30.0
SMALLEST, SHEET = 5.0, 14.0
KINDS = ("interaction", "unattended", "queue", "security")
"""From above in each row, so that a kind is told by its place as well as by its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event on the line."""

    row: str
    kind: str
    started_at: datetime
    ended_at: datetime
    mark: Mark


def timeline(
    events: Sequence[Happened],
    rows: Sequence[tuple[str, str]],
    span: tuple[datetime, datetime],
    ticks: Sequence[tuple[datetime, str]],
    *,
    title: str,
    width: float = ON_SCREEN,
) -> Markup:
    """Rows of bars.

    Args:
        rows: key and name of each.
        span: what the line reaches over.
        ticks: where there is a line across, and what is written there.
    """
    inner = width - LEFT - RIGHT
    whole = (span[1] - span[0]).total_seconds() or 1.0
    floor_y = TOP + len(rows) * (LANE + BETWEEN) - BETWEEN + 6
    places = {key: TOP + place * (LANE + BETWEEN) for place, (key, _) in enumerate(rows)}

    def x(at: datetime) -> float:
        return LEFT + inner * min(1.0, max(0.0, (at - span[0]).total_seconds() / whole))

    parts = [line("axis", x(at), TOP, x(at), floor_y) for at, _ in ticks]
    parts += [text(said, x(at), floor_y + 20) for at, said in ticks]
    for key, name in rows:
        parts.append(rect("track", LEFT, places[key], inner, LANE))
        parts.append(text(name, LEFT, places[key] - 7, anchor="start", kind="strong"))
    lane = LANE / len(KINDS)
    for one in events:
        if one.row not in places:
            continue
        number = KINDS.index(one.kind) if one.kind in KINDS else 0
        left, wide = x(one.started_at), max(SMALLEST, x(one.ended_at) - x(one.started_at))
        bar = rect(f"s{number + 1}", left, places[one.row] + number * lane + 0.5, wide, lane - 1)
        around = max(wide, SHEET)
        sheet = rect("sheet", left + (wide - around) / 2, places[one.row], around, LANE, opacity=0)
        parts.append(linked(one.mark, sheet + bar))
    return chart(width, floor_y + AXIS, title, parts, kind=kind_of(width))
