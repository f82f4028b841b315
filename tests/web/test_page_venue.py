"""/dashboard/{venue_id}: figures of the services, each a link to what is behind it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from clip_platform import NASTY, ClipPlatform
from evidence_site import CAMERA, VENUE
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.analytics.traffic import TrafficFigures
from sightline.dashboard.assets import all_assets_hash
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import add_coverage
from sightline.store.stays import add_stays

AT = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)


@pytest.fixture
def told(platform: PlatformSite) -> PlatformSite:
    """Three people at noon, one of them again in the evening."""
    with_venues(platform, "shop")
    stays = [
        Stay(pseudo_id=who, at=AT + timedelta(hours=later), zone="shelves", dwell=timedelta(seconds=90))
        for who, later in (("a", 0), ("b", 0), ("c", 0), ("a", 6))
    ]
    with platform.database.transaction() as connection:
        add_stays(Scope.site(), connection, "shop", stays)
    return platform


def test_it_opens_on_the_last_day_with_data_and_every_bar_leads_to_its_hour(told: PlatformSite) -> None:
    page = told.ask("GET", "/dashboard/shop").text

    assert "Mon 2 Mar 2026" in page
    assert 'aria-label="12:00: 3 visitors"' in page
    assert 'aria-label="18:00: 1 visitor"' in page
    assert re.search(r'href="/review\?[^"]*first=2026-03-02[^"]*hour=12[^"]*show=visits', page)
    assert "1\u00a0min\u00a030\u00a0s" in page
    tile = re.search(r"Left unattended</span>\s*<span class=\"value\">([^<]*)", page)
    assert tile is not None
    assert tile[1] == "–", "no camera looked, so nobody knows"


def test_it_speaks_french_to_whoever_chose_it(told: PlatformSite) -> None:
    chosen = told.ask("GET", "/language/fr", params={"next": "/dashboard/shop"})
    page = told.ask("GET", "/dashboard/shop")  # with the cookie that came

    assert chosen.status_code == 303
    assert chosen.headers["location"] == "/dashboard/shop"
    assert 'lang="fr"' in page.text
    assert "Visiteurs par heure" in page.text or "visiteurs par heure" in page.text
    assert told.ask("GET", "/language/fr", params={"next": "//evil.example"}).headers["location"] == "/"


def test_an_empty_venue_says_what_to_do_next(platform: PlatformSite) -> None:
    with_venues(platform, "shop")

    page = platform.ask("GET", "/dashboard/shop").text

    assert "Nothing has been seen here yet" in page
    assert 'href="/cameras/new?venue_id=shop"' in page


@pytest.mark.parametrize("page", ["dashboard", "analytics-dashboard", "report"])
def test_days_of_which_nothing_is_known_show_no_figure_but_lead_to_the_newest(
    told: PlatformSite, page: str
) -> None:
    before = told.ask("GET", f"/{page}/shop", params={"days": 7, "to": "2025-01-31"}).text
    after = told.ask("GET", f"/{page}/shop", params={"days": 7}).text

    assert "Nothing is known of this time" in before
    assert "The newest figures are of Mon 2 Mar 2026." in before
    assert f'href="/{page}/shop?days=7"' in before
    assert 'class="tile"' not in before, "0 would be a claim"
    assert "Nothing is known of this time" not in after


def test_no_page_asks_another_host_or_runs_what_was_typed(clips: ClipPlatform) -> None:
    with clips.database.transaction() as connection:
        stay = Stay(pseudo_id="x", at=AT, zone=NASTY[:50], dwell=timedelta(seconds=5))
        add_stays(Scope.site(), connection, VENUE, [stay])

    answer = clips.ask("GET", f"/dashboard/{VENUE}", params={"to": "2026-03-02"})

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert " style=" not in answer.text
    assert not re.search(r"<script(?! type=\"module\" src=)", answer.text)


def test_whoever_is_not_signed_in_signs_in_and_comes_back_and_sees_their_venues_only(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    site = PlatformSite.made(tmp_path_factory.mktemp("closed") / "data", CLOSED)
    with_venues(site, "shop", "other")
    with_account(site, "ana", Role.VIEWER, "shop")
    with site.answering():
        nobody = Asker(site).ask("GET", "/dashboard/shop?days=7")
        ana = Asker(site).signed_in("ana")
        hers, others = ana.ask("GET", "/dashboard/shop"), ana.ask("GET", "/dashboard/other")
        gone = ana.ask("GET", "/dashboard/nowhere")
    site.close()

    assert nobody.status_code == 303
    assert nobody.headers["location"] == "/login?next=/dashboard/shop%3Fdays%3D7"
    assert hers.status_code == 200
    assert 'name="csrf-token"' in hers.text
    assert others.status_code == 403
    assert gone.status_code == 403
    assert "Your account may not see this." in others.text


def test_a_wrong_address_is_a_page_in_words(platform: PlatformSite) -> None:
    wrong = platform.ask("GET", "/dashboard/shop", params={"days": 0})
    missing = platform.ask("GET", "/dashboard/shop")

    assert (wrong.status_code, missing.status_code) == (422, 404)
    assert "The address of this page has a wrong value." in wrong.text
    assert "There is no such page" in missing.text


def test_files_are_served_under_their_hash(platform: PlatformSite) -> None:
    style = platform.ask("GET", f"/static/{all_assets_hash()}/app.css")

    assert style.status_code == 200
    assert "immutable" in style.headers["cache-control"]
    assert platform.ask("GET", "/static/0000/app.css").status_code == 404
    assert platform.ask("GET", f"/static/{all_assets_hash()}/..%2Fpages.py").status_code == 404


def test_the_days_of_a_window_have_the_people_of_each_day(told: PlatformSite) -> None:
    _days_have_their_people(told, "shop", date(2026, 3, 4))


def test_a_day_that_no_camera_watched_is_unknown(clips: ClipPlatform) -> None:
    with clips.database.transaction() as connection:
        add_coverage(Scope.site(), connection, VENUE, CAMERA, {AT: 5})
    _days_have_their_people(clips, VENUE, date(2026, 3, 4))
    days = dict(
        TrafficFigures(clips.database, lambda: AT).daily(Scope.site(), VENUE, days=4, to=date(2026, 3, 4))
    )
    assert (days[date(2026, 3, 2)], days[date(2026, 3, 3)]) == (0, None)


def _days_have_their_people(site: PlatformSite, venue: str, last: date) -> None:
    figures = TrafficFigures(site.database, lambda: AT)
    for day, people in figures.daily(Scope.site(), venue, days=4, to=last):
        hours = figures.hourly(Scope.site(), venue, day=day)["hourly"]
        known = any(one["unique"] is not None for one in hours)
        there = figures.overview(Scope.site(), venue, days=1, to=day)["unique_visitors"]
        assert people == (there if known else None), day
