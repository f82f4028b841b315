"""The detector that needs no model, in a painted room where the truth is known."""

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import pytest
from vision_scenes import Room

from sightline.domain.detection import Detections
from sightline.domain.overlap import pairwise_iou
from sightline.vision.motion import MotionDetector

STEP_S = 0.2
Learnt = tuple[Room, MotionDetector, Iterator[float]]


@pytest.fixture(scope="module")
def learnt_once() -> tuple[Room, MotionDetector, int]:
    room, detector = Room(), MotionDetector()
    walked = [(80 + 6 * step, 230 + 100 * np.sin(step / 8)) for step in range(80)]
    shown = [*[()] * 10, *[(feet,) for feet in walked], *[()] * 15]
    for step, people in enumerate(shown):
        found = detector.detect(room.show(STEP_S * step, *people))
        assert step >= 10 or len(found) == 0
    return room, detector, len(shown)


@pytest.fixture
def learnt(learnt_once: tuple[Room, MotionDetector, int]) -> Learnt:
    """A detector that saw two empty seconds and then somebody walk all over the floor; the times to come."""
    room, detector, steps = deepcopy(learnt_once)
    return room, detector, (STEP_S * step for step in range(steps, 100_000))


def matches(room: Room, found: Detections, *people: tuple[float, float], iou: float = 0.5) -> bool:
    truth = np.array([room.box(feet) for feet in people], np.float32)
    overlaps = pairwise_iou(truth, found.boxes)
    return len(found) == len(people) and bool((overlaps.max(axis=1, initial=0) >= iou).all())


def test_a_walker_is_followed_and_his_feet_are_right(learnt: Learnt) -> None:
    room, detector, clock = learnt
    errors = []
    for step in range(60):
        feet = (100 + 6 * step, 300 - 2 * step)
        found = detector.detect(room.show(next(clock), feet))
        assert matches(room, found, feet)
        errors.append(abs(found.boxes[0, 3] - feet[1]))
    assert np.quantile(errors, 0.95) < 6


def test_somebody_who_stands_for_three_minutes_stays_in_sight(learnt: Learnt) -> None:
    room, detector, clock = learnt
    feet = (320.0, 260.0)
    start = next(clock)
    pictures = (room.show(start + second, feet) for second in range(180))
    seen = [matches(room, detector.detect(picture), feet) for picture in pictures]
    assert np.mean(seen[5:]) > 0.99


def test_the_floor_is_empty_soon_after_somebody_left() -> None:
    room = Room()
    detector = MotionDetector()
    clock = (STEP_S * step for step in range(10_000))
    for _ in range(50):  # there from the first picture on, so learnt as part of the room
        detector.detect(room.show(next(clock), (320.0, 260.0)))
    for _ in range(40):
        detector.detect(room.show(next(clock)))
    assert len(detector.detect(room.show(next(clock)))) == 0
    found = [detector.detect(room.show(next(clock), (100.0 + 5 * step, 260.0))) for step in range(40)]
    assert sum(len(each) == 1 for each in found) > 36


def test_two_people_in_one_blob_are_two(learnt: Learnt) -> None:
    room, detector, clock = learnt
    beside = ((300.0, 280.0), (338.0, 284.0))
    behind = ((300.0, 220.0), (306.0, 290.0))
    for people in (beside, behind):
        seen = [len(detector.detect(room.show(next(clock), *people))) == 2 for _ in range(20)]
        assert np.mean(seen) > 0.8


def test_hidden_legs_do_not_move_the_feet_up(learnt: Learnt) -> None:
    room, detector, clock = learnt
    feet, counter = (320.0, 280.0), (250.0, 235.0, 390.0, 300.0)
    found = [detector.detect(room.show(next(clock), feet, counter=counter)) for _ in range(20)][-1]
    assert len(found) == 1
    assert found.boxes[0, 3] == pytest.approx(feet[1], abs=0.12 * room.tall(feet[1]))


def test_a_shadow_is_nobody(learnt: Learnt) -> None:
    room, detector, clock = learnt
    for step in range(20):
        shadow = (200 + 3 * step, 200, 240 + 3 * step, 300)
        assert len(detector.detect(room.show(next(clock), shadow=shadow))) == 0


def test_time_going_back_starts_the_scene_anew(learnt: Learnt) -> None:
    room, detector, clock = learnt
    feet = (320.0, 260.0)
    assert len(detector.detect(room.show(next(clock), feet))) == 1
    assert len(detector.detect(room.show(0.0, feet))) == 0


def test_the_same_pictures_give_the_same_people() -> None:
    def run() -> list[list[list[float]]]:
        room = Room()
        detector = MotionDetector()
        shown = (room.show(STEP_S * step, (100.0 + 4 * step, 260.0)) for step in range(60))
        return [detector.detect(picture).boxes.tolist() for picture in shown]

    assert run() == run()
