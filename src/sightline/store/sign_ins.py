"""Sessions of people who signed in. Only the hash of what is in their cookie is here."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, true, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.account_tables import account_venue, sign_in


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignIn:
    """One session.

    Attributes:
        token_sha256: of the text in the cookie.
        last_seen_at: of the last request, to the minute.
        expires_at: when it ends, however busy it is.
    """

    token_sha256: str
    account_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def add_sign_in(scope: Scope, connection: Connection, new: StoredSignIn) -> None:
    """Store a new session.

    Raises:
        StoreError: a scope that is not the site's, or no such account.
    """
    _demand_site(scope)
    connection.execute(insert(sign_in).values(**asdict(new)))


def sign_in_with_hash(scope: Scope, connection: Connection, token_sha256: str) -> StoredSignIn | None:
    """The session whose cookie has this hash, also one that is over, or None."""
    columns = [sign_in.c[name] for name in StoredSignIn.__slots__]
    query = select(*columns).where(sign_in.c.token_sha256 == token_sha256, _visible(scope))
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredSignIn(**row._mapping)


def touch_sign_in(scope: Scope, connection: Connection, token_sha256: str, at: datetime) -> None:
    """Note that a session was used."""
    which = sign_in.c.token_sha256 == token_sha256, sign_in.c.last_seen_at < at, _visible(scope)
    connection.execute(update(sign_in).where(*which).values(last_seen_at=at))


def remove_sign_in(scope: Scope, connection: Connection, token_sha256: str) -> bool:
    """End a session; False when there is none."""
    which = sign_in.c.token_sha256 == token_sha256, _visible(scope)
    return connection.execute(delete(sign_in).where(*which)).rowcount > 0


def remove_sign_ins_of(
    scope: Scope, connection: Connection, account_id: str, *, but: str | None = None
) -> int:
    """End all sessions of an account but the one with the hash `but`; how many."""
    which = [sign_in.c.account_id == account_id, _visible(scope)]
    if but is not None:
        which.append(sign_in.c.token_sha256 != but)
    return connection.execute(delete(sign_in).where(*which)).rowcount


def remove_sign_ins_over(
    scope: Scope, connection: Connection, *, expired_at: datetime, unused_since: datetime
) -> int:
    """Delete sessions that ended by `expired_at` or were last used by `unused_since`; how many."""
    over = or_(sign_in.c.expires_at <= expired_at, sign_in.c.last_seen_at <= unused_since)
    return connection.execute(delete(sign_in).where(over, _visible(scope))).rowcount


def _visible(scope: Scope) -> ColumnElement[bool]:
    """Of a scope of venues: sessions of those who reach one of them."""
    if scope.venues is None:
        return true()
    reaching = select(account_venue.c.account_id).where(account_venue.c.venue_id.in_(sorted(scope.venues)))
    return sign_in.c.account_id.in_(reaching)


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("sessions are made by the site only")
