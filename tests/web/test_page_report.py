"""/report/{venue_id}: the same figures on paper, with findings that they carry."""

import html
import re
from datetime import timedelta

import pytest
from clip_platform import SITE, ClipPlatform
from evidence_site import CAMERA, VENUE, at
from filled_shop import LAST

from sightline.analytics.audits import Audits, Seen
from sightline.analytics.durations import wall_clock

TO = LAST.isoformat()
PARTS = (
    "Traffic",
    "Demographics",
    "Engagement and behaviour",
    "Service",
    "Findings and recommendations",
    "How these figures were made",
)


@pytest.fixture
def shop(filled: ClipPlatform) -> ClipPlatform:
    return filled


def report(shop: ClipPlatform, language: str = "en", **window: object) -> str:
    answer = shop.ask(
        "GET",
        f"/report/{VENUE}",
        params={"days": 7, "to": TO, **window},
        headers={"Accept-Language": language},
    )
    assert answer.status_code == 200
    return html.unescape(re.sub(r"<title>.*?</title>", "", answer.text))


def test_it_has_all_parts_in_order_with_window_and_coverage(shop: ClipPlatform) -> None:
    page = report(shop)

    places = [page.index(f">{part}<") for part in PARTS]
    assert places == sorted(places)
    assert "Sun 19 Oct 2025 – Sat 25 Oct 2025" in page
    assert "Made on" in page
    assert "Europe/Paris" in page
    assert re.search(r"observed [<>]?[\d.]+% of the time|sent by other programs", page)


def test_findings_are_sentences_about_these_figures(shop: ClipPlatform) -> None:
    page = report(shop)
    people = shop.get(f"/analytics/{VENUE}", days=7, to=TO)
    before = shop.get(f"/analytics/{VENUE}", days=7, to="2025-10-18")["total_visitors"]

    assert f"Traffic is steady: {people['total_visitors']} stays in zones against {before}" in page
    assert "Zones do not differ in engagement by more than chance." in page
    assert (
        f"The range of {people['visitor_range']['low']} to {people['visitor_range']['high']} visitors" in page
    )
    assert f"/review?venue_id={VENUE}&first=2025-10-19&last={TO}&show=visits" in page


def test_charts_are_those_of_the_other_page_and_tables_that_nobody_opens_are_left_out(
    shop: ClipPlatform,
) -> None:
    page = report(shop, days=1)

    assert page.count('class="chart over-time"') == 2
    assert "<details" not in page.split("<main")[1]
    assert "Until first served" in page
    assert report(shop, days=90).count('class="chart over-time"') == 3


def test_it_says_when_people_verified_the_figures(shop: ClipPlatform) -> None:
    before = report(shop)
    seen = Seen(
        venue_id=VENUE,
        camera_id=CAMERA,
        rule="unattended",
        start=at(0),
        end=at(40),
        truth=2,
        matched=1,
        by="Anna",
    )
    Audits(shop.database, wall_clock).add(SITE, seen)
    after, later = report(shop), report(shop, to=(LAST + timedelta(days=300)).isoformat())

    assert "Figures verified on" not in before
    assert "Figures verified on" in after
    assert "till, left unattended: people counted 1 stretches" in after
    assert "1 were found where there were 2" in after
    assert "100% (27% to 100%) of those found were right, 50% (" in after
    assert "Figures verified on" not in later, "cameras are moved, shops rebuilt"


def test_it_is_in_french_for_french_people(shop: ClipPlatform) -> None:
    page = report(shop, "fr")

    assert "Constats et recommandations" in page
    assert "Comment ces chiffres sont établis" in page
    assert "La fréquentation est stable" in page
    assert "stays" not in re.sub(r"<[^>]+>", "", page)


def test_a_window_without_anything_says_so(shop: ClipPlatform) -> None:
    page = report(shop, to="2025-01-31")

    assert "Nothing is known of this time" in page
    assert "nan" not in page.lower().split()
