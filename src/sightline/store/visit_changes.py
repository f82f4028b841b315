"""How new stays change the visits of one person. Plain numbers, no database: this is done for each of many.

Times are microseconds, dwells milliseconds, as they are stored.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from sightline.domain.stay import VISIT_GAP

GAP_US = VISIT_GAP // timedelta(microseconds=1)


class VisitRow(NamedTuple):
    """A visit as it is stored. A single stay is one, too."""

    started_us: int
    ended_us: int
    dwell_ms: int
    stays: int
    marked: bool


Span = tuple[int, int, int, int, bool]
"""What a `VisitRow` holds."""


def merged(spans: Iterable[Span]) -> list[VisitRow]:
    """The visits that spans add up to, each a stay or a visit, in any order.

    A span belongs to the visit before it when 30 minutes at most lie between the latest end so far and its
    begin.
    """
    visits: list[VisitRow] = []
    started = ended = dwell = stays = 0
    marked = False
    for one in sorted(spans):
        if stays and one[0] - ended <= GAP_US:
            ended = max(ended, one[1])
            dwell += one[2]
            stays += one[3]
            marked = marked or one[4]
            continue
        if stays:
            visits.append(VisitRow(started, ended, dwell, stays, marked))
        started, ended, dwell, stays, marked = one
    if stays:
        visits.append(VisitRow(started, ended, dwell, stays, marked))
    return visits
