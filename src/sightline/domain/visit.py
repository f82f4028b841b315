"""A visit: one presence of one person, made of stays that follow each other closely."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sightline.domain.stay import VISIT_GAP


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySpan:
    """What a visit needs to know of a stay. `marked`: its sender knows the person from an earlier visit."""

    at: datetime
    dwell: timedelta
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A presence.

    Attributes:
        started_at: begin of its first stay.
        ended_at: the latest end of its stays, not always that of the last one to begin.
        dwell: of all its stays together; stays that overlap count in full.
        stays: how many.
        marked: whether one of them was.
    """

    started_at: datetime
    ended_at: datetime
    dwell: timedelta
    stays: int
    marked: bool


def is_return(earlier: Iterable[StaySpan], began_at: datetime) -> bool:
    """Whether somebody who came at `began_at` had been here on an earlier visit.

    Args:
        earlier: their stays or visits, in any order; those that begin later do no harm.
    """
    return any(began_at - one.ended_at > VISIT_GAP for one in visits_of(earlier))


def visits_of(stays: Iterable[StaySpan]) -> list[Visit]:
    """The visits of one person, in order of time.

    A stay belongs to the visit before it as long as no more than 30 minutes lie between the latest end so
    far and its begin.

    Args:
        stays: all of this person at this venue, in any order.
    """
    visits: list[Visit] = []
    for one in sorted(stays, key=lambda span: span.at):
        if visits and one.at - visits[-1].ended_at <= VISIT_GAP:
            last = visits.pop()
            visits.append(
                Visit(
                    started_at=last.started_at,
                    ended_at=max(last.ended_at, one.at + one.dwell),
                    dwell=last.dwell + one.dwell,
                    stays=last.stays + 1,
                    marked=last.marked or one.marked,
                )
            )
        else:
            visits.append(
                Visit(
                    started_at=one.at,
                    ended_at=one.at + one.dwell,
                    dwell=one.dwell,
                    stays=1,
                    marked=one.marked,
                )
            )
    return visits
