"""Stays as people look for them: of some stretches of time, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, FromClause, and_, func, select

from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.many_rows import as_stored, listed
from sightline.store.statements import visible
from sightline.store.visitor_tables import stay, visitor

Span = tuple[datetime, datetime]
"""From an instant up to another one, aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySearch:
    """What is looked for; None does not matter.

    Attributes:
        spans: the stay begins in one of these, which do not overlap.
    """

    venue_id: str
    spans: Sequence[Span]
    zone: str | None = None
    camera_id: str | None = None


class FoundStay(NamedTuple):
    """A stay with whose it is. `run_id` is None of what another program told."""

    id: int
    at: datetime
    pseudo_id: str
    zone: str
    camera_id: str
    dwell_ms: int
    age_bracket: str | None
    gender: str | None
    is_repeat: bool
    engagement_score: float | None
    behavior_type: str | None
    run_id: str | None
    track_id: int | None


def find_stays(
    scope: Scope, connection: Connection, search: StaySearch, *, limit: int, offset: int
) -> tuple[list[FoundStay], int, int]:
    """A page, how many stays there are in all, and of how many people."""
    if not search.spans:
        return [], 0, 0
    within = [stay.c.venue_id == search.venue_id, visible(scope, stay)]
    source: FromClause = stay
    if len(search.spans) == 1:
        within += [stay.c.at >= search.spans[0][0], stay.c.at < search.spans[0][1]]
    else:
        # Each stretch is a search in the index; as a chain of ORs each row would be held against all of them.
        numbers = [[(at - EPOCH) // MICROSECOND for at in side] for side in zip(*search.spans, strict=True)]
        spans = listed(connection, {"since": numbers[0], "until": numbers[1]})
        at = as_stored(stay.c.at)
        source = spans.join(stay, and_(at >= spans.c.since, at < spans.c.until))
    if search.zone is not None:
        within.append(stay.c.zone == search.zone)
    if search.camera_id is not None:
        within.append(stay.c.camera_id == search.camera_id)
    columns = [(visitor if name == "pseudo_id" else stay).c[name] for name in FoundStay._fields]
    page = (
        select(*columns)
        .select_from(source.join(visitor, visitor.c.id == stay.c.visitor_id))
        .where(*within)
        .order_by(stay.c.at.desc(), stay.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    counts = (func.count(), func.count(stay.c.visitor_id.distinct()))
    counted = select(*counts).select_from(source).where(*within)
    total, people = connection.execute(counted).one()
    return [FoundStay._make(row) for row in connection.execute(page)], int(total), int(people)


def zones_between(scope: Scope, connection: Connection, venue_id: str, span: Span) -> list[str]:
    """Names of the zones in which stays begin in a stretch of time."""
    query = (
        select(stay.c.zone)
        .where(stay.c.venue_id == venue_id, visible(scope, stay), stay.c.at >= span[0], stay.c.at < span[1])
        .distinct()
        .order_by(stay.c.zone)
    )
    return list(connection.execute(query).scalars())
