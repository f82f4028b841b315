"""Who is looked at closer, in which picture: within the credit, everybody in turn, the same each time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.track import TrackedBox
from sightline.pipeline.look_sampling import (
    BUDGET,
    CEILING_MS,
    HOLD_S,
    LEAST_FACE_BODY_PX,
    Chosen,
    LookCosts,
    LookSampler,
    upper_part,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FPS = 5
COSTS = LookCosts(picture=12.0, face=11.0, found_face=3.7, pose_call=46.0, people_a_call=4)
RICH = replace(COSTS, picture=1e6)
FACES_ONLY = replace(COSTS, pose_call=None)


def person(track_id: int, height: float = 300.0) -> TrackedBox:
    return TrackedBox(track_id, (100.0, 50.0, 100.0 + 0.4 * height, 50.0 + height), 0.9)


def watched(
    costs: LookCosts, pictures: list[list[TrackedBox]], fps: float = FPS
) -> list[tuple[datetime, Chosen]]:
    sampler = LookSampler(costs)
    times = [NOON + timedelta(seconds=number / fps) for number in range(len(pictures))]
    return [(at, sampler.choose(at, people)) for at, people in zip(times, pictures, strict=True)]


def seconds_of(told: list[tuple[datetime, Chosen]], track_id: int, what: str = "faces") -> list[float]:
    return [
        (at - NOON).total_seconds()
        for at, chosen in told
        if track_id in {one.track_id for one in getattr(chosen, what)}
    ]


crowds = st.lists(
    st.lists(
        st.builds(person, st.integers(1, 25), st.floats(20, 900)),
        max_size=25,
        unique_by=lambda one: one.track_id,
    ),
    min_size=1,
    max_size=60,
)
prices = st.builds(
    LookCosts,
    picture=st.floats(1, 100),
    face=st.none() | st.floats(1, 60),
    any_size=st.booleans(),
    found_face=st.floats(0, 80),
    pose_call=st.none() | st.floats(1, 500),
    people_a_call=st.integers(1, 9),
)


@given(costs=prices, pictures=crowds)
@settings(max_examples=60, deadline=None)
def test_looks_never_cost_more_than_the_pictures_so_far_have_earned(
    costs: LookCosts, pictures: list[list[TrackedBox]]
) -> None:
    told = watched(costs, pictures)
    faces = calls = waiting = spent = 0.0
    for number, (_, chosen) in enumerate(told, 1):
        faces += sum(costs.of_face(one.box) for one in chosen.faces)
        waiting *= not chosen.closes_call
        for _ in chosen.poses:  # whoever finds nobody waiting begins another call, and the last seat ends it
            calls += (costs.pose_call or 0.0) * (not waiting)
            waiting = (waiting + 1) % costs.people_a_call
        spent += chosen.spent
        assert faces + calls <= spent + 1e-6
        assert spent <= number * costs.picture * BUDGET / (1 - BUDGET) + 1e-6
        assert not chosen.faces or costs.face is not None
        assert not chosen.poses or costs.pose_call is not None
        assert all(one.height >= LEAST_FACE_BODY_PX for one in chosen.faces)


@given(costs=prices, pictures=crowds)
@settings(max_examples=40, deadline=None)
def test_the_same_pictures_are_looked_at_in_the_same_way(
    costs: LookCosts, pictures: list[list[TrackedBox]]
) -> None:
    assert watched(costs, pictures) == watched(costs, [list(reversed(people)) for people in pictures])


@given(heights=st.lists(st.floats(120, 800), min_size=1, max_size=25))
@settings(max_examples=10, deadline=None)
def test_everybody_has_their_turn_however_many_there_are(heights: list[float]) -> None:
    people = [person(number, height) for number, height in enumerate(heights, 1)]
    told = watched(COSTS, [people] * (60 * FPS))
    for one in people:
        assert seconds_of(told, one.track_id, "faces")
        assert seconds_of(told, one.track_id, "poses")


def test_whoever_stays_is_looked_at_less_and_less_often() -> None:
    told = watched(RICH, [[person(1)]] * (120 * FPS))
    faces = seconds_of(told, 1)
    assert faces[:3] == [0.0, 0.4, 1.0]
    gaps = [later - earlier for earlier, later in pairwise(faces)]
    assert gaps == pytest.approx(sorted(gaps), abs=0.21)
    assert gaps[-1] == pytest.approx(10.0)
    poses = seconds_of(told, 1, "poses")
    assert poses[0] == 1.0  # there is no speed before
    assert sum(at <= 10 for at in poses) >= 8
    late = [later - earlier for earlier, later in pairwise(poses) if earlier > 60]
    assert min(late) >= 2.0


def test_somebody_may_stay_all_day() -> None:
    told = watched(RICH, [[person(1)]] * 3000, fps=0.1)
    assert len(seconds_of(told, 1)) == len(told)  # each 10 s
    assert len(seconds_of(told, 1, "poses")) > len(told) / 2


def test_whoever_comes_closer_is_looked_at_at_once() -> None:
    far, close = [[person(1, 200)]] * (30 * FPS), [[person(1, 240)]] * (5 * FPS)
    asked = seconds_of(watched(FACES_ONLY, far + close), 1)
    assert 30.0 in asked
    # A little closer is not much closer: no look before it is due.
    asked = seconds_of(watched(FACES_ONLY, far + [[person(1, 225)]] * (2 * FPS)), 1)
    assert 30.0 not in asked


def test_the_larger_of_two_who_have_waited_alike_comes_first() -> None:
    poor = replace(FACES_ONLY, picture=20.0)
    first = next(
        chosen.faces for _, chosen in watched(poor, [[person(1, 150), person(2, 500)]] * 20) if chosen.faces
    )
    assert first[0].track_id == 2


def test_nobody_small_is_looked_at_and_nothing_is_spent_on_nobody() -> None:
    told = watched(RICH, [[person(1, 40)]] * 50 + [[]] * 50)
    assert all(not chosen.faces and not chosen.poses and not chosen.spent for _, chosen in told)


def test_twenty_people_cost_no_more_than_the_budget_and_one_less() -> None:
    minute = 60 * FPS
    twenty = sum(chosen.spent for _, chosen in watched(COSTS, [[person(n) for n in range(20)]] * minute))
    alone = sum(chosen.spent for _, chosen in watched(COSTS, [[person(1)]] * minute))
    earned = COSTS.earned * minute
    assert 0.9 * earned <= twenty <= earned
    assert alone < twenty


def test_what_faces_do_not_need_goes_to_poses() -> None:
    minute = 60 * FPS
    near = [person(n, 300) for n in range(8)]
    small = [person(n, LEAST_FACE_BODY_PX - 1) for n in range(8)]  # no face can be large enough

    def poses(people: list[TrackedBox]) -> int:
        return sum(len(chosen.poses) for _, chosen in watched(COSTS, [people] * minute))

    assert poses(small) > poses(near) > 0


def test_what_is_dear_is_not_passed_for_ever_by_what_is_cheap() -> None:
    """Faces are due all the time; a call of the pose model costs what ten pictures earn."""
    dear = replace(COSTS, pose_call=50.0)
    told = watched(dear, [[person(n) for n in range(20)]] * (20 * FPS))
    assert sum(len(chosen.poses) for _, chosen in told) >= 8


def test_saved_credit_has_a_ceiling() -> None:
    rich = replace(FACES_ONLY, found_face=40.0)
    sampler = LookSampler(rich)
    for second in range(3600):
        sampler.choose(NOON + timedelta(seconds=second), [])
    crowd = [person(n) for n in range(30)]
    assert sampler.choose(NOON + timedelta(hours=1, seconds=1), crowd).spent <= CEILING_MS


def test_a_call_waits_for_more_people_and_not_for_long() -> None:
    told = watched(replace(COSTS, face=None, picture=1e6), [[person(1), person(2)]] * 40)
    opened = next(at for at, chosen in told if chosen.poses)
    closed = next(at for at, chosen in told if chosen.closes_call)
    assert closed - opened == timedelta(seconds=HOLD_S)
    # A call that was closed is over: whoever comes later pays for another one.
    alone = watched(replace(COSTS, face=None, picture=1e6), [[person(1)]] * 40)
    spent = [chosen.spent for _, chosen in alone if chosen.poses]
    assert spent == pytest.approx([46.0] * len(spent))
    assert len(spent) >= 5
    # A full call waits for nobody: nothing is left to be closed.
    four = watched(replace(COSTS, face=None, picture=1e6), [[person(n) for n in range(4)]] * 40)
    assert not any(chosen.closes_call for _, chosen in four)
    assert sum(len(chosen.poses) for _, chosen in four) > 8


def test_a_seat_in_a_call_costs_nothing_more() -> None:
    told = watched(replace(COSTS, face=None), [[person(n) for n in range(4)]] * 100)
    assert {len(chosen.poses) for _, chosen in told if chosen.poses} == {4}
    spent = [chosen.spent for _, chosen in told if chosen.poses]
    assert spent == pytest.approx([46.0] * len(spent))
    assert len(spent) >= 5


def test_a_track_that_is_over_is_forgotten() -> None:
    sampler = LookSampler(RICH)
    assert sampler.choose(NOON, [person(1)]).faces
    assert not sampler.choose(NOON + timedelta(seconds=0.2), [person(1)]).faces
    sampler.forget(1)
    sampler.forget(1)
    assert sampler.choose(NOON + timedelta(seconds=0.4), [person(1)]).faces


def test_a_face_is_looked_for_at_the_upper_end_also_of_somebody_seen_to_the_waist() -> None:
    assert upper_part((100, 100, 200, 500)) == pytest.approx((90, 82, 210, 280))
    x1, y1, x2, y2 = upper_part((100, 300, 300, 480))
    assert (x1, x2, y2) == (80, 320, 480)
    assert y1 < 300


def test_a_smaller_crop_costs_less_where_the_model_takes_any_size() -> None:
    small, large = person(1, 120).box, person(1, 900).box
    assert COSTS.of_face(small) < COSTS.of_face(large) == pytest.approx(11.0 + 3.7)
    fixed = replace(COSTS, any_size=False)
    assert fixed.of_face(small) == fixed.of_face(large)
