"""Venues on a map."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from people_and_keys import Asker, with_key
from platform_site import PlatformSite
from test_benchmark_routes import busy, open_shop

from sightline.domain.stay import Stay


def test_a_map_has_all_venues_with_their_places_and_thirty_days_of_stays(platform: PlatformSite) -> None:
    stays = busy(3, 120, days=60)
    place = {
        "latitude": -26.2041,
        "longitude": 28.0473,
        "h3_zone": "89bcc352cb3ffff",
        "city": "Johannesburg",
        "country": "ZA",
        "venue_type": "cafe",
    }
    open_shop(platform, "joburg", stays, "Africa/Johannesburg", **place)
    open_shop(platform, "nowhere", [])
    today = datetime.now(ZoneInfo("Africa/Johannesburg")).date()
    days = [one.at.astimezone(ZoneInfo("Africa/Johannesburg")).date() for one in stays]
    within = sum(today - timedelta(days=29) <= day <= today for day in days)
    assert platform.get("/api/map/venues") == {
        "venues": [
            {"id": "joburg", "name": "Shop joburg", **place, "visitors": within},
            {"id": "nowhere", "name": "Shop nowhere", **dict.fromkeys(place), "visitors": 0},
        ]
    }


def test_a_key_has_its_own_venue_on_its_map(platform: PlatformSite) -> None:
    for venue_id in ("here", "there"):
        open_shop(platform, venue_id, [Stay(pseudo_id="anna", at=datetime.now(UTC), zone="door")])
    key = Asker(platform, key=with_key(platform, "here").text)
    assert [one["id"] for one in key.get("/api/map/venues")["venues"]] == ["here"]
