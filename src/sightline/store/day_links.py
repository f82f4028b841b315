"""Each day of a person knows the one before it, so that different people are counted in one pass over days.

A person is counted on the first of their days in a window: the one whose `previous_day` lies before it. Who
returned in it is counted likewise, by `previous_return`. Nothing has to be sorted or remembered for that.

Days mostly come in order, see `domain.day_links`. Otherwise they are linked anew here, from the first that
changed.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select, tuple_, update

from sightline.domain.day_links import Link
from sightline.domain.hour_places import HourPlaces
from sightline.domain.scope import Scope
from sightline.store.many_rows import among, as_stored, listed
from sightline.store.statements import demand
from sightline.store.visitor_tables import stay, visitor, visitor_day


def link_again(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    places: HourPlaces,
    changed: Mapping[int, Iterable[int]],
) -> None:
    """Link the stored days of some people from the first that changed on.

    Args:
        changed: by visitor id, the days that changed, also those of stays that are not stored yet.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    if not changed:
        return
    days = {who: set(some) for who, some in changed.items()}
    # Not by venue: these people are of this one, and its index of times would be read from end to end.
    query = select(stay.c.visitor_id, as_stored(stay.c.at)).where(
        among(connection, stay.c.visitor_id, list(changed))
    )
    for who, at_us in connection.execute(query):
        days[who].add(places.place(at_us)[1])
    asked: list[tuple[int, int]] = []
    for who, some in days.items():
        ordered = sorted(some)
        first = bisect_left(ordered, min(changed[who]))
        asked += [(who, day) for day in ordered[max(0, first - 1) :]]
    _link(connection, venue_id, asked)


def _link(connection: Connection, venue_id: str, asked: list[tuple[int, int]]) -> None:
    """Link days in the order of `asked`; the first of a person keeps its own link if it has one."""
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
