"""POST /events and /events/batch: what is taken, what is refused, and that a call is all or nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from people_and_keys import CLOSED, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite
from sqlalchemy import select

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.store import recount, venues
from sightline.store.visitor_tables import stay, visitor

SITE = Scope.site()
VENUES = (f"shop_{number}" for number in count())
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FULL = {
    "event_id": "till-7",
    "camera_id": "cam_1",
    "dwell_seconds": 12.5,
    "age_bracket": "30-39",
    "gender": "F",
    "is_repeat": True,
    "track_frames": 40,
    "detection_conf": 0.75,
    "engagement_score": 81.25,
    "behavior_type": "engaged",
    "body_orientation": -0.5,
    "posture": "upright",
}


def event(number: int = 0, **more: Any) -> dict[str, Any]:
    at = NINE + timedelta(seconds=number)
    return {"pseudo_id": f"person-{number}", "timestamp": at.isoformat(), "zone": "door"} | more


@dataclass
class Shop:
    """A venue of its own that nobody has heard of."""

    platform: PlatformSite
    id: str

    def tell(self, *events: dict[str, Any], venue_id: str | None = None) -> tuple[int, Any]:
        body = {"venue_id": venue_id or self.id, "events": list(events)}
        answer = self.platform.ask("POST", "/events", json=body)
        return answer.status_code, answer.json()

    def tell_batch(self, *events: dict[str, Any]) -> httpx.Response:
        return self.platform.ask(
            "POST", "/events/batch", json=[{"venue_id": self.id} | one for one in events]
        )

    def stored(self) -> list[dict[str, Any]]:
        return stored(self.platform, self.id)


def stored(platform: PlatformSite, venue_id: str) -> list[dict[str, Any]]:
    columns = [column for column in stay.c if column.name not in ("id", "key", "visitor_id", "venue_id")]
    query = (
        select(visitor.c.pseudo_id, *columns)
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(stay.c.venue_id == venue_id)
        .order_by(stay.c.at, visitor.c.pseudo_id)
    )
    with platform.database.reading() as connection:
        return [row._asdict() for row in connection.execute(query)]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    """One for all tests of this file; each has a venue of its own."""
    site = PlatformSite.made(tmp_path_factory.mktemp("ingestion"))
    with site.answering():
        yield site
    site.close()


@pytest.fixture
def shop(platform: PlatformSite) -> Shop:
    return Shop(platform, next(VENUES))


def test_an_event_is_stored_as_it_was_told(shop: Shop) -> None:
    assert shop.tell(event(**FULL)) == (200, {"status": "ok", "inserted": 1, "duplicates": 0})
    told = {name: value for name, value in FULL.items() if name != "dwell_seconds"}
    assert shop.stored() == [
        {"pseudo_id": "person-0", "at": NINE, "zone": "door", "dwell_ms": 12_500}
        | {"run_id": None, "track_id": None}
        | told
    ]


def test_an_event_of_three_members_is_enough(shop: Shop) -> None:
    shop.tell(event())
    (row,) = shop.stored()
    assert (row["dwell_ms"], row["camera_id"], row["is_repeat"], row["gender"]) == (0, "", False, None)


def test_null_is_as_good_as_nothing(shop: Shop) -> None:
    assert shop.tell(event(), event(**dict.fromkeys(FULL)))[1]["duplicates"] == 1


def test_no_events_are_fine(shop: Shop) -> None:
    assert shop.tell() == (200, {"status": "ok", "inserted": 0, "duplicates": 0})
    answer = shop.platform.ask("POST", "/events/batch", json=[])
    assert (answer.status_code, answer.json()["inserted"]) == (200, 0)


def test_a_key_in_the_body_and_unknown_members_are_ignored(shop: Shop) -> None:
    body = {
        "venue_id": "shop",
        "api_key": ["x"],
        "mood": 3,
        "events": [event(colour="red", nested={"a": [1]})],
    }
    assert shop.platform.ask("POST", "/events", json=body).json()["inserted"] == 1


def test_told_again_an_event_is_a_duplicate(shop: Shop) -> None:
    events = [event(n) for n in range(5)] + [event(n, event_id=f"e{n}") for n in range(5)]
    assert shop.tell(*events, *events[:3])[1] == {"status": "ok", "inserted": 10, "duplicates": 3}
    assert shop.tell(*reversed(events))[1] == {"status": "ok", "inserted": 0, "duplicates": 10}
    assert len(shop.stored()) == 10


def test_an_event_id_outweighs_what_the_event_says(shop: Shop) -> None:
    assert shop.tell(event(1, event_id="e"), event(2, event_id="e"))[1]["inserted"] == 1
    assert shop.tell(event(3, event_id="e", zone="till"))[1]["duplicates"] == 1
    assert [row["pseudo_id"] for row in shop.stored()] == ["person-1"]
    assert shop.tell(event(3, event_id="e"), venue_id=f"{shop.id}_other")[1]["inserted"] == 1


def test_without_an_id_every_member_of_the_content_tells_events_apart(shop: Shop) -> None:
    full = event(**FULL) | {"event_id": None}
    others = [full | {name: value} for name, value in {
        "pseudo_id": "b", "timestamp": (NINE + timedelta(microseconds=1)).isoformat(), "zone": "till",
        "camera_id": "cam_2", "dwell_seconds": 12.501, "age_bracket": "60+", "gender": "M",
        "is_repeat": False, "track_frames": 41, "detection_conf": 0.76, "engagement_score": 81.26,
        "behavior_type": "waiting", "body_orientation": -0.51, "posture": "leaning",
    }.items()]  # fmt: skip
    assert shop.tell(full, *others)[1] == {"status": "ok", "inserted": 15, "duplicates": 0}


def test_the_same_content_in_other_words_is_a_duplicate(shop: Shop) -> None:
    shop.tell(event(engagement_score=50, body_orientation=0.0))
    again = event(engagement_score=50.0, body_orientation=-0.0, timestamp="2026-03-02T10:00:00+01:00")
    assert shop.tell(again)[1]["duplicates"] == 1


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T09:00:00",
        "2026-03-02T09:00:00Z",
        "2026-03-02T14:30:00+05:30",
        "2026-03-02 09:00:00.000000",
    ],
)
def test_a_time_without_offset_is_utc_and_one_with_it_is_meant(shop: Shop, written: str) -> None:
    shop.tell(event(timestamp=written))
    assert shop.stored()[0]["at"] == NINE


WRONG = [
    ("pseudo_id", ""), ("pseudo_id", "x" * 65), ("pseudo_id", 7), ("pseudo_id", "a\u0000b"),
    ("timestamp", "yesterday"), ("timestamp", 1_772_442_000), ("timestamp", "1772442000"),
    ("timestamp", "1999-12-31T23:59:59"), ("timestamp", "2200-01-01T00:00:00"), ("timestamp", None),
    ("timestamp", "2026-02-30T00:00:00"), ("timestamp", "2026-03-02"),
    ("zone", ""), ("zone", "x" * 101), ("zone", "a\nb"), ("zone", "a\u2028b"), ("zone", None),
    ("event_id", ""), ("event_id", "x" * 201), ("event_id", "a\u0000"),
    ("camera_id", "a/b"), ("camera_id", ""),
    ("dwell_seconds", -0.1), ("dwell_seconds", 1e12), ("dwell_seconds", "long"),
    ("age_bracket", "x" * 11), ("gender", "X"), ("gender", ""), ("is_repeat", "perhaps"),
    ("track_frames", -1), ("track_frames", 2**31), ("track_frames", 1.5),
    ("detection_conf", 1.01), ("engagement_score", 100.1), ("engagement_score", -1),
    ("behavior_type", "x" * 31), ("body_orientation", -1.01), ("posture", "x\r\ny"),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_wrong_value_is_named_and_nothing_of_the_call_is_stored(
    shop: Shop, member: str, value: object
) -> None:
    status, problem = shop.tell(event(1), event(2), event(3, **{member: value}))
    assert status == 422
    assert [one["loc"] for one in problem["detail"]] == [["body", "events", 2, member]]
    assert set(problem["detail"][0]) == {"type", "loc", "msg", "input"}
    answer = shop.tell_batch(event(1) | {member: value})
    assert answer.json()["detail"][0]["loc"] == ["body", 0, member]
    assert shop.stored() == []


@pytest.mark.parametrize("member", ["pseudo_id", "timestamp", "zone"])
def test_a_missing_member_is_named(shop: Shop, member: str) -> None:
    told = event()
    del told[member]
    status, problem = shop.tell(event(1), told)
    assert (status, problem["detail"][0]["loc"]) == (422, ["body", "events", 1, member])
    assert problem["detail"][0]["type"] == "missing"


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "7", '"events"', "{}", '{"venue_id": "shop"}', '{"events": []}', '{"a": NaN}',
     '{"venue_id": "a/b", "events": []}', '{"venue_id": "shop", "events": {}}',
     '{"venue_id": "shop", "events": [7]}', '{"venue_id": "shop", "events": [{"zone": "\\ud800"}]}',
     '{"venue_id": "shop", "events": [{"dwell_seconds": NaN, "engagement_score": -Infinity}]}',
     '{"venue_id": "shop", "events": ' + "[" * 5000 + "]" * 5000 + "}"],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(shop: Shop, body: str) -> None:
    answer = shop.platform.ask("POST", "/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert all(one["loc"][0] == "body" for one in answer.json()["detail"])


def test_a_thousand_mistakes_are_answered_with_a_hundred(shop: Shop) -> None:
    _, problem = shop.tell(*(event(zone="") for _ in range(1000)))
    assert len(problem["detail"]) == 100
    _, problem = shop.tell(*(event(timestamp="1999-01-01T00:00:00") for _ in range(1000)))
    assert len(problem["detail"]) == 100


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_type_than_json_is_refused(shop: Shop, kind: str) -> None:
    answer = shop.platform.ask("POST", "/events", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, kind in answer.json()["detail"]) == (415, True)


def test_more_than_ten_thousand_events_are_refused_with_the_limit(shop: Shop) -> None:
    status, problem = shop.tell(*(event(n) for n in range(10_001)))
    assert (status, "10000" in problem["detail"]) == (413, True)
    answer = shop.tell_batch(*(event(n) for n in range(10_001)))
    assert answer.status_code == 413
    assert shop.stored() == []


def test_ten_thousand_events_are_taken(shop: Shop) -> None:
    assert shop.tell(*(event(n) for n in range(10_000)))[1]["inserted"] == 10_000
    with shop.platform.database.reading() as connection:
        assert recount.differences(SITE, connection, shop.id) == []


def test_a_body_of_more_than_16_mb_is_not_read_to_its_end(shop: Shop) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200:
            sent += 1
            yield b" " * (1 << 20)

    headers = {"Content-Type": "application/json"}
    try:
        answer = shop.platform.ask("POST", "/events", content=endless(), headers=headers)
    except OSError:  # pragma: no cover - the refusal may be lost when the connection is closed on us
        pass
    else:
        assert (answer.status_code, "16 MB" in answer.json()["detail"]) == (413, True)
    assert sent < 200


def test_an_unknown_venue_is_made_in_local_mode(shop: Shop) -> None:
    shop.tell(event(), venue_id="brand_new")
    with shop.platform.database.reading() as connection:
        venue = venues.get_venue(SITE, connection, "brand_new")
    assert venue is not None
    assert (venue.name, venue.timezone) == ("brand_new", "UTC")


def test_a_batch_stores_the_events_of_each_venue(shop: Shop) -> None:
    told = [event(n) | {"venue_id": name} for n in range(6) for name in ("b", "a", "c")]
    answer = shop.platform.ask("POST", "/events/batch", json=[*told, told[0]])
    assert answer.json() == {"status": "ok", "inserted": 18, "duplicates": 1}
    for name in ("a", "b", "c"):
        assert len(stored(shop.platform, name)) == 6
        with shop.platform.database.reading() as connection:
            assert recount.differences(SITE, connection, name) == []


HOSTILE = [
    "<script>alert(1)</script>", "'; DROP TABLE stay; --", "%s %(x)s {0} ${jndi}", 'a"b\\c{d},e',
    "NULL", "\\x41",
    "{}", "日本語 😀", "../../etc/passwd", "=cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_back_as_it_was_sent(shop: Shop, text: str) -> None:
    told = event(
        zone=text, pseudo_id=text, event_id=text, behavior_type=text, posture=text, age_bracket=text[:10]
    )
    assert shop.tell(told)[1]["inserted"] == 1
    (row,) = shop.stored()
    for name in ("zone", "pseudo_id", "event_id", "behavior_type", "posture"):
        assert row[name] == text
    zones = shop.platform.get(f"/analytics/{shop.id}/zones", to="2026-03-02")["zones"]
    assert [zone["zone"] for zone in zones] == [text]


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "closed", CLOSED)
    with with_venues(site, "shop", "other").answering():
        yield site
    site.close()


def test_a_venues_key_posts_to_its_venue_only(closed: PlatformSite) -> None:
    own = Asker(closed, key=with_key(closed, "shop").text)
    body = {"venue_id": "shop", "events": [event()]}
    assert own.ask("POST", "/events", json=body).json()["inserted"] == 1
    for venue in ("other", "nowhere"):
        assert own.status("POST", "/events", json={"venue_id": venue, "events": [event(1)]}) == 403
    both = [event(2) | {"venue_id": "shop"}, event(2) | {"venue_id": "other"}]
    answer = own.ask("POST", "/events/batch", json=both)
    assert (answer.status_code, "other" in answer.json()["detail"]) == (403, True)
    assert (len(stored(closed, "shop")), len(stored(closed, "other"))) == (1, 0)


def test_with_a_key_an_unknown_venue_is_not_made(closed: PlatformSite) -> None:
    everywhere = Asker(closed, key=with_key(closed, None).text)
    mixed = [event(2) | {"venue_id": "shop"}, event(2) | {"venue_id": "typo"}]
    for path, body in (("/events", {"venue_id": "typo", "events": []}), ("/events/batch", mixed)):
        answer = everywhere.ask("POST", path, json=body)
        assert (answer.status_code, "typo" in answer.json()["detail"]) == (404, True)
    assert stored(closed, "shop") == []


def test_who_may_only_look_may_not_post(closed: PlatformSite) -> None:
    body = {"venue_id": "shop", "events": [event()]}
    assert closed.ask("POST", "/events", json=body).status_code == 401
    with_account(closed, "vera", Role.VIEWER, "shop")
    assert Asker(closed).signed_in("vera").status("POST", "/events", json=body) == 403
    with_account(closed, "mona", Role.MANAGER, "shop")
    assert Asker(closed).signed_in("mona").status("POST", "/events", json=body) == 200


def test_the_documentation_tells_every_member_and_limit(platform: PlatformSite) -> None:
    paths = platform.get("/openapi.json")["paths"]
    body = paths["/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["events"]["maxItems"] == 10_000
    members = body["properties"]["events"]["items"]
    assert set(members["properties"]) == {"pseudo_id", "timestamp", "zone", *FULL}
    assert sorted(members["required"]) == ["pseudo_id", "timestamp", "zone"]
    batch = paths["/events/batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sorted(batch["items"]["required"]) == ["pseudo_id", "timestamp", "venue_id", "zone"]
    assert "$ref" not in json.dumps(body) + json.dumps(batch)
    assert {"200", "404", "413", "415", "422"} <= set(paths["/events"]["post"]["responses"])
