"""Which zones a visitor was in, and for how long."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.zone import FloorPlan, Zone, ZoneKind
from sightline.domain.zone_stays import ELSEWHERE, ZoneLog, ZoneStay, default_zone

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOST = timedelta(seconds=3)
WIDTH, HEIGHT = 100, 100


def square(name: str, kind: ZoneKind, x0: float, x1: float) -> Zone:
    return Zone(name, kind, ((x0, 0.0), (x1, 0.0), (x1, 1.0), (x0, 1.0)))


FLOOR = (
    square("shop", ZoneKind.AREA, 0.0, 0.6),
    square("till", ZoneKind.SERVICE, 0.4, 0.6),
    square("office", ZoneKind.STAFF, 0.8, 1.0),
)


def walked(zones: tuple[Zone, ...], *path: tuple[float, float]) -> list[tuple[str, float, float]]:
    """The stays (zone, from, to; seconds) of somebody who is seen at x (0..1) at these seconds."""
    log, plan = ZoneLog(zones, LOST), FloorPlan(zones, None)
    for second, x in path:
        person = TrackedBox(1, (100 * x - 5, 30, 100 * x + 5, 50), 0.8)
        frame = TrackedFrame(
            captured_at=NOON + timedelta(seconds=second), width=WIDTH, height=HEIGHT, people=(person,)
        )
        (where,) = plan.locate([person.foot], WIDTH, HEIGHT)
        log.see(person, frame, where.depths)
    return [
        (one.zone, (one.entered_at - NOON).total_seconds(), (one.left_at - NOON).total_seconds())
        for one in log.take(1).stays
    ]


def test_a_walk_through_two_zones_is_two_stays_that_meet() -> None:
    path = [(second, 0.1 if second < 5 else 0.5) for second in range(11)]
    assert walked(FLOOR, *path) == [("shop", 0, 5), ("till", 5, 10)]


def test_a_step_over_the_edge_and_back_is_no_stay() -> None:
    path = [(0, 0.39), (0.3, 0.41), (0.6, 0.41), (0.9, 0.41), (1.2, 0.39), (1.5, 0.41), (1.8, 0.39)]
    assert walked(FLOOR, *path) == [("shop", 0, 1.8)]


def test_the_zone_drawn_inside_another_one_is_the_one_that_is_meant() -> None:
    assert walked(FLOOR, (0, 0.5), (2, 0.5)) == [("till", 0, 2)]


def test_outside_of_what_is_drawn_is_elsewhere_and_zones_of_staff_are_none_of_visitors() -> None:
    assert walked(FLOOR, (0, 0.7), (1, 0.9), (3, 0.9)) == [(ELSEWHERE, 0, 3)]


def test_who_was_away_for_longer_than_a_track_lasts_was_not_there_meanwhile() -> None:
    assert walked(FLOOR, (0, 0.1), (2, 0.1), (8, 0.1), (9, 0.1)) == [("shop", 0, 2), ("shop", 8, 9)]


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (0.1, 0.9, "left"),
        (0.9, 0.1, "right"),
        (0.5, 0.2, "back"),
        (0.5, 0.5, "middle"),
        (0.5, 0.9, "front"),
        (0.25, 0.0, "back"),
        (0.75, 1.0, "front"),
    ],
)
def test_a_picture_without_zones_has_five(x: float, y: float, name: str) -> None:
    assert default_zone(x, y) == name


def test_a_track_that_is_gone_is_forgotten() -> None:
    log = ZoneLog((), LOST)
    person = TrackedBox(7, (40, 30, 60, 50), 0.5)
    log.see(person, TrackedFrame(captured_at=NOON, width=WIDTH, height=HEIGHT, people=(person,)), {})
    assert log.take(7).stays == (ZoneStay("middle", NOON, NOON),)
    assert log.take(7).stays == ()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 2.9), st.floats(0.0, 1.0)), min_size=1, max_size=40),
    st.sampled_from([FLOOR, ()]),
)
def test_the_stays_of_a_presence_add_up_to_it_without_gap_or_overlap(
    steps: list[tuple[float, float]], zones: tuple[Zone, ...]
) -> None:
    path, second = [], 0.0
    for step, x in steps:
        second = round(second + step, 3)
        path.append((second, x))
    stays = walked(zones, *path)
    assert stays[0][1] == path[0][0]
    assert stays[-1][2] == path[-1][0]
    for before, after in pairwise(stays):
        assert before[2] == after[1]
        assert before[0] != after[0]
