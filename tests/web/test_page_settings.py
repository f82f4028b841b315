"""/settings and its pages: what is set, people, keys, who did what; never a secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from people_and_keys import CLOSED, PASSWORD, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.domain.account import Role

SECRET = "pl4nted-k3y"
DELIVERY = {
    "delivery": {
        "evidence": {"to": "http", "url": "http://127.0.0.1:9/up?token=s3cret", "api_key": "env:SHOP_KEY"},
        "incidents": {"url": "http://127.0.0.1:9/incidents", "api_key": "env:NOT_THERE"},
        "mail": {
            "host": "mail.example",
            "from": "a@example.org",
            "to": ["b@example.org"],
            "password": "env:SHOP_KEY",
        },
        "webhooks": [{"url": "https://hooks.example/T00/B00/XXXX"}],
    },
    "retention_days": {"recording": 5},
    "identity": {"enabled": True},
}
PAGES = ("/settings", "/settings/users", "/settings/keys", "/settings/audit-log")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    made = PlatformSite.made(Path(tmp_path_factory.mktemp("settings")) / "data", CLOSED | DELIVERY)
    with_venues(made, "shop", "other")
    with_account(made, "anna", Role.ADMINISTRATOR)
    with_account(made, "max", Role.MANAGER, "shop")
    with_account(made, "vera", Role.VIEWER, "shop")
    with_key(made, "shop")
    with_key(made, "other")
    with pytest.MonkeyPatch.context() as patch, made.answering():
        patch.setenv("SHOP_KEY", SECRET)
        yield made
    made.close()


@pytest.fixture(scope="module")
def anna(site: PlatformSite) -> Asker:
    return Asker(site).signed_in("anna")


def test_what_is_set_is_told_in_words_and_no_secret_with_it(anna: Asker) -> None:
    page = anna.ask("GET", "/settings").text

    assert "sightline.yaml" in page
    assert "5 days" in page
    assert "hooks.example" in page
    assert page.count("key is there") == 2
    assert page.count("its key is missing") == 1
    for secret in (SECRET, "s3cret", "XXXX", "T00", "env:SHOP_KEY"):
        assert secret not in page
    assert 'data-test="upload"' in page
    assert 'data-test="mail"' in page


def test_the_record_of_privacy_stands_there_in_either_language(anna: Asker) -> None:
    english = anna.ask("GET", "/settings", headers={"Accept-Language": "en"}).text
    french = anna.ask("GET", "/settings", headers={"Accept-Language": "fr"}).text

    assert "Visits under a pseudonym" in english
    assert "Visites sous pseudonyme" in french
    assert "Registre des extraits" in french
    assert "Ledger of clips" not in french


def test_each_sees_the_pages_of_their_role(site: PlatformSite, anna: Asker) -> None:
    manager, viewer = Asker(site).signed_in("max"), Asker(site).signed_in("vera")

    assert [anna.status("GET", one) for one in PAGES] == [200, 200, 200, 200]
    assert [manager.status("GET", one) for one in PAGES] == [200, 403, 200, 403]
    assert [viewer.status("GET", one) for one in PAGES] == [200, 403, 403, 403]
    assert [Asker(site).status("GET", one) for one in PAGES] == [303, 303, 303, 303]
    for who in (manager, viewer):
        page = who.ask("GET", "/settings").text
        assert "/password" in page
        assert "hooks.example" not in page
        assert "sightline.yaml" not in page


def test_keys_are_listed_by_venue_and_never_shown(site: PlatformSite, anna: Asker) -> None:
    hers, his = (
        anna.ask("GET", "/settings/keys").text,
        Asker(site).signed_in("max").ask("GET", "/settings/keys").text,
    )

    assert hers.count("data-key=") == 2
    assert his.count("data-key=") == 1
    assert '<option value="">' in hers
    assert '<option value="">' not in his
    assert "other" not in his


def test_people_are_listed_without_a_password_and_nobody_removes_themselves(anna: Asker) -> None:
    page = anna.ask("GET", "/settings/users").text
    own = page.split('data-name="anna"')[1].split("</li>")[0]

    assert page.count("data-user=") == 3
    assert "argon2" not in page
    assert 'data-do="remove"' not in own
    assert page.count('data-do="remove"') == 2


def test_the_log_says_who_did_what_and_can_be_narrowed(site: PlatformSite, anna: Asker) -> None:
    with_account(site, "lost", Role.VIEWER)
    Asker(site).ask("POST", "/login", json={"name": "lost", "password": PASSWORD + "!"})
    key = anna.ask("POST", "/api/keys", json={"venue_id": "shop", "name": "<i>till</i>"}).json()
    anna.ask("DELETE", f"/api/keys/{key['id']}")

    page = anna.ask("GET", "/settings/audit-log").text
    of_nobody = anna.ask("GET", "/settings/audit-log", params={"actor": "nobody"}).text

    assert "made a key" in page
    assert "revoked a key" in page
    assert '<a class="quiet" href="/settings/audit-log?actor=person' in page
    assert ">anna</a>" in page
    assert "was refused at sign-in" in of_nobody
    assert "made a key" not in of_nobody
    assert key["api_key"] not in page
    assert "<i>till</i>" not in anna.ask("GET", "/settings/keys").text
    assert anna.status("GET", "/settings/audit-log?page=0") == 422


def test_local_mode_shows_everything_and_says_that_there_is_nobody_yet(platform: PlatformSite) -> None:
    users = platform.ask("GET", "/settings/users").text

    assert "No account yet" in users
    assert "No key yet" in platform.ask("GET", "/settings/keys").text
    assert "Nothing was done yet" in platform.ask("GET", "/settings/audit-log").text
    assert "not set up" in platform.ask("GET", "/settings").text
