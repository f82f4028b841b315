"""/, /analytics, /alerts: venues now, side by side, and what people should look at."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clip_platform import NASTY, ClipPlatform
from evidence_site import VENUE
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.analytics.at_a_glance import Glances, VenueNow
from sightline.dashboard.home import first_steps
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.alerts import raise_alert
from sightline.store.coverage import add_coverage
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
NOW = datetime(2026, 3, 27, 14, 30, tzinfo=UTC)
"""A Friday, half past two in London."""


def come(site: PlatformSite, at: datetime, *people: str) -> None:
    with site.database.transaction() as connection:
        stays = [Stay(pseudo_id=one, at=at, zone="shop", dwell=timedelta(seconds=60)) for one in people]
        add_stays(SITE, connection, "shop", stays)


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", name="The shop", timezone="Europe/London")
        ensure_camera(SITE, connection, "shop", "till", source_label="till.mp4")
    return platform


def test_the_usual_is_the_mean_of_the_same_weekday_up_to_this_time_as_far_as_somebody_looked(
    shop: PlatformSite,
) -> None:
    come(shop, NOW - timedelta(hours=1), "a", "b")
    come(shop, NOW - timedelta(weeks=1, hours=2), "c", "d", "e")
    come(shop, NOW - timedelta(weeks=1) + timedelta(minutes=1), "later that day")
    come(shop, NOW - timedelta(weeks=2, hours=2), "f")
    come(shop, NOW - timedelta(days=1), "another weekday")

    (now,) = Glances(shop.database, lambda: NOW).now(SITE, [])

    assert (now.visitors, now.usual) == (2, 2.0)  # of two Fridays; nobody looked on the other two


def test_the_usual_moves_on_with_the_minute(shop: PlatformSite) -> None:
    come(shop, NOW - timedelta(weeks=1) - timedelta(minutes=1), "a")
    come(shop, NOW - timedelta(weeks=1) + timedelta(seconds=70), "b")
    now = NOW
    glances = Glances(shop.database, lambda: now)

    (first,) = glances.now(SITE, [])
    now = NOW + timedelta(seconds=90)
    (later,) = glances.now(SITE, [])

    assert (first.usual, later.usual) == (1.0, 2.0)


def test_where_no_camera_looked_today_nothing_is_said_to_have_not_happened(shop: PlatformSite) -> None:
    come(shop, NOW - timedelta(hours=1), "a")
    glances = Glances(shop.database, lambda: NOW)

    (told,) = glances.now(SITE, [])
    with shop.database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", {NOW - timedelta(minutes=10): 5})
    (watched,) = glances.now(SITE, [])

    assert (told.unattended, told.served, told.usual, told.people) == (None, None, None, None)
    assert (watched.unattended, watched.served) == (0, 0)


def test_people_in_view_are_those_of_cameras_that_run(shop: PlatformSite) -> None:
    cameras = [
        {"venue_id": "shop", "state": "running", "people": {"customers": 3, "staff": 1, "waiting": 2}},
        {"venue_id": "shop", "state": "running", "people": {"customers": 1, "staff": 0, "waiting": 0}},
        {"venue_id": "shop", "state": "gap", "people": {"customers": 9, "staff": 9, "waiting": 9}},
    ]

    (now,) = Glances(shop.database, lambda: NOW).now(SITE, cameras)

    assert (now.people, now.waiting) == (4, 2)


def test_a_new_site_shows_the_first_steps(platform: PlatformSite) -> None:
    page = platform.ask("GET", "/").text

    assert "Welcome to Sightline" in page
    assert 'id="add-venue"' in page


def test_a_running_site_shows_its_venues_and_latest_events(clips: ClipPlatform) -> None:
    running = clips.ask("GET", "/").text

    assert 'id="add-venue"' not in running
    assert f'href="/dashboard/{VENUE}"' in running
    assert running.count('class="event"') == 3


def test_the_part_that_is_asked_for_again_is_the_part_of_the_page(clips: ClipPlatform) -> None:
    part = clips.ask("GET", "/now")

    assert part.status_code == 200
    assert part.text.strip() in clips.ask("GET", "/").text
    assert "<html" not in part.text


def test_a_venue_of_which_nothing_is_known_today_says_so_instead_of_a_row_of_dashes(
    shop: PlatformSite,
) -> None:
    with shop.database.transaction() as connection:
        ensure_venue(SITE, connection, "busy", name="The busy one", timezone="Europe/London")
        busy = [Stay(pseudo_id="a", at=datetime.now(UTC), zone="shop", dwell=timedelta(seconds=60))]
        add_stays(SITE, connection, "busy", busy)

    page = shop.ask("GET", "/").text

    assert page.count("Nothing is known of today") == 1
    assert page.count('class="tile"') == 5


def test_the_times_of_events_are_those_of_their_venue(clips: ClipPlatform) -> None:
    def times(path: str) -> set[str]:
        return set(re.findall(r"<time[^>]*>[^<]*</time>", clips.ask("GET", path).text))

    assert times(f"/dashboard/{VENUE}")
    assert times(f"/dashboard/{VENUE}") <= times("/")


def test_a_month_that_nobody_observed_is_a_dash_in_the_list_of_venues(shop: PlatformSite) -> None:
    with shop.database.transaction() as connection:
        add_coverage(SITE, connection, "shop", "till", {NOW - timedelta(days=400): 5})

    page = shop.ask("GET", "/analytics").text

    assert re.search(r'Visitors, 28 days</span><span class="value">–</span>', page)


def test_venues_stand_side_by_side(shop: PlatformSite) -> None:
    come(shop, datetime.now(UTC) - timedelta(hours=1), "a", "b")
    with_venues(shop, "empty")

    page = shop.ask("GET", "/analytics").text

    assert "The shop" in page
    assert "no data yet" in page
    assert "Side by side" not in page  # one alone is not compared


def test_alerts_are_listed_and_what_they_say_is_text(shop: PlatformSite) -> None:
    with shop.database.transaction() as connection:
        raise_alert(
            SITE, connection, venue_id="shop", alert_type="camera_lost", subject="till", severity="warning",
            title="Camera till is lost", message=NASTY, data={}, at=NOW,
        )  # fmt: skip

    page = shop.ask("GET", "/alerts").text
    french = shop.ask("GET", "/alerts", headers={"Accept-Language": "fr"}).text

    assert "Camera till is lost" in page
    assert "La caméra till n’envoie plus d’images" in french
    assert '<p lang="en">' in french, "what it was stored with"
    assert ">The shop</a>" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert shop.ask("GET", "/").text.count("Camera till is lost") == 1
    assert "Nothing to look at" in shop.ask("GET", "/alerts", params={"venue_id": "other"}).text


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(Path(tmp_path_factory.mktemp("closed_home")) / "data", CLOSED)
    with_venues(site, "shop", "other")
    with_account(site, "viewer", Role.VIEWER, "shop")
    with_account(site, "newcomer", Role.VIEWER)
    with_account(site, "boss", Role.ADMINISTRATOR)
    with site.answering():
        yield site
    site.close()


def test_people_see_their_own_venues_and_nobody_sees_any_without_signing_in(closed: PlatformSite) -> None:
    viewer, newcomer = Asker(closed).signed_in("viewer"), Asker(closed).signed_in("newcomer")

    owner = Asker(closed).signed_in("boss")
    for path in ("/", "/now", "/analytics"):
        assert "/dashboard/other" in owner.ask("GET", path).text
        assert Asker(closed).ask("GET", path).headers["location"].startswith("/login?next=/")
        page = viewer.ask("GET", path).text
        assert "/dashboard/shop" in page
        assert "/dashboard/other" not in page
    assert "Ask an administrator" in newcomer.ask("GET", "/").text
    assert "add-venue" not in newcomer.ask("GET", "/").text


@pytest.mark.parametrize(
    ("camera", "next_step"),
    [
        pytest.param({"state": "never", "rules": {}}, "line", id="just added"),
        pytest.param(
            {"state": "starting", "rules": {"zones": ["till"]}}, "done", id="drawn, not yet watching"
        ),
        pytest.param(
            {"state": "failed", "rules": {"staff": {"line": [[0, 0], [1, 1]]}}}, "done", id="broken"
        ),
        pytest.param(
            {"state": "running", "rules": {"staff": {"line": [[0, 0], [1, 1]]}}}, None, id="watching"
        ),
    ],
)
def test_the_first_steps_are_over_as_soon_as_a_camera_watches_behind_a_line(
    camera: dict[str, object], next_step: str | None
) -> None:
    counts = dict.fromkeys(("visitors", "usual", "unattended", "served", "people", "waiting"))
    venue = VenueNow(venue_id="shop", name="The shop", zone=UTC, today=NOW.date(), **counts)
    steps = first_steps([venue], [{"venue_id": "shop", "camera_id": "till", **camera}], has_events=False)

    assert [one["name"] for one in steps or () if one["next"]] == [next_step] * (next_step is not None)
