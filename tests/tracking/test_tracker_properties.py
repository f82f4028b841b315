"""What must hold for any scene: order, scale and crowding do not change who is who."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking_stories import at

from sightline.domain.detection import Detections
from sightline.tracking import open_tracker
from sightline.tracking.registry import TRACKERS

ROUNDING = 1e-6
"""Seconds; times of the stories are sums of floats, those of the tracker whole microseconds."""

Scene = list[tuple[float, Detections]]
Key = tuple[int, int]
"""Frame and place in the scene's own order of detections."""


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Up to eight people who wander, are missed at times, and false alarms; steps between 30 and 0.5 fps."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    people = draw(st.integers(1, 8))
    centre = random.uniform(100, 900, (people, 2))
    height = random.uniform(60, 200, people)
    velocity = random.normal(0, 0.5, (people, 2)) * height[:, None]
    scene, now = [], 0.0
    for step in draw(st.lists(st.sampled_from([0.033, 0.2, 0.5, 2.0]), min_size=3, max_size=12)):
        now += step
        centre = centre + velocity * step
        half = np.stack([0.2 * height, 0.5 * height], axis=1)
        boxes = np.concatenate([centre - half, centre + half], axis=1) + random.normal(0, 2, (people, 4))
        alarms = random.uniform(100, 900, (random.integers(0, 3), 4))
        alarms[:, 2:] = alarms[:, :2] + np.array([30, 70])
        boxes = np.concatenate([boxes, alarms])
        kept = random.random(len(boxes)) < 0.85
        scores = random.uniform(0.05, 1, len(boxes))
        scene.append((now, Detections(boxes[kept].astype(np.float32), scores[kept].astype(np.float32))))
    return scene


def who_is_who(name: str, scene: Scene, orders: list[np.ndarray] | None = None) -> dict[int, list[Key]]:
    """For each id, the detections that it was given; those of a frame may be handed over in another order."""
    tracker = open_tracker(name)
    given_to: dict[int, list[Key]] = {}
    for frame, (second, detections) in enumerate(scene):
        order = np.arange(len(detections)) if orders is None else orders[frame]
        shown = tracker.update(at(second), Detections(detections.boxes[order], detections.scores[order]))
        place = {tuple(box.tolist()): index for index, box in enumerate(detections.boxes)}
        ids = [person.track_id for person in shown]
        assert len(set(ids)) == len(ids)
        assert ids == sorted(ids)
        for person in shown:
            given_to.setdefault(person.track_id, []).append((frame, place[person.box]))
    return given_to


@pytest.mark.parametrize("name", sorted(TRACKERS))
@settings(max_examples=25, deadline=None)
@given(scene=scenes(), seed=st.integers(0, 1000))
def test_the_order_of_detections_does_not_matter(name: str, scene: Scene, seed: int) -> None:
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(detections)) for _, detections in scene]
    plain, shuffled = who_is_who(name, scene), who_is_who(name, scene, orders)
    assert sorted(plain.values()) == sorted(shuffled.values())


@pytest.mark.parametrize("name", sorted(TRACKERS))
@settings(max_examples=25, deadline=None)
@given(scene=scenes(), factor=st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_the_resolution_of_the_camera_does_not_matter(name: str, scene: Scene, factor: float) -> None:
    scaled = [(at_s, Detections(found.boxes * np.float32(factor), found.scores)) for at_s, found in scene]
    assert who_is_who(name, scaled) == who_is_who(name, scene)


@pytest.mark.parametrize("name", sorted(TRACKERS))
@settings(max_examples=25, deadline=None)
@given(scene=scenes())
def test_ids_count_from_one_and_no_one_is_shown_after_the_memory_has_passed(name: str, scene: Scene) -> None:
    given_to = who_is_who(name, scene)
    assert sorted(given_to) == list(range(1, len(given_to) + 1))
    memory = open_tracker(name).memory.total_seconds()
    for keys in given_to.values():
        for (before, _), (after, _) in pairwise(keys):
            assert scene[after][0] - scene[before][0] <= memory + ROUNDING
