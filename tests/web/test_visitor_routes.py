"""Known visitors over HTTP, each figure held against a reckoning of its own."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from platform_site import PlatformSite
from visitor_oracle import ZONES, Person, moment, people_of, returning, stays_of, told

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.recount import differences
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

DAY = timedelta(days=1)
numbers = count(1)


def shop(platform: PlatformSite, stays: Sequence[Stay], zone: str = "Europe/Paris") -> str:
    """A venue of its own with these stays."""
    venue_id = f"shop{next(numbers)}"
    with platform.database.transaction() as connection:
        ensure_venue(Scope.site(), connection, venue_id, timezone=zone)
        add_stays(Scope.site(), connection, venue_id, stays)
    return venue_id


def same_person(answer: dict[str, Any], person: Person, now: datetime, **more: Any) -> None:
    expected = person.in_list(now) | more
    got = dict(answer)
    for name in ("first_seen", "last_seen"):
        assert moment(got.pop(name)) == expected.pop(name), name
    for name in ("total_dwell_minutes", "avg_dwell_minutes"):
        assert got.pop(name) == pytest.approx(expected.pop(name), abs=0.0051), name
    assert got == expected


def check_everything(platform: PlatformSite, stays: Sequence[Stay], zone: str, now: datetime) -> None:
    venue_id = shop(platform, stays, zone)
    people = people_of(stays)
    known = [one for one in people.values() if one.known]
    check_list(platform, venue_id, known, now)
    check_stats(platform.get(f"/api/visitors/{venue_id}/stats"), known, now)
    for one in people.values():
        check_history(platform, venue_id, one, zone, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    for days, to in ((30, today), (7, today - DAY), (23, today - 20 * DAY)):
        check_returning(platform, venue_id, people, zone, days, to, now)


def check_list(platform: PlatformSite, venue_id: str, known: list[Person], now: datetime) -> None:
    orders = {
        "last_seen": lambda one: one.last,
        "first_seen": lambda one: one.first,
        "visit_count": lambda one: (len(one.visits), one.last),
    }
    for sort_by, order in orders.items():
        page = platform.get(f"/api/visitors/{venue_id}", sort_by=sort_by)
        expected = sorted(known, key=order, reverse=True)
        assert page["total_known_visitors"] == len(known)
        keys = [order(next(one for one in known if one.who == row["visitor_id"])) for row in page["visitors"]]
        assert keys == [order(one) for one in expected]
        for row in page["visitors"]:
            same_person(row, next(one for one in known if one.who == row["visitor_id"]), now)


def check_stats(stats: dict[str, Any], known: list[Person], now: datetime) -> None:
    tiers = [one.tier(now) for one in known]
    names = ("VIP", "Loyal", "Regular", "Occasional", "New")
    assert stats["total_known_visitors"] == len(known)
    assert stats["loyalty_distribution"] == {name: tiers.count(name) for name in names}
    assert stats["lapsed_visitors"] == sum(one.last < now - 90 * DAY for one in known)
    assert stats["total_return_visits"] == sum(len(one.returns) for one in known)
    if not known:
        assert stats["avg_visits_per_visitor"] is stats["avg_lifetime_dwell_minutes"] is None
        assert set(stats["loyalty_percentages"].values()) == {None}
        return
    assert sum(stats["loyalty_percentages"].values()) == pytest.approx(100, abs=0.3)
    visits, minutes = sum(len(one.visits) for one in known), sum(one.minutes for one in known)
    assert stats["avg_visits_per_visitor"] == pytest.approx(visits / len(known), abs=0.0051)
    assert stats["avg_lifetime_dwell_minutes"] == pytest.approx(minutes / len(known), abs=0.0051)


def check_history(platform: PlatformSite, venue_id: str, one: Person, zone: str, now: datetime) -> None:
    answer = platform.get(f"/api/visitors/{venue_id}/history/{quote(one.who, safe='')}")
    same_person(answer["profile"], one, now)
    expected = one.sessions(zone)
    for got, day in zip(answer["sessions"], expected, strict=True):
        assert moment(got.pop("first_seen")) == day.pop("first_seen")
        assert moment(got.pop("last_seen")) == day.pop("last_seen")
        assert got.pop("dwell_minutes") == pytest.approx(day.pop("dwell_minutes"), abs=0.0051)
        assert got == day


def check_returning(
    platform: PlatformSite,
    venue_id: str,
    people: dict[str, Person],
    zone: str,
    days: int,
    to: date,
    now: datetime,
) -> None:
    answer = platform.get(f"/api/visitors/{venue_id}/returning", days=days, to=to.isoformat())
    expected = returning(people, zone, days, to)
    assert answer["summary"] == expected["summary"]
    assert answer["retention"] == expected["retention"]
    first = to - (days - 1) * DAY
    back = [
        one
        for one in people.values()
        if one.known and any(is_return(one, zone, stay, first, to) for stay in one.stays)
    ]
    top = answer["top_returning_visitors"]
    assert sorted(one["visitor_id"] for one in top) == sorted(one.who for one in back)
    visits = [one["visits_in_period"] for one in top]
    assert visits == sorted(visits, reverse=True)
    for row in top:
        one = people[row["visitor_id"]]
        same_person(row, one, now, visits_in_period=len(one.visits_in(zone, first, to)))


def is_return(one: Person, zone: str, stay: Stay, first: date, to: date) -> bool:
    """Whether a return of this person begins with, or is marked by, this stay, within the days."""
    if not first <= stay.at.astimezone(ZoneInfo(zone)).date() <= to:
        return False
    return stay.is_repeat or any(visit[0] is stay for visit in one.visits[1:])


@given(told=told(), zone=st.sampled_from(ZONES))
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_figure_is_what_the_stays_say(platform: PlatformSite, told: list[Any], zone: str) -> None:
    now = datetime.now(UTC)
    check_everything(platform, stays_of(told, now), zone, now)


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_url: str) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data", {"database_url": postgres_url})
    with site.answering():
        yield site
    site.close()


def test_postgresql_says_the_same(on_postgres: PlatformSite) -> None:
    now = datetime.now(UTC)
    people = ["anna", "b/ü ?#%", "carl", "dora", "t1"]
    story = [
        (people[n % 5], (n * 37) % 65 * 1440 + n * 7 % 200, n % 40, ["door", "till"][n % 2], n % 11 == 0,
         [None, "20-29", "30-39"][n % 3], [None, "M", "F"][n % 3])
        for n in range(120)
    ]  # fmt: skip
    check_everything(on_postgres, stays_of(story, now), "Europe/Paris", now)


def test_a_change_of_zone_and_the_same_hour_again_are_no_returns(platform: PlatformSite) -> None:
    at = datetime.now(UTC) - 2 * DAY
    stays = [
        Stay(pseudo_id="anna", at=at + timedelta(minutes=minute), zone=zone, dwell=timedelta(minutes=5))
        for minute, zone in ((0, "door"), (6, "shelf"), (20, "till"), (54, "door"))
    ]
    venue_id = shop(platform, stays)
    summary = platform.get(f"/api/visitors/{venue_id}/returning")["summary"]
    assert summary == {
        "total_visitors": 1,
        "known_visitors": 1,
        "tracking_rate": 100.0,
        "return_events": 0,
        "return_event_rate": 0.0,
    }
    assert platform.get(f"/api/visitors/{venue_id}")["visitors"][0]["visit_count"] == 1


def test_pages_tell_the_total_and_where_the_others_are(platform: PlatformSite) -> None:
    now = datetime.now(UTC)
    venue_id = shop(
        platform, [Stay(pseudo_id=f"p{n:02}", at=now - n * DAY, zone="door") for n in range(1, 12)]
    )
    answer = platform.ask("GET", f"/api/visitors/{venue_id}", params={"limit": 4, "offset": 4})
    assert [one["visitor_id"] for one in answer.json()["visitors"]] == ["p05", "p06", "p07", "p08"]
    assert answer.headers["X-Total-Count"] == "11"
    assert f'</api/visitors/{venue_id}?limit=4&offset=8>; rel="next"' in answer.headers["Link"]


def test_a_visitor_is_erased_everywhere_and_once(platform: PlatformSite) -> None:
    now = datetime.now(UTC)
    who = "<script>alert(1)</script>/../ü%2F"
    stays = [Stay(pseudo_id=who, at=now - n * DAY, zone="door") for n in (1, 2)]
    venue_id = shop(platform, [*stays, Stay(pseudo_id="anna", at=now - DAY, zone="door")])
    path = f"/api/visitors/{venue_id}/{quote(who, safe='')}"
    answer = platform.ask("DELETE", path)
    assert (answer.status_code, answer.json()["visitor_id"]) == (200, who)
    assert platform.get(f"/api/visitors/{venue_id}")["total_known_visitors"] == 1
    assert platform.get(f"/api/visitors/{venue_id}/returning")["summary"]["total_visitors"] == 1
    with platform.database.reading() as connection:
        assert differences(Scope.site(), connection, venue_id) == []
    assert platform.ask("DELETE", path).status_code == 404
    assert platform.ask("GET", f"/api/visitors/{venue_id}/history/{quote(who, safe='')}").status_code == 404


def test_a_venue_without_visitors_and_one_that_is_not_there_have_none(platform: PlatformSite) -> None:
    for venue_id in (shop(platform, []), "nowhere"):
        assert platform.get(f"/api/visitors/{venue_id}")["visitors"] == []
        assert platform.get(f"/api/visitors/{venue_id}/stats")["avg_visits_per_visitor"] is None
        answer = platform.get(f"/api/visitors/{venue_id}/returning")
        assert answer["summary"]["tracking_rate"] is answer["retention"]["retention_percent"] is None
        assert platform.ask("GET", f"/api/visitors/{venue_id}/history/anna").status_code == 404
        assert platform.ask("DELETE", f"/api/visitors/{venue_id}/anna").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/visitors/a%20b",
        f"/api/visitors/{'a' * 51}",
        "/api/visitors/shop?limit=0",
        "/api/visitors/shop?limit=501",
        "/api/visitors/shop?offset=-1",
        f"/api/visitors/shop?offset={2**70}",
        "/api/visitors/shop?sort_by=dwell",
        "/api/visitors/shop/returning?days=0",
        "/api/visitors/shop/returning?days=91",
        "/api/visitors/shop/returning?to=yesterday",
        "/api/visitors/shop/history/a%00b",
        f"/api/visitors/shop/history/{'x' * 65}",
    ],
)
def test_what_cannot_be_is_refused(platform: PlatformSite, path: str) -> None:
    answer = platform.ask("GET", path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
