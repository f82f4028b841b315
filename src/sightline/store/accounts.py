"""People who sign in. Accounts belong to the site; which venues they reach is stored beside them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, true, update

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.account_tables import account, account_venue

COLUMNS = list(account.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """Somebody who may sign in.

    Attributes:
        name: as `domain.account.sign_in_name` gives it.
        must_change: the password was set by somebody else.
        disabled_at: since when nobody can sign in as this one.
        venues: ids of those that may be reached, sorted; of an administrator empty, who reaches all.
    """

    id: str
    name: str
    role: Role
    password_hash: str = field(repr=False)
    must_change: bool = False
    created_at: datetime
    password_changed_at: datetime
    disabled_at: datetime | None = None
    venues: tuple[str, ...] = ()


def add_account(scope: Scope, connection: Connection, new: StoredAccount) -> None:
    """Store a new account.

    Raises:
        StoreError: a scope that is not the site's, a name that is taken, no such venue.
    """
    _demand_site(scope)
    row = {column.name: getattr(new, column.name) for column in COLUMNS}
    connection.execute(insert(account).values(row | {"role": new.role.value}))
    _put_venues(connection, new.id, new.venues)


def get_account(scope: Scope, connection: Connection, account_id: str) -> StoredAccount | None:
    """The account, or None when there is none in the scope."""
    return _one(scope, connection, account.c.id == account_id)


def account_named(scope: Scope, connection: Connection, name: str) -> StoredAccount | None:
    """The account with this name, in its stored form, or None."""
    return _one(scope, connection, account.c.name == name)


def list_accounts(
    scope: Scope, connection: Connection, *, limit: int | None = None, offset: int = 0
) -> list[StoredAccount]:
    """Accounts, oldest first."""
    query = select(*COLUMNS).where(_visible(scope)).order_by(account.c.created_at, account.c.id)
    return _with_venues(connection, connection.execute(query.limit(limit).offset(offset)).all())


def count_accounts(scope: Scope, connection: Connection) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(account).where(_visible(scope))).scalar_one()


def count_administrators(scope: Scope, connection: Connection) -> int:
    """How many administrators can sign in."""
    query = select(func.count()).select_from(account)
    able = account.c.role == Role.ADMINISTRATOR.value, account.c.disabled_at.is_(None)
    return connection.execute(query.where(*able, _visible(scope))).scalar_one()


def change_account(
    scope: Scope,
    connection: Connection,
    account_id: str,
    *,
    venues: Iterable[str] | None = None,
    **changes: Any,
) -> bool:
    """Give columns of an account new values; False when there is none.

    Args:
        venues: those that may be reached from now on; None leaves them.
        changes: by the names of `StoredAccount`.

    Raises:
        StoreError: a scope that is not the site's, a name that is taken, no such venue.
    """
    _demand_site(scope)
    known = connection.execute(select(account.c.id).where(account.c.id == account_id)).one_or_none()
    if known is None:
        return False
    if changes:
        connection.execute(update(account).where(account.c.id == account_id).values(changes))
    if venues is not None:
        connection.execute(delete(account_venue).where(account_venue.c.account_id == account_id))
        _put_venues(connection, account_id, venues)
    return True


def remove_account(scope: Scope, connection: Connection, account_id: str) -> bool:
    """Delete an account with its sessions; False when there is none.

    Raises:
        StoreError: a scope that is not the site's.
    """
    _demand_site(scope)
    return connection.execute(delete(account).where(account.c.id == account_id)).rowcount > 0


def _one(scope: Scope, connection: Connection, which: ColumnElement[bool]) -> StoredAccount | None:
    rows = connection.execute(select(*COLUMNS).where(which, _visible(scope))).all()
    found = _with_venues(connection, rows)
    return found[0] if found else None


def _with_venues(connection: Connection, rows: Iterable[Row[Any]]) -> list[StoredAccount]:
    rows = list(rows)
    venues: dict[str, list[str]] = {row.id: [] for row in rows}
    query = select(account_venue).where(account_venue.c.account_id.in_(venues)) if rows else None
    for one in connection.execute(query) if query is not None else ():
        venues[one.account_id].append(one.venue_id)
    return [
        StoredAccount(**{**row._mapping, "role": Role(row.role), "venues": tuple(sorted(venues[row.id]))})
        for row in rows
    ]


def _put_venues(connection: Connection, account_id: str, venues: Iterable[str]) -> None:
    rows = [{"account_id": account_id, "venue_id": venue_id} for venue_id in sorted(set(venues))]
    if rows:
        connection.execute(insert(account_venue), rows)


def _visible(scope: Scope) -> ColumnElement[bool]:
    """Of a scope of venues: those who reach one of them."""
    if scope.venues is None:
        return true()
    reaching = select(account_venue.c.account_id).where(account_venue.c.venue_id.in_(sorted(scope.venues)))
    return account.c.id.in_(reaching)


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("accounts are changed by the site only")
