"""Limits of calls: really applied, exact, told with `Retry-After`, and to nobody who keeps to them."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people_and_keys import Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.api.rate_limits import WINDOW_S, SlidingWindow
from sightline.domain.account import Role

LIMITS = {"ingest": 3, "process": 2}


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data", {"server": {"auth": "required", "rate_limits": LIMITS}})
    with with_venues(site, "shop", "other").answering():
        yield site
    site.close()


def posted(asker: Asker, path: str = "/events", venue: str = "shop") -> int:
    body = {"venue_id": venue, "events": []} if path == "/events" else []
    return asker.status("POST", path, json=body)


def test_the_call_after_the_last_is_refused_with_how_long_to_wait(limited: PlatformSite) -> None:
    here = Asker(limited, key=with_key(limited, "shop").text)
    assert [posted(here) for _ in range(5)] == [200] * 3 + [429] * 2
    refused = here.ask("POST", "/events", json={"venue_id": "shop", "events": []})
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-request-id"]
    assert posted(here, "/events/batch") == 429, "both ways in count together"


def test_a_refused_call_does_no_work(limited: PlatformSite) -> None:
    here = Asker(limited, key=with_key(limited, "shop").text)
    for _ in range(3):
        posted(here)
    event = {"pseudo_id": "p", "timestamp": "2026-03-02T12:00:00Z", "zone": "front"}
    assert here.status("POST", "/events", json={"venue_id": "shop", "events": [event]}) == 429
    assert here.get("/analytics/shop", to="2026-03-02")["total_visitors"] == 0


def test_each_key_and_each_person_has_a_limit_of_their_own(limited: PlatformSite) -> None:
    with_account(limited, "anna", Role.ADMINISTRATOR)
    first, second = (Asker(limited, key=with_key(limited, "shop").text) for _ in range(2))
    anna = Asker(limited).signed_in("anna")
    assert [posted(first) for _ in range(4)] == [200, 200, 200, 429]
    assert [posted(second) for _ in range(4)] == [200, 200, 200, 429]
    assert 429 not in [posted(anna) for _ in range(3)]
    assert posted(anna) == 429


def test_the_limit_of_processing_is_another_one(limited: PlatformSite) -> None:
    here = Asker(limited, key=with_key(limited, "shop").text)
    for _ in range(4):
        posted(here)
    paths = ["/process/upload", "/api/batch/upload", "/process/youtube", "/api/batch/url"]
    statuses = [here.status("POST", path) for path in paths]
    assert 429 not in statuses[:2]
    assert statuses[2:] == [429, 429]


def test_looking_is_not_limited_and_nobody_is_told_401_for_free(limited: PlatformSite) -> None:
    here = Asker(limited, key=with_key(limited, "shop").text)
    assert {here.status("GET", "/venues") for _ in range(10)} == {200}
    assert {here.status("GET", "/api/batch/stats") for _ in range(10)} == {200}
    nobody = Asker(limited)
    assert {posted(nobody) for _ in range(5)} == {401}


def test_in_local_mode_the_address_counts(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", {"server": {"rate_limits": LIMITS}})
    with with_venues(site, "shop").answering():
        statuses = [posted(asker) for asker in (Asker(site), Asker(site)) for _ in range(2)]
        assert statuses == [200, 200, 200, 429]
    site.close()


@given(
    gaps=st.lists(st.integers(min_value=0, max_value=320), max_size=60),
    most=st.integers(min_value=1, max_value=5),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_minute_holds_more_than_the_limit_and_no_call_is_refused_without_need(
    gaps: list[int], most: int
) -> None:
    now = 0.0
    window = SlidingWindow(monotonic=lambda: now)
    let_in: list[float] = []
    for gap in gaps:
        now += gap / 8  # sums of eighths are exact
        recent = sum(one > now - WINDOW_S for one in let_in)
        wait_s = window.wait_s("who", "what", most)
        assert (wait_s == 0) == (recent < most)
        if wait_s == 0:
            let_in.append(now)
        else:
            assert sum(one > now + wait_s - WINDOW_S for one in let_in) < most, "who waits as told gets in"
    for start, end in itertools.pairwise([float("-inf"), *let_in]):
        assert sum(end - WINDOW_S < one <= end for one in let_in) <= most, (start, end)


def test_who_has_not_called_for_a_while_is_forgotten() -> None:
    now = 0.0
    window = SlidingWindow(monotonic=lambda: now)
    for number in range(100):
        window.wait_s(f"key {number}", "ingestion", 10)
    now = 2 * WINDOW_S
    window.wait_s("one more", "ingestion", 10)
    assert len(window._calls) == 1
