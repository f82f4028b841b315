"""The last counters that each camera told: what `/metrics` and `/health` show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import camera_status


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStatus:
    """What a camera told at `at`, wall clock. `status` holds JSON values, as its writer named them."""

    venue_id: str
    camera_id: str
    at: datetime
    status: Mapping[str, Any]


def put_status(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    status: Mapping[str, Any],
    *,
    at: datetime,
) -> None:
    """Keep `status` in place of what the camera told before.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    row = {"venue_id": venue_id, "camera_id": camera_id, "at": at, "status": dict(status)}
    upsert(connection, camera_status, [row], ("venue_id", "camera_id"))


def list_status(scope: Scope, connection: Connection, *, venue_id: str | None = None) -> list[StoredStatus]:
    """What each camera told last, by venue and camera. One that never told anything is not in it."""
    table = camera_status
    query = select(table).where(visible(scope, table)).order_by(table.c.venue_id, table.c.camera_id)
    if venue_id is not None:
        query = query.where(table.c.venue_id == venue_id)
    return [StoredStatus(**row._mapping) for row in connection.execute(query)]
