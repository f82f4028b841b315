"""Every tracker, on small stories about people who walk, hide, cross and leave."""

from datetime import timedelta

import numpy as np
import pytest
from tracking_stories import OPENING, at, box_at, frames, hidden, ids_over_time, seen, walking

from sightline.domain.detection import Detections
from sightline.errors import ConfigError
from sightline.tracking import Tracker, open_tracker
from sightline.tracking.registry import TRACKERS

NOBODY = Detections.none()
STROLL = 60.0  # pixels per second for a body of 100 pixels: about 1 m/s


@pytest.fixture(params=sorted(TRACKERS))
def tracker(request: pytest.FixtureRequest) -> Tracker:
    return open_tracker(request.param)


@pytest.fixture
def botsort() -> Tracker:
    return open_tracker("botsort")


@pytest.mark.parametrize("fps", [30, 5])
def test_two_people_who_cross_keep_their_ids(tracker: Tracker, fps: float) -> None:
    walks = [walking((100, 300), (STROLL, 0)), walking((500, 310), (-STROLL, 0))]
    left, right = ids_over_time(tracker, walks, frames(fps, 6))
    assert (set(left), set(right)) == ({1}, {2})


def test_people_who_cross_at_two_frames_a_second_keep_their_ids_though_they_outrun_their_boxes(
    botsort: Tracker,
) -> None:
    walks = [walking((100, 300), (STROLL, 0)), walking((500, 310), (-STROLL, 0))]
    left, right = ids_over_time(botsort, walks, frames(2, 6))
    assert (set(left), set(right)) == ({1}, {2})


@pytest.mark.parametrize("fps", [30, 12.5, 5, 2])
def test_a_walker_hidden_for_two_seconds_comes_back_under_the_same_id(tracker: Tracker, fps: float) -> None:
    walk = hidden(walking((100, 300), (STROLL, 10)), 4, 6)
    assert set(ids_over_time(tracker, [walk], frames(fps, 10))[0]) == {1}


def test_a_walker_at_one_frame_a_second_keeps_the_id_without_any_overlap(botsort: Tracker) -> None:
    walk = walking((100, 300), (STROLL, 0))  # 1.5 widths between two frames
    assert ids_over_time(botsort, [walk], frames(1, 10)) == [[1] * 11]


def test_irregular_steps_do_not_break_a_track(botsort: Tracker) -> None:
    steps = np.random.default_rng(7).choice([0.03, 0.2, 0.4, 1.0, 1.6], size=60)
    walks = [walking((100, 300), (STROLL, 0)), walking((900, 500), (-STROLL, 5))]
    first, second = ids_over_time(botsort, walks, np.cumsum(steps).tolist())
    assert (set(first), set(second)) == ({1}, {2})


def test_who_is_away_for_longer_than_the_memory_is_a_new_person(tracker: Tracker) -> None:
    away = tracker.memory.total_seconds() + 1
    walk = hidden(lambda _: (200.0, 300.0), 3, 3 + away)
    ids = ids_over_time(tracker, [walk], frames(5, 6 + away))[0]
    assert list(dict.fromkeys(ids)) == [1, 2]


def test_a_gap_in_the_frames_counts_like_a_gap_in_the_sightings(tracker: Tracker) -> None:
    away = tracker.memory.total_seconds() + 1
    times = [*frames(5, 2), *[2 + away + second for second in frames(5, 2)]]
    ids = ids_over_time(tracker, [lambda _: (200.0, 300.0)], times)[0]
    assert list(dict.fromkeys(ids)) == [1, 2]


def test_no_id_is_used_twice_in_a_day_of_comings_and_goings(tracker: Tracker) -> None:
    visit = tracker.memory.total_seconds() + 3
    given: list[int] = []
    for number in range(6):
        begin = number * visit
        walk = walking((100 - STROLL * begin, 300), (STROLL, 0))
        ids = ids_over_time(tracker, [walk], [begin + second for second in frames(5, 2)])[0]
        assert len(set(ids)) == 1
        given.append(ids[0])
    assert given == [1, 2, 3, 4, 5, 6]


def test_low_scores_hold_a_track_but_start_none(tracker: Tracker) -> None:
    def score(second: float) -> float:
        return 0.3 if second > 2 else 0.9

    ids = ids_over_time(tracker, [walking((100, 300), (20, 0))], frames(5, 6), score)[0]
    assert ids == [1] * 31

    assert ids_over_time(
        open_tracker(tracker.name), [walking((0, 300), (20, 0))], frames(5, 4), lambda _: 0.3
    ) == [[]]


def test_a_person_is_confirmed_by_a_second_sighting_but_at_once_in_the_first_frame(tracker: Tracker) -> None:
    early, late = box_at((100, 300)), box_at((600, 300))
    assert [person.track_id for person in tracker.update(at(0), seen([early]))] == [1]
    assert [person.track_id for person in tracker.update(at(0.2), seen([early, late]))] == [1]
    assert [person.track_id for person in tracker.update(at(0.4), seen([early, late]))] == [1, 2]


def test_a_false_alarm_seen_once_never_shows_and_costs_no_id(tracker: Tracker) -> None:
    tracker.update(at(0), NOBODY)
    assert tracker.update(at(0.2), seen([box_at((100, 300))])) == []
    assert tracker.update(at(0.4), NOBODY) == []
    tracker.update(at(0.6), seen([box_at((500, 300))]))
    assert [person.track_id for person in tracker.update(at(0.8), seen([box_at((500, 300))]))] == [1]


def test_a_hidden_track_is_remembered_but_not_shown(tracker: Tracker) -> None:
    box = box_at((100, 300))
    tracker.update(at(0), seen([box]))
    assert tracker.update(at(0.2), NOBODY) == []
    assert [person.track_id for person in tracker.update(at(0.4), seen([box]))] == [1]


def test_what_is_shown_is_the_detectors_box_and_not_the_prediction(tracker: Tracker) -> None:
    for second in frames(5, 2):
        box = box_at((100 + STROLL * second, 300))
        shown = tracker.update(at(second), seen([box], [0.75]))
    assert shown[0].box == pytest.approx(box, abs=1e-3)
    assert shown[0].score == pytest.approx(0.75)


def test_a_person_far_behind_is_not_taken_for_the_one_in_front(botsort: Tracker) -> None:
    near, far = (100.0, 100.0, 200.0, 400.0), (140.0, 90.0, 180.0, 210.0)
    botsort.update(at(0), seen([near]))
    botsort.update(at(0.2), seen([near]))
    botsort.update(at(0.4), seen([far]))
    shown = botsort.update(at(0.6), seen([near, far]))
    assert {person.track_id: person.box for person in shown}[1] == near


def test_deepsort_asks_who_was_seen_last_before_others_whose_place_is_less_known() -> None:
    """Who vanished three seconds ago may be anywhere by now, and so is near to everybody in sight."""
    gone = hidden(walking((300, 300), (0, 0)), 2, 99)
    passing = walking((60, 300), (48, 0))
    ids = ids_over_time(open_tracker("deepsort"), [gone, passing], frames(5, 8))
    assert (set(ids[0]), set(ids[1])) == ({1}, {2})


def test_frames_without_anyone_are_normal(tracker: Tracker) -> None:
    assert [tracker.update(at(second), NOBODY) for second in frames(5, 20)] == [[]] * 101


def test_scores_beyond_one_are_clipped(tracker: Tracker) -> None:
    assert [person.score for person in tracker.update(at(0), seen([box_at((9, 300))], [87.5]))] == [1.0]


def test_time_must_not_run_backwards(tracker: Tracker) -> None:
    tracker.update(at(1), NOBODY)
    with pytest.raises(ValueError, match="order of time"):
        tracker.update(at(0.5), NOBODY)


def test_two_frames_of_the_same_instant_are_taken(tracker: Tracker) -> None:
    box = seen([box_at((100, 300))])
    assert tracker.update(OPENING, box) == tracker.update(OPENING, box)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(
            "botsrot",
            r"did you mean 'botsort'\? choose one of botsort, bytetrack, deepsort",
            id="typing error",
        ),
        pytest.param("x", r"unknown tracker 'x'; choose one of", id="nothing near"),
    ],
)
def test_an_unknown_tracker_is_answered_with_the_choices(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        open_tracker(name)


@pytest.mark.parametrize("name", sorted(TRACKERS))
def test_each_name_opens_a_tracker_that_knows_its_name_and_facts(name: str) -> None:
    tracker = open_tracker(name)
    assert tracker.name == name
    assert tracker.memory >= timedelta(seconds=2)
    assert tracker.facts()["name"] == name
    assert tracker.facts()["memory_s"] == tracker.memory.total_seconds()
