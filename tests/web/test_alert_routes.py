"""Alerts over HTTP, and traffic judged on a clock of the test's own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from people_and_keys import Asker, with_key, with_venues
from platform_site import PlatformSite
from sqlalchemy import update

from sightline.analytics.traffic_alerts import TrafficAlerts
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.live_wiring import housekeeping_of
from sightline.store.alerts import StoredAlert, raise_alert
from sightline.store.coverage import add_coverage
from sightline.store.stays import add_stays
from sightline.store.tables import venue as venue_table
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=PARIS)
"""A Friday."""
numbers = count(1)


def with_shop(platform: PlatformSite, *, zone: str = "Europe/Paris") -> str:
    venue_id = f"shop{next(numbers)}"
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone)
    return venue_id


def come(
    platform: PlatformSite,
    venue_id: str,
    people: int,
    at: datetime,
    *,
    every: timedelta = timedelta(seconds=1),
) -> None:
    """So many people nobody has seen before, one after another."""
    stays = [
        Stay(pseudo_id=f"p{next(numbers)}", at=at.astimezone(UTC) + number * every, zone="door")
        for number in range(people)
    ]
    with platform.database.transaction() as connection:
        add_stays(SITE, connection, venue_id, stays)


def watch(platform: PlatformSite, venue_id: str, hours: Iterable[datetime]) -> None:
    """A camera that looks in the first minute of these hours."""
    with platform.database.transaction() as connection:
        ensure_camera(SITE, connection, venue_id, "door", source_label="door.mp4")
        add_coverage(SITE, connection, venue_id, "door", {hour.astimezone(UTC): 300 for hour in hours})


def raised(platform: PlatformSite, venue_id: str, now: datetime = NOON) -> list[tuple[str, str]]:
    found = TrafficAlerts(platform.database, clock=lambda: now.astimezone(UTC)).check(SITE, venue_id)
    assert found is not None
    return [(one.alert_type, one.subject) for one in found]


def test_many_more_visitors_than_the_week_before_alert_once_until_it_is_over(platform: PlatformSite) -> None:
    now = datetime.now(UTC)
    venue_id = with_shop(platform, zone="UTC")
    come(platform, venue_id, 40, now - 10 * DAY)
    come(platform, venue_id, 100, now - 3 * DAY)
    answer = platform.ask("POST", f"/api/alerts/check/{venue_id}").json()
    (alert,) = [one for one in answer["alerts"] if one["alert_type"] == "traffic_spike"]
    assert (alert["severity"], alert["venue_id"]) == ("info", venue_id)
    assert alert["data"]["visitors"] == 100
    assert alert["data"]["visitors_before"] == 40
    assert alert["data"]["change_percent"] == 150.0
    again = platform.ask("POST", f"/api/alerts/check/{venue_id}").json()
    assert again == {"alerts_generated": 0, "alerts": []}
    come(platform, venue_id, 60, now - 9 * DAY)  # told late: 100 of 100
    platform.ask("POST", f"/api/alerts/check/{venue_id}")
    listed = platform.get("/api/alerts", venue_id=venue_id)["alerts"]
    assert [one["cleared_at"] is not None for one in listed if one["alert_type"] == "traffic_spike"] == [True]
    come(platform, venue_id, 90, now - 2 * DAY)
    assert "traffic_spike" in [
        one["alert_type"] for one in platform.ask("POST", f"/api/alerts/check/{venue_id}").json()["alerts"]
    ]


def test_far_fewer_visitors_are_a_warning_and_a_tiny_shop_is_left_alone(platform: PlatformSite) -> None:
    busy, tiny = with_shop(platform), with_shop(platform)
    come(platform, busy, 200, NOON - 9 * DAY)
    come(platform, busy, 120, NOON - 2 * DAY)
    come(platform, tiny, 6, NOON - 9 * DAY)
    come(platform, tiny, 2, NOON - 2 * DAY)
    assert raised(platform, busy) == [("traffic_drop", "")]
    assert raised(platform, tiny) == []
    assert platform.get("/api/alerts", venue_id=busy)["alerts"][0]["severity"] == "warning"


def test_the_same_person_on_seven_days_is_one_visitor(platform: PlatformSite) -> None:
    venue_id = with_shop(platform)
    come(platform, venue_id, 30, NOON - 9 * DAY)
    stays = [
        Stay(pseudo_id=f"regular{person}", at=(NOON - day * DAY).astimezone(UTC), zone="door")
        for person in range(30)
        for day in range(1, 7)
    ]
    with platform.database.transaction() as connection:
        add_stays(SITE, connection, venue_id, stays)
    assert raised(platform, venue_id) == []


def test_a_camera_that_was_off_makes_no_alarm(platform: PlatformSite) -> None:
    """Off for five days of the last seven: far fewer visitors, and as many as before at the same times."""
    venue_id = with_shop(platform)
    start = NOON - 14 * DAY
    for day in range(14):
        if day < 9:
            come(platform, venue_id, 50, start + day * DAY + HOUR)
            watch(platform, venue_id, (start + day * DAY + hour * HOUR for hour in range(24)))
    assert raised(platform, venue_id) == []
    watch(platform, venue_id, (start + hour * HOUR for hour in range(14 * 24)))  # looked, and saw nobody
    assert raised(platform, venue_id) == [("traffic_drop", "")]


def test_hours_seen_in_one_week_only_are_compared_with_nothing(platform: PlatformSite) -> None:
    venue_id = with_shop(platform)
    come(platform, venue_id, 10, NOON - 9 * DAY)
    come(platform, venue_id, 90, NOON - 3 * DAY + 3 * HOUR)
    watch(platform, venue_id, (NOON - 14 * DAY + hour * HOUR for hour in range(14 * 24) if hour % 24 < 2))
    assert raised(platform, venue_id) == []


def test_more_than_ten_stays_outside_opening_hours_alert_once_for_each_day(platform: PlatformSite) -> None:
    venue_id = with_shop(platform)
    come(platform, venue_id, 11, NOON.replace(day=25, hour=3))
    come(platform, venue_id, 10, NOON.replace(day=26, hour=3))
    come(platform, venue_id, 200, NOON.replace(day=26, hour=5))  # opening time
    assert raised(platform, venue_id) == [("unusual_hours", "2026-11-25")]
    come(platform, venue_id, 1, NOON.replace(day=26, hour=4, minute=59))
    assert raised(platform, venue_id) == [("unusual_hours", "2026-11-26")]
    assert raised(platform, venue_id, NOON + 4 * DAY) == []
    raised(platform, venue_id, NOON + 5 * DAY)
    held = [one["subject"] for one in of_type(platform, venue_id, "unusual_hours") if not one["cleared_at"]]
    assert held == ["2026-11-26"]


def of_type(platform: PlatformSite, venue_id: str, alert_type: str) -> list[dict[str, str]]:
    listed = platform.get("/api/alerts", venue_id=venue_id)["alerts"]
    return [one for one in listed if one["alert_type"] == alert_type]


def test_the_opening_hours_of_the_venue_count(platform: PlatformSite) -> None:
    venue_id = with_shop(platform)
    week = [[[9 * 60, 19 * 60]]] * 6 + [[]]
    with platform.database.transaction() as connection:
        connection.execute(update(venue_table).where(venue_table.c.id == venue_id).values(opening_hours=week))
    come(platform, venue_id, 12, NOON.replace(day=26, hour=8))
    come(platform, venue_id, 12, NOON.replace(day=25, hour=9))
    come(platform, venue_id, 12, NOON.replace(day=22, hour=12))  # a Sunday
    assert raised(platform, venue_id) == [("unusual_hours", "2026-11-22"), ("unusual_hours", "2026-11-26")]


def test_two_that_look_at_once_raise_one_alert(platform: PlatformSite) -> None:
    venue_id = with_shop(platform)
    come(platform, venue_id, 20, NOON - 9 * DAY)
    come(platform, venue_id, 90, NOON - 2 * DAY)
    barrier, found = Barrier(4), []

    def look() -> None:
        barrier.wait(10)
        found.extend(raised(platform, venue_id))

    looking = [Thread(target=look) for _ in range(4)]
    for one in looking:
        one.start()
    for one in looking:
        one.join(60)
    assert found == [("traffic_spike", "")]


def test_the_worker_looks_at_all_venues(platform: PlatformSite) -> None:
    now = datetime.now(UTC)
    venues = [with_shop(platform, zone="UTC") for _ in range(3)]
    for venue_id in venues[:2]:
        come(platform, venue_id, 30, now - 10 * DAY)
        come(platform, venue_id, 120, now - 3 * DAY)
    housekeeping_of(platform.site, lambda: None).round()
    spikes = [one for one in platform.get("/api/alerts")["alerts"] if one["alert_type"] == "traffic_spike"]
    assert sorted(one["venue_id"] for one in spikes) == venues[:2]


def told(platform: PlatformSite, venue_id: str, severity: str, at: datetime) -> StoredAlert:
    with platform.database.transaction() as connection:
        found = raise_alert(
            SITE,
            connection,
            venue_id=venue_id,
            alert_type="camera_lost",
            subject=f"cam{next(numbers)}",
            severity=severity,
            title="<b>Camera lost</b>",
            message="It has not answered for two minutes.",
            data={"seconds": 120},
            at=at,
        )
    assert found is not None
    return found


def test_alerts_are_listed_newest_first_filtered_and_by_page(platform: PlatformSite) -> None:
    with_venues(platform, "here", "there")
    severities = ("info", "warning", "critical")
    alerts = [told(platform, ("here", "there")[n % 2], severities[n % 3], NOON + n * HOUR) for n in range(12)]
    newest_first = [one.id for one in reversed(alerts)]
    assert [one["id"] for one in platform.get("/api/alerts")["alerts"]] == newest_first
    for venue_id in ("here", "there"):
        for severity in severities:
            found = platform.get("/api/alerts", venue_id=venue_id, severity=severity)["alerts"]
            expected = [one for one in alerts if (one.venue_id, one.severity) == (venue_id, severity)]
            assert [one["id"] for one in found] == [one.id for one in reversed(expected)]
    answer = platform.ask("GET", "/api/alerts", params={"limit": 5, "offset": 10})
    assert [one["id"] for one in answer.json()["alerts"]] == newest_first[10:]
    assert answer.headers["X-Total-Count"] == "12"


def test_an_alert_is_acknowledged_and_goes_on(platform: PlatformSite) -> None:
    with_venues(platform, "here")
    alert = told(platform, "here", "warning", NOON)
    answer = platform.ask("POST", f"/api/alerts/{alert.id}/acknowledge")
    assert answer.json() == {"message": f"alert {alert.id} is acknowledged", "alert_id": alert.id}
    assert platform.ask("POST", f"/api/alerts/{alert.id}/acknowledge").status_code == 200
    (listed,) = platform.get("/api/alerts", acknowledged=True)["alerts"]
    assert (listed["acknowledged"], listed["cleared_at"], listed["title"]) == (
        True,
        None,
        "<b>Camera lost</b>",
    )
    assert platform.get("/api/alerts", acknowledged=False)["alerts"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/alerts/4711/acknowledge", 404),
        (f"/api/alerts/{2**63 - 1}/acknowledge", 404),
        (f"/api/alerts/{2**63}/acknowledge", 422),
        ("/api/alerts/0/acknowledge", 422),
        ("/api/alerts/none/acknowledge", 422),
        ("/api/alerts/check/nowhere", 404),
        ("/api/alerts/check/no%20where", 422),
    ],
)
def test_alerts_and_venues_that_are_not_there(platform: PlatformSite, path: str, status: int) -> None:
    assert platform.ask("POST", path).status_code == status


def test_a_key_sees_and_acknowledges_alerts_of_its_venue_only(platform: PlatformSite) -> None:
    with_venues(platform, "here", "there")
    ours, theirs = (told(platform, venue_id, "info", NOON) for venue_id in ("here", "there"))
    key = Asker(platform, key=with_key(platform, "here").text)
    assert [one["id"] for one in key.get("/api/alerts")["alerts"]] == [ours.id]
    assert key.status("GET", "/api/alerts", params={"venue_id": "there"}) == 403
    assert key.status("POST", f"/api/alerts/{theirs.id}/acknowledge") == 403
    assert key.status("POST", "/api/alerts/check/there") == 403
    assert key.status("POST", f"/api/alerts/{ours.id}/acknowledge") == 200
    assert platform.get("/api/alerts", acknowledged=True)["alerts"][0]["id"] == ours.id
