"""People: made, changed, signed in and out, and what they then may, over a server that demands sign-in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people_and_keys import CLOSED, PASSWORD, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite
from sqlalchemy import text

from sightline.domain.account import Role

NEW = "quite another secret"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("accounts") / "data", CLOSED)
    with with_venues(site, "shop", "other").answering():
        yield site
    site.close()


@pytest.fixture
def site(shared: PlatformSite) -> PlatformSite:
    """With anna, an administrator, and nobody else."""
    with shared.database.transaction() as connection:
        for table in ("account", "api_key", "audit_entry"):
            connection.execute(text(f"DELETE FROM {table}"))
    with_account(shared, "anna", Role.ADMINISTRATOR)
    return shared


@pytest.fixture
def anna(site: PlatformSite) -> Asker:
    return Asker(site).signed_in("anna")


def test_an_administrator_makes_changes_and_removes_people(site: PlatformSite, anna: Asker) -> None:
    wanted = {"name": " Marie ", "role": "manager", "venues": ["shop"], "password": NEW}
    made = anna.ask("POST", "/api/users", json=wanted)
    assert made.status_code == 201, made.text
    marie = made.json()
    assert (marie["name"], marie["role"], marie["venues"]) == ("marie", "manager", ["shop"])
    assert not [name for name in marie if "hash" in name]
    listed = anna.ask("GET", "/api/users", params={"limit": 1})
    assert listed.headers["x-total-count"] == "2"
    assert [one["name"] for one in listed.json()] == ["anna"]
    path = f"/api/users/{marie['id']}"
    changed = anna.ask("PATCH", path, json={"role": "viewer", "venues": ["shop", "other"]}).json()
    assert (changed["role"], changed["venues"]) == ("viewer", ["other", "shop"])
    assert anna.ask("PATCH", path, json={"role": "administrator"}).json()["venues"] is None
    assert anna.status("DELETE", path) == 204
    assert anna.status("DELETE", path) == 404
    assert anna.status("PATCH", path, json={"role": "viewer"}) == 404


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"name": "ANNA"}, id="name taken in other letters"),
        pytest.param({"name": "\N{FULLWIDTH LATIN SMALL LETTER A}nna"}, id="name that only looks different"),
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "a\nb"}, id="line feed in the name"),
        pytest.param({"name": "a\x00b"}, id="NUL in the name"),
        pytest.param({"name": "a" * 101}, id="long name"),
        pytest.param({"role": "owner"}, id="unknown role"),
        pytest.param({"venues": ["nowhere"]}, id="unknown venue"),
        pytest.param({"venues": ["../x"]}, id="venue that is none"),
        pytest.param({"password": "short"}, id="short password"),
        pytest.param({"password": "a" * 201}, id="long password"),
        pytest.param({"password": "Password123"}, id="password that everybody has"),
        pytest.param({"password": "aaaaaaaaaaaa"}, id="one letter"),
        pytest.param({"name": "marie-louise", "password": "Marie-Louise"}, id="the name"),
        pytest.param({"password": "\ud800 half a character"}, id="half a character"),
        pytest.param({"password_hash": "x"}, id="a field that is none"),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(site: PlatformSite, anna: Asker, wrong: Any) -> None:
    wanted = {"name": "marie", "role": "viewer", "venues": ["shop"], "password": NEW} | wrong
    if "\ud800" in wanted["password"]:
        body = '{"name":"marie","role":"viewer","password":"\\ud800 half a character"}'
        answer = anna.ask("POST", "/api/users", content=body, headers={"Content-Type": "application/json"})
    else:
        answer = anna.ask("POST", "/api/users", json=wanted)
    assert answer.status_code in (409, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(anna.get("/api/users")) == 1


def test_the_last_administrator_stays(site: PlatformSite, anna: Asker) -> None:
    (me,) = anna.get("/api/users")
    path = f"/api/users/{me['id']}"
    for change in ({"role": "manager"}, {"disabled": True}):
        refused = anna.ask("PATCH", path, json=change)
        assert refused.status_code == 409
        assert "last administrator" in refused.json()["detail"]
    assert anna.status("DELETE", path) == 409
    assert anna.get("/api/users") == [me]
    other = with_account(site, "bob", Role.ADMINISTRATOR)
    assert anna.ask("PATCH", f"/api/users/{other.id}", json={"disabled": True}).status_code == 200
    assert anna.status("DELETE", path) == 409
    anna.ask("PATCH", f"/api/users/{other.id}", json={"disabled": False})
    assert anna.status("DELETE", path) == 204
    assert anna.status("GET", "/api/users") == 401


def test_a_closed_account_is_closed_at_the_next_request(site: PlatformSite, anna: Asker) -> None:
    marie = with_account(site, "marie", Role.VIEWER, "shop")
    here = Asker(site).signed_in("marie")
    cookie = here.client.cookies["sightline"]
    assert here.status("GET", "/venues") == 200
    anna.ask("PATCH", f"/api/users/{marie.id}", json={"disabled": True})
    assert here.status("GET", "/venues") == 401
    assert Asker(site).status("POST", "/login", json={"name": "marie", "password": PASSWORD}) == 401
    anna.ask("PATCH", f"/api/users/{marie.id}", json={"disabled": False})
    again = site.ask("GET", "/venues", headers={"Cookie": f"sightline={cookie}"})
    assert again.status_code == 401, "a session that was ended does not come back"
    here.signed_in("marie")
    assert anna.status("DELETE", f"/api/users/{marie.id}") == 204
    assert here.status("GET", "/venues") == 401


def test_another_role_counts_at_the_next_request(site: PlatformSite, anna: Asker) -> None:
    marie = with_account(site, "marie", Role.MANAGER, "shop")
    here = Asker(site).signed_in("marie")
    assert here.status("GET", "/api/keys") == 200
    anna.ask("PATCH", f"/api/users/{marie.id}", json={"role": "viewer", "venues": ["other"]})
    assert here.status("GET", "/api/keys") == 403
    assert here.status("GET", "/analytics/shop/behavior") == 403
    assert here.status("GET", "/analytics/other/behavior") == 200


def test_a_password_set_by_somebody_else_has_to_be_changed_first(site: PlatformSite, anna: Asker) -> None:
    wanted = {"name": "marie", "role": "viewer", "venues": ["shop"], "password": NEW}
    anna.ask("POST", "/api/users", json=wanted)
    here = Asker(site).signed_in("marie", NEW)
    assert here.get("/api/me")["must_change"]
    refused = here.ask("GET", "/venues")
    assert refused.status_code == 403
    assert "/password" in refused.json()["detail"]
    same = here.ask("POST", "/password", json={"old": NEW, "new": NEW})
    assert same.status_code == 422
    changed = here.ask("POST", "/password", json={"old": NEW, "new": PASSWORD})
    assert changed.status_code == 200, changed.text
    assert here.status("GET", "/venues") == 200


def test_a_new_password_ends_the_other_sessions(site: PlatformSite) -> None:
    with_account(site, "marie", Role.VIEWER, "shop")
    here, elsewhere = Asker(site).signed_in("marie"), Asker(site).signed_in("marie")
    before = here.client.cookies["sightline"]
    assert here.status("POST", "/password", json={"old": "not the old one", "new": NEW}) == 403
    assert here.status("POST", "/password", json={"old": PASSWORD, "new": "short"}) == 422
    assert elsewhere.status("GET", "/venues") == 200
    assert here.status("POST", "/password", json={"old": PASSWORD, "new": NEW}) == 200
    assert here.status("GET", "/venues") == 200
    assert here.client.cookies["sightline"] != before
    assert elsewhere.status("GET", "/venues") == 401
    assert Asker(site).status("POST", "/login", json={"name": "marie", "password": PASSWORD}) == 401


def test_a_reset_by_an_administrator_ends_all_sessions(site: PlatformSite, anna: Asker) -> None:
    marie = with_account(site, "marie", Role.VIEWER, "shop")
    here = Asker(site).signed_in("marie")
    anna.ask("PATCH", f"/api/users/{marie.id}", json={"password": NEW})
    assert here.status("GET", "/venues") == 401
    assert Asker(site).signed_in("marie", NEW).get("/api/me")["must_change"]


def test_signing_out_ends_the_session_for_good(site: PlatformSite) -> None:
    with_account(site, "marie", Role.VIEWER, "shop")
    here = Asker(site).signed_in("marie")
    cookie = here.client.cookies["sightline"]
    out = here.ask("POST", "/logout")
    assert out.status_code == 200
    assert "Max-Age=0" in out.headers["set-cookie"]
    again = site.ask("GET", "/venues", headers={"Cookie": f"sightline={cookie}"})
    assert again.status_code == 401
    assert "Max-Age=0" in again.headers["set-cookie"], "the browser is told to forget it"


def test_signing_in_gives_a_new_session_and_ends_the_one_before(site: PlatformSite) -> None:
    with_account(site, "marie", Role.VIEWER, "shop")
    chosen = {"Cookie": "sightline=chosen-by-somebody-else"}
    who = {"name": "marie", "password": PASSWORD}
    assert "chosen" not in site.ask("POST", "/login", json=who, headers=chosen).headers["set-cookie"]
    assert site.ask("GET", "/venues", headers=chosen).status_code == 401
    here = Asker(site).signed_in("marie")
    first = here.client.cookies["sightline"]
    here.signed_in("marie")
    assert here.client.cookies["sightline"] != first
    assert site.ask("GET", "/venues", headers={"Cookie": f"sightline={first}"}).status_code == 401


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(site: PlatformSite) -> None:
    with_account(site, "marie", Role.VIEWER, "shop")
    answers = [
        Asker(site).ask("POST", "/login", json={"name": name, "password": "not the right one"})
        for name in ("marie", "nobody")
    ]
    (one, other) = [{**answer.json(), "request_id": None} for answer in answers]
    assert one == other
    assert one["status"] == 401


def test_a_change_with_a_cookie_needs_the_token_of_that_session(site: PlatformSite, anna: Asker) -> None:
    token = anna.client.headers.pop("X-CSRF-Token")
    other = Asker(site).signed_in("anna").client.headers["X-CSRF-Token"]
    wanted = {"name": "bob", "role": "viewer", "password": NEW}
    for wrong in (None, "", "0" * 64, other, "\xe9"):
        headers = {} if wrong is None else {"X-CSRF-Token": wrong.encode("latin-1")}
        assert anna.status("POST", "/api/users", json=wanted, headers=headers) == 403, wrong
        assert anna.status("POST", "/logout", headers=headers) == 403
        assert anna.status("POST", "/password", json={"old": PASSWORD, "new": NEW}, headers=headers) == 403
    assert anna.status("GET", "/api/users") == 200
    assert anna.get("/api/me")["csrf_token"] == token
    assert anna.status("POST", "/api/users", json=wanted, headers={"X-CSRF-Token": token}) == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing_and_signs_nobody_in(
    site: PlatformSite, anna: Asker, headers: dict[str, str]
) -> None:
    wanted = {"name": "bob", "role": "viewer", "password": NEW}
    assert anna.status("POST", "/api/users", json=wanted, headers=headers) == 403
    who = {"name": "anna", "password": PASSWORD}
    assert Asker(site).status("POST", "/login", json=who, headers=headers) == 403
    assert Asker(site).status("POST", "/login", data=who, headers=headers) == 403
    ours = {"Origin": f"http://127.0.0.1:{site.port}", "Sec-Fetch-Site": "same-origin"}
    assert anna.status("POST", "/api/users", json=wanted, headers=ours) == 201


def test_a_key_needs_no_token(site: PlatformSite) -> None:
    admin = Asker(site, key=with_key(site, None).text)
    assert admin.status("POST", "/api/users", json={"name": "bob", "role": "viewer", "password": NEW}) == 201
    assert admin.status("POST", "/logout") == 403
    assert admin.status("POST", "/password", json={"old": PASSWORD, "new": NEW}) == 403


def test_guessing_is_slowed_down_and_the_right_password_still_works_from_elsewhere(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with_account(site, "marie", Role.ADMINISTRATOR)
    with_account(site, "anna", Role.ADMINISTRATOR)
    with site.answering():
        wrong = {"name": "marie", "password": "not the right one"}
        statuses = [site.ask("POST", "/login", json=wrong).status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]
        right = {"name": " MARIE", "password": PASSWORD}
        held = site.ask("POST", "/login", json=right)
        assert held.status_code == 429
        assert int(held.headers["retry-after"]) >= 1
        Asker(site).signed_in("anna")
    site.close()


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{", "application/json", 422),
        (b"[" * 10_000, "application/json", 422),
        (b'{"name": 1, "password": null}', "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"<x/>", "application/xml", 415),
        (b'{"name": "' + b"a" * 20_000 + b'"}', "application/json", 413),
    ],
)
def test_what_is_no_sign_in_is_said_to_be_none(
    site: PlatformSite, content: bytes, media_type: str, status: int
) -> None:
    answer = site.ask("POST", "/login", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_password_that_is_refused_is_not_echoed(site: PlatformSite, anna: Asker) -> None:
    wanted = {"name": "bob", "role": "viewer", "password": "hunter2"}
    assert "hunter2" not in anna.ask("POST", "/api/users", json=wanted).text
    assert "hunter2" not in anna.ask("POST", "/api/users", json={"password": "hunter2"}).text
    assert "hunter2" not in site.ask("POST", "/login", json={"name": ["hunter2"], "password": "hunter2"}).text


def test_no_password_key_or_session_lies_in_the_database(site: PlatformSite, anna: Asker) -> None:
    anna.ask("POST", "/api/users", json={"name": "bob", "role": "viewer", "password": NEW})
    key = anna.ask("POST", "/api/keys", json={"venue_id": "shop", "name": "x"}).json()["api_key"]
    cookie = anna.client.cookies["sightline"]
    stored = b"".join(path.read_bytes() for path in site.site.data_dir.glob("sightline.db*"))
    for secret in (PASSWORD, NEW, key, cookie, anna.client.headers["X-CSRF-Token"]):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


def test_a_manager_makes_and_closes_keys_of_their_venues_only(site: PlatformSite, anna: Asker) -> None:
    with_account(site, "marie", Role.MANAGER, "shop")
    marie = Asker(site).signed_in("marie")
    foreign = with_key(site, "other").id
    everything = with_key(site, None).id
    made = marie.ask("POST", "/api/keys", json={"venue_id": "shop", "name": "till"})
    assert made.status_code == 201
    assert len(made.json()["api_key"]) == 64
    key_id = made.json()["id"]
    assert [one["id"] for one in marie.get("/api/keys")] == [key_id]
    assert "api_key" not in marie.get("/api/keys")[0]
    for venue in ("other", None, "nowhere"):
        assert marie.status("POST", "/api/keys", json={"venue_id": venue, "name": "x"}) == 403
    for other in (foreign, everything):
        assert marie.status("PATCH", f"/api/keys/{other}", json={"name": "x"}) == 403
        assert marie.status("DELETE", f"/api/keys/{other}") == 403
    assert marie.status("DELETE", "/api/keys/none") == 404
    assert marie.ask("PATCH", f"/api/keys/{key_id}", json={"name": "door"}).json()["name"] == "door"
    program = Asker(site, key=made.json()["api_key"])
    assert program.status("GET", "/venues") == 200
    assert program.status("GET", "/api/keys") == 403
    assert program.status("POST", "/api/keys", json={"venue_id": "shop", "name": "x"}) == 403
    assert marie.status("DELETE", f"/api/keys/{key_id}") == 204
    assert program.status("GET", "/venues") == 401
    assert {one["id"] for one in anna.get("/api/keys")} == {key_id, foreign, everything}
    assert anna.status("POST", "/api/keys", json={"venue_id": "nowhere", "name": "x"}) == 404
    assert anna.status("POST", "/api/keys", json={"name": "x"}) == 422


def test_lists_show_people_of_one_venue_only_its_rows(site: PlatformSite) -> None:
    with_account(site, "marie", Role.VIEWER, "shop")
    with_account(site, "idle", Role.VIEWER)
    assert [one["id"] for one in Asker(site).signed_in("marie").get("/venues")] == ["shop"]
    assert Asker(site).signed_in("idle").get("/venues") == []
