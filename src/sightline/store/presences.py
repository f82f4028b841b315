"""People, their visits and their days, changed as stays come. What is right is what `store/recount` says."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select

from sightline.domain.hour_places import HourPlaces
from sightline.domain.scope import Scope
from sightline.store.many_rows import among, as_stored, listed, put_rows
from sightline.store.statements import demand
from sightline.store.told_stay import ToldStay
from sightline.store.visit_changes import GAP_US, VisitRow, merged
from sightline.store.visitor_tables import visit, visitor, visitor_day

PERSON = (
    *("venue_id", "pseudo_id", "lasting", "first_at", "last_at", "visits", "dwell_ms"),
    *("age_bracket", "age_at", "gender", "gender_at"),
)
VISIT = ("visitor_id", "started_at", "venue_id", "ended_at", "dwell_ms", "stays", "marked")
DAY = ("venue_id", "day", "visitor_id", "stays", "visits", "dwell_ms", "returns", "marked", "returned")


@dataclass(slots=True)
class Person:
    """One visitor while stays are added; `first_us` is None as long as there are none. `id` is 0 for a new one.

    `near` are the stored visits that new stays may change.
    """

    pseudo_id: str
    id: int = 0
    lasting: bool = False
    first_us: int | None = None
    last_us: int = 0
    visits: int = 0
    dwell_ms: int = 0
    age: str | None = None
    age_us: int | None = None
    gender: str | None = None
    gender_us: int | None = None
    near: Sequence[VisitRow] = ()


def count_presences(
    scope: Scope, connection: Connection, venue_id: str, places: HourPlaces, stays: Sequence[ToldStay]
) -> dict[str, int]:
    """Count new stays in the visitors, visits and days of one venue.

    Args:
        stays: those that are not counted yet, in any order.

    Returns:
        The visitor's id for each pseudonym of `stays`.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    told: dict[str, list[ToldStay]] = defaultdict(list)
    for one in stays:
        told[one.pseudo_id].append(one)
    people = _find(connection, venue_id, told.keys())
    _find_near_visits(connection, people, told)
    return _count(connection, venue_id, places, people, told)


def recount_presences(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    before: Mapping[str, Sequence[ToldStay]],
    after: Mapping[str, Sequence[ToldStay]],
) -> None:
    """Count some people of one venue anew, some of whose stays are gone.

    Args:
        before: all stays they had, by pseudonym.
        after: those that are left; a person without any is forgotten.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    people = _find(connection, venue_id, before.keys())
    days = {(one.day, people[one.pseudo_id].id) for stays in before.values() for one in stays}
    pairs = listed(connection, day=sorted(day for day, _ in days), visitor_id=[])
    del pairs
    for person in people.values():
        person.first_us, person.last_us, person.visits, person.dwell_ms = None, 0, 0, 0
        person.age = person.age_us = person.gender = person.gender_us = None
