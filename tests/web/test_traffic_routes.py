"""The routes about traffic: every figure against a calculation of its own, over a real server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import traffic_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import add_coverage
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
PARIS = ZoneInfo("Europe/Paris")
CHANGES = {
    "Europe/Paris": (date(2025, 3, 30), date(2025, 10, 26)),
    "America/St_Johns": (date(2025, 3, 9), date(2025, 11, 2)),
    "Asia/Kathmandu": (date(2025, 4, 6),),
    "UTC": (date(2025, 8, 3),),
}
"""Sundays in the middle of what is told: the clock is put forward or back, or nothing happens."""
numbers = count()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shops(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Shops"]:
    settings = {}
    if request.param == "postgres":
        settings["database_url"] = request.getfixturevalue("postgres_server").fresh()
    site = PlatformSite.made(tmp_path_factory.mktemp("traffic"), settings)
    with site.answering():
        yield Shops(site)
    site.close()


@dataclass(frozen=True)
class Shops:
    """A server that is told of one shop after the other."""

    site: PlatformSite

    def open(self, shop: oracle.Shop) -> str:
        """Tell of a shop all there is; its id."""
        venue = f"shop{next(numbers)}"
        with self.site.database.transaction() as connection:
            ensure_venue(SITE, connection, venue, timezone=shop.zone.key)
            for camera in sorted({camera for camera, _ in shop.minutes}):
                ensure_camera(SITE, connection, venue, camera, source_label="door.mp4")
                minutes = {at: 60 for of, at in shop.minutes if of == camera}
                add_coverage(SITE, connection, venue, camera, minutes)
            add_stays(SITE, connection, venue, shop.stays)
        return venue

    def get(self, venue: str, path: str = "", **params: Any) -> Any:
        answer = self.site.get(f"/analytics/{venue}{path}", **params)
        assert answer.pop("venue_id") == venue
        return answer


def shop_of(
    *stays: Stay, zone: str = "Europe/Paris", minutes: Sequence[tuple[str, datetime]] = ()
) -> oracle.Shop:
    told = [replace(one, event_id=str(number)) for number, one in enumerate(stays)]
    return oracle.Shop(ZoneInfo(zone), told, frozenset(minutes))


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2025 on the wall in Paris."""
    return datetime(2025, 3, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def moments(chance: Random, sunday: date, zone: ZoneInfo, number: int) -> list[datetime]:
    """Minutes in three weeks around a Sunday, many near the change of the clock or near each other."""
    start = datetime.combine(sunday - timedelta(days=14), time(), zone).astimezone(UTC)
    minutes: list[int] = []
    for _ in range(number):
        near_another = minutes and chance.random() < 0.5
        near_change = chance.random() < 0.3
        if near_another:
            minutes.append(chance.choice(minutes) + chance.randrange(70))
        else:
            minutes.append(
                14 * 1440 + chance.randrange(-120, 300) if near_change else chance.randrange(21 * 1440)
            )
    return [start + timedelta(minutes=minute) for minute in minutes]


def told_shop(chance: Random) -> tuple[oracle.Shop, date]:
    """A shop with few people who come often, and a day near the middle of what is told of it."""
    name = chance.choice(sorted(CHANGES))
    zone, sunday = ZoneInfo(name), chance.choice(CHANGES[name])
    or_none: Callable[[Any], Any] = lambda value: value if chance.random() < 0.6 else None  # noqa: E731
    people = "abcdefgh"[: chance.randint(1, 8)]
    stays = [
        Stay(
            pseudo_id=chance.choice(people),
            # No two at the same moment: which of their labels is the newer one is nobody's business here.
            at=at + timedelta(microseconds=number),
            zone=chance.choice(["door", "shelves", "Käse & <b>"]),
            dwell=timedelta(milliseconds=chance.choice([0, 1, 59_999, 600_000]) + chance.randrange(900_000)),
            event_id=str(number),
            age_bracket=or_none(chance.choice(["20-29", "30-39"])),
            gender=or_none(chance.choice("MF")),
            is_repeat=chance.random() < 0.04,
            track_frames=or_none(chance.randrange(60)),
            detection_conf=or_none(chance.randrange(101) / 100),
            engagement_score=or_none(chance.randrange(201) / 2),
        )
        for number, at in enumerate(moments(chance, sunday, zone, chance.choice([0, 8, 40, 90, 120])))
    ]
    begins = moments(chance, sunday, zone, chance.choice([0, 0, 3, 20]))
    minutes = frozenset(
        (camera, at + timedelta(minutes=minute))
        for at in begins
        for camera in chance.sample("xy", chance.randint(1, 2))
        for minute in range(chance.randint(1, 300))
    )
    return oracle.Shop(zone, stays, minutes), sunday + timedelta(days=chance.choice([0, 0, 1, 4, 7]))


@given(seed=st.integers(0, 2**32), days=st.sampled_from([1, 2, 7, 9]), weeks=st.integers(1, 4))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_every_figure_is_what_the_stays_say(shops: Shops, seed: int, days: int, weeks: int) -> None:
    shop, to = told_shop(Random(seed))
    venue = shops.open(shop)

    answers: list[tuple[str, Any, Any]] = []
    overview = shops.get(venue, days=days, to=str(to))
    assert {"low", "high"} <= overview.pop("visitor_range").keys()
    answers.append(("overview", overview, oracle.overview(shop, days, to)))
    windows: dict[str, Callable[[oracle.Shop, int, date], Any]] = {
        "demographics": oracle.demographics,
        "zones": oracle.zones,
        "summary": oracle.summary,
    }
    for name, expected in windows.items():
        answer = shops.get(venue, f"/{name}", days=days, to=str(to))
        assert isinstance(answer.pop("insights", []), list)
        answers.append((name, answer, expected(shop, days, to)))
    for name, expected in {"trends": oracle.trends, "heatmap": oracle.heatmap}.items():
        answer = shops.get(venue, f"/{name}", weeks=weeks, to=str(to))
        answers.append((name, answer, expected(shop, weeks, to)))
    answers.append(("hourly", shops.get(venue, "/hourly", date=str(to)), oracle.hourly(shop, to)))

    assert [text for name, one, right in answers for text in oracle.differences(one, right, name)] == []


def test_the_older_names_answer_the_same(shops: Shops) -> None:
    venue = shops.open(shop_of(Stay(pseudo_id="a", at=paris(10, 12), zone="door")))
    for path, params in (("", {"days": 3, "to": "2025-03-11"}), ("/hourly", {"date": "2025-03-10"})):
        older = shops.site.get(f"/stats/{venue}{path}", **params)
        assert older == shops.site.get(f"/analytics/{venue}{path}", **params)
        assert older["venue_id"] == venue


def test_rates_of_people_stay_within_100_percent_when_few_come_often(shops: Shops) -> None:
    often = [Stay(pseudo_id="a", at=paris(10, hour), zone="door", is_repeat=True) for hour in range(8, 20)]
    venue = shops.open(shop_of(*often, Stay(pseudo_id="b", at=paris(10, 9), zone="door")))

    overview = shops.get(venue, days=1, to="2025-03-10")

    assert (overview["total_visitors"], overview["unique_visitors"]) == (13, 2)
    assert overview["repeat_rate"] == 50.0


def test_going_to_another_zone_is_no_return(shops: Shops) -> None:
    walk = [
        Stay(pseudo_id="a", at=paris(10, 12, 5 * n), zone=f"zone {n}", dwell=timedelta(minutes=4))
        for n in range(5)
    ]
    venue = shops.open(shop_of(*walk))

    overview = shops.get(venue, days=1, to="2025-03-10")

    assert overview["repeat_rate"] == 0.0
    assert overview["avg_dwell_minutes"] == 20.0
    assert {one["avg_dwell_minutes"] for one in shops.get(venue, "/zones", to="2025-03-10")["zones"]} == {4.0}


def test_seen_twice_within_half_an_hour_is_no_return_and_after_a_longer_gap_is_one(shops: Shops) -> None:
    first = Stay(pseudo_id="a", at=paris(10, 12), zone="door", dwell=timedelta(minutes=10))
    soon = replace(first, at=paris(10, 12, 40))
    later = replace(first, at=paris(10, 12, 41))

    for second, rate in ((soon, 0.0), (later, 100.0)):
        venue = shops.open(shop_of(first, second))
        assert shops.get(venue, to="2025-03-10")["repeat_rate"] == rate


def test_midnight_can_be_the_peak_hour(shops: Shops) -> None:
    late = [Stay(pseudo_id=who, at=paris(10, 0, 5), zone="door") for who in "ab"]
    venue = shops.open(shop_of(*late, Stay(pseudo_id="c", at=paris(10, 15), zone="door")))

    assert shops.get(venue, to="2025-03-10")["peak_hour"] == 0
    current = shops.get(venue, "/summary", to="2025-03-10")["current"]
    assert (current["peak_hour"], current["peak_day"]) == (0, "Monday")


def test_hours_and_days_are_those_on_the_wall_of_the_venue(shops: Shops) -> None:
    evening_in_utc = datetime(2025, 3, 9, 23, 30, tzinfo=UTC)
    venue = shops.open(shop_of(Stay(pseudo_id="a", at=evening_in_utc, zone="door")))

    assert shops.get(venue, days=1, to="2025-03-09")["total_visitors"] == 0
    assert shops.get(venue, days=1, to="2025-03-10")["peak_hour"] == 0


def test_both_hours_of_one_name_are_one_entry(shops: Shops) -> None:
    twice = [datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    venue = shops.open(shop_of(*(Stay(pseudo_id="a", at=at, zone="door") for at in twice)))

    hours = shops.get(venue, "/hourly", date="2025-10-26")["hourly"]

    assert [one["hour"] for one in hours] == list(range(24))
    assert hours[2] == {"hour": 2, "visitors": 2, "unique": 1}


@pytest.mark.parametrize(("watched", "skipped"), [(True, None), (False, 0)])
def test_an_hour_that_the_clock_skips_was_not_observed(
    shops: Shops, watched: bool, skipped: int | None
) -> None:
    night = datetime(2025, 3, 30, 0, tzinfo=UTC)
    minutes = [("x", night + timedelta(minutes=n)) for n in range(180)] if watched else []
    venue = shops.open(shop_of(Stay(pseudo_id="a", at=night, zone="door"), minutes=minutes))

    hours = shops.get(venue, "/hourly", date="2025-03-30")["hourly"]

    assert [hours[hour]["visitors"] for hour in (1, 2, 3)] == [1, skipped, 0]
    assert hours[10]["visitors"] == (None if watched else 0)


@pytest.mark.parametrize("exists", [True, False], ids=["without events", "that does not exist"])
def test_a_venue_answers_with_nothing(shops: Shops, exists: bool) -> None:
    shop = shop_of(zone="UTC")
    venue = shops.open(shop) if exists else "nowhere"
    to = date(2025, 3, 10)

    overview = shops.get(venue, to="2025-03-10")
    assert overview.pop("visitor_range")["low"] == 0
    assert oracle.differences(overview, oracle.overview(shop, 7, to)) == []
    assert (overview["total_visitors"], overview["repeat_rate"], overview["peak_hour"]) == (0, None, None)
    assert {one["visitors"] for one in shops.get(venue, "/hourly", date="2025-03-10")["hourly"]} == {0}
    assert shops.get(venue, "/zones", to="2025-03-10")["zones"] == []
    trends = shops.get(venue, "/trends", to="2025-03-10")
    assert [one["visitors"] for one in trends["weekly"]] == [0] * 8
    assert (trends["trend"], trends["growth_rate_percent"]) == ("insufficient_data", None)
    heat = shops.get(venue, "/heatmap", to="2025-03-10")
    assert (len(heat["heatmap"]), heat["peak_times"], heat["max_count"]) == (168, [], 0)
    summary = shops.get(venue, "/summary", to="2025-03-10")
    assert summary["change"] == {"visitors": None, "visitors_percent": None, "dwell_minutes": None}
    assert summary["insights"] == ["Nothing is known of this time: no camera looked, and nothing was told."]


def test_weeks_before_anything_was_told_are_unknown_and_later_ones_without_anybody_are_not(
    shops: Shops,
) -> None:
    stays = [Stay(pseudo_id="a", at=paris(day, 12), zone="door") for day in (12, 26)]
    venue = shops.open(shop_of(*stays))

    weekly = shops.get(venue, "/trends", weeks=5, to="2025-03-30")["weekly"]

    assert [(one["week"], one["visitors"]) for one in weekly] == [
        ("2025-02-24", None), ("2025-03-03", None), ("2025-03-10", 1), ("2025-03-17", 0), ("2025-03-24", 1),
    ]  # fmt: skip


def test_a_week_that_is_not_over_is_no_week_yet(shops: Shops) -> None:
    today = datetime.now(UTC).date()
    venue = shops.open(shop_of(Stay(pseudo_id="a", at=datetime.now(UTC), zone="door"), zone="UTC"))
    for to in (today, today + timedelta(days=30)):
        weekly = shops.get(venue, "/trends", weeks=1, to=str(to))["weekly"]
        assert date.fromisoformat(weekly[-1]["week"]) + timedelta(days=7) <= today


def test_what_is_still_to_come_is_not_observed(shops: Shops) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    minutes = [("x", now - timedelta(minutes=n)) for n in range(60)]
    venue = shops.open(shop_of(zone="UTC", minutes=minutes))

    tomorrow = shops.get(venue, "/hourly", date=str(now.date() + timedelta(days=1)))
    assert {one["visitors"] for one in tomorrow["hourly"]} == {None}
    assert tomorrow["coverage"]["window_hours"] == 0.0
    assert tomorrow["coverage"]["observed_share"] is None
    coverage = shops.get(venue, days=2)["coverage"]
    assert coverage["window_hours"] <= 48.0
    assert (coverage["known"], coverage["cameras"], coverage["observed_hours"]) == (True, 1, 1.0)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("?days=0", id="no day"),
        pytest.param("?days=91", id="too many days"),
        pytest.param("?days=x", id="not a number"),
        pytest.param("?to=2025-02-30", id="no such date"),
        pytest.param("?to=1999-12-31", id="too early"),
        pytest.param("?to=2025-01-01T00:00:01", id="a time"),
        pytest.param("/hourly?date=yesterday", id="a word"),
        pytest.param("/hourly?date=2025-13-01", id="no such month"),
        pytest.param("/trends?weeks=0", id="no week"),
        pytest.param("/trends?weeks=53", id="too many weeks"),
        pytest.param("/heatmap?weeks=53", id="too many weeks of heat"),
        pytest.param("/zones?days=0", id="zones of no day"),
        pytest.param("/summary?days=91", id="summary of too many days"),
        pytest.param("/demographics?days=-1", id="less than nothing"),
    ],
)
def test_windows_out_of_bounds_are_refused(shops: Shops, query: str) -> None:
    answer = shops.site.ask("GET", f"/analytics/my_store{query}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "loc", "msg", "input"} == answer.json()["detail"][0].keys()


@pytest.mark.parametrize("venue", ["a" * 51, "a%20b", "%00", "a%27--", "é"])
def test_what_is_no_id_is_refused(shops: Shops, venue: str) -> None:
    assert shops.site.ask("GET", f"/analytics/{venue}/summary").status_code == 422


def test_windows_at_the_ends_of_time_answer(shops: Shops) -> None:
    for to in ("2000-01-01", "2200-01-01"):
        for path, span in (("", {"days": 90}), ("/summary", {"days": 90}), ("/trends", {"weeks": 52}),
                           ("/heatmap", {"weeks": 52}), ("/demographics", {"days": 90})):  # fmt: skip
            shops.get("my_store", path, to=to, **span)


def test_sentences_are_told_in_the_language_of_the_reader(shops: Shops) -> None:
    venue = shops.open(shop_of(Stay(pseudo_id="a", at=paris(10, 12), zone="door")))
    address, params = f"/analytics/{venue}/summary", {"to": "2025-03-10"}

    for language, sentence in (
        ("fr-FR,fr;q=0.9,en", "0\u00a0% des visiteurs"),
        ("de, fr", "0% of the visitors"),
    ):
        answer = shops.site.ask("GET", address, params=params, headers={"Accept-Language": language})
        assert any(text.startswith(sentence) for text in answer.json()["insights"])
