"""Stretches of video that a person counted, beside what had been found there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.statements import demand, visible
from sightline.store.tables import event
from sightline.store.visitor_tables import audited_stretch, stay

VISITORS = "visitors"
"""The rule of people counted; the others are the kinds of events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedStretch:
    """What a person saw in a stretch of one camera.

    Attributes:
        rule: `visitors`, or a kind of event.
        started_at, ended_at: from the first to the second, the second one not included.
        found: how many the product had found by then.
        truth: how many there were.
        matched: of those found, how many were right; None where only numbers were compared.
        audited_by: as typed.
    """

    venue_id: str
    camera_id: str
    rule: str
    started_at: datetime
    ended_at: datetime
    found: int
    truth: int
    matched: int | None
    audited_at: datetime
    audited_by: str
    note: str | None = None
    id: int | None = None


def add_audited(scope: Scope, connection: Connection, stretch: AuditedStretch) -> AuditedStretch:
    """Store what a person counted; the stretch with its id.

    Raises:
        StoreError: outside the scope, an empty stretch, or more matched than found or there.
    """
    demand(scope, stretch.venue_id)
    if stretch.started_at >= stretch.ended_at:
        raise StoreError("a stretch ends after it begins")
    if min(stretch.found, stretch.truth) < 0:
        raise StoreError("numbers of people and events are not negative")
    if stretch.matched is not None and not 0 <= stretch.matched <= min(stretch.found, stretch.truth):
        raise StoreError(
            f"{stretch.matched} matched is not possible with {stretch.found} found and {stretch.truth} there"
        )
    values = {name: getattr(stretch, name) for name in AuditedStretch.__slots__ if name != "id"}
    row = connection.execute(insert(audited_stretch).values(**values).returning(*audited_stretch.c)).one()
    return AuditedStretch(**row._mapping)


def list_audited(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    camera_id: str | None = None,
    rule: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[AuditedStretch]:
    """Audited stretches by venue, camera, rule and begin.

    Args:
        start, end: those that begin in [start, end).
    """
    columns = audited_stretch.c
    conditions = [visible(scope, audited_stretch)]
    for column, value in ((columns.venue_id, venue_id), (columns.camera_id, camera_id), (columns.rule, rule)):
        if value is not None:
            conditions.append(column == value)
    if start is not None:
        conditions.append(columns.started_at >= start)
    if end is not None:
        conditions.append(columns.started_at < end)
    order = (columns.venue_id, columns.camera_id, columns.rule, columns.started_at, columns.id)
    rows = connection.execute(select(audited_stretch).where(*conditions).order_by(*order))
    return [AuditedStretch(**row._mapping) for row in rows]


def count_found(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    rule: str,
    start: datetime,
    end: datetime,
) -> int:
    """What the product has found at a camera: different people with a stay, or events of a kind, that begin
    in [start, end)."""
    where = {"venue_id": venue_id, "camera_id": camera_id, "rule": rule}
    return len(found_moments(scope, connection, **where, start=start, end=end))


def found_moments(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    rule: str,
    start: datetime,
    end: datetime,
) -> list[datetime]:
    """When each of those begins that `count_found` counts, in order; of a person the first stay."""
    if rule == VISITORS:
        query = (
            select(func.min(stay.c.at))
            .where(
                stay.c.venue_id == venue_id,
                stay.c.camera_id == camera_id,
                stay.c.at >= start,
                stay.c.at < end,
                visible(scope, stay),
            )
            .group_by(stay.c.visitor_id)
        )
    else:
        query = select(event.c.started_at).where(
            event.c.venue_id == venue_id,
            event.c.camera_id == camera_id,
            event.c.kind == rule,
            event.c.state == "current",
            event.c.started_at >= start,
            event.c.started_at < end,
            visible(scope, event),
        )
    return sorted(connection.execute(query).scalars())
