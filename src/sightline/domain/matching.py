"""Running again over the same span: which new event is which old one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

HALF = 0.5
SHORTEST = timedelta(seconds=1)
"""Shorter events count as this long, so that an event at one instant can overlap its successor."""
SAME_PEOPLE_BONUS = 1.0
"""More than any overlap: of two new events over the same old one, that of the same people keeps the id."""


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """What is needed of an event to recognise it after another run over the same footage.

    Attributes:
        event_id: of an event in the store; empty for a new one.
        kind: what both must be, see `domain.event.sort_of`.
        started_at, ended_at: capture time.
        people: the track ids that took part.
    """

    event_id: str
    kind: str
    started_at: datetime
    ended_at: datetime
    people: frozenset[int]


def match_rerun(old: Sequence[StoredSpan], new: Sequence[StoredSpan]) -> dict[int, str]:
    """Find the old id that each new event keeps.

    Two events of one kind may be the same when their intersection is at least half of the longer of the two
    (either counted as 1 s at least). Each old id goes to at most one new event; among all ways to hand them
    out, the one with the largest total overlap is taken, where the same people count more than any overlap.

    Args:
        old: the events of one camera and time span in the store.
        new: those that the new run found in it.

    Returns:
        event id by place in `new`. A new event that is missing needs a new id; an old one whose id is not
        among the values has no successor.
    """
    rows, columns, weights = _candidates(old, new)
    if not rows:
        return {}
    # Here, not above: all that touches the store would hold 50 MB of scipy for it.
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(old) + len(new)
    graph = coo_array(
        (np.ones(len(rows)), (np.asarray(rows), len(old) + np.asarray(columns))), shape=(size, size)
    )
    _, group_of = connected_components(graph, directed=False)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for edge, row in enumerate(rows):
        groups[int(group_of[row])].append(edge)

    kept: dict[int, str] = {}
    for edges in groups.values():
        olds, news = sorted({rows[e] for e in edges}), sorted({columns[e] for e in edges})
        table = np.zeros((len(olds), len(news)))
        for edge in edges:
            table[olds.index(rows[edge]), news.index(columns[edge])] = weights[edge]
        for place, successor in zip(*linear_sum_assignment(table, maximize=True), strict=True):
            if table[place, successor] > 0:
                kept[news[successor]] = old[olds[place]].event_id
    return dict(sorted(kept.items()))


def match_ongoing(ongoing: Sequence[StoredSpan], new: Sequence[StoredSpan]) -> dict[int, str]:
    """Find what has become of events that were told while they lasted, in another analysis of the footage.

    A new event may be one of its kind that shares at least half of what was told of it: an end so far is
    short of the real one, so that the longer of the two says nothing here. Nearest starts first, one to one.

    Args:
        ongoing: as they were told, with their ends so far.
        new: those that the other analysis found.

    Returns:
        event id by place in `new`.
    """
    pairs = sorted(
        (abs(span.started_at - one.started_at), row, place)
        for row, one in enumerate(ongoing)
        for place, span in enumerate(new)
        if span.kind == one.kind and _shared(one, span) >= HALF * (_end(one) - one.started_at)
    )
    kept: dict[int, str] = {}
    taken: set[int] = set()
    for _, row, place in pairs:
        if row not in taken and place not in kept:
            taken.add(row)
            kept[place] = ongoing[row].event_id
    return dict(sorted(kept.items()))


def _candidates(
    old: Sequence[StoredSpan], new: Sequence[StoredSpan]
) -> tuple[list[int], list[int], list[float]]:
    """All pairs that overlap enough, found by one pass over time for each kind."""
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    active: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    order = sorted(
        [(span.started_at, 0, index) for index, span in enumerate(old)]
        + [(span.started_at, 1, index) for index, span in enumerate(new)]
    )
    sides = (old, new)
    for started_at, side, index in order:
        span = sides[side][index]
        running = active[span.kind]
        for which in (0, 1):
            running[which][:] = [i for i in running[which] if _end(sides[which][i]) > started_at]
        for rival in running[1 - side]:
            row, column = (index, rival) if side == 0 else (rival, index)
            weight = _likeness(old[row], new[column])
            if weight > 0:
                rows.append(row)
                columns.append(column)
                weights.append(weight)
        running[side].append(index)
    return rows, columns, weights


def _end(span: StoredSpan) -> datetime:
    return max(span.ended_at, span.started_at + SHORTEST)


def _shared(one: StoredSpan, other: StoredSpan) -> timedelta:
    """The time both last, negative when they do not meet."""
    return min(_end(one), _end(other)) - max(one.started_at, other.started_at)


def _likeness(one: StoredSpan, other: StoredSpan) -> float:
    """0 when the two cannot be the same event, else the shared part plus the bonus for the same people."""
    shared = _shared(one, other)
    longest = max(_end(one) - one.started_at, _end(other) - other.started_at)
    overlap = shared / longest
    if overlap < HALF:
        return 0.0
    return overlap + (SAME_PEOPLE_BONUS if one.people == other.people else 0.0)
