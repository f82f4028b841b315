"""Stays as people look for them: of some stretches of time, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from sightline.domain.scope import Scope
from sightline.domain.stay import FACING, HIGHLY_ENGAGED, MODERATELY_ENGAGED
from sightline.domain.stay_traits import UNKNOWN, StayTraits
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.many_rows import as_stored, listed
from sightline.store.statements import visible
from sightline.store.visitor_tables import hour_rollup, stay, visitor

Span = tuple[datetime, datetime]
"""From an instant up to another one, aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySearch:
    """What is looked for.

    Attributes:
        spans: the stay begins in one of these, which do not overlap.
    """

    venue_id: str
    spans: Sequence[Span]
    traits: StayTraits


class FoundStay(NamedTuple):
    """A stay with whose it is, as they are known today. `run_id` is None of what another program told."""

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


OF_PERSON = ("pseudo_id", "age_bracket", "gender")


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
    within += _of_stay(search.traits)
    of_person = _of_person(search.traits)
    people = source.join(visitor, visitor.c.id == stay.c.visitor_id)
    columns = [(visitor if name in OF_PERSON else stay).c[name] for name in FoundStay._fields]
    page = (
        select(*columns)
        .select_from(people)
        .where(*within, *of_person)
        .order_by(stay.c.at.desc(), stay.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    counts = (func.count(), func.count(stay.c.visitor_id.distinct()))
    counted = select(*counts).select_from(people if of_person else source).where(*within, *of_person)
    total, persons = connection.execute(counted).one()
    if total <= offset:  # looking for a page of nothing goes through all of the stretch once more
        return [], int(total), int(persons)
    return [FoundStay._make(row) for row in connection.execute(page)], int(total), int(persons)


def zones_between(scope: Scope, connection: Connection, venue_id: str, span: Span) -> list[str]:
    """Names of the zones in which stays begin in a stretch of whole local hours."""
    hours = hour_rollup.c
    query = (
        select(hours.zone)
        .where(
            hours.venue_id == venue_id,
            visible(scope, hour_rollup),
            hours.hour_at >= span[0],
            hours.hour_at < span[1],
        )
        .distinct()
        .order_by(hours.zone)
    )
    return list(connection.execute(query).scalars())


def _of_stay(traits: StayTraits) -> list[ColumnElement[bool]]:
    """What the stay itself must be."""
    labels = {
        stay.c.zone: traits.zone,
        stay.c.camera_id: traits.camera_id,
        stay.c.behavior_type: traits.behavior,
        stay.c.posture: traits.posture,
    }
    wanted = [column == label for column, label in labels.items() if label is not None]
    score, turned = stay.c.engagement_score, stay.c.body_orientation
    levels = {
        "high": score >= HIGHLY_ENGAGED,
        "moderate": and_(score >= MODERATELY_ENGAGED, score < HIGHLY_ENGAGED),
        "low": score < MODERATELY_ENGAGED,
    }
    sides = {
        "facing_camera": turned > FACING,
        "sideways": turned.between(-FACING, FACING),
        "facing_away": turned < -FACING,
    }
    if traits.level is not None:
        wanted.append(levels[traits.level])
    if traits.facing is not None:
        wanted.append(sides[traits.facing])
    return wanted


def _of_person(traits: StayTraits) -> list[ColumnElement[bool]]:
    """What the venue must know of whose stay it is."""
    wanted: list[ColumnElement[bool]] = []
    for column, label in ((visitor.c.age_bracket, traits.age), (visitor.c.gender, traits.gender)):
        if label is not None:
            wanted.append(column.is_(None) if label == UNKNOWN else column == label)
    return wanted
