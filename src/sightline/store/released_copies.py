"""Copies that leave the site in place of a clip, with the masks that were burned into them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.store.delivery_tables import released_copy as table
from sightline.store.events import PAGE
from sightline.store.statements import demand, upsert, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReleasedCopy:
    """The released copy of one part of a piece of evidence.

    Attributes:
        file_name: name within `segments/<venue>/<camera>/`.
        derived_from: SHA-256 of the sealed clip it shows.
        masks: polygons of relative xy points that are painted over in it.
        blurred_by: what found the faces and heads that are blurred in it; None: they are shown.
    """

    evidence_id: str
    part: int
    venue_id: str
    file_name: str
    sha256: str
    size_bytes: int
    derived_from: str
    masks: tuple[tuple[Point, ...], ...]
    created_at: datetime
    blurred_by: Mapping[str, str] | None = None


def put_released_copy(scope: Scope, connection: Connection, copy: StoredReleasedCopy) -> None:
    """Store a copy in place of an earlier one of the same part.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, copy.venue_id)
    upsert(connection, table, [asdict(copy)], ("evidence_id", "part"))


def get_released_copy(
    scope: Scope, connection: Connection, evidence_id: str, part: int
) -> StoredReleasedCopy | None:
    """The copy of one part, None when there is none in the scope."""
    query = select(table).where(
        table.c.evidence_id == evidence_id, table.c.part == part, visible(scope, table)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _copy(row)


def released_copies_of(
    scope: Scope, connection: Connection, evidence_ids: Iterable[str]
) -> list[StoredReleasedCopy]:
    """The copies of these pieces of evidence, by evidence and part."""
    ids = sorted(evidence_ids)
    found: list[StoredReleasedCopy] = []
    for first in range(0, len(ids), PAGE):
        query = select(table).where(table.c.evidence_id.in_(ids[first : first + PAGE]), visible(scope, table))
        rows = connection.execute(query.order_by(table.c.evidence_id, table.c.part))
        found += [_copy(row) for row in rows]
    return found


def _copy(row: Row[Any]) -> StoredReleasedCopy:
    masks = tuple(tuple((float(x), float(y)) for x, y in mask) for mask in row.masks)
    return StoredReleasedCopy(**(dict(row._mapping) | {"masks": masks}))
