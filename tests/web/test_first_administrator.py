"""The first administrator: made on a page by whoever sits at the machine, once. And the pages beside it."""

from pathlib import Path

import pytest
from people_and_keys import CLOSED, PASSWORD, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.api.sign_in import own_path
from sightline.domain.account import Role


def test_whoever_sits_here_makes_the_first_administrator_once(platform: PlatformSite) -> None:
    with_venues(platform, "shop")
    here = Asker(platform)
    page = here.ask("GET", "/login")
    assert 'action="/login/first"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    form = {"name": "Anna", "password": PASSWORD, "again": PASSWORD}
    for wrong in ({"again": "something else"}, {"password": "short", "again": "short"}, {"name": ""}):
        assert here.status("POST", "/login/first", data=form | wrong) == 422
    foreign = {"Origin": "https://evil.example"}
    assert here.status("POST", "/login/first", data=form, headers=foreign) == 403
    made = here.ask("POST", "/login/first", data=form)
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert here.get("/api/me")["kind"] == "person"
    assert here.get("/api/me")["role"] == "administrator"
    assert 'action="/login"' in Asker(platform).ask("GET", "/login").text
    assert Asker(platform).status("POST", "/login/first", data=form | {"name": "eve"}) == 403
    assert [one["name"] for one in platform.get("/api/users")] == ["anna"]


def test_nobody_makes_the_first_administrator_from_elsewhere_or_with_a_key(
    tmp_path: Path, platform: PlatformSite
) -> None:
    form = {"name": "eve", "password": PASSWORD, "again": PASSWORD}
    program = Asker(platform, key=with_key(platform, None).text)
    assert program.status("POST", "/login/first", data=form) == 403
    assert 'action="/login"' in program.ask("GET", "/login").text
    site = PlatformSite.made(tmp_path / "closed", CLOSED)
    with site.answering():
        assert site.ask("POST", "/login/first", data=form).status_code == 403
        assert 'action="/login"' in site.ask("GET", "/login").text
    site.close()


def test_people_sign_in_change_their_password_and_sign_out_by_forms(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with_account(site, "anna", Role.ADMINISTRATOR)
    with site.answering():
        here = Asker(site)
        page = here.ask("GET", "/login", params={"next": "/review"}, headers={"Accept-Language": "fr"})
        assert "Se connecter" in page.text
        assert page.headers["content-language"] == "fr"
        assert 'value="/review"' in page.text
        wrong = {"name": '"><b>anna', "password": "not the right one", "goal": "/review"}
        refused = here.ask("POST", "/login", data=wrong)
        assert refused.status_code == 401
        assert "The name or the password is wrong." in refused.text
        assert "<b>" not in refused.text
        form = {"name": "anna", "password": PASSWORD, "goal": "/review"}
        begun = here.ask("POST", "/login", data=form)
        assert (begun.status_code, begun.headers["location"]) == (303, "/review")
        token = here.get("/api/me")["csrf_token"]
        assert token in here.ask("GET", "/password").text
        change = {"old": PASSWORD, "new": "quite another one", "again": "quite another one"}
        assert here.status("POST", "/password", data=change) == 403
        change["csrf_token"] = token
        assert here.status("POST", "/password", data=change | {"again": "typo"}) == 422
        assert here.status("POST", "/password", data=change | {"old": "wrong"}) == 403
        assert here.status("POST", "/password", data=change) == 303
        assert here.status("POST", "/logout", data={"csrf_token": token}) == 403, "of the session before"
        token = here.get("/api/me")["csrf_token"]
        out = here.ask("POST", "/logout", data={"csrf_token": token})
        assert (out.status_code, out.headers["location"]) == (303, "/login")
        assert here.ask("GET", "/password").headers["location"].startswith("/login")
    site.close()


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [
        ("/review?venue=shop", "/review?venue=shop"),
        ("", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("/é", "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(asked: str, goes_to: str) -> None:
    assert own_path(asked) == goes_to
