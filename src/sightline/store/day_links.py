"""Each day of a person knows the one before it, so that different people are counted in one pass over days.

A person is counted on the first of their days in a window: the one whose `previous_day` lies before it. Who
returned in it is counted likewise, by `previous_return`. Nothing has to be sorted or remembered for that.

Days mostly come in order, see `domain.day_links`. Otherwise they are linked anew here, from the first that
changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select, tuple_, update

from sightline.domain.day_links import Link
from sightline.domain.hour_places import HourPlaces
from sightline.domain.scope import Scope
from sightline.store.many_rows import among, as_stored, listed
from sightline.store.statements import demand
from sightline.store.visitor_tables import visit, visitor, visitor_day


def link_again(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    changed: Mapping[int, Iterable[int]],
) -> None:
    """Link the stored days of some people from the first that changed on.

    Args:
        changed: by visitor id, the days that changed. Their visits are stored as they are now.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    if not changed:
        return
    asked: list[tuple[int, int]] = []
    for who, visits in _visited(connection, places, list(changed)).items():
        first = min(changed[who])
        # The visit before the first change begins on a day that is stored: that one has its link.
        since = max((begins for begins, _ in visits if begins < first), default=first)
        days = set(changed[who])
        for begins, ends in visits:
            days.update(range(max(begins, since), ends + 1))
        asked += [(who, day) for day in days]
    _link(connection, venue_id, asked)


def _visited(
    connection: Connection, places: HourPlaces, visitor_ids: list[int]
) -> dict[int, list[tuple[int, int]]]:
    """The days, first and last, of each visit of some people. All their stays begin within their visits."""
    query = select(visit.c.visitor_id, as_stored(visit.c.started_at), as_stored(visit.c.ended_at)).where(
        among(connection, visit.c.visitor_id, visitor_ids)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for who, started_us, ended_us in connection.execute(query):
        found[who].append((places.place(started_us)[1], places.place(ended_us)[1]))
    return found


def _link(connection: Connection, venue_id: str, asked: list[tuple[int, int]]) -> None:
    """Link those days of `asked` that are stored; the first of a person keeps its own link if it has one."""
    columns = dict(zip(("visitor_id", "day"), zip(*asked, strict=True), strict=True))
    wanted = listed(connection, columns)
    table = visitor_day.c
    # A join would let SQLite read every day of the venue, and look for each of them in `wanted`.
    query = select(
        table.visitor_id, table.day, table.returned, table.previous_day, table.previous_return
    ).where(
        table.venue_id == venue_id,
        tuple_(table.day, table.visitor_id).in_(select(wanted.c.day, wanted.c.visitor_id)),
    )
    stored: dict[int, list[tuple[int, bool, Link]]] = defaultdict(list)
    for row in connection.execute(query):
        stored[row[0]].append((row[1], row[2], (row[3], row[4])))
    moved, last = [], []
    for who, rows in stored.items():
        link = None
        for day, returned, known in sorted(rows):
            link = known if link is None else link
            if link != known:
                moved.append({"who": who, "on": day, "before": link[0], "returned_on": link[1]})
            link = (day, day if returned else link[1])
        assert link is not None
        last.append({"who": who, "day": link[0], "returned_on": link[1]})
    if moved:
        connection.execute(
            update(visitor_day)
            .where(
                table.venue_id == venue_id, table.day == bindparam("on"), table.visitor_id == bindparam("who")
            )
            .values(previous_day=bindparam("before"), previous_return=bindparam("returned_on")),
            moved,
        )
    connection.execute(
        update(visitor)
        .where(visitor.c.id == bindparam("who"))
        .values(last_day=bindparam("day"), last_return=bindparam("returned_on")),
        last,
    )
