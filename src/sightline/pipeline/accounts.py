"""The people of a site: made, changed, removed. Never without an administrator once there was one."""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from sightline.domain.account import Role, sign_in_name, why_not_name, why_not_password
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.pipeline.passwords import Passwords
from sightline.store import accounts, sign_ins, venues
from sightline.store.accounts import StoredAccount
from sightline.store.database import Database

SITE = Scope.site()


class AccountRefused(ConfigError):
    """It cannot be done; the message says why, without any password.

    Attributes:
        status: as the web says it: 404 no such account, 409 against what is there, 422 a wrong value.
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Accounts:
    """The accounts of a site."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._passwords = passwords or Passwords()
        self._clock = clock

    def has_any(self) -> bool:
        """Whether there is an account at all."""
        with self._database.reading() as connection:
            return accounts.count_accounts(SITE, connection) > 0

    def has_administrator(self) -> bool:
        """Whether there is an administrator who can sign in."""
        with self._database.reading() as connection:
            return accounts.count_administrators(SITE, connection) > 0

    def page(self, *, limit: int, offset: int) -> tuple[int, list[StoredAccount]]:
        """How many there are, and some of them, oldest first."""
        with self._database.reading() as connection:
            total = accounts.count_accounts(SITE, connection)
            return total, accounts.list_accounts(SITE, connection, limit=limit, offset=offset)

    def all(self) -> list[StoredAccount]:
        """All accounts, oldest first."""
        with self._database.reading() as connection:
            return accounts.list_accounts(SITE, connection)

    def named(self, name: str) -> StoredAccount:
        """The account with this name.

        Raises:
            AccountRefused: there is none.
        """
        with self._database.reading() as connection:
            found = accounts.account_named(SITE, connection, sign_in_name(name))
        if found is None:
            raise AccountRefused(f"there is no account {name!r}; sightline user list shows all", status=404)
        return found

    def add(
        self,
        name: str,
        role: Role,
        password: str,
        *,
        venues: Iterable[str] = (),
        must_change: bool = False,
        only_first: bool = False,
    ) -> StoredAccount:
        """Make an account.

        Args:
            venues: that may be reached; none for administrators, who reach all.
            must_change: whether the password, set by somebody else, has to be changed before anything else.
            only_first: refuse when there is an account already.

        Raises:
            AccountRefused: a bad or taken name, a bad password, a venue that is not there.
        """
        name = sign_in_name(name)
        _check(why_not_name(name) or why_not_password(password, name))
        password_hash = self._passwords.hashed(password)
        now = self._clock()
        new = StoredAccount(
            id=secrets.token_hex(8),
            name=name,
            role=role,
            password_hash=password_hash,
            must_change=must_change,
            created_at=now,
            password_changed_at=now,
            venues=_of_role(role, venues),
        )
        with self._database.transaction() as connection:
            if only_first and accounts.count_accounts(SITE, connection) > 0:
                raise AccountRefused("there is an account already; sign in with it", status=409)
            _demand_free(connection, name)
            _demand_venues(connection, new.venues)
            accounts.add_account(SITE, connection, new)
        return new

    def change(
        self,
        account_id: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        venues: Iterable[str] | None = None,
        disabled: bool | None = None,
        password: str | None = None,
        must_change: bool = False,
    ) -> StoredAccount:
        """Change what is given, leave the rest. Who is disabled or gets a password is signed out everywhere.

        Args:
            must_change: whether the new password has to be changed before anything else.

        Raises:
            AccountRefused: no such account, a bad or taken name, a bad password, a venue that is not there,
                or no administrator would be left.
        """
        password_hash = None if password is None else self._new_hash(account_id, name, password)
        with self._database.transaction() as connection:
            known = _known(connection, account_id)
            changes: dict[str, Any] = {}
            if password_hash is not None:
                changes |= {
                    "password_hash": password_hash,
                    "password_changed_at": self._clock(),
                    "must_change": must_change,
                }
            if name is not None and sign_in_name(name) != known.name:
                changes["name"] = sign_in_name(name)
                _check(why_not_name(changes["name"]))
                _demand_free(connection, changes["name"])
            new_role = role or known.role
            if role is not None:
                changes["role"] = role.value
            if disabled is not None:
                changes["disabled_at"] = (known.disabled_at or self._clock()) if disabled else None
            places = _of_role(new_role, known.venues if venues is None else venues)
            _demand_venues(connection, places)
            accounts.change_account(SITE, connection, account_id, venues=places, **changes)
            _demand_administrator(connection, known)
            if disabled or password_hash is not None:
                sign_ins.remove_sign_ins_of(SITE, connection, account_id)
            changed = accounts.get_account(SITE, connection, account_id)
        assert changed is not None, "it was there a moment ago, in the same transaction"
        return changed

    def remove(self, account_id: str) -> StoredAccount:
        """Delete an account; its sessions end at once. What it did stays in the audit log, under its id.

        Raises:
            AccountRefused: no such account, or no administrator would be left.
        """
        with self._database.transaction() as connection:
            known = _known(connection, account_id)
            accounts.remove_account(SITE, connection, account_id)
            _demand_administrator(connection, known)
        return known

    def _new_hash(self, account_id: str, name: str | None, password: str) -> str:
        """Made before the transaction: it takes long, and others may want to write."""
        with self._database.reading() as connection:
            known = _known(connection, account_id)
        _check(why_not_password(password, name or known.name))
        return self._passwords.hashed(password)


def _of_role(role: Role, venues: Iterable[str]) -> tuple[str, ...]:
    return () if role is Role.ADMINISTRATOR else tuple(sorted(set(venues)))


def _check(why_not: str) -> None:
    if why_not:
        raise AccountRefused(why_not, status=422)


def _demand_free(connection: Connection, name: str) -> None:
    if accounts.account_named(SITE, connection, name) is not None:
        raise AccountRefused(f"there is an account {name!r} already", status=409)


def _demand_venues(connection: Connection, wanted: Iterable[str]) -> None:
    for venue_id in wanted:
        if venues.get_venue(SITE, connection, venue_id) is None:
            raise AccountRefused(
                f"there is no venue {venue_id!r}; make it first, or leave it out", status=422
            )


def _demand_administrator(connection: Connection, changed: StoredAccount) -> None:
    """Refuse, and undo what was done in this transaction, when it took the last one away."""
    was_able = changed.role is Role.ADMINISTRATOR and changed.disabled_at is None
    if was_able and accounts.count_administrators(SITE, connection) == 0:
        raise AccountRefused(f"{changed.name} is the last administrator; make another one first", status=409)


def _known(connection: Connection, account_id: str) -> StoredAccount:
    known = accounts.get_account(SITE, connection, account_id)
    if known is None:
        raise AccountRefused("there is no such account", status=404)
    return known
