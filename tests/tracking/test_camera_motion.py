"""A camera that is turned, or shakes, told from the people in its picture."""

import numpy as np
import pytest
from tracking_stories import frames, ids_over_time, walking

from sightline.tracking import open_tracker
from sightline.tracking.camera_motion import common_shift

STANDING = np.array([[100.0 + 150 * place, 300 + 20 * place, 40, 100 + 5 * place] for place in range(6)])
FAR = np.array([400.0, 400, 0, 0])
TURN = np.array([55.0, -12.0, 0, 0])


def test_a_shift_that_all_have_in_common_is_found_beneath_the_detectors_jitter() -> None:
    jitter = np.random.default_rng(5).normal(0, 3, STANDING.shape)
    assert common_shift(STANDING, STANDING + TURN + jitter) == pytest.approx(TURN[:2], abs=4)


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        pytest.param(STANDING, "nobody moved", id="still"),
        pytest.param(STANDING[:3] + TURN, "three people may walk the same way", id="few people"),
        pytest.param(STANDING + TURN * (np.arange(6) < 3)[:, None], "half of them stood", id="half of them"),
        pytest.param(STANDING + TURN * (1 - np.arange(6) % 2 * 2)[:, None], "they part", id="both ways"),
        pytest.param(STANDING + FAR, "nobody is that fast", id="too far"),
        pytest.param(STANDING * [1, 1, 2, 2] + TURN, "other people", id="of another height"),
    ],
)
def test_what_people_do_by_themselves_is_no_motion_of_the_camera(moved: np.ndarray, why: str) -> None:
    assert common_shift(STANDING, moved) is None, why


def test_a_crowd_of_which_only_the_tallest_are_asked_tells_the_same() -> None:
    crowd = np.concatenate([STANDING + np.array([0, 150 * row, 0, row]) for row in range(20)])
    assert common_shift(crowd, crowd + TURN) == pytest.approx(TURN[:2], abs=1e-6)


def test_people_keep_their_ids_while_the_camera_is_turned_to_and_fro() -> None:
    """At 5 pictures a second many are nearer to where a neighbour was than to their own place."""

    def turned(second: float) -> float:
        return 45.0 * (round(second * 5) % 3)

    stories = [
        lambda second, x=x: (walking((x, 300.0 + 0.1 * x), (3, 0))(second)[0] + turned(second), 300 + 0.1 * x)
        for x in (100, 152, 215, 290, 338, 420, 465, 540, 601, 690)
    ]
    ids = ids_over_time(open_tracker("botsort"), stories, frames(5, 8))
    assert [set(each) for each in ids] == [{number} for number in range(1, 11)]
