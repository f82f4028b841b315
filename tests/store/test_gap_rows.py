"""What a camera did not show: gaps that begin, end, and are asked for."""

from datetime import datetime

import pytest
from store_stories import SITE, at

from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import gaps
from sightline.store.database import Database


def a_gap(start: float, end: float | None = None, reason: GapReason = GapReason.STALLED) -> Gap:
    return Gap(
        started_at=at(start),
        ended_at=None if end is None else at(end),
        reason=reason,
        detail="nothing came for 5 s",
    )


def opened(database: Database, gap: Gap, *, camera_id: str = "till", venue_id: str = "shop") -> int:
    with database.transaction() as connection:
        return gaps.open_gap(SITE, connection, venue_id, camera_id, gap)


def spans(found: list[gaps.StoredGap]) -> list[tuple[datetime, datetime | None]]:
    return [(one.gap.started_at, one.gap.ended_at) for one in found]


def test_gap_is_a_row_when_it_begins_and_is_completed_when_it_ends(database: Database) -> None:
    gap_id = opened(database, a_gap(10))
    with database.transaction() as connection:
        assert spans(gaps.open_gaps(SITE, connection)) == [(at(10), None)]
        assert gaps.close_gap(SITE, connection, gap_id, at(25))
        assert not gaps.close_gap(SITE, connection, gap_id, at(99))
        assert not gaps.close_gap(SITE, connection, gap_id + 1, at(99))
        assert gaps.open_gaps(SITE, connection) == []
        (stored,) = gaps.gaps_between(SITE, connection, venue_id="shop")
    assert stored == gaps.StoredGap(id=gap_id, venue_id="shop", camera_id="till", gap=a_gap(10, 25))


def test_gap_told_twice_is_one(database: Database) -> None:
    first = opened(database, a_gap(10))
    assert opened(database, a_gap(10)) == first
    assert opened(database, a_gap(10, 20)) == first
    assert opened(database, a_gap(10, reason=GapReason.ENDED)) != first
    with database.reading() as connection:
        assert spans(gaps.gaps_between(SITE, connection, venue_id="shop")) == [
            (at(10), at(20)),
            (at(10), None),
        ]


def test_gap_that_ends_before_it_began_has_no_length(database: Database) -> None:
    gap_id = opened(database, a_gap(100, reason=GapReason.CLOCK_CHANGED))
    opened(database, a_gap(200, 150))
    with database.transaction() as connection:
        assert gaps.close_gap(SITE, connection, gap_id, at(40))
        assert spans(gaps.gaps_between(SITE, connection, venue_id="shop")) == [
            (at(100), at(100)),
            (at(200), at(200)),
        ]


def test_next_start_ends_what_a_kill_left_open_on_that_camera_only(database: Database) -> None:
    opened(database, a_gap(10))
    opened(database, a_gap(20, reason=GapReason.NOT_RUNNING))
    opened(database, a_gap(10), venue_id="other")
    with database.transaction() as connection:
        close = gaps.close_open_gaps
        assert close(SITE, connection, "shop", "till", at(30), reason=GapReason.NOT_RUNNING) == 1
        assert spans(gaps.open_gaps(SITE, connection, venue_id="shop")) == [(at(10), None)]
        assert close(SITE, connection, "shop", "till", at(40)) == 1
        assert close(SITE, connection, "shop", "till", at(50)) == 0
        assert [one.venue_id for one in gaps.open_gaps(SITE, connection)] == ["other"]
        assert spans(gaps.gaps_between(SITE, connection, venue_id="shop")) == [
            (at(10), at(40)),
            (at(20), at(30)),
        ]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        pytest.param(0, 10, [], id="before, touching"),
        pytest.param(0, 11, [10], id="its beginning"),
        pytest.param(15, 16, [10], id="its middle"),
        pytest.param(20, 30, [], id="after, touching"),
        pytest.param(15, 60, [10, 50], id="one that lasts, too"),
        pytest.param(5000, 6000, [50], id="one that lasts, much later"),
    ],
)
def test_gaps_are_found_by_the_time_they_share(
    database: Database, start: float, end: float, found: list[float]
) -> None:
    opened(database, a_gap(10, 20))
    opened(database, a_gap(50))
    with database.reading() as connection:
        between = gaps.gaps_between(
            SITE, connection, venue_id="shop", camera_id="till", start=at(start), end=at(end)
        )
    assert [one.gap.started_at for one in between] == [at(second) for second in found]


def test_gaps_of_another_venue_are_neither_seen_nor_touched(database: Database) -> None:
    gap_id = opened(database, a_gap(10))
    other = Scope.of("other")
    with database.reading() as connection:
        assert gaps.open_gaps(other, connection) == []
        assert gaps.gaps_between(other, connection, venue_id="shop") == []
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        gaps.close_gap(other, connection, gap_id, at(20))
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        gaps.open_gap(other, connection, "shop", "till", a_gap(30))
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        gaps.close_open_gaps(other, connection, "shop", "till", at(30))
