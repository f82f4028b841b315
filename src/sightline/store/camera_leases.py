"""Which process watches which camera, where several machines may: taken for a while, and renewed.

A lease ends by itself. Whoever cannot renew it in time has stopped watching before it ends, so two machines
never record one camera. Times are the database's own, because the clocks of machines differ.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, literal, or_, select

from sightline.domain.scope import Scope
from sightline.store.cluster_tables import camera_lease
from sightline.store.statements import dialect_of, lease_over, visible
from sightline.store.tables import camera

CameraKey = tuple[str, str]
"""Venue id and camera id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHolder:
    """Who watches, where, and how long nobody else may without hearing more."""

    owner: str
    place: str
    hold: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCameraLease:
    """`over` is whether anybody may take the camera now."""

    venue_id: str
    camera_id: str
    owner: str
    place: str
    leased_until: datetime
    over: bool


def hold_cameras(
    scope: Scope,
    connection: Connection,
    cameras: Collection[CameraKey],
    *,
    holder: CameraHolder,
    now: datetime | None = None,
) -> set[CameraKey]:
    """Take or renew the leases of `cameras`; those that are the holder's now, each for `hold` from now.

    One statement: of two that take the same camera at once, one gets it. A camera that is not there any more
    is nobody's.

    Args:
        now: default: the clock of the database. Leases that end further away than any may are of a clock
            that has been set back: they are over.
    """
    now = now or _clock(connection)
    until = now + holder.hold
    lease = camera_lease.c
    by_venue = [
        and_(camera.c.venue_id == venue, camera.c.id.in_(sorted(one for of, one in cameras if of == venue)))
        for venue in sorted({venue for venue, _ in cameras})
    ]
    if not by_venue:
        return set()
    there = (
        select(
            camera.c.venue_id,
            camera.c.id,
            literal(holder.owner),
            literal(holder.place),
            literal(until, type_=lease.leased_until.type),
        )
        .where(visible(scope, camera), or_(*by_venue))
        .order_by(camera.c.venue_id, camera.c.id)  # all in one order, so that no two wait for each other
    )
    statement = dialect_of(connection).insert(camera_lease)
    taken = statement.from_select(
        ["venue_id", "camera_id", "owner", "place", "leased_until"], there
    ).on_conflict_do_update(
        index_elements=["venue_id", "camera_id"],
        set_={name: statement.excluded[name] for name in ("owner", "place", "leased_until")},
        where=or_(lease.owner == holder.owner, lease_over(lease.leased_until, now=now, hold=holder.hold)),
    )
    held = connection.execute(taken.returning(lease.venue_id, lease.camera_id))
    return {(row.venue_id, row.camera_id) for row in held}


def let_go(scope: Scope, connection: Connection, owner: str) -> int:
    """End all leases of `owner`, who has stopped watching; how many."""
    mine = and_(visible(scope, camera_lease), camera_lease.c.owner == owner)
    return connection.execute(delete(camera_lease).where(mine)).rowcount


def list_leases(
    scope: Scope, connection: Connection, *, now: datetime | None = None
) -> list[StoredCameraLease]:
    """All leases, those that are over too, by venue and camera."""
    now = now or _clock(connection)
    query = select(camera_lease).where(visible(scope, camera_lease))
    rows = connection.execute(query.order_by(camera_lease.c.venue_id, camera_lease.c.camera_id))
    return [StoredCameraLease(**row._mapping, over=row.leased_until <= now) for row in rows]


def _clock(connection: Connection) -> datetime:
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)  # a file: one machine, one clock
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told.astimezone(UTC)
