"""/map: markers, cells that add up, and venues without a place."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import pytest
from clip_platform import NASTY
from people_and_keys import CLOSED, Asker, with_account
from platform_site import PlatformSite

from sightline.dashboard.map_drawn import LEVELS, WORLD, Place, View, labelled, levels
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.stays import add_stays

SITE = Scope.site()
PARIS, LISBON = (48.8766, 2.393), (38.7078, -9.1366)


def place(venue_id: str, at: tuple[float, float], visitors: int | None = 1) -> Place:
    return Place(venue_id=venue_id, name=venue_id, latitude=at[0], longitude=at[1], visitors=visitors)


def venue(
    site: PlatformSite, venue_id: str, at: tuple[float, float] | None, *, visitors: int = 0, **other: Any
) -> None:
    words = {"id": venue_id, "name": venue_id, "timezone": "UTC", **other}
    if at is not None:
        words |= {"latitude": at[0], "longitude": at[1]}
    assert site.ask("POST", "/venues", json=words).status_code == 200
    when = datetime.now(UTC) - timedelta(days=2)
    stays = [
        Stay(pseudo_id=f"p{number}", at=when, zone="shop", dwell=timedelta(seconds=9))
        for number in range(visitors)
    ]
    with site.database.transaction() as connection:
        add_stays(SITE, connection, venue_id, stays)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    """Four venues, two of them near each other and one without a place."""
    platform = PlatformSite.made(tmp_path_factory.mktemp("chain") / "data")
    with platform.answering():
        _fill(platform)
        yield platform
    platform.close()


def _fill(platform: PlatformSite) -> None:
    venue(platform, "paris", PARIS, visitors=5, name="Shop & <b>Sons</b>", city="Paris")
    venue(platform, "paris_2", (PARIS[0] + 0.01, PARIS[1]), visitors=3)
    venue(platform, "lisbon", LISBON)
    venue(platform, "nowhere", None, visitors=2)


def test_every_marker_is_a_link_with_name_and_count(chain: PlatformSite) -> None:
    page = chain.ask("GET", "/map").text

    assert re.search(
        r'class="pin[^"]*" href="/dashboard/paris\?days=28"'
        r' aria-label="Shop &amp; &lt;b&gt;Sons&lt;/b&gt;: 5 stays',
        page,
    )
    assert "lisbon: nothing known of the last 30 days" in page  # nobody looked, which is not nobody
    assert "2 venues in this hexagon: 8 stays" in page
    assert page.count('class="pin') == 3


def test_venues_without_a_place_are_listed_with_what_to_do(chain: PlatformSite) -> None:
    page = chain.ask("GET", "/map").text

    assert re.search(r'id="placeless".*?href="/dashboard/nowhere"', page, re.DOTALL)
    assert "- id: nowhere" in page
    assert re.search(r'href="/dashboard/nowhere\?days=28">nowhere</a></th><td class="num"[^>]*>2</td>', page)


def test_it_opens_on_the_venues_and_goes_elsewhere_by_links(chain: PlatformSite) -> None:
    page = chain.ask("GET", "/map").text
    (href,) = re.findall(r'href="([^"]*)" data-move="in"', page)
    closer = chain.ask("GET", href.replace("&amp;", "&")).text

    def width(of: str) -> float:
        return float(re.findall(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ', of.split('id="map"')[1])[0])

    assert width(closer) == pytest.approx(width(page) / 2, rel=1e-3)
    assert chain.ask("GET", "/map", params={"lat": 91, "lon": 0}).status_code == 422
    assert chain.ask("GET", "/map", params={"width": "nan"}).status_code == 422


def test_outlines_come_from_here_and_nothing_from_elsewhere(chain: PlatformSite) -> None:
    page = chain.ask("GET", "/map").text
    (outlines,) = re.findall(r'<use class="land" href="([^"#]*)#land"', page)
    world = chain.ask("GET", outlines)

    assert (world.status_code, world.headers["content-type"]) == (200, "image/svg+xml")
    assert 'id="land"' in world.text
    assert len(world.content) < 200_000
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)
    assert " style=" not in page


def test_an_empty_site_and_hostile_names(platform: PlatformSite) -> None:
    empty = platform.ask("GET", "/map").text
    venue(platform, "shop", PARIS, name=NASTY[:60].replace("\u202e", ""))
    page = platform.ask("GET", "/map").text

    assert "No venue yet" in empty
    assert "<script>alert" not in page


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("closed_map") / "data")
    with site.answering():
        venue(site, "mine", PARIS)
        venue(site, "theirs", LISBON)
    with_account(site, "ana", Role.VIEWER, "mine")
    site = PlatformSite.made(site.site.data_dir, CLOSED)
    with site.answering():
        yield site
    site.close()


def test_people_see_their_own_venues_only(closed: PlatformSite) -> None:
    page = Asker(closed).signed_in("ana").ask("GET", "/map").text

    assert "mine" in page
    assert "theirs" not in page


def test_cells_of_every_size_hold_every_place_once_and_add_up() -> None:
    places = [place("a", PARIS, 5), place("b", (48.8767, 2.3931), 3), place("c", LISBON, None)]

    for level in levels(places):
        assert sorted(one.venue_id for cell in level.cells for one in cell.places) == ["a", "b", "c"]
        assert sum(cell.visitors or 0 for cell in level.cells) == 8
    finest, coarsest = levels(places)[0], levels(places)[-1]
    assert (finest.resolution, coarsest.resolution) == (9, 1)
    together = next(cell for cell in finest.cells if cell.is_shared)
    assert together.visitors == 8
    assert [cell.visitors for cell in finest.cells if not cell.is_shared] == [None]
    assert h3.latlng_to_cell(*PARIS, 9) == h3.latlng_to_cell(48.8767, 2.3931, 9)


def test_at_every_width_one_level_is_shown() -> None:
    found = levels([place("a", PARIS)])

    for width in (5, 20, 133, 900, 4_000, 30_000, WORLD):
        assert sum(level.fits(View(x=0, y=0, width=width)) for level in found) == 1
    assert len(found) == len(LEVELS)


def test_places_lie_where_the_projection_has_them() -> None:
    middle = place("a", (0.0, 0.0))
    view = View.at(48.8766, 2.393, 50)

    assert (middle.x, middle.y) == (WORLD / 2, WORLD / 2)
    assert (view.latitude, view.longitude) == (pytest.approx(48.8766), pytest.approx(2.393))
    assert place("north", (85.0, 0)).y == pytest.approx(WORLD * 0.00167, abs=WORLD * 0.003)
    assert View.around([middle]).width == 1_000
    assert View.around([place("a", PARIS), place("b", (-33.9, 151.2))]).width <= WORLD


def test_cells_over_the_date_line_stay_in_one_piece() -> None:
    (cell,) = levels([place("fiji", (-16.5, 179.99))])[-1].cells
    xs = [float(point.split(",")[0]) for point in cell.points.split()]

    assert max(xs) - min(xs) < WORLD / 10


def test_names_that_would_cover_each_other_give_way_to_the_busier_venue() -> None:
    places = [place("quiet", PARIS, 1), place("busy", (48.8767, 2.393), 9), place("far", LISBON, 0)]

    assert labelled(places, View.around(places)) == {"busy", "far"}
