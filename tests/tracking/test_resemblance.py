"""What tracks look like, and that it is asked for only where it helps."""

import numpy as np
import pytest
from tracking_stories import Walk, at, box_at, frames, seen, walking

from sightline.tracking import open_tracker
from sightline.tracking.resemblance import AGAIN_S, Look, Wardrobe, doubtful

RED, BLUE = np.eye(2, dtype=np.float32)
EVEN = 0.57


def meeting(x: float, way: float) -> Walk:
    """Walks until 3 s, stands, and goes back the way they came from 4 s on."""
    return lambda s: (x + way * (min(s, 3) - max(0.0, s - 4)), 300)


def told(name: str, *, looking: bool, walks: list[Walk], seconds: float) -> tuple[list[list[int]], list[int]]:
    """Ids of each walk, and how many detections were looked at in each frame; the first walk is in red."""
    tracker = open_tracker(name)
    ids: list[list[int]] = [[] for _ in walks]
    asked = []
    for second in frames(5, seconds):
        boxes = [box_at(walk(second)) for walk in walks]
        looks: list[int] = []

        def look(rows: np.ndarray, looks: list[int] = looks) -> np.ndarray:
            looks += rows.tolist()
            return np.stack([RED if row == 0 else BLUE for row in rows])

        shown = tracker.update(at(second), seen(boxes), Look(look, EVEN, 0.75) if looking else None)
        for person in shown:
            ids[min(range(len(walks)), key=lambda n: abs(boxes[n][0] - person.box[0]))].append(
                person.track_id
            )
        asked.append(len(looks))
    return ids, asked


@pytest.mark.parametrize("name", ["botsort", "deepsort"])
def test_two_who_meet_and_turn_back_are_told_apart_by_what_they_wear(name: str) -> None:
    """By motion alone they have walked through each other."""
    walks = [meeting(100, 60), meeting(466, -60)]
    (red, blue), _ = told(name, looking=False, walks=walks, seconds=7)
    assert (red[0], red[-1], blue[0], blue[-1]) == (1, 2, 2, 1)
    (red, blue), _ = told(name, looking=True, walks=walks, seconds=7)
    assert (red[0], red[-1], blue[0], blue[-1]) == (1, 1, 2, 2)


def test_without_doubt_somebody_is_looked_at_once_a_second_and_a_few_in_a_frame() -> None:
    walks = [walking((100 + 150 * place, 300), (5, 0)) for place in range(8)]
    _, asked = told("botsort", looking=True, walks=walks, seconds=10)
    assert max(asked) <= 4
    assert 8 * 10 / AGAIN_S * 0.7 <= sum(asked) <= 8 * (10 / AGAIN_S + 1)


def test_nobody_is_looked_at_for_their_clothes_while_another_one_stands_before_them() -> None:
    walks = [walking((100, 300), (0, 0)), walking((120, 300), (0, 0))]
    _, asked = told("deepsort", looking=True, walks=walks, seconds=1)
    assert sum(asked[:1]) == 0
    wardrobe_empty = told("botsort", looking=True, walks=walks, seconds=1)[1]
    assert sum(wardrobe_empty) == 0


def test_an_unknown_track_resembles_nobody_more_than_by_chance() -> None:
    wardrobe = Wardrobe()
    wardrobe.add(2)
    both = np.arange(2)
    assert wardrobe.resemble(both, np.stack([RED, BLUE]), EVEN).tolist() == [[0, 0], [0, 0]]
    wardrobe.learn(np.array([1]), BLUE[None], 3.0)
    assert wardrobe.resemble(both, np.stack([RED, BLUE]), EVEN) == pytest.approx(
        np.array([[0, 0], [-EVEN, 1 - EVEN]])
    )
    assert wardrobe.is_due(both, 3.0 + AGAIN_S / 2).tolist() == [True, False]
    wardrobe.keep(np.array([False, True]))
    assert wardrobe.known(np.array([0])).tolist() == [True]


def test_only_pairs_with_a_rival_are_doubtful() -> None:
    allowed = np.array([[True, False, False], [False, True, True], [False, False, True]])
    tracks, found = doubtful(allowed)
    assert (tracks.tolist(), found.tolist()) == ([False, True, True], [False, True, True])
