"""Who was out of sight for longer than the memory and comes back: under the same number, or not."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from tracking_stories import Walk, at, box_at, frames, hidden, ids_over_time, seen, walking

from sightline.domain.track import Box
from sightline.tracking import Tracker, open_tracker
from sightline.tracking.missing import CLEARLY, REACH
from sightline.tracking.resemblance import Look

RED, BLUE, GREEN = np.eye(3, dtype=np.float32)
SAME = 0.8
Wears = Callable[[int, float], np.ndarray]
"""Number of the walk and seconds -> the vector."""

HERE = (200.0, 300.0)


def tilted(from_red: float) -> np.ndarray:
    """A vector whose cosine with `RED` is this."""
    return from_red * RED + np.float32(np.sqrt(1 - from_red**2)) * BLUE


def told(
    walks: list[Walk],
    times: list[float],
    wears: Wears = lambda walk, _: (RED, BLUE, GREEN)[walk],
    *,
    at_door: Callable[[Box], bool] = lambda _: False,
    tracker: Tracker | None = None,
) -> list[list[int]]:
    """The numbers each walk was given, each once, in order."""
    tracker = tracker or open_tracker()
    ids: list[list[int]] = [[] for _ in walks]
    for second in times:
        here = [(number, box_at(foot)) for number, walk in enumerate(walks) if (foot := walk(second))]

        def look(rows: np.ndarray, here: list = here, second: float = second) -> np.ndarray:
            return np.stack([wears(here[row][0], second) for row in rows])

        doors = np.array([at_door(box) for _, box in here], bool)
        shown = tracker.update(at(second), seen([box for _, box in here]), Look(look, 0.57, SAME), doors)
        assert len({one.track_id for one in shown}) == len(shown)
        for one in shown:
            walk = min(here, key=lambda entry: abs(entry[1][0] - one.box[0]))[0]
            if one.track_id not in ids[walk]:
                ids[walk].append(one.track_id)
    return ids


def standing(spot: tuple[float, float]) -> Walk:
    return walking(spot, (0, 0))


BEHIND_A_SHELF = hidden(standing(HERE), 4, 19)


def test_who_was_behind_a_shelf_is_the_same_person_and_the_reason_is_recorded() -> None:
    tracker = open_tracker()
    assert told([BEHIND_A_SHELF], frames(5, 22), tracker=tracker) == [[1]]

    (merge,) = tracker.take_merges()
    assert (merge.track_id, merge.lost_at) == (1, at(4))
    assert at(19) <= merge.back_at <= at(19.5)
    assert merge.document()["cosine"] == 1
    assert merge.heights == pytest.approx(0)
    assert tracker.take_merges() == []
    assert list(tracker.missing) == []


def test_without_looks_nobody_comes_back() -> None:
    tracker = open_tracker()
    assert set(ids_over_time(tracker, [BEHIND_A_SHELF], frames(5, 25))[0]) == {1, 2}
    assert list(tracker.missing) == []


@pytest.mark.parametrize(
    ("cosine", "numbers"),
    [
        pytest.param(SAME + 0.01, [1], id="alike enough"),
        pytest.param(SAME - 0.01, [1, 2], id="not alike enough"),
    ],
)
def test_another_ones_clothes_are_another_one(cosine: float, numbers: list[int]) -> None:
    wears: Wears = lambda _, s: RED if s < 10 else tilted(cosine)  # noqa: E731
    assert told([BEHIND_A_SHELF], frames(5, 25), wears) == [numbers]


@pytest.mark.parametrize(
    ("moved", "numbers"),
    [
        pytest.param(REACH - 0.1, [1], id="as far as the reach"),
        pytest.param(REACH + 0.1, [1, 2], id="too far"),
    ],
)
def test_who_appears_far_away_is_another_one(moved: float, numbers: list[int]) -> None:
    walk: Walk = lambda s: HERE if s < 10 else (HERE[0] + 100 * moved, HERE[1])  # noqa: E731
    assert told([hidden(walk, 4, 19)], frames(5, 25)) == [numbers]


@pytest.mark.parametrize(
    ("away_s", "numbers"),
    [pytest.param(19.0, [1], id="19 s"), pytest.param(21.0, [1, 2], id="too late")],
)
def test_after_20_seconds_somebody_is_new(away_s: float, numbers: list[int]) -> None:
    tracker = open_tracker()
    assert told([hidden(standing(HERE), 4, 4 + away_s)], frames(5, 30), tracker=tracker) == [numbers]


def test_of_two_lost_ones_who_look_alike_neither_comes_back() -> None:
    """Clothes that two people wear prove nothing."""
    lost = hidden(standing((HERE[0] + 150, HERE[1])), 4, 99)
    assert told([BEHIND_A_SHELF, lost], frames(5, 25), lambda *_: RED) == [[1, 3], [2]]
    nearly: Wears = lambda walk, _: RED if walk == 0 else tilted(1 - CLEARLY + 0.02)  # noqa: E731
    assert told([BEHIND_A_SHELF, lost], frames(5, 25), nearly) == [[1, 3], [2]]


def test_while_a_colleague_in_the_same_uniform_is_in_sight_nobody_comes_back() -> None:
    colleague = standing((900, 300))
    assert told([BEHIND_A_SHELF, colleague], frames(5, 25), lambda *_: RED) == [[1, 3], [2]]


def test_two_who_appear_in_one_picture_and_look_alike_are_both_new() -> None:
    newcomer = hidden(standing((HERE[0] + 150, HERE[1])), -1, 19)
    assert told([BEHIND_A_SHELF, newcomer], frames(5, 25), lambda *_: RED) == [[1, 2], [3]]


def test_each_of_two_lost_ones_gets_their_own_number_back() -> None:
    other = hidden(standing((HERE[0] + 150, HERE[1])), 4, 15)
    assert told([BEHIND_A_SHELF, other], frames(5, 25)) == [[1], [2]]


def test_who_is_half_behind_somebody_else_is_not_judged_by_their_clothes() -> None:
    before: Walk = lambda s: (HERE[0] + 15 + 28 * min(10, max(0, 15 - s)), HERE[1])  # noqa: E731
    assert told([BEHIND_A_SHELF, before], frames(5, 22)) == [[1, 3], [2]]


def test_a_child_is_not_its_mother() -> None:
    tracker = open_tracker()
    look = Look(lambda rows: np.stack([RED] * len(rows)), 0.57, SAME)
    given = []
    for second in frames(5, 25):
        height = 100 if second <= 4 else 55
        box = (180.0, 300.0 - height, 220.0, 300.0)
        found = seen([box] if not 4 < second < 12 else [])
        given += [one.track_id for one in tracker.update(at(second), found, look)]
    assert set(given) == {1, 2}


def test_when_the_pictures_stopped_nobody_watched_and_nobody_comes_back() -> None:
    tracker = open_tracker()
    times = [*frames(5, 12), *[12 + 6 + second for second in frames(5, 3)]]
    assert told([hidden(standing(HERE), 4, 14)], times, tracker=tracker) == [[1, 2]]
    assert tracker.take_merges() == []
    # Nor does who was still in sight then.
    times = [*frames(5, 4), *[4 + 8 + second for second in frames(5, 3)]]
    assert told([standing(HERE)], times) == [[1, 2]]


@pytest.mark.parametrize("gap_s", [3.0, 15.0])
def test_who_went_out_by_the_door_ends_and_the_next_one_there_is_another_one(gap_s: float) -> None:
    walk = hidden(standing(HERE), 4, 4 + gap_s)
    assert told([walk], frames(5, 25), at_door=lambda _: True) == [[1, 2]]
    assert told([walk], frames(5, 25)) == [[1]]


def test_who_went_out_does_not_come_back_elsewhere_either() -> None:
    elsewhere = hidden(lambda s: HERE if s < 10 else (HERE[0] + 200, HERE[1]), 4, 14)
    assert told([elsewhere], frames(5, 20)) == [[1]]
    assert told([elsewhere], frames(5, 20), at_door=lambda box: box[0] < 250) == [[1, 2]]


def test_who_comes_in_by_the_door_is_new_also_if_they_look_like_somebody_who_is_missing() -> None:
    """The door is 3 body heights from where the other one stands behind a shelf."""
    newcomer = hidden(standing((HERE[0] + 300, HERE[1])), -1, 14)
    lost = hidden(standing(HERE), 4, 99)
    alike: Wears = lambda *_: RED  # noqa: E731
    assert told([lost, newcomer], frames(5, 20), alike) == [[1], [1]]
    assert told([lost, newcomer], frames(5, 20), alike, at_door=lambda box: box[0] > 400) == [[1], [2]]


@pytest.mark.parametrize("fps", [5, 0.5])
def test_a_flicker_at_the_door_ends_nobody(fps: float) -> None:
    tracker = open_tracker()
    walk = hidden(standing(HERE), 4, 4.9)
    assert told([walk], frames(fps, 10), at_door=lambda _: True, tracker=tracker) == [[1]]
    assert [one.track_id for one in tracker.update(at(10.5), seen([box_at(HERE)]))] == [1]


def test_who_was_at_the_door_before_and_walked_on_may_come_back() -> None:
    inside = hidden(lambda s: (HERE[0] - 60 + 30 * min(s, 2), HERE[1]), 4, 14)
    assert told([inside], frames(5, 20), at_door=lambda box: box[0] < 150) == [[1]]


def test_after_all_was_ended_nobody_keeps_or_gets_back_a_number() -> None:
    tracker = open_tracker()
    present = standing((900, 300))
    first = told([hidden(standing(HERE), 4, 99), present], frames(5, 12), tracker=tracker)
    assert (first, list(tracker.missing)) == ([[1], [2]], [1])
    tracker.end_all()
    assert list(tracker.missing) == []
    later = [12.2 + second for second in frames(5, 3)]
    assert told([standing(HERE), present], later, tracker=tracker) == [[3], [4]]


@pytest.mark.parametrize("name", ["bytetrack", "deepsort"])
def test_every_tracker_takes_them_back(name: str) -> None:
    assert told([BEHIND_A_SHELF], frames(5, 25), tracker=open_tracker(name)) == [[1]]


def test_numbers_are_never_shown_twice_among_many_who_hide_again_and_again() -> None:
    """Ten people in four kinds of clothes, who are hidden at random."""
    chance = np.random.default_rng(3)
    clothes = [tilted(cosine) for cosine in (1.0, 0.95, 0.85, 0.6)]
    hides = [[(s, s + chance.uniform(3, 22)) for s in chance.uniform(2, 60, 3)] for _ in range(10)]

    def walk(number: int) -> Walk:
        spot = (100.0 + 90 * number, 300.0)
        return lambda s: None if any(a < s < b for a, b in hides[number]) else spot

    told([walk(n) for n in range(10)], frames(5, 70), lambda n, _: clothes[n % 4])


def test_the_long_memory_is_longer_than_the_short_one() -> None:
    tracker = open_tracker()
    facts = tracker.facts()
    assert facts["absence_s"] == 20
    assert tracker.memory == timedelta(seconds=5)
