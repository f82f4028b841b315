"""Counting over a line, told as people who walk across a picture of 1000 x 1000 pixels, 200 pixels tall."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.domain.crossing import (
    AGAIN_AFTER,
    FORGOTTEN_AFTER,
    GONE_ON_NEARBY,
    GONE_ON_WITHIN,
    MARGIN,
    CountLine,
    Crossing,
    LineCount,
    LineCounter,
    LineTally,
    Way,
)
from sightline.domain.event import Role
from sightline.domain.track import TrackedBox, TrackedFrame

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEIGHT = 200.0
DOOR = CountLine("door", (0.5, 0.2), (0.5, 0.8), "left")
"""Down the middle: who looks along it, down, has the right half of the picture at the left hand: inside."""
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
Step = tuple[float, float, float]
"""Second, and where the feet are, pixels."""


def body(track_id: int, x: float, y: float) -> TrackedBox:
    return TrackedBox(track_id, (x - 30, y - HEIGHT, x + 30, y), 0.9)


def at(second: float, *people: TrackedBox) -> TrackedFrame:
    return TrackedFrame(
        captured_at=NOON + timedelta(seconds=second), width=1000, height=1000, people=tuple(people)
    )


def crossings(steps: Iterable[Step], line: CountLine = DOOR) -> list[Crossing]:
    counter = LineCounter([line])
    return [one for second, x, y in steps for one in counter.see(at(second, body(1, x, y)))]


def ways(steps: Iterable[Step], line: CountLine = DOOR) -> list[str]:
    return [one.way.value for one in crossings(steps, line)]


def along(*xs: float, y: float = 500) -> list[Step]:
    """One sighting a second at these places."""
    return [(second, x, y) for second, x in enumerate(xs)]


def test_who_walks_over_the_line_is_counted_when_the_feet_were_on_it() -> None:
    (crossing,) = crossings(along(440, 480, 520, 560))
    assert crossing == Crossing("door", 1, NOON + timedelta(seconds=1.5), Way.IN)


def test_the_way_back_is_counted_the_other_way() -> None:
    assert ways(along(400, 600, 400)) == ["in", "out"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(along(400, 511, 400), [], id="not past the margin"),
        pytest.param(along(400, 512), ["in"], id="just past the margin"),
        pytest.param(along(400, 510, 495, 505, 530), ["in"], id="jitter on the way"),
        pytest.param(along(495, 505, 495, 505), [], id="stands on the line"),
        pytest.param(along(495, 540), ["in"], id="first seen beside it, on its way"),
        pytest.param(along(400, 600, y=900), [], id="beyond its end"),
        pytest.param([(0, 400, 500), (1, 400, 900), (2, 600, 900), (3, 600, 500)], [], id="around its end"),
        pytest.param(
            [(0, 400, 900), (1, 600, 900), (2, 600, 500), (3, 400, 500)],
            ["out"],
            id="around it, back over it",
        ),
    ],
)
def test_what_counts(steps: Sequence[Step], expected: list[str]) -> None:
    assert ways(steps) == expected


def test_the_margin_is_in_body_heights() -> None:
    def tall(frame: TrackedFrame) -> TrackedFrame:
        person = frame.people[0]
        x1, _, x2, foot = person.box
        return replace(frame, people=(replace(person, box=(x1, foot - 3 * HEIGHT, x2, foot)),))

    counter = LineCounter([DOOR])
    seen = [counter.see(tall(at(second, body(1, x, 500)))) for second, x in enumerate((400, 530, 540))]
    assert [len(one) for one in seen] == [0, 0, 1]


def test_who_dawdles_on_the_line_is_counted_once_each_way() -> None:
    assert ways(along(400, 600, 400, 600, 400)) == ["in", "out"]


def test_who_comes_again_later_is_counted_again() -> None:
    """Also whoever has got the number of somebody who went in before: trackers exchange them."""
    again = AGAIN_AFTER.total_seconds() + 2
    assert ways([(0, 400, 500), (1, 600, 500), (again, 400, 500), (again + 1, 600, 500)]) == [
        "in",
        "out",
        "in",
    ]


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        pytest.param(timedelta(seconds=20), ["in"], id="behind a shelf"),
        pytest.param(FORGOTTEN_AFTER + timedelta(seconds=1), [], id="long forgotten"),
    ],
)
def test_who_comes_back_under_the_number_goes_on(away: timedelta, expected: list[str]) -> None:
    counter = LineCounter([DOOR])
    counter.see(at(0, body(1, 400, 500)))
    counter.see(at(away.total_seconds() / 2, body(2, 700, 500)))
    counter.see(at(away.total_seconds() - 0.1, body(2, 700, 500)))
    back = counter.see(at(away.total_seconds(), body(1, 600, 500)))
    assert [one.way.value for one in back] == expected


def test_one_box_that_has_lost_its_legs_is_no_step_over_the_line() -> None:
    """Five pictures a second; the feet of somebody who stands inside come back where they were."""
    beside = CountLine("beside", (0.2, 0.5), (0.8, 0.5), "left")
    stands, legless = 485.0, 527.0
    assert ways([(k / 5, 500, legless if k == 5 else stands) for k in range(10)], beside) == []
    assert ways([(k / 5, 500, legless if k in (5, 6) else stands) for k in range(10)], beside) != []


@pytest.mark.parametrize(
    ("second", "where", "expected"),
    [
        pytest.param(2, 560, [2], id="beside who came in"),
        pytest.param(2, 571 + GONE_ON_NEARBY * HEIGHT, [], id="not beside them"),
        pytest.param(4, 560, [], id="later"),
        pytest.param(2, 440, [], id="still outside"),
    ],
)
def test_who_was_hidden_by_somebody_who_came_in_has_come_in(
    second: float, where: float, expected: list[int]
) -> None:
    counter = LineCounter([DOOR])
    walk = {0: 440.0, 1: 560.0, 2: 570.0, 3: 580.0, 4: 590.0}
    found = []
    for at_second, x in walk.items():
        hidden = [body(2, where, 510)] if at_second >= second else []
        found += counter.see(at(at_second, body(1, x, 500), *hidden))
    assert [one.track_id for one in found] == [1, *expected]
    assert {one.way for one in found} == {Way.IN}
    assert len({one.at for one in found}) == 1


def test_who_comes_into_view_beside_somebody_who_left_has_not_left() -> None:
    counter = LineCounter([DOOR])
    people = [(560, ()), (440, ()), (430, (450,)), (420, (400,))]
    found = [
        one
        for second, (x, others) in enumerate(people)
        for one in counter.see(at(second, body(1, x, 500), *(body(2, other, 510) for other in others)))
    ]
    assert [(one.track_id, one.way) for one in found] == [(1, Way.OUT)]


SECONDS = GONE_ON_WITHIN.total_seconds()
NEARBY = GONE_ON_NEARBY * HEIGHT


@pytest.mark.parametrize(
    ("after", "where", "also", "expected"),
    [
        pytest.param(SECONDS, 430 + NEARBY, (), ["in"], id="lost at the door, found inside"),
        pytest.param(SECONDS + 0.1, 550, (), [], id="too late"),
        pytest.param(1, 431 + NEARBY, (), [], id="too far"),
        pytest.param(1, 550, (1,), [], id="the first is still there"),
    ],
)
def test_a_number_that_begins_where_one_has_ended_goes_on(
    after: float, where: float, also: Sequence[int], expected: list[str]
) -> None:
    counter = LineCounter([DOOR])
    counter.see(at(0, body(1, 430, 500)))
    there = [body(number, 430, 500) for number in also]
    found = counter.see(at(after, body(2, where, 500), *there))
    assert [one.way.value for one in found] == expected
    assert {one.track_id for one in found} <= {2}


def test_nobody_goes_on_as_two_and_the_nearest_does() -> None:
    counter = LineCounter([DOOR])
    counter.see(at(0, body(1, 550, 500), body(2, 550, 560)))
    found = counter.see(at(1, body(3, 470, 510), body(4, 470, 570), body(5, 470, 590)))
    assert [(one.way.value, one.track_id) for one in found] == [("out", 3), ("out", 4)]
    people = [body(3, 440, 510), body(4, 440, 570), body(5, 440, 590)]
    assert counter.see(at(1.8, *people, body(6, 530, 500))) == [], "the first has gone on as the third"


def test_what_one_has_counted_does_not_silence_the_next() -> None:
    """Somebody is lost outside after a step inside, and somebody is found: as likely the next to come."""
    counter = LineCounter([DOOR])
    for second, x in enumerate((450, 530, 480)):
        counter.see(at(second, body(1, x, 500)))
    assert [one.way for one in counter.see(at(3, body(2, 530, 500)))] == [Way.IN]


def test_memory_does_not_grow_with_the_people_who_were_there() -> None:
    counter = LineCounter([DOOR])
    for number in range(2_000):
        counter.see(at(number * 5.0, body(number, 400, 500)))
    assert len(counter._tracks) <= FORGOTTEN_AFTER.total_seconds() / 5 + 1


def test_lines_are_counted_each_for_itself() -> None:
    lines = [DOOR, replace(DOOR, name="till", a=(0.7, 0.2), b=(0.7, 0.8), side="right")]
    counter = LineCounter(lines)
    found = [
        (one.line, one.way.value, one.track_id)
        for second, x in enumerate((400, 600, 800))
        for one in counter.see(at(second, body(1, x, 500), body(2, x + 1000, 500)))
    ]
    assert found == [("door", "in", 1), ("till", "out", 1)]


def test_broken_boxes_are_nobody() -> None:
    counter = LineCounter([DOOR])
    flat = TrackedBox(1, (370, 500, 430, 500), 0.9)
    nowhere = TrackedBox(2, (float("nan"), 300, 430, 500), 0.9)
    assert counter.see(at(0, flat, nowhere)) == []
    assert counter.see(at(1, body(1, 600, 500), body(2, 600, 500))) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"name": ""}, "needs a name", id="no name"),
        pytest.param({"b": (0.5, 1.2)}, "outside the picture", id="outside"),
        pytest.param({"b": (0.5, 0.2)}, "two different points", id="no length"),
        pytest.param({"side": "up"}, "'left' or 'right'", id="no side"),
    ],
)
def test_lines_that_are_none(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(DOOR, **changes)


def test_staff_are_told_apart_by_the_last_role_they_had() -> None:
    tally = LineTally([DOOR, replace(DOOR, name="back door")])
    came = [Crossing("door", track, NOON, Way.IN) for track in (1, 2, 3)]
    left = [Crossing("door", 2, NOON, Way.OUT)]
    tally.see(came, {1: Role.CUSTOMER, 2: Role.CUSTOMER})
    assert tally.counts()[0] == LineCount(line="door", entered=3)
    tally.see(left, {1: Role.CUSTOMER, 2: Role.STAFF})
    tally.see([], {})
    expected = LineCount(line="door", entered=2, staff_entered=1, staff_left=1)
    assert tally.counts() == (expected, LineCount(line="back door"))
    tally.see([], {1: Role.STAFF})
    assert tally.counts()[0] == expected
    assert expected.document() == {"name": "door", "in": 2, "out": 0, "staff_in": 1, "staff_out": 1}


PLACE = st.tuples(st.floats(0, 1000), st.floats(200, 1000))
WALK = st.lists(PLACE, min_size=2, max_size=15).map(
    lambda places: [(float(second), x, y) for second, (x, y) in enumerate(places)]
)


@FEW
@given(WALK)
def test_a_line_drawn_the_other_way_round_swaps_in_and_out(steps: list[Step]) -> None:
    def turned(line: CountLine) -> list[tuple[datetime, bool]]:
        return [(one.at, one.way is Way.IN) for one in crossings(steps, line)]

    forth = turned(DOOR)
    assert turned(replace(DOOR, side="right")) == [(moment, not inwards) for moment, inwards in forth]
    back = turned(replace(DOOR, a=DOOR.b, b=DOOR.a))
    assert [one[1] for one in back] == [not inwards for _, inwards in forth]


@FEW
@given(st.lists(st.floats(-MARGIN * HEIGHT + 0.01, MARGIN * HEIGHT - 0.01), min_size=2, max_size=20))
def test_jitter_below_the_margin_counts_nothing(jitter: list[float]) -> None:
    assert ways(along(*(500 + one for one in jitter))) == []


@FEW
@given(WALK)
def test_a_track_is_never_counted_twice_the_same_way_at_once(steps: list[Step]) -> None:
    found = crossings(steps)
    for way in Way:
        moments = [one.at for one in found if one.way is way]
        assert all(b - a >= AGAIN_AFTER for a, b in pairwise(moments))
