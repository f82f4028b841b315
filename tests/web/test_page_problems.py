"""What a browser shows when a page cannot be: in the look of all pages, with a way on; programs get JSON."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from people_and_keys import CLOSED, Asker, with_account
from platform_site import PlatformSite
from structlog.testing import capture_logs

from sightline.analytics.data_days import DataDays
from sightline.domain.account import Role
from sightline.store import engines

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "LOCK_TIMEOUT_MS", 50)
        yield


@pytest.fixture(scope="module")
def shop(impatient: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("problems") / "data")
    with site.answering():
        yield site
    site.close()


@contextmanager
def locked(site: PlatformSite) -> Iterator[None]:
    """While another program holds the whole file."""
    site.database.engine.dispose()
    with closing(sqlite3.connect(site.site.data_dir / "sightline.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
    site.database.engine.dispose()


def opened(site: PlatformSite, path: str, **headers: str) -> httpx.Response:
    return site.ask("GET", path, headers={**BROWSER, **headers})


def test_a_database_that_is_held_gives_a_page_with_a_way_to_try_again(shop: PlatformSite) -> None:
    with locked(shop):
        answer = opened(shop, "/review?hour=3", **{"Accept-Language": "fr"})
        told = shop.ask("GET", "/api/events")
        door = opened(shop, "/login")
    assert answer.status_code == door.status_code == 503
    assert "Try again in a moment." in door.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert '<a class="button" href="/review?hour=3">Réessayer</a>' in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "<script" not in answer.text  # nothing live, which would fail again and again
    assert 'href="/cameras"' in answer.text
    assert "sightline.db" not in answer.text
    assert told.json()["status"] == 503
    assert opened(shop, "/review?hour=3").status_code == 200


def test_a_failure_nobody_foresaw_gives_a_page_without_its_text(
    shop: PlatformSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(DataDays, "listed", fails)
    with capture_logs() as logged:
        answer = opened(shop, "/analytics")
    assert answer.status_code == 500
    assert [one["request_id"] for one in logged] == [answer.headers["x-request-id"]]
    assert "Something went wrong" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "secret of the inside" not in answer.text


def test_a_page_that_is_not_there_leads_home_and_programs_are_told_as_before(shop: PlatformSite) -> None:
    answer = opened(shop, "/revue")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/"' in answer.text
    for path, headers in (("/revue", {}), ("/api/revue", BROWSER)):
        told = shop.ask("GET", path, headers=headers)
        assert told.status_code == 404
        assert told.json()["title"] == "Not Found"
    assert shop.ask("POST", "/revue", headers=BROWSER).status_code == 404


@pytest.mark.parametrize(
    ("path", "goal"),
    [("/review/", "/review"), ("//example.org/", "/example.org"), ("/\\example.org/", "/%5C")],
)
def test_a_slash_too_many_is_taken_off_and_leads_to_no_other_host(
    shop: PlatformSite, path: str, goal: str
) -> None:
    answer = opened(shop, path)
    assert answer.status_code == 307
    assert answer.headers["location"].startswith(goal)


def test_in_closed_mode_nobody_learns_what_is_there_nor_who_asks_while_the_site_is_busy(
    impatient: None, tmp_path: Path
) -> None:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with site.answering():
        with_account(site, "vera", Role.VIEWER)
        vera = Asker(site).signed_in("vera")
        assert opened(site, "/revue").headers["location"] == "/login?next=/revue"
        with locked(site):
            answer = vera.ask("GET", "/review", headers=BROWSER)
        assert answer.status_code == 503
        assert "Try again" in answer.text
        assert 'href="/cameras"' not in answer.text  # who asks is not known
    site.close()
