"""How often a private link was looked at, by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select, update

from sightline.domain.scope import Scope
from sightline.store.delivery_tables import link_view, private_link
from sightline.store.events import PAGE
from sightline.store.private_links import StoredLink
from sightline.store.statements import demand, upsert, visible

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfViews:
    """The views of one link in the hour that begins at `hour_at`; `link` says what it shows."""

    link: StoredLink
    hour_at: datetime
    views: int


@dataclass(frozen=True, slots=True)
class ViewTotal:
    """All views of one link, and the last one."""

    views: int
    last_at: datetime


def count_view(scope: Scope, connection: Connection, link: StoredLink, at: datetime) -> None:
    """Add one view to the hour of `at`.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, link.venue_id)
    row = {
        "link_id": link.id,
        "hour_at": _hour(at),
        "venue_id": link.venue_id,
        "views": 1,
        "last_at": at,
        "entered_at": None,  # a clock that was set back: the hour is entered once more, with its new sum
    }
    upsert(connection, link_view, [row], ("link_id", "hour_at"), added=("views",))


def has_views(scope: Scope, connection: Connection, link: StoredLink, at: datetime) -> bool:
    """Whether the hour of `at` has a view."""
    query = select(link_view.c.views).where(
        link_view.c.link_id == link.id, link_view.c.hour_at == _hour(at), visible(scope, link_view)
    )
    return connection.execute(query).one_or_none() is not None


def views_to_enter(
    scope: Scope, connection: Connection, now: datetime, *, limit: int = 1_000
) -> list[HourOfViews]:
    """Hours that are over and are not in the ledger yet, oldest first."""
    query = (
        select(link_view.c.hour_at, link_view.c.views, *private_link.c)
        .join(private_link, private_link.c.id == link_view.c.link_id)
        .where(link_view.c.entered_at.is_(None), link_view.c.hour_at <= now - HOUR, visible(scope, link_view))
        .order_by(link_view.c.hour_at, link_view.c.link_id)
        .limit(limit)
    )
    hours = []
    for row in connection.execute(query):
        link = StoredLink(**{name: row._mapping[name] for name in StoredLink.__slots__})
        hours.append(HourOfViews(link=link, hour_at=row.hour_at, views=row.views))
    return hours


def mark_entered(scope: Scope, connection: Connection, hours: Iterable[HourOfViews], at: datetime) -> None:
    """Note that the ledger holds these hours.

    Raises:
        StoreError: outside the scope.
    """
    for one in hours:
        demand(scope, one.link.venue_id)
        connection.execute(
            update(link_view)
            .where(link_view.c.link_id == one.link.id, link_view.c.hour_at == one.hour_at)
            .values(entered_at=at)
        )


def view_totals(scope: Scope, connection: Connection, link_ids: Sequence[str]) -> dict[str, ViewTotal]:
    """All views of each of these links that has any."""
    found: dict[str, ViewTotal] = {}
    for first in range(0, len(link_ids), PAGE):
        query = (
            select(
                link_view.c.link_id, func.sum(link_view.c.views), func.max(link_view.c.last_at).label("last")
            )
            .where(link_view.c.link_id.in_(link_ids[first : first + PAGE]), visible(scope, link_view))
            .group_by(link_view.c.link_id)
        )
        found |= {link_id: ViewTotal(int(views), last) for link_id, views, last in connection.execute(query)}
    return found


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
