"""Stretches to be counted: by chance, of what was recorded and looked at, none twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.analytics.audit_sampling import (
    AuditDesk,
    Wish,
    chosen_from,
    common,
    joined,
    without,
)
from sightline.analytics.audits import Audits, Seen
from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, NotFound
from sightline.store.coverage import add_coverage
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recordings import put_segment
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


spans = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 60)).map(lambda one: (at(one[0]), at(one[0] + one[1]))),
    max_size=8,
)


def seconds_of(found: list[tuple[datetime, datetime]]) -> set[int]:
    return {
        second
        for a, b in found
        for second in range(int((a - NOON).total_seconds()), int((b - NOON).total_seconds()))
    }


@settings(max_examples=40)
@given(spans, spans)
def test_spans_are_sets_of_seconds(some: list, others: list) -> None:  # type: ignore[type-arg]
    some, others = joined(some), joined(others)

    assert seconds_of(common(some, others)) == seconds_of(some) & seconds_of(others)
    assert seconds_of(without(some, others)) == seconds_of(some) - seconds_of(others)


def test_every_begin_is_as_likely_as_any_other() -> None:
    free = [(at(0), at(20)), (at(100), at(140))]  # 11 begins of ten seconds, and 31
    random = Random(7)

    begins = Counter(chosen_from(free, timedelta(seconds=10), 1, random)[0][0] for _ in range(4_200))

    assert len(begins) == 42
    assert 60 < min(begins.values()) <= max(begins.values()) < 145  # a hundred each, five deviations


def test_stretches_do_not_overlap_and_there_are_no_more_than_fit() -> None:
    chosen = chosen_from([(at(0), at(35))], timedelta(seconds=10), 20, Random(3))

    assert 2 <= len(chosen) <= 3
    assert all(one[1] <= other[0] for one, other in pairwise(chosen))
    assert chosen_from([(at(0), at(9))], timedelta(seconds=10), 3, Random(3)) == []


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path / "sightline.db"))
    with opened.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        ensure_camera(SITE, connection, "shop", "till", source_label="till.mp4")
        for start, end in ((0, 300), (300.4, 600)):
            segment = RecordedSegment(
                path=f"{start}.mp4", started_at=at(start), ended_at=at(end), zero_at=at(start),
                codec="h264", frames=100, size_bytes=1,
            )  # fmt: skip
            put_segment(SITE, connection, "shop", "till", segment)
        seen = {NOON + number * MINUTE: 300 for number in (1, 2, 3, 4, 5)}
        add_coverage(SITE, connection, "shop", "till", seen)
    yield opened
    opened.close()


def wish(**other: object) -> Wish:
    given = {
        "venue_id": "shop", "camera_id": "till", "rule": "visitors",
        "first": date(2026, 3, 2), "last": date(2026, 3, 2), "length": MINUTE, "count": 50,
    }  # fmt: skip
    return Wish(**{**given, **other})  # type: ignore[arg-type]


def test_it_draws_from_what_was_recorded_and_looked_at(database: Database) -> None:
    drawn = AuditDesk(database, lambda: NOW).draw(SITE, wish(), random=Random(1))

    assert drawn.available == 5 * MINUTE  # two files that follow each other; minutes 1 to 5 were looked at
    assert 3 <= len(drawn.stretches) <= 5
    assert all(at(60) <= one.start and one.end <= at(360) for one in drawn.stretches)
    assert all(one.shown_until == one.end for one in drawn.stretches)


def test_what_was_counted_for_a_rule_is_not_drawn_for_it_again(database: Database) -> None:
    counted = Seen(
        venue_id="shop", camera_id="till", rule="visitors", start=at(60), end=at(300),
        truth=3, matched=None, by="ana",
    )  # fmt: skip
    Audits(database, lambda: NOW).add(SITE, counted)
    desk = AuditDesk(database, lambda: NOW)

    (left,) = desk.draw(SITE, wish()).stretches
    others = desk.draw(SITE, wish(rule="queue"), random=Random(1))

    assert (left.start, left.end) == (at(300), at(360))
    assert others.available == 5 * MINUTE
    assert {one.shown_until - one.end for one in others.stretches} == {timedelta(seconds=30)}


def test_days_are_the_venues_and_unknown_cameras_and_rules_are_told(database: Database) -> None:
    desk = AuditDesk(database, lambda: NOW)
    before = date(2026, 3, 1)

    assert desk.draw(SITE, wish(first=before, last=before)).stretches == []
    with pytest.raises(NotFound):
        desk.draw(SITE, wish(camera_id="door"))
    with pytest.raises(NotFound):
        desk.draw(Scope.of("other"), wish())
    with pytest.raises(ConfigError):
        desk.draw(SITE, wish(rule="clouds"))
    with pytest.raises(ConfigError):
        desk.draw(SITE, wish(last=before))
