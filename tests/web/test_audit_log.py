"""The audit log: who signed in, who changed what; no secret; nothing of what only looks or tells."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from people_and_keys import CLOSED, PASSWORD, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.access_wiring import access_chores
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.errors import DiskFull
from sightline.pipeline.audit_log import AuditLog
from sightline.store.audit_log import AuditEntry, add_audit_entries

NEW = "quite another secret"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with_account(with_venues(site, "shop", "other"), "anna", Role.ADMINISTRATOR)
    with site.answering():
        yield site
    site.close()


@pytest.fixture
def anna(closed: PlatformSite) -> Asker:
    return Asker(closed).signed_in("anna")


def actions(asker: Asker, **which: object) -> list[str]:
    return [one["action"] for one in asker.get("/api/audit-log", **which)]


def test_signing_in_well_and_badly_and_out_is_noted(closed: PlatformSite, anna: Asker) -> None:
    marie = with_account(closed, "marie", Role.VIEWER, "shop")
    Asker(closed).ask("POST", "/login", json={"name": "marie", "password": "my other password"})
    Asker(closed).ask("POST", "/login", json={"name": "a password typed here", "password": "x"})
    here = Asker(closed).signed_in("marie")
    here.ask("POST", "/password", json={"old": PASSWORD, "new": NEW})
    Asker(closed).signed_in("marie", NEW).ask("POST", "/logout")
    entries = anna.get("/api/audit-log")
    assert [(one["action"], one["actor"], one["subject"]) for one in entries] == [
        ("sign_out", f"person:{marie.id}", f"user={marie.id}"),
        ("sign_in", f"person:{marie.id}", f"user={marie.id}"),
        ("password_changed", f"person:{marie.id}", f"user={marie.id}"),
        ("sign_in", f"person:{marie.id}", f"user={marie.id}"),
        ("sign_in_refused", "nobody", "an unknown name"),
        ("sign_in_refused", "nobody", f"user={marie.id}"),
        ("sign_in", anna.get("/api/audit-log")[-1]["actor"], entries[-1]["subject"]),
    ]
    assert {one["address"] for one in entries} == {"127.0.0.1"}
    told = anna.ask("GET", "/api/audit-log").text
    assert not [secret for secret in (PASSWORD, NEW, "my other", "typed here") if secret in told]


def test_changes_are_noted_with_who_what_and_where_and_without_secrets(
    closed: PlatformSite, anna: Asker
) -> None:
    made = anna.ask("POST", "/api/keys", json={"venue_id": "shop", "name": "till"}).json()
    user = {"name": "bob", "role": "viewer", "venues": ["shop"], "password": NEW}
    bob = anna.ask("POST", "/api/users", json=user).json()
    anna.ask("PATCH", f"/api/users/{bob['id']}", json={"role": "manager", "password": PASSWORD})
    program = Asker(closed, key=with_key(closed, None).text)
    program.ask("DELETE", f"/api/keys/{made['id']}")
    program.ask("DELETE", "/venues/other")
    deleted, revoked, changed, added, key = anna.get("/api/audit-log")[:5]
    assert (deleted["action"], deleted["venue_id"]) == ("DELETE /venues/{venue_id}", "other")
    assert deleted["actor"].startswith("key:")
    assert (revoked["action"], revoked["venue_id"]) == ("DELETE /api/keys/{key_id}", "shop")
    assert revoked["subject"] == f"key={made['id']}"
    assert changed["facts"] == {"status": 200, "role": "manager", "password": "replaced"}
    assert added["facts"] == {"status": 201, "role": "viewer", "venues": ["shop"]}
    assert (key["action"], key["subject"]) == ("POST /api/keys", f"key={made['id']}")
    told = anna.ask("GET", "/api/audit-log").text
    assert not [secret for secret in (PASSWORD, NEW, made["api_key"]) if secret in told]
    stored = b"".join(path.read_bytes() for path in closed.site.data_dir.glob("sightline.db*"))
    assert made["api_key"].encode() not in stored


def test_looking_telling_events_and_what_is_refused_leave_no_entry(closed: PlatformSite, anna: Asker) -> None:
    before = actions(anna)
    anna.ask("GET", "/venues")
    anna.ask("POST", "/events", json={"venue_id": "shop", "events": []})
    anna.ask("POST", "/events/batch", json=[])
    anna.ask("POST", "/api/users", json={"name": "x"})
    anna.ask("DELETE", "/api/users/none")
    anna.ask("POST", "/nowhere")
    Asker(closed, key=with_key(closed, "shop").text).ask("DELETE", "/venues/shop")
    assert actions(anna) == before


def test_entries_are_found_by_venue_actor_and_time_a_page_at_a_time(
    closed: PlatformSite, anna: Asker
) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    entries = [
        AuditEntry(
            at=noon + timedelta(hours=number),
            actor="local" if number % 2 else "key:a",
            action=f"action {number}",
            venue_id="shop" if number < 5 else "other",
        )
        for number in range(10)
    ]
    with closed.database.transaction() as connection:
        add_audit_entries(Scope.site(), connection, entries)
    until = noon + timedelta(hours=8)
    assert actions(anna, to=until.isoformat(), limit=2) == ["action 7", "action 6"]
    assert actions(anna, to="2026-03-02T14:00:00") == ["action 1", "action 0"]
    assert actions(anna, venue_id="shop", actor="local") == ["action 3", "action 1"]
    paris = {"from": "2026-03-02T20:00:00+01:00", "to": until.isoformat()}
    assert actions(anna, **paris) == ["action 7"]
    answer = anna.ask("GET", "/api/audit-log", params={"venue_id": "other", "limit": 2, "offset": 2})
    assert answer.headers["x-total-count"] == "5"
    assert [one["action"] for one in answer.json()] == ["action 7", "action 6"]
    assert 'rel="next"' in answer.headers["link"]


@pytest.mark.parametrize(
    "query", ["from=yesterday", "limit=0", "limit=501", "offset=-1", "venue_id=../x", "actor=%00", "to=1e400"]
)
def test_wrong_filters_are_told(closed: PlatformSite, anna: Asker, query: str) -> None:
    assert anna.status("GET", f"/api/audit-log?{query}") == 422


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_times_too(closed: PlatformSite, anna: Asker, at: str) -> None:
    assert anna.status("GET", "/api/audit-log", params={"from": at, "to": at}) == 200


def test_only_administrators_read_it(closed: PlatformSite) -> None:
    with_account(closed, "marie", Role.MANAGER, "shop")
    assert Asker(closed).signed_in("marie").status("GET", "/api/audit-log") == 403
    assert Asker(closed, key=with_key(closed, "shop").text).status("GET", "/api/audit-log") == 403


def test_a_log_that_cannot_be_written_undoes_nothing_and_answers_all_the_same(
    closed: PlatformSite, anna: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskFull("no room")

    monkeypatch.setattr(AuditLog, "note", full)
    answer = anna.ask("POST", "/api/keys", json={"venue_id": "shop", "name": "till"})
    assert answer.status_code == 201
    assert Asker(closed, key=answer.json()["api_key"]).status("GET", "/venues") == 200


def test_entries_are_kept_as_long_as_the_settings_say(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", {"retention_days": {"audit": 30}})
    now = datetime.now(UTC)
    entries = [
        AuditEntry(at=now - timedelta(days=days), actor="local", action=f"{days}") for days in (29, 31)
    ]
    with site.database.transaction() as connection:
        add_audit_entries(Scope.site(), connection, entries)
    for chore in access_chores(site.site):
        chore.do()
    _, left = AuditLog(site.database).page(Scope.site(), limit=10, offset=0)
    assert [one.action for one in left] == ["29"]
    site.close()


def test_local_mode_is_noted_as_such(platform: PlatformSite) -> None:
    platform.ask("POST", "/venues", json={"id": "shop", "name": "Shop"})
    (entry,) = platform.get("/api/audit-log")
    assert (entry["actor"], entry["action"], entry["address"]) == ("local", "POST /venues", "127.0.0.1")
    assert entry["venue_id"] == "shop"
