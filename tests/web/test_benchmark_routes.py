"""Venues beside each other, each figure held against a reckoning of its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from people_and_keys import Asker, with_key, with_venues
from platform_site import PlatformSite
from sqlalchemy import update
from visitor_oracle import people_of

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import add_coverage
from sightline.store.stays import add_stays
from sightline.store.tables import venue as venue_table
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
DAY = timedelta(days=1)
NAMES = ("avg_daily_visitors", "avg_dwell_minutes", "return_rate_percent", "peak_hour")


def busy(seed: int, stays: int, days: int = 12) -> list[Stay]:
    random, now = Random(seed), datetime.now(UTC).replace(microsecond=0)
    return [
        Stay(
            pseudo_id=f"p{random.randrange(max(1, stays // 3))}",
            at=now - timedelta(minutes=random.randrange(days * 1440), milliseconds=number),
            zone=random.choice(["door", "till"]),
            dwell=timedelta(seconds=random.randrange(900)),
            is_repeat=random.random() < 0.1,
        )
        for number in range(stays)
    ]


def open_shop(
    platform: PlatformSite, venue_id: str, stays: Sequence[Stay], zone: str = "Europe/Paris", **facts: Any
) -> None:
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone, name=f"Shop {venue_id}")
        if facts:
            connection.execute(update(venue_table).where(venue_table.c.id == venue_id).values(**facts))
        add_stays(SITE, connection, venue_id, stays)


def reckoned(stays: Sequence[Stay], zone: str, days: int, to: date, seen: set[date] | None) -> dict[str, Any]:
    """The figures of a window; `seen` are the days on which a camera looked, None where none ever did."""
    local = ZoneInfo(zone)
    first = to - (days - 1) * DAY
    inside = [one for one in stays if first <= one.at.astimezone(local).date() <= to]
    people = people_of(stays).values()
    here = [one for one in people if any(first <= day <= to for day in one.days(zone))]
    visits = [visit for one in people for visit in one.visits_in(zone, first, to)]
    back = [
        one
        for one in here
        if any(
            visit in one.returns[:] and visit in one.visits[1:] for visit in one.visits_in(zone, first, to)
        )
        or any(stay.is_repeat and first <= stay.at.astimezone(local).date() <= to for stay in one.stays)
    ]
    hours = Counter(one.at.astimezone(local).hour for one in inside)
    told_days = {one.at.astimezone(local).date() for one in stays}
    window = {first + number * DAY for number in range(days)}
    if seen is not None:
        observed = window & (seen | told_days)
    else:
        observed = {day for day in window if told_days and day >= min(told_days)}
    by_day = sum(len([one for one in people if day in one.days(zone)]) for day in window)
    return {
        "total_visitors": len(inside),
        "unique_visitors": len(here),
        "avg_daily_visitors": by_day / len(observed) if observed else None,
        "avg_dwell_minutes": mean(sum(stay.dwell.total_seconds() for stay in visit) / 60 for visit in visits)
        if visits
        else None,
        "return_rate_percent": 100 * len(back) / len(here) if here else None,
        "peak_hour": min((hour for hour in hours if hours[hour] == max(hours.values())), default=None),
    }


def same(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        assert answer[name] == pytest.approx(value, abs=0.06), name


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_url: str) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data", {"database_url": postgres_url})
    with site.answering():
        yield site
    site.close()


@pytest.mark.parametrize("where", ["platform", "on_postgres"])
def test_venues_are_compared_by_the_figures_of_their_own_days(
    where: str, request: pytest.FixtureRequest
) -> None:
    platform: PlatformSite = request.getfixturevalue(where)
    zones = {"paris": "Europe/Paris", "tokyo": "Asia/Tokyo", "johns": "America/St_Johns", "empty": "UTC"}
    stays = {name: busy(number, (90, 150, 40, 0)[number]) for number, name in enumerate(zones)}
    for name, zone in zones.items():
        open_shop(platform, name, stays[name], zone)
    now = datetime.now(UTC)
    with platform.database.transaction() as connection:
        ensure_camera(SITE, connection, "paris", "door", source_label="door.mp4")
        looked = [(now - day * DAY).replace(second=0, microsecond=0) for day in (0, 1, 14, 20)]
        add_coverage(SITE, connection, "paris", "door", dict.fromkeys(looked, 300))
    for days in (1, 7, 30):
        answer = platform.get("/api/benchmark/venues", venue_ids=",".join(zones), days=days)
        assert [one["venue_id"] for one in answer["venues"]] == list(zones)
        expected = {}
        for one in answer["venues"]:
            zone = zones[one["venue_id"]]
            seen = (
                {at.astimezone(ZoneInfo(zone)).date() for at in looked}
                if one["name"] == "Shop paris"
                else None
            )
            to = now.astimezone(ZoneInfo(zone)).date()
            expected[one["venue_id"]] = reckoned(stays[one["venue_id"]], zone, days, to, seen)
            same(one, expected[one["venue_id"]])
        for name in NAMES[:3]:
            values = [one[name] for one in expected.values() if one[name] is not None]
            assert answer["averages"][name] == pytest.approx(mean(values), abs=0.06)


def test_the_figures_are_those_of_the_venues_own_analytics(platform: PlatformSite) -> None:
    for number, name in enumerate(("one", "two")):
        open_shop(platform, name, busy(number, 80))
    for one in platform.get("/api/benchmark/venues", venue_ids="one,two", days=7)["venues"]:
        own = platform.get(f"/analytics/{one['venue_id']}", days=7)
        assert one["total_visitors"] == own["total_visitors"]
        assert one["unique_visitors"] == own["unique_visitors"]
        assert one["peak_hour"] == own["peak_hour"]
        assert one["return_rate_percent"] == pytest.approx(own["repeat_rate"], abs=0.06)
        assert one["avg_dwell_minutes"] == pytest.approx(own["avg_dwell_minutes"], abs=0.06)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("?venue_ids=v1", 400),
        ("?venue_ids=v1,v1", 400),
        ("?venue_ids=", 400),
        ("?venue_ids=" + ",".join(f"v{n}" for n in range(11)), 400),
        ("?venue_ids=v1," + "x" * 51, 400),
        ("?venue_ids=v1,a%00b", 422),
        ("?venue_ids=v1,nowhere", 404),
        ("?venue_ids=v1,v2&days=0", 422),
        ("?venue_ids=v1,v2&to=2026-13-01", 422),
        ("?venue_ids=v1,v2", 200),
        ("?venue_ids=v1&venue_ids=v2,v3", 200),
        ("?venue_ids=" + ",".join(f"v{n}" for n in range(10)), 200),
    ],
)
def test_two_to_ten_venues_are_compared(platform: PlatformSite, query: str, status: int) -> None:
    with_venues(platform, *(f"v{n}" for n in range(10)))
    assert platform.ask("GET", f"/api/benchmark/venues{query}").status_code == status


def test_a_venue_of_others_is_not_compared(platform: PlatformSite) -> None:
    with_venues(platform, "here", "there")
    key = Asker(platform, key=with_key(platform, "here").text)
    assert key.status("GET", "/api/benchmark/venues", params={"venue_ids": "here,there"}) == 403
    assert key.status("GET", "/api/benchmark/venues", params={"venue_ids": "here,nowhere"}) == 403


def test_without_a_venue_of_the_type_the_figures_are_generic_and_say_so(platform: PlatformSite) -> None:
    open_shop(platform, "bakery", busy(1, 30), venue_type="bakery")
    open_shop(platform, "closed", [], venue_type="cafe")
    for venue_type in ("cafe", "museum"):
        answer = platform.get("/api/benchmark/industry", venue_type=venue_type)
        assert answer["sample_size"] == 0
        assert answer["benchmarks"] == dict(zip(NAMES, (50, 25, 20, 20), strict=True))
        assert answer["source"] == "generic"
        assert answer["note"]
    assert platform.ask("GET", "/api/benchmark/industry").status_code == 422


def test_an_industry_is_the_mean_over_its_venues(platform: PlatformSite) -> None:
    stays = {f"cafe{number}": busy(number, 30 + 20 * number) for number in range(4)}
    for number, (name, told) in enumerate(stays.items()):
        open_shop(platform, name, told, venue_type=("Cafe", "cafe", " CAFE ", "cafe")[number])
    open_shop(platform, "bakery", busy(9, 200), venue_type="bakery")
    answer = platform.get("/api/benchmark/industry", venue_type="cafe", days=10)
    to = datetime.now(ZoneInfo("Europe/Paris")).date()
    each = [reckoned(told, "Europe/Paris", 10, to, None) for told in stays.values()]
    assert (answer["sample_size"], answer["note"]) == (4, None)
    for name in NAMES[:3]:
        assert answer["benchmarks"][name] == pytest.approx(mean(one[name] for one in each), abs=0.06)


def test_who_sees_one_venue_learns_of_others_only_in_a_crowd(platform: PlatformSite) -> None:
    for number in range(5):
        open_shop(platform, f"cafe{number}", busy(number, 30 + number), venue_type="cafe")
    key = Asker(platform, key=with_key(platform, "cafe0").text)
    alone = key.get("/api/benchmark/industry", venue_type="cafe")
    assert (alone["sample_size"], alone["source"]) == (1, "your venues of this type")
    open_shop(platform, "cafe5", busy(5, 40), venue_type="cafe")
    among_others = key.get("/api/benchmark/industry", venue_type="cafe")
    assert (among_others["sample_size"], among_others["source"]) == (6, "all venues of this type")
    assert among_others == platform.get("/api/benchmark/industry", venue_type="cafe")
