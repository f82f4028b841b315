"""Keys and sign-in demanded: what is open, what is not, and that what is closed is closed at once."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from people_and_keys import CLOSED, PASSWORD, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.pipeline.api_keys import ApiKeys

ORIGIN = "https://dashboards.example"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    """Each test makes keys of its own; what one takes away is its own, too."""
    site = PlatformSite.made(tmp_path_factory.mktemp("closed") / "data", CLOSED)
    with with_venues(site, "shop", "other").answering():
        yield site
    site.close()


def asker(site: PlatformSite, key: str | None = None) -> Asker:
    return Asker(site, key=key)


@pytest.mark.parametrize(
    "path", ["/venues", "/api/users", "/api/keys", "/api/audit-log", "/metrics", "/api/me"]
)
def test_without_credentials_nothing_is_told(closed: PlatformSite, path: str) -> None:
    answer = closed.ask("GET", path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "X-API-Key" in answer.json()["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_key_opens_its_own_venue_and_no_other_by_either_header(closed: PlatformSite, header: str) -> None:
    key = with_key(closed, "shop").text
    headers = {header: f"Bearer {key}" if header == "Authorization" else key}
    assert [one["id"] for one in closed.ask("GET", "/venues", headers=headers).json()] == ["shop"]
    for venue in ("other", "nowhere"):
        answer = closed.ask("GET", f"/analytics/{venue}/behavior", headers=headers)
        assert answer.status_code == 403
        assert venue in answer.json()["detail"]
    assert closed.ask("GET", "/analytics/shop/behavior", headers=headers).status_code == 200


def test_a_venue_in_the_query_is_checked_however_often_it_is_given(closed: PlatformSite) -> None:
    here = asker(closed, with_key(closed, "shop").text)
    for query in ("venue_id=other", "venue_id=shop&venue_id=other", "venue_id=other&venue_id=shop"):
        assert here.status("GET", f"/api/alerts?{query}") == 403


def test_a_key_in_local_mode_is_as_narrow_as_elsewhere(platform: PlatformSite) -> None:
    key = with_key(with_venues(platform, "shop", "other"), "shop").text
    assert len(platform.get("/venues")) == 2
    here = asker(platform, key)
    assert [one["id"] for one in here.get("/venues")] == ["shop"]
    assert here.status("GET", "/analytics/other/behavior") == 403
    assert here.status("GET", "/metrics") == 403
    wrong = asker(platform, "0" * 64)
    assert wrong.status("GET", "/venues") == 401


def test_wrong_and_revoked_keys_are_refused_with_a_sentence(closed: PlatformSite) -> None:
    made = with_key(closed, "shop")
    here = asker(closed, made.text)
    assert here.status("GET", "/venues") == 200
    ApiKeys(closed.database).revoke(Scope.site(), made.id)
    for key in (made.text, "0" * 64, "x", "é\x7f"):
        answer = closed.ask("GET", "/venues", headers={"X-API-Key": key.encode("latin-1")})
        assert answer.status_code == 401
        assert "revoked" in answer.json()["detail"]


def test_two_different_keys_are_nobodys(closed: PlatformSite) -> None:
    one, other = with_key(closed, "shop").text, with_key(closed, "other").text
    headers = {"X-API-Key": one, "Authorization": f"Bearer {other}"}
    assert closed.ask("GET", "/venues", headers=headers).status_code == 401
    same = {"X-API-Key": one, "Authorization": f"Bearer {one}"}
    assert closed.ask("GET", "/venues", headers=same).status_code == 200


def test_the_key_of_a_deleted_venue_opens_nothing(closed: PlatformSite) -> None:
    key = with_key(with_venues(closed, "shut"), "shut").text
    here, admin = asker(closed, key), asker(closed, with_key(closed, None).text)
    assert here.status("GET", "/venues") == 200
    assert admin.status("DELETE", "/venues/shut") in (200, 204)
    assert here.status("GET", "/venues") == 401
    assert admin.status("POST", "/venues", json={"id": "shut", "name": "another one"}) == 200
    assert here.status("GET", "/venues") == 401


@pytest.mark.parametrize("name", ["api_key", "key", "token", "API_KEY", "access_token"])
@pytest.mark.parametrize("path", ["/venues", "/health", "/docs"])
def test_a_key_in_an_address_is_refused_whether_it_fits_or_not(
    closed: PlatformSite, path: str, name: str
) -> None:
    key = with_key(closed, "shop").text
    answer = closed.ask("GET", path, params={name: key})
    assert answer.status_code == 400
    assert "X-API-Key" in answer.json()["detail"]
    assert key not in answer.text


def test_private_links_and_hosted_videos_keep_their_own_checks(closed: PlatformSite) -> None:
    assert closed.ask("GET", "/video/none?token=x").status_code in (403, 404)
    assert closed.ask("POST", "/api/v1/videos/upload").status_code == 401
    assert closed.ask("POST", "/api/v1/videos/upload", headers={"X-API-Key": "x"}).status_code == 403


def test_health_tells_strangers_that_it_is_well_and_nothing_else(closed: PlatformSite) -> None:
    told = closed.get("/health")
    assert set(told) == {"status", "timestamp", "checks"}
    assert set(told["checks"]) == {"database", "disk", "outbox", "cameras"}
    assert all(set(check) == {"status"} for check in told["checks"].values())
    admin = asker(closed, with_key(closed, None).text)
    assert "free_bytes" in admin.get("/health")["checks"]["disk"]


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/login", "/docs/assets/swagger-ui.css"])
def test_what_shows_no_data_is_open(closed: PlatformSite, path: str) -> None:
    assert closed.ask("GET", path).status_code == 200


def test_metrics_are_for_administrators(closed: PlatformSite) -> None:
    assert asker(closed, with_key(closed, "shop").text).status("GET", "/metrics") == 403
    assert asker(closed, with_key(closed, None).text).status("GET", "/metrics") == 200


def test_behind_a_proxy_closed_mode_answers(closed: PlatformSite) -> None:
    headers = {
        "Host": "shop.example",
        "X-Forwarded-For": "192.0.2.1",
        "X-API-Key": with_key(closed, "shop").text,
    }
    assert closed.ask("GET", "/venues", headers=headers).status_code == 200


def test_a_database_that_cannot_be_asked_lets_nobody_in_and_health_still_answers(
    closed: PlatformSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = with_key(closed, None).text

    def broken(*_: object) -> None:
        raise StoreError("/secret/path is broken")

    monkeypatch.setattr(ApiKeys, "holder_of", broken)
    answer = closed.ask("GET", "/venues", headers={"X-API-Key": key})
    assert answer.status_code == 503
    assert "/secret" not in answer.text
    assert closed.ask("GET", "/health", headers={"X-API-Key": key}).status_code == 200


def test_no_other_origin_may_read_answers_by_default(closed: PlatformSite) -> None:
    key = with_key(closed, "shop").text
    answer = closed.ask("GET", "/venues", headers={"X-API-Key": key, "Origin": ORIGIN})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in closed.ask("OPTIONS", "/venues", headers=asked).headers


def test_an_origin_of_the_settings_may_read_answers_with_a_key_and_never_with_a_cookie(
    tmp_path: Path,
) -> None:
    site = PlatformSite.made(tmp_path / "data", {"server": {"auth": "required", "cors_origins": [ORIGIN]}})
    with with_venues(site, "shop").answering():
        key = with_key(site, "shop").text
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "x-api-key,content-type"
        before = site.ask("OPTIONS", "/events", headers=asked)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == ORIGIN
        answer = site.ask("GET", "/venues", headers={"X-API-Key": key, "Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in answer.headers
        refused = site.ask("GET", "/venues", headers={"Origin": ORIGIN})
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        assert refused.status_code == 401
        other = site.ask("GET", "/venues", headers={"X-API-Key": key, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
    site.close()


def endless(sent: list[int], mebibytes: int = 400) -> Iterator[bytes]:
    for number in range(mebibytes):
        sent.append(number)
        yield b" " * 1024 * 1024


@pytest.mark.parametrize("path", ["/events", "/venues", "/api/users", "/nowhere"])
def test_what_nobody_sends_is_refused_before_it_is_read(closed: PlatformSite, path: str) -> None:
    sent: list[int] = []
    try:
        answer = closed.ask("POST", path, content=endless(sent))
        assert answer.status_code == 401
    except httpx.TransportError:  # the connection was closed under its hands
        pass
    assert len(sent) < 100


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", ""])
def test_no_body_that_is_held_in_memory_is_without_a_bound(closed: PlatformSite, media_type: str) -> None:
    headers = {"X-API-Key": with_key(closed, None).text, "Content-Type": media_type}
    sent: list[int] = []
    try:
        answer = closed.ask("POST", "/venues", content=endless(sent), headers=headers)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
    except httpx.TransportError:
        pass
    assert len(sent) < 100
    connection = HTTPConnection("127.0.0.1", closed.port, timeout=30)
    connection.putrequest("POST", "/venues")
    for name, value in {**headers, "Content-Length": str(2**40)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413, "from what it says it is"
    connection.close()


def test_a_web_socket_is_closed(closed: PlatformSite) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert closed.ask("GET", "/venues", headers=headers).status_code in (400, 401, 403, 404)


def test_behind_tls_the_cookie_is_for_this_name_over_tls_only(tmp_path: Path) -> None:
    address = "https://shop.example"
    site = PlatformSite.made(tmp_path / "data", {"server": {"auth": "required", "public_url": address}})
    with_account(site, "anna", Role.ADMINISTRATOR)
    with site.answering():
        who = {"name": "anna", "password": PASSWORD}
        headers = {"Origin": address, "Host": "shop.example", "Sec-Fetch-Site": "same-origin"}
        cookie = site.ask("POST", "/login", json=who, headers=headers).headers["set-cookie"]
        assert cookie.startswith("__Host-sightline=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    site.close()
