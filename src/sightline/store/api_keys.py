"""Keys of programs that talk to us. Only their hashes are here."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.delivery_tables import api_key
from sightline.store.statements import demand, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApiKey:
    """One key.

    Attributes:
        venue_id: the venue it reaches; None for an administrator's, which reaches all.
        revoked_at: since when it opens nothing any more.
    """

    id: str
    venue_id: str | None
    name: str
    created_at: datetime
    revoked_at: datetime | None = None


def add_api_key(scope: Scope, connection: Connection, key: StoredApiKey, *, key_sha256: str) -> None:
    """Store a new key.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    if key.venue_id is None:
        _demand_site(scope)
    else:
        demand(scope, key.venue_id)
    connection.execute(insert(api_key).values(**asdict(key), key_sha256=key_sha256))


def api_key_with_hash(scope: Scope, connection: Connection, key_sha256: str) -> StoredApiKey | None:
    """The key of which this is the SHA-256, also a revoked one, or None."""
    columns = [api_key.c[name] for name in StoredApiKey.__slots__]
    query = select(*columns).where(api_key.c.key_sha256 == key_sha256, visible(scope, api_key))
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredApiKey(**row._mapping)


def get_api_key(scope: Scope, connection: Connection, key_id: str) -> StoredApiKey | None:
    """The key, also a revoked one, or None when there is none in the scope."""
    columns = [api_key.c[name] for name in StoredApiKey.__slots__]
    row = connection.execute(
        select(*columns).where(api_key.c.id == key_id, visible(scope, api_key))
    ).one_or_none()
    return None if row is None else StoredApiKey(**row._mapping)


def list_api_keys(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    for_all_venues: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[StoredApiKey]:
    """Keys, oldest first, revoked ones too.

    Args:
        venue_id: of this venue only; None: of all in the scope.
        for_all_venues: administrators' keys only.
    """
    columns = [api_key.c[name] for name in StoredApiKey.__slots__]
    query = select(*columns).where(*_which(scope, venue_id, for_all_venues))
    query = query.order_by(api_key.c.created_at, api_key.c.id).limit(limit).offset(offset)
    return [StoredApiKey(**row._mapping) for row in connection.execute(query)]


def count_api_keys(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, for_all_venues: bool = False
) -> int:
    """How many `list_api_keys` would give without a limit."""
    query = select(func.count()).select_from(api_key).where(*_which(scope, venue_id, for_all_venues))
    return connection.execute(query).scalar_one()


def rename_api_key(scope: Scope, connection: Connection, key_id: str, name: str) -> bool:
    """Give a key another name; False when there is none in the scope."""
    which = api_key.c.id == key_id, visible(scope, api_key)
    return connection.execute(update(api_key).where(*which).values(name=name)).rowcount > 0


def revoke_api_key(scope: Scope, connection: Connection, key_id: str, at: datetime) -> bool:
    """Close a key for good; False when there is none in the scope, or it is closed."""
    changed = connection.execute(
        update(api_key)
        .where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None), visible(scope, api_key))
        .values(revoked_at=at)
    )
    return changed.rowcount > 0


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("a key for all venues is made by the site only")


def _which(scope: Scope, venue_id: str | None, for_all_venues: bool) -> list[ColumnElement[bool]]:
    which = [visible(scope, api_key)]
    if venue_id is not None:
        which.append(api_key.c.venue_id == venue_id)
    if for_all_venues:
        which.append(api_key.c.venue_id.is_(None))
    return which
