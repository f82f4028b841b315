"""GET /analytics/{venue_id}/behavior... over HTTP: a made-up month recounted, and the edges of the window."""

from datetime import date
from typing import Any

import behavior_oracle as oracle
import pytest
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

SITE = Scope.site()
ROUTES = ("behavior", "behavior/hourly", "behavior/zones")


def told(platform: PlatformSite, venue_id: str, stays: list[Stay], zone: str) -> None:
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone)
        add_stays(SITE, connection, venue_id, stays)


def test_every_figure_of_every_route_equals_a_recount(platform: PlatformSite) -> None:
    stays, zone = oracle.made_up(1), "Europe/Paris"
    told(platform, "shop", stays, zone)
    told(platform, "other", oracle.made_up(2), "UTC")
    for days, to in ((1, "2026-10-25"), (7, "2026-10-28"), (30, "2026-11-05"), (90, "2026-12-30")):
        asked: dict[str, Any] = {"days": days, "to": to}
        counted = oracle.within(stays, zone, days, date.fromisoformat(to))
        head = {"venue_id": "shop", "period": f"Last {days} days"}
        assert platform.get("/analytics/shop/behavior", **asked) == head | oracle.behavior(counted)
        hourly = platform.get("/analytics/shop/behavior/hourly", **asked)
        assert isinstance(hourly.pop("insight"), str)
        assert hourly == head | oracle.by_hour(counted, zone)
        zones, expected = platform.get("/analytics/shop/behavior/zones", **asked), oracle.by_zone(counted)
        assert {one["zone"]: one for one in zones["zones"]} == expected["zones"]
        assert zones["insights"]["highest_engagement_zone"] == expected["highest"]
        assert zones["insights"]["lowest_engagement_zone"] == expected["lowest"]


def test_venue_without_stays_and_venue_that_does_not_exist_answer_alike(platform: PlatformSite) -> None:
    told(platform, "shop", [], "Europe/Paris")
    for route in ROUTES:
        empty, unknown = (platform.get(f"/analytics/{venue_id}/{route}") for venue_id in ("shop", "nobody"))
        assert empty | {"venue_id": "nobody"} == unknown
    answer = platform.get("/analytics/nobody/behavior")
    assert answer["engagement"]["average_score"] is None
    assert answer["engagement"]["highly_engaged_percent"] is None
    assert answer["engagement"]["low_engaged_count"] == 0
    assert answer["body_orientation"]["avg_orientation"] is None
    hourly = platform.get("/analytics/nobody/behavior/hourly")
    assert [one["visitor_count"] for one in hourly["hourly_engagement"]] == [0] * 24
    assert hourly["peak_engagement_hour"] is hourly["insight"] is None
    assert platform.get("/analytics/nobody/behavior/zones")["zones"] == []


@pytest.mark.parametrize(
    "query", ["days=0", "days=91", "days=x", "to=2026-13-01", "to=1999-12-31", "to=9999-12-31"]
)
def test_window_that_does_not_exist_is_refused(platform: PlatformSite, query: str) -> None:
    for route in ROUTES:
        answer = platform.ask("GET", f"/analytics/shop/{route}?{query}")
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


@pytest.mark.parametrize("venue_id", ["a%00b", "a b", "x" * 51, "%C3%A9", "a;drop"])
def test_id_that_no_venue_can_have_is_refused(platform: PlatformSite, venue_id: str) -> None:
    for route in ROUTES:
        assert platform.ask("GET", f"/analytics/{venue_id}/{route}").status_code == 422
