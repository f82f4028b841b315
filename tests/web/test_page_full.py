"""/analytics-dashboard/{venue_id}: the figures of the API, each a link, each in a table as well."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from clip_platform import ClipPlatform
from evidence_site import VENUE
from filled_shop import LAST, NASTY_ZONE, OPEN, SHELVES
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.dashboard.sentences.full import FULL
from sightline.dashboard.sentences.report import REPORT
from sightline.domain.account import Role

TO = LAST.isoformat()
DAY = f"/analytics-dashboard/{VENUE}?days=1&to={TO}"


@pytest.fixture
def shop(filled: ClipPlatform) -> ClipPlatform:
    return filled


@pytest.fixture(scope="module")
def week(filled: ClipPlatform) -> str:
    answer = filled.ask("GET", f"/analytics-dashboard/{VENUE}", params={"days": 7, "to": TO})
    assert answer.status_code == 200
    return answer.text


def table(page: str, name: str) -> list[list[str]]:
    """The cells of the table of a figure, without its head."""
    section = re.search(rf'<section class="card[^"]*" id="{name}".*?</section>', page, re.DOTALL)
    assert section is not None, name
    rows = re.findall(r"<tr>(.*?)</tr>", section[0], re.DOTALL)[1:]
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def marks(page: str) -> list[tuple[str, str]]:
    """Address and words of every mark of every chart, as a screen has it: a phone has the same ones."""
    page = re.sub(r'<svg class="chart on-phone".*?</svg>', "", page, flags=re.DOTALL)
    found = re.findall(r'<a href="([^"]+)" aria-label="([^"]*)"><title>', page)
    return [(html.unescape(href), html.unescape(said)) for href, said in found]


def test_it_bears_its_name_in_both_languages(shop: ClipPlatform, week: str) -> None:
    french = shop.ask(
        "GET", f"/analytics-dashboard/{VENUE}?days=7&to={TO}", headers={"Accept-Language": "fr"}
    ).text

    assert "Analytics Dashboard" in week
    assert "Analytics Dashboard" in french
    assert "Toutes les analyses" in french
    assert "Visiteurs par heure de la journée" in french
    for english, other in (FULL | REPORT).values():
        assert english
        assert other
        assert "'" not in other, "typographic apostrophes"


def test_hours_are_those_of_the_api_with_their_intervals(shop: ClipPlatform) -> None:
    page = shop.ask("GET", DAY).text
    answered = shop.get(f"/analytics/{VENUE}/hourly", date=TO)["hourly"]

    for row, one in zip(table(page, "by-hour"), answered, strict=True):
        known = one["unique"] is not None
        assert row[1] == (str(one["unique"]) if known else "–")
        assert row[3] == (str(one["visitors"]) if known else "–")
    five = next(said for href, said in marks(page) if said.startswith("17:00") and "visitors" in said)
    low, high = map(int, re.findall(r"\((\d+) to (\d+)\)", five)[0])
    assert low <= 4 <= high
    assert low < high


def test_days_have_the_people_of_the_api_and_lead_to_the_day(shop: ClipPlatform, week: str) -> None:
    for number, row in enumerate(table(week, "by-day")):
        day = (LAST - timedelta(days=6 - number)).isoformat()
        answered = shop.get(f"/analytics/{VENUE}", days=1, to=day)
        assert row[1] == str(answered["unique_visitors"])
        assert row[3] == str(answered["total_visitors"])
        assert any(f"days=1&to={day}" in href for href, _ in marks(week))


def test_zones_labels_and_behaviour_are_those_of_the_api(shop: ClipPlatform, week: str) -> None:
    window = {"days": 7, "to": TO}
    zones = shop.get(f"/analytics/{VENUE}/zones", **window)["zones"]
    people = shop.get(f"/analytics/{VENUE}/demographics", **window)["current"]
    behavior = shop.get(f"/analytics/{VENUE}/behavior", **window)

    assert [row[:2] for row in table(week, "zones-people")] == [
        [one["zone"], str(one["visitors"])] for one in zones
    ]
    genders = {row[0]: row[2] for row in table(week, "gender")}
    assert genders == {
        "Women": f"{people['gender']['F']}%",
        "Men": f"{people['gender']['M']}%",
        "Unknown": f"{people['gender']['unknown']}%",
    }
    assert {row[0]: row[2] for row in table(week, "ages")} == {
        "Unknown" if age == "unknown" else age: f"{share}%" for age, share in people["age"].items()
    }
    assert {row[0]: int(row[1]) for row in table(week, "behaviors")} == behavior["behavior_types"]
    assert sum(int(row[1]) for row in table(week, "engagement")) == behavior["total_analyzed"]


def test_service_leads_to_its_events(shop: ClipPlatform) -> None:
    page = shop.ask("GET", DAY).text
    answered = shop.get(f"/analytics/{VENUE}/service", days=1, to=TO)

    assert [int(row[1]) for row in table(page, "durations")][:3] == [
        answered[kind]["count"] for kind in ("interactions", "unattended", "queues")
    ]
    hrefs = [href for href, said in marks(page) if said == "13:00, Left unattended: 1"]
    assert hrefs == [f"/review?venue_id={VENUE}&first={TO}&last={TO}&kind=unattended&hour=13"]
    assert len(table(page, "staff")) == len(answered["staff"])


def test_every_mark_leads_to_its_events_or_stays_or_to_a_day_of_them(week: str) -> None:
    charts = re.findall(r'<svg class="chart [^>]*role="group".*?</svg>\s*(?:</div>)?<?', week, re.DOTALL)
    assert len(charts) > 12
    for href, said in marks(week):
        assert href.startswith((f"/review?venue_id={VENUE}&", f"/analytics-dashboard/{VENUE}?days=1&to=")), (
            said
        )
    alone = re.findall(r'<g role="img" aria-label="([^"]*)"', week)
    assert all("not observed" in said for said in alone), "what leads nowhere is a gap"


def test_an_hour_that_nobody_observed_is_hatched_and_an_empty_one_is_zero(shop: ClipPlatform) -> None:
    page = shop.ask("GET", DAY).text
    hours = {row[0]: row[1] for row in table(page, "by-hour")}
    served = {row[0]: row[1] for row in table(page, "service-by-hour")}

    assert (hours["03:00"], hours["12:00"], hours["17:00"]) == ("–", "0", "4")
    assert (served["03:00"], served["12:00"], served["13:00"]) == ("–", "0", "1")
    chart = re.search(r'<section class="card[^"]*" id="by-hour".*?</svg>', page, re.DOTALL)
    assert chart is not None
    assert chart[0].count('class="gap"') == 24 - len(OPEN)
    assert "03:00: not observed" in page


def test_every_chart_has_its_table(week: str) -> None:
    cards = re.findall(r'<section class="card[^"]*" id="[^"]+".*?</section>', week, re.DOTALL)
    drawn = [card for card in cards if "<figure>" in card]
    assert len(drawn) > 12
    for card in drawn:
        assert re.search(r'<details class="table[^"]*"><summary>As a table</summary>', card)


def test_zones_lie_on_the_picture_of_their_camera(shop: ClipPlatform, week: str) -> None:
    source = re.search(r'<div class="zone-picture"><img src="([^"]+)"', week)
    assert source is not None
    picture = shop.ask("GET", html.unescape(source[1]))
    assert picture.headers["content-type"] == "image/jpeg"
    assert week.count("<polygon") == 3
    assert f"zone={SHELVES}" in week
    assert "nobody was seen in it" in week
    assert NASTY_ZONE not in week
    assert html.escape(NASTY_ZONE, quote=False).split("\u202e")[0][:20] in week


def test_where_people_stood_lies_on_the_picture_and_is_told_by_thirds(shop: ClipPlatform, week: str) -> None:
    shares = {row[0]: row[1] for row in table(week, "floor-till")}
    before = shop.ask("GET", DAY.replace(TO, "2025-10-24")).text

    assert shares["near, left"] == "91%"
    assert shares["middle, centre"] == "9%"
    assert sum(share == "0%" for share in shares.values()) == 7
    assert "Most of the time: near, left (91%)." in [said for _, said in marks(week)]
    assert f"/review?venue_id={VENUE}&first=2025-10-19&last={TO}&show=visits&camera_id=till" in {
        href for href, _ in marks(week)
    }
    assert "Where people stood" not in before, "nobody was seen on that day"


def test_people_who_come_back_are_shown_by_pseudonym(shop: ClipPlatform, week: str) -> None:
    rows = table(week, "top-ten")
    answered = shop.get(f"/api/visitors/{VENUE}/returning", days=7, to=TO)["top_returning_visitors"]

    assert rows[0][0] == answered[0]["visitor_id"] == "regular"
    assert rows[0][1] == str(answered[0]["visits_in_period"])
    assert len(rows) == len(answered)


def test_short_windows_show_the_grid_of_four_weeks_and_ninety_days_are_drawn(shop: ClipPlatform) -> None:
    one, ninety = shop.ask("GET", DAY).text, shop.ask("GET", f"{DAY}&days=90".replace("days=1&", "")).text

    assert "From Sun 28 Sep to Sat 25 Oct" in html.unescape(one)
    assert len(table(one, "heat")) == 7
    assert len(table(ninety, "by-day")) == 90


def test_the_policy_holds_and_no_style_is_inline(shop: ClipPlatform) -> None:
    answer = shop.ask("GET", DAY)

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert not re.search(r"<script(?! type=\"module\" src=)", answer.text)
    assert "<script>alert" not in answer.text
    assert not re.search(r"\bnan\b", answer.text, re.IGNORECASE)


def test_an_empty_venue_says_what_to_do_next_and_strangers_see_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    site = PlatformSite.made(tmp_path_factory.mktemp("closed") / "data", CLOSED)
    with_venues(site, "shop", "other")
    with_account(site, "ana", Role.VIEWER, "shop")
    pages = ("analytics-dashboard", "report")
    with site.answering():
        nobody = [Asker(site).ask("GET", f"/{page}/shop") for page in pages]
        ana = Asker(site).signed_in("ana")
        hers: list[Any] = [ana.ask("GET", f"/{page}/shop") for page in pages]
        others = [ana.ask("GET", f"/{page}/other") for page in pages]
        wrong = [ana.ask("GET", f"/{page}/shop?days=91") for page in pages]
    site.close()

    assert [one.status_code for one in nobody] == [303, 303]
    assert [one.status_code for one in others] == [403, 403]
    assert [one.status_code for one in wrong] == [422, 422]
    for one in hers:
        assert one.status_code == 200
        assert "Nothing has been seen here yet" in one.text
        assert "/cameras/new" not in one.text, "a viewer cannot add one"
    assert "Analytics Dashboard" in hers[0].text
