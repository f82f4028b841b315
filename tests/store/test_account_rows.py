"""Accounts, sessions, keys and the audit log as rows, on both kinds of database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Connection, delete

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.errors import SightlineError, StoreError
from sightline.pipeline.accounts import AccountRefused, Accounts
from sightline.store import accounts, api_keys, audit_log, sign_ins
from sightline.store.accounts import StoredAccount
from sightline.store.api_keys import StoredApiKey
from sightline.store.audit_log import AuditEntry
from sightline.store.database import Database
from sightline.store.sign_ins import StoredSignIn
from sightline.store.tables import venue

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SITE, SHOP, OTHER = Scope.site(), Scope.of("shop"), Scope.of("other")


def account(name: str, role: Role = Role.VIEWER, *venues: str) -> StoredAccount:
    return StoredAccount(
        id=name,
        name=name,
        role=role,
        password_hash="hash",
        created_at=NOON,
        password_changed_at=NOON,
        venues=venues,
    )


def session(account_id: str, token: str, at: datetime = NOON) -> StoredSignIn:
    return StoredSignIn(
        token_sha256=token,
        account_id=account_id,
        created_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(days=7),
    )


def test_an_account_comes_back_as_it_was_stored(database: Database) -> None:
    marie = account("marie", Role.MANAGER, "other", "shop")
    with database.transaction() as connection:
        accounts.add_account(SITE, connection, marie)
        accounts.add_account(SITE, connection, account("idle"))
    with database.reading() as connection:
        assert accounts.get_account(SITE, connection, "marie") == marie
        assert accounts.account_named(SITE, connection, "marie") == marie
        assert accounts.account_named(SITE, connection, "nobody") is None
        assert accounts.list_accounts(SITE, connection) == [account("idle"), marie]
        assert accounts.list_accounts(SITE, connection, limit=1, offset=1) == [marie]
        assert accounts.count_accounts(SITE, connection) == 2
        assert "hash" not in repr(marie).replace("password_hash", "")


def test_a_scope_of_venues_sees_who_reaches_them_and_changes_nobody(database: Database) -> None:
    with database.transaction() as connection:
        for one in (account("marie", Role.VIEWER, "shop"), account("root", Role.ADMINISTRATOR)):
            accounts.add_account(SITE, connection, one)
            sign_ins.add_sign_in(SITE, connection, session(one.id, f"token of {one.id}"))
    with database.transaction() as connection:
        assert [one.id for one in accounts.list_accounts(SHOP, connection)] == ["marie"]
        assert accounts.list_accounts(OTHER, connection) == []
        assert accounts.count_administrators(SHOP, connection) == 0
        assert accounts.get_account(SHOP, connection, "root") is None
        assert sign_ins.sign_in_with_hash(OTHER, connection, "token of marie") is None
        assert sign_ins.sign_in_with_hash(SHOP, connection, "token of root") is None
        assert not sign_ins.remove_sign_in(OTHER, connection, "token of marie")
        assert sign_ins.remove_sign_ins_of(SHOP, connection, "root") == 0
        for change in (
            lambda: accounts.add_account(SHOP, connection, account("eve")),
            lambda: accounts.change_account(SHOP, connection, "marie", role="administrator"),
            lambda: accounts.remove_account(SHOP, connection, "marie"),
            lambda: sign_ins.add_sign_in(SHOP, connection, session("marie", "x")),
        ):
            with pytest.raises(StoreError):
                change()


def test_a_name_is_taken_once(database: Database) -> None:
    with database.transaction() as connection:
        accounts.add_account(SITE, connection, account("marie"))

    def again(connection: Connection) -> None:
        accounts.add_account(SITE, connection, replace(account("marie"), id="another"))

    with pytest.raises(SightlineError), database.transaction() as connection:
        again(connection)


def test_sessions_go_with_their_account_and_reach_with_its_venue(database: Database) -> None:
    with database.transaction() as connection:
        accounts.add_account(SITE, connection, account("marie", Role.VIEWER, "other", "shop"))
        sign_ins.add_sign_in(SITE, connection, session("marie", "a"))
    with database.transaction() as connection:
        connection.execute(delete(accounts.account_venue).where(accounts.account_venue.c.venue_id == "none"))
        assert accounts.change_account(SITE, connection, "marie", venues=["shop"])
        assert not accounts.change_account(SITE, connection, "nobody", role="viewer")
    with database.reading() as connection:
        found = accounts.get_account(SITE, connection, "marie")
        assert found is not None
        assert found.venues == ("shop",)
    with database.transaction() as connection:
        assert accounts.remove_account(SITE, connection, "marie")
        assert sign_ins.sign_in_with_hash(SITE, connection, "a") is None
        assert not accounts.remove_account(SITE, connection, "marie")


def test_a_deleted_venue_is_reached_by_nobody_any_more(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(venue.insert().values(id="gone", name="x", timezone="UTC", created_at=NOON))
        accounts.add_account(SITE, connection, account("marie", Role.VIEWER, "gone", "shop"))
    with database.transaction() as connection:
        connection.execute(venue.delete().where(venue.c.id == "gone"))
    with database.reading() as connection:
        found = accounts.get_account(SITE, connection, "marie")
        assert found is not None
        assert found.venues == ("shop",)


def test_use_of_a_session_moves_forward_only(database: Database) -> None:
    later = NOON + timedelta(hours=1)
    with database.transaction() as connection:
        accounts.add_account(SITE, connection, account("marie"))
        sign_ins.add_sign_in(SITE, connection, session("marie", "a"))
        sign_ins.touch_sign_in(SITE, connection, "a", later)
        sign_ins.touch_sign_in(SITE, connection, "a", NOON)
        found = sign_ins.sign_in_with_hash(SITE, connection, "a")
        assert found is not None
        assert found.last_seen_at == later


def test_keys_are_seen_from_their_venue_and_administrators_keys_from_the_site(database: Database) -> None:
    with database.transaction() as connection:
        for number, place in enumerate(("shop", "other", None)):
            at = NOON + timedelta(seconds=number)
            key = StoredApiKey(id=f"k{number}", venue_id=place, name="x", created_at=at)
            api_keys.add_api_key(SITE, connection, key, key_sha256=str(number) * 64)
        with pytest.raises(StoreError):
            api_keys.add_api_key(SHOP, connection, replace(key, id="k9"), key_sha256="9" * 64)
        ids = [
            [one.id for one in found]
            for found in (
                api_keys.list_api_keys(SITE, connection),
                api_keys.list_api_keys(SHOP, connection),
                api_keys.list_api_keys(SITE, connection, for_all_venues=True),
                api_keys.list_api_keys(SITE, connection, limit=1, offset=1),
                api_keys.list_api_keys(SHOP, connection, venue_id="other"),
            )
        ]
        assert ids == [["k0", "k1", "k2"], ["k0"], ["k2"], ["k1"], []]
        assert api_keys.count_api_keys(SHOP, connection) == 1
        assert api_keys.get_api_key(SHOP, connection, "k1") is None
        assert not api_keys.rename_api_key(SHOP, connection, "k2", "mine")
        assert not api_keys.revoke_api_key(SHOP, connection, "k1", NOON)
        assert api_keys.revoke_api_key(SITE, connection, "k1", NOON)
        assert not api_keys.revoke_api_key(SITE, connection, "k1", NOON)


def test_the_audit_log_is_read_newest_first_and_filtered(database: Database) -> None:
    entries = [
        AuditEntry(
            at=NOON + timedelta(hours=number // 2),
            actor="local" if number % 2 else "person:a",
            action="sign_in",
            venue_id=(None, "shop", "other")[number % 3],
            subject=str(number),
            facts={"number": number},
            address="192.0.2.1",
        )
        for number in range(12)
    ]
    with database.transaction() as connection:
        audit_log.add_audit_entries(SITE, connection, entries)
        with pytest.raises(StoreError):
            audit_log.add_audit_entries(SHOP, connection, [replace(entries[0], venue_id="other")])
    since, until = NOON + timedelta(hours=1), NOON + timedelta(hours=5)
    with database.reading() as connection:

        def subjects(scope: Scope, **which: object) -> list[int]:
            found = audit_log.list_audit_entries(scope, connection, **which)  # type: ignore[arg-type]
            total = audit_log.count_audit_entries(
                scope, connection, **{name: one for name, one in which.items() if name != "limit"}
            )  # type: ignore[arg-type]
            assert "limit" in which or total == len(found)
            return [int(one.subject) for one in found]

        newest_first = list(range(11, -1, -1))
        assert subjects(SITE) == newest_first
        assert subjects(SITE, limit=3) == [11, 10, 9]
        assert subjects(SHOP) == [n for n in newest_first if n % 3 == 1]
        assert subjects(SITE, venue_id="other", actor="local") == [n for n in newest_first if n % 6 == 5]
        assert subjects(SITE, since=since, until=until) == [n for n in newest_first if 2 <= n < 10]
        first = audit_log.list_audit_entries(SITE, connection, limit=1)[0]
        assert replace(first, id=0) == entries[11]
    with database.transaction() as connection:
        assert audit_log.remove_audit_entries(SHOP, connection, before=until) == 3
        assert audit_log.remove_audit_entries(SITE, connection, before=until) == 7
        assert audit_log.count_audit_entries(SITE, connection) == 2


def test_administrators_who_demote_each_other_at_once_leave_one(database: Database) -> None:
    service = Accounts(database)
    with database.transaction() as connection:
        for name in ("anna", "bob"):
            accounts.add_account(SITE, connection, account(name, Role.ADMINISTRATOR))
    refused = []

    def demote(name: str) -> None:
        try:
            service.change(name, role=Role.VIEWER)
        except AccountRefused:
            refused.append(name)

    with database.transaction() as connection:
        accounts.change_account(SITE, connection, "anna", role=Role.VIEWER.value)
        meanwhile = Thread(target=demote, args=("bob",))
        meanwhile.start()
        meanwhile.join(0.3)  # as far as it gets before anna's change can be seen
    meanwhile.join()
    assert refused == ["bob"]
    assert service.has_administrator()
