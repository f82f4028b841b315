"""Whatever is posted as events: never a server error, and never a part of a call."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platform_site import PlatformSite
from sqlalchemy import func, select

from sightline.domain.scope import Scope
from sightline.store import recount, venues
from sightline.store.visitor_tables import stay

SITE = Scope.site()
MEMBERS = [
    "pseudo_id", "timestamp", "zone", "event_id", "camera_id", "dwell_seconds", "age_bracket", "gender",
    "is_repeat", "track_frames", "detection_conf", "engagement_score", "behavior_type", "body_orientation",
    "posture", "venue_id", "other",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
good_events = st.fixed_dictionaries(
    {
        "pseudo_id": st.sampled_from(["a", "b", "\U0001f600"]),
        "timestamp": st.datetimes().map(lambda at: at.isoformat()),
        "zone": st.sampled_from(["door", "till"]),
        "venue_id": st.sampled_from(["v1", "v2"]),
    },
    optional={
        "dwell_seconds": st.floats(0, 4000),
        "engagement_score": st.floats(0, 100),
        "detection_conf": st.floats(0, 1),
        "track_frames": st.integers(0, 2**31 - 1),
        "gender": st.sampled_from(["M", "F", None]),
    },
)
events = st.builds(
    lambda good, odd: good | odd,
    good_events,
    st.just({}) | st.just({}) | st.dictionaries(st.sampled_from(MEMBERS), anything, max_size=2),
)
bodies = st.one_of(
    st.builds(
        lambda venue_id, told: {"venue_id": venue_id, "events": told},
        st.sampled_from(["v1", "v2"]) | st.text(max_size=60),
        st.lists(events, max_size=5) | anything,
    ),
    st.lists(events, max_size=5),
    anything,
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path_factory.mktemp("fuzzed"))
    with site.answering():
        yield site
    site.close()


def stays_of(site: PlatformSite) -> int:
    with site.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(stay)).scalar_one())


def told_by(body: Any) -> int:
    told = body["events"] if isinstance(body, dict) else body
    return len(told)


@given(st.sampled_from(["/events", "/events/batch"]), bodies)
@settings(deadline=None, derandomize=True, max_examples=80, suppress_health_check=list(HealthCheck))
def test_a_call_is_taken_whole_or_refused_whole(fuzzed: PlatformSite, path: str, body: Any) -> None:
    before = stays_of(fuzzed)
    sent = json.dumps(body, ensure_ascii=True).encode()
    answer = fuzzed.ask("POST", path, content=sent, headers={"Content-Type": "application/json"})
    if answer.status_code == 200:
        counts = answer.json()
        assert counts["inserted"] + counts["duplicates"] == told_by(body)
        assert stays_of(fuzzed) == before + counts["inserted"]
        return
    assert answer.status_code in (413, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert stays_of(fuzzed) == before


@given(st.binary(max_size=200))
@settings(deadline=None, derandomize=True, max_examples=30, suppress_health_check=list(HealthCheck))
def test_bytes_that_are_no_json_are_refused(fuzzed: PlatformSite, body: bytes) -> None:
    answer = fuzzed.ask("POST", "/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_after_all_of_that_every_figure_is_right(fuzzed: PlatformSite) -> None:
    for number in range(50):
        event = {
            "pseudo_id": "z",
            "timestamp": f"2026-01-{number % 28 + 1:02}T{number % 24:02}:00:00",
            "zone": "z",
        }
        fuzzed.ask("POST", "/events", json={"venue_id": "v1", "events": [event]})
    with fuzzed.database.reading() as connection:
        for venue in venues.list_venues(SITE, connection):
            assert recount.differences(SITE, connection, venue.id) == []
