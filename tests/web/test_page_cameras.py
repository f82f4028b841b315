"""/cameras and the pages of one camera: how it is in words, what it saw, what may be changed of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from clip_platform import NASTY, OTHER, ClipPlatform
from evidence_site import CAMERA, VENUE
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.domain.account import Role
from sightline.domain.event import EventKind, Participant, ServiceEvent
from sightline.domain.event import Role as Seen
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.live_wiring import import_cameras
from sightline.store.coverage import add_coverage
from sightline.store.events import add_event
from sightline.store.gaps import open_gap
from sightline.store.status import put_status

SITE = Scope.site()
ADDRESS = "rtsp://gazer:s3cret@10.0.0.5:554/stream1"
RUNNING = {
    "state": "running", "detail": "", "view": "ok", "recording": "on", "fps_in": 14.9, "codec": "h264",
    "width": 1280, "height": 720, "analysed": 3039, "dropped": 12, "gaps": 2, "gap_s": 75.0,
    "latency_p95_s": 0.4,
    "lines": [{"name": "front door", "in": 1200, "out": 1187, "staff_in": 3, "staff_out": 2}],
}  # fmt: skip
FILE = {
    "venues": [
        {"id": "shop", "timezone": "Europe/Paris", "cameras": [
            {"id": "door", "source": "rtsp://keeper:p4ss@10.0.0.9/live",
             "staff": {"line": [[0.5, 0], [0.5, 1]]},
             "zones": [{"name": "mat", "kind": "entrance", "points": [[0, 0], [1, 0], [1, 1]]}]}]},
    ]
}  # fmt: skip


@dataclass
class Shop:
    """A venue with one camera, `till`, on a platform that many share."""

    platform: PlatformSite
    venue: str

    def page(self, rest: str = "", **headers: str) -> str:
        path = f"/cameras/{self.venue}/till{rest}" if rest is not LIST else f"/cameras?venue_id={self.venue}"
        answer = self.platform.ask("GET", path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def facts(self) -> dict[str, Any]:
        (found,) = self.platform.get("/api/cameras", venue_id=self.venue)
        return dict(found)

    def tell(self, **status: Any) -> None:
        """What the camera's process says of it, now."""
        now = datetime.now(UTC)
        told = {**RUNNING, "last_packet_at": now.isoformat(), **status}
        with self.platform.database.transaction() as connection:
            put_status(SITE, connection, self.venue, "till", told, at=now)


LIST = "the list"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("cameras") / "data")
    with site.answering():
        yield site
    site.close()


@pytest.fixture
def shop(shared: PlatformSite, request: pytest.FixtureRequest) -> Shop:
    """A venue of its own for each test."""
    made = Shop(shared, f"shop_{crc32(request.node.name.encode()):x}")
    with_venues(shared, made.venue)
    body = {"venue_id": made.venue, "id": "till", "source": ADDRESS, "name": "Till 1"}
    assert shared.ask("POST", "/api/cameras", json=body).status_code == 201
    return made


def given(page: str) -> dict[str, Any]:
    """What the page gives its script."""
    found = re.search(r'data-values="([^"]*)"', page)
    assert found is not None
    data: dict[str, Any] = json.loads(unescape(unescape(found[1])))
    return data


def words(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize(
    ("status", "condition", "badge", "said"),
    [
        ({}, "running", "good", "running"),
        ({"view": "covered"}, "covered", "doubt", "Something hangs in front of it."),
        ({"view": "blinded"}, "blinded", "doubt", "far too bright or too dark"),
        ({"view": "moved"}, "moved", "doubt", "so its zones no longer fit"),
        ({"recording": "paused"}, "recording_paused", "doubt", "There is no room on the disk."),
        ({"state": "failed", "detail": "no model"}, "failed", "bad", "It could not be started: no model"),
        ({"state": "starting", "detail": "refused"}, "no_answer", "bad", "It has not answered yet: refused"),
        ({"state": "starting"}, "starting", "", "It was just started."),
    ],
)
def test_how_a_camera_is_stands_there_in_words(
    shop: Shop, status: dict[str, Any], condition: str, badge: str, said: str
) -> None:
    shop.tell(**status)

    page = shop.page(LIST)

    assert shop.facts()["condition"] == condition
    assert f'class="badge {badge}"' in page
    assert said in words(page)
    assert ("14.9" in words(page)) is (badge in ("good", "doubt"))
    in_the_list = re.search(r'class="badge[^>]*data-part="badge">([^<]*)<', page)
    home = re.search(
        rf'/cameras/{shop.venue}/till">Till 1</a>\s*<span class="badge ([a-z]*)"[^>]*>([^<]*)<',
        shop.platform.ask("GET", "/").text,
    )
    assert in_the_list is not None
    assert home is not None
    assert home.groups() == (badge, in_the_list[1]), "Home tells the same"


def test_a_gap_is_told_with_its_reason_in_both_languages(shop: Shop) -> None:
    shop.tell(state="gap", detail="told by the stream")
    gap = Gap(started_at=datetime.now(UTC), ended_at=None, reason=GapReason.UNAUTHORIZED, detail="x")
    with shop.platform.database.transaction() as connection:
        open_gap(SITE, connection, shop.venue, "till", gap)

    english = words(shop.page(LIST))
    french = words(shop.page(**{"Accept-Language": "fr"}))

    assert "User or password are refused." in english
    assert "Utilisateur ou mot de passe refusé." in french
    assert "dure encore" in french


def test_without_cameras_the_page_says_what_to_do_next(shared: PlatformSite, untouched: PlatformSite) -> None:
    with_venues(shared, "empty")
    nothing = untouched.ask("GET", "/cameras").text
    a_venue = shared.ask("GET", "/cameras?venue_id=empty").text

    assert "Cameras belong to a venue." in nothing
    assert 'href="/settings"' in nothing
    assert "No camera yet" in a_venue
    assert 'href="/cameras/new?venue_id=empty"' in a_venue


def test_events_of_today_lead_to_those_of_that_camera(shop: Shop) -> None:
    now = datetime.now(UTC)
    told = ServiceEvent(
        kind=EventKind.QUEUE,
        started_at=now,
        ended_at=now + timedelta(seconds=9),
        participants=(Participant(1, Seen.CUSTOMER, 0.9, "zone"),),
        score=0.8,
    )
    with shop.platform.database.transaction() as connection:
        add_event(SITE, connection, venue_id=shop.venue, camera_id="till", happened=told)

    day = now.date().isoformat()
    href = f"/review?venue_id={shop.venue}&amp;camera_id=till&amp;first={day}&amp;last={day}"

    assert shop.facts()["events_today"] == 1
    assert shop.facts()["recorded_until"] is None
    assert f'<a href="{href}" data-part="events">1</a>' in shop.page(LIST)


def test_one_camera_shows_its_health_and_what_it_saw_and_missed(shop: Shop) -> None:
    shop.tell()
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    later = noon + timedelta(hours=1)
    gap = Gap(started_at=later, ended_at=later + timedelta(hours=1), reason=GapReason.UNREACHABLE)
    minutes = {noon + timedelta(minutes=one): 300 for one in range(60)}
    with shop.platform.database.transaction() as connection:
        add_coverage(SITE, connection, shop.venue, "till", minutes)
        open_gap(SITE, connection, shop.venue, "till", gap)

    page = shop.page()
    said = words(page)

    for figure in (
        "14.9",
        "1280 × 720",
        "3,039",
        "0.4 s",
        "1 min 15 s in all",
        "1 h 00 min",
        "In 1,200 · out 1,187",
    ):
        assert figure in said, figure
    day = noon.date().isoformat()
    watched = rf'href="[^"]*camera_id=till&amp;first={day}[^"]*" aria-label="[^"]*12:00 to 13:00: watched"'
    assert re.search(watched, page)
    assert re.search(r'role="img" aria-label="[^"]*13:00 to 14:00: It cannot be reached', page)


def test_settings_hold_no_password_and_what_was_typed_is_escaped(shop: Shop) -> None:
    ask, venue = shop.platform.ask, shop.venue
    zone = {"name": NASTY[:50].strip(), "points": [[0, 0], [1, 0], [1, 1]]}
    line = {"name": NASTY[:50].strip(), "line": [[0, 0], [1, 0]]}
    changes = {"name": NASTY, "lines": [line]}
    assert ask("PATCH", "/api/cameras/till", params={"venue_id": venue}, json=changes).status_code == 200
    assert ask("PUT", f"/venues/{venue}/zones", json={"zones": [zone]}).status_code == 200

    for rest in (LIST, "", "/zones"):
        page = shop.page(rest)
        assert "<script>alert" not in page
        assert "s3cret" not in page
        assert "gazer" not in page
        assert " style=" not in page
    assert "rtsp://***@10.0.0.5:554/stream1" in shop.page()
    assert given(shop.page("/zones"))["zones"][0]["name"] == zone["name"]


def test_zones_of_the_site_file_can_be_looked_at_only(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", FILE)
    import_cameras(site.site)
    with site.answering():
        zones = site.ask("GET", "/cameras/shop/door/zones").text
        settings = site.ask("GET", "/cameras/shop/door").text
    site.close()

    assert given(zones)["read_only"] is True
    assert given(zones)["staff"]["line"] == [[0.5, 0.0], [0.5, 1.0]]
    assert "stand in the site file and are changed there" in zones
    assert 'id="save"' not in zones
    assert "This camera stands in the site file." in settings
    assert 'id="remove"' not in settings
    assert 'id="pause"' in settings


def test_a_camera_of_recordings_can_get_an_address_but_no_line(standing: ClipPlatform) -> None:
    page = standing.ask("GET", f"/cameras/{VENUE}/{CAMERA}").text
    zones = standing.ask("GET", f"/cameras/{VENUE}/{CAMERA}/zones").text

    assert f'href="/cameras/new?venue_id={VENUE}&amp;id={CAMERA}"' in page
    assert "Sat 25 Oct" in page, "its last week with footage, not this one"
    assert f"/api/cameras/{CAMERA}/snapshot?venue_id={VENUE}" in page
    assert given(zones)["can_have_line"] is False
    assert 'id="new-line"' not in zones
    assert 'id="save"' in zones


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("closed_cameras") / "data", CLOSED)
    with_venues(site, "shop", OTHER)
    with_account(site, "ana", Role.VIEWER, "shop")
    with_account(site, "max", Role.MANAGER, "shop")
    with site.answering():
        yield site
    site.close()


def test_who_may_look_only_is_offered_nothing_to_change(closed: PlatformSite) -> None:
    manager, viewer = Asker(closed).signed_in("max"), Asker(closed).signed_in("ana")
    for venue in ("shop", OTHER):
        status = manager.status(
            "POST", "/api/cameras", json={"venue_id": venue, "id": "till", "source": ADDRESS}
        )
        assert status == (201 if venue == "shop" else 403)

    assert 'id="change"' in manager.ask("GET", "/cameras/shop/till").text
    hers = viewer.ask("GET", "/cameras/shop/till").text
    for one in ('id="change"', 'id="remove"', 'id="pause"'):
        assert one not in hers
    zones = viewer.ask("GET", "/cameras/shop/till/zones").text
    assert "You may look at the zones, not change them." in zones
    assert 'id="save"' not in zones
    assert viewer.status("GET", "/cameras/new") == 403
    assert manager.status("GET", "/cameras/new") == 200
    assert viewer.status("GET", f"/cameras/{OTHER}/till") == 403
    assert (
        Asker(closed).ask("GET", "/cameras/shop/till").headers["location"] == "/login?next=/cameras/shop/till"
    )
    assert viewer.status("GET", "/cameras/shop/nowhere") == 404


def test_a_filter_of_venues_holds(clips: ClipPlatform) -> None:
    clips.ask("POST", "/api/cameras", json={"venue_id": OTHER, "id": "cam", "source": ADDRESS})

    everywhere, there = (clips.ask("GET", path).text for path in ("/cameras", f"/cameras?venue_id={OTHER}"))

    assert "2 cameras" in everywhere
    assert "1 camera ·" in there
    assert f'data-camera="{CAMERA}"' not in there
    assert given(there)["address"] == f"/api/cameras?venue_id={OTHER}&limit=200&within_s=4"
