"""What a site file says about security, as the rules of its cameras have it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest

from sightline.config import Settings
from sightline.config.camera import CameraSettings
from sightline.domain.opening_hours import OpeningHours
from sightline.domain.scope import Scope
from sightline.domain.security import SecurityRules
from sightline.live_wiring import import_cameras, live_plan
from sightline.store.cameras import TYPED, put_camera
from sightline.store.venues import ensure_venue
from sightline.wiring import Site, camera_rules

Load = Callable[..., Settings]

SITE = """
security: {after_hours: true, loiter_s: 60, min_duration_s: 4}
venues:
  - id: shop
    timezone: Asia/Tokyo
    opening_hours: {mon: ["09:00-12:00", "13:00-19:00"], sat: "18:00-02:00"}
    cameras:
      - {id: till, source: "rtsp://camera.example/1", security: {crowd: 8, loiter_s: 5}}
      - {id: door, source: "rtsp://camera.example/2", security: {after_hours: false}}
"""


def rules_of(settings: Settings, camera_id: str) -> SecurityRules:
    venue = settings.venue("shop")
    return camera_rules(settings, venue, venue.camera(camera_id)).security


def test_a_camera_has_the_rules_of_the_site_and_its_own(load: Load) -> None:
    settings = load(SITE)
    till, door = rules_of(settings, "till"), rules_of(settings, "door")
    assert (till.after_hours, till.loiter, till.crowd) == (True, timedelta(seconds=5), 8)
    assert (door.after_hours, door.loiter, door.crowd) == (False, timedelta(seconds=60), None)
    assert till.min_duration == door.min_duration == timedelta(seconds=4)


def test_nothing_is_watched_for_until_it_is_asked_for(load: Load) -> None:
    rules = rules_of(load("venues: [{id: shop, cameras: [{id: till, source: a.mp4}]}]"), "till")
    assert (rules.after_hours, rules.loiter, rules.crowd) == (False, None, None)
    assert rules.min_duration == timedelta(seconds=3)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param("2026-03-02T09:00+09:00", True, id="Monday in Tokyo"),
        pytest.param("2026-03-02T09:00+00:00", True, id="18:00 there"),
        pytest.param("2026-03-02T12:30+09:00", False, id="between two spans"),
        pytest.param("2026-03-03T09:00+09:00", False, id="a day that is not named"),
        pytest.param("2026-03-08T01:59+09:00", True, id="Saturday's night"),
        pytest.param("2026-03-08T02:00+09:00", False, id="Saturday's night is over"),
        pytest.param("2026-03-07T01:00+09:00", False, id="Friday has no night"),
    ],
)
def test_opening_hours_are_in_the_time_of_the_venue(load: Load, at: str, is_open: bool) -> None:
    assert rules_of(load(SITE), "till").hours.is_open(datetime.fromisoformat(at)) is is_open


def test_without_opening_hours_it_is_five_to_midnight_in_the_venue(load: Load) -> None:
    settings = load("venues: [{id: shop, timezone: Asia/Tokyo, cameras: [{id: till, source: a.mp4}]}]")
    hours = rules_of(settings, "till").hours
    assert hours.is_open(datetime(2026, 3, 1, 20, 0, tzinfo=UTC)), "05:00 in Tokyo"
    assert not hours.is_open(datetime(2026, 3, 1, 19, 59, tzinfo=UTC))


def never() -> NoReturn:
    raise AssertionError("a plan opens no detector")


def test_a_live_camera_of_the_site_file_has_the_same_rules(load: Load, tmp_path: Path) -> None:
    site = Site(load(SITE), tmp_path / "data")
    import_cameras(site)
    with site.database:
        plan = live_plan(site, never, "shop", "till")
    assert plan.rules.security == rules_of(site.settings, "till")


def test_a_live_camera_that_no_site_file_knows_has_the_rules_of_the_site(load: Load, tmp_path: Path) -> None:
    site, scope = Site(load("security: {after_hours: true, crowd: 9}"), tmp_path / "data"), Scope.of("kiosk")
    typed = CameraSettings.model_validate({"id": "till", "source": "file:a.mp4", "security": {"crowd": 2}})
    with site.database, site.database.transaction() as connection:
        ensure_venue(scope, connection, "kiosk", timezone="Asia/Tokyo")
        put_camera(
            scope,
            connection,
            venue_id="kiosk",
            camera_id="till",
            settings=typed.model_dump(mode="json"),
            origin=TYPED,
            at=datetime.now(UTC),
        )
    with site.database:
        rules = live_plan(site, never, "kiosk", "till").rules.security
    assert (rules.after_hours, rules.crowd) == (True, 2)
    assert rules.hours == OpeningHours.usual(ZoneInfo("Asia/Tokyo"))
