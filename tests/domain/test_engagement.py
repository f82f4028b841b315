"""Engagement and behaviour as the contract has them, 1.2."""

import pytest
from bodies import CROSSED, ON_HIPS, body
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Behavior, bearing_of, behavior_of, engagement_score

SHARES = st.floats(0, 1)
SCORES = st.fixed_dictionaries(
    {
        "orientation": st.floats(-1, 1),
        "posture": st.sampled_from(list(Posture)),
        "stationarity": SHARES,
        "pose_confidence": SHARES,
    }
)


@pytest.mark.parametrize(
    ("orientation", "posture", "stationarity", "confidence", "score"),
    [
        (1, Posture.LEANING, 1, 1, 100),
        (1, Posture.UPRIGHT, 1, 1, 95),
        (-1, Posture.UPRIGHT, 1, 1, 60),
        (0, Posture.UPRIGHT, 1, 1, 77.5),
        (1, Posture.ARMS_CROSSED, 1, 1, 85),
        (1, Posture.HANDS_ON_HIPS, 1, 1, 82.5),
        (1, Posture.UNKNOWN, 1, 1, 87.5),
        (1, Posture.UPRIGHT, 0, 1, 70),
        (1, Posture.UPRIGHT, 1, 0, 80),
        (-1, Posture.HANDS_ON_HIPS, 0, 0, 7.5),
    ],
)
def test_the_score_is_the_sum_of_its_parts(orientation, posture, stationarity, confidence, score) -> None:
    assert engagement_score(
        orientation=orientation, posture=posture, stationarity=stationarity, pose_confidence=confidence
    ) == pytest.approx(score)


@given(SCORES)
def test_a_score_lies_between_what_the_least_and_the_best_gives(parts) -> None:
    assert 7.5 - 1e-9 <= engagement_score(**parts) <= 100 + 1e-9


@given(SCORES, st.sampled_from(["orientation", "stationarity", "pose_confidence"]), SHARES)
def test_more_of_anything_is_never_less_engaged(parts, name, more) -> None:
    better = {**parts, name: min(1.0, parts[name] + more)}
    assert engagement_score(**better) >= engagement_score(**parts) - 1e-9


@pytest.mark.parametrize(
    ("speed", "score", "orientation", "posture", "in_queue", "wanted"),
    [
        pytest.param(0.1, 70, 0.31, Posture.UPRIGHT, False, Behavior.ENGAGED, id="engaged"),
        pytest.param(0.1, 70, 0.31, Posture.UPRIGHT, True, Behavior.ENGAGED, id="engaged in a queue"),
        pytest.param(0.1, 69.9, 0.9, Posture.UPRIGHT, False, Behavior.BROWSING, id="score too low"),
        pytest.param(0.1, 80, 0.3, Posture.UPRIGHT, False, Behavior.BROWSING, id="not turned enough"),
        pytest.param(0.1, 69.9, 0.9, Posture.UPRIGHT, True, Behavior.WAITING, id="stands in a queue"),
        pytest.param(0.1, 60, 0.9, Posture.ARMS_CROSSED, False, Behavior.WAITING, id="arms crossed"),
        pytest.param(0.1, 60, -0.9, Posture.HANDS_ON_HIPS, False, Behavior.WAITING, id="hands on hips"),
        pytest.param(0.15, 90, 0.9, Posture.UPRIGHT, False, Behavior.BROWSING, id="slow"),
        pytest.param(0.8, 90, 0.9, Posture.ARMS_CROSSED, True, Behavior.BROWSING, id="slow in a queue"),
        pytest.param(0.801, 90, 0.9, Posture.UPRIGHT, False, Behavior.PASSING, id="passing"),
        pytest.param(2.0, 20, -0.9, Posture.UNKNOWN, True, Behavior.PASSING, id="hurrying past a queue"),
    ],
)
def test_behaviour(speed, score, orientation, posture, in_queue, wanted) -> None:
    found = behavior_of(
        orientation=orientation, posture=posture, speed=speed, score=score, in_queue_zone=in_queue
    )
    assert found is wanted


def test_without_a_pose_or_a_speed_nothing_is_known() -> None:
    assert bearing_of(None, 0.1) is None
    assert bearing_of(body(), None) is None
    assert bearing_of(body(hidden=(5, 6)), 0.1) is None


@pytest.mark.parametrize(
    ("facing_deg", "arms", "speed", "in_queue", "wanted"),
    [
        pytest.param(0, None, 0.0, False, Behavior.ENGAGED, id="stands and faces us"),
        pytest.param(180, None, 0.0, False, Behavior.BROWSING, id="stands before a shelf"),
        pytest.param(180, None, 0.0, True, Behavior.WAITING, id="stands in line"),
        pytest.param(180, CROSSED, 0.0, False, Behavior.WAITING, id="arms crossed"),
        pytest.param(180, ON_HIPS, 0.0, False, Behavior.WAITING, id="hands on hips"),
        pytest.param(90, None, 0.4, False, Behavior.BROWSING, id="strolls along"),
        pytest.param(90, None, 1.1, False, Behavior.PASSING, id="walks past"),
    ],
)
def test_bodies_at_a_speed(facing_deg, arms, speed, in_queue, wanted) -> None:
    bearing = bearing_of(body(facing_deg, arms=arms), speed, in_queue_zone=in_queue)
    assert bearing is not None
    assert bearing.behavior is wanted
    assert bearing.speed == speed


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.floats(0, 3), st.booleans())
def test_every_bearing_keeps_to_its_limits(facing_deg, speed, in_queue) -> None:
    bearing = bearing_of(body(facing_deg), speed, in_queue_zone=in_queue)
    assert bearing is not None
    assert -1 <= bearing.orientation <= 1
    assert 7.5 - 1e-9 <= bearing.score <= 100
    if bearing.behavior is Behavior.ENGAGED:
        assert speed < 0.15
        assert bearing.score >= 70
        assert bearing.orientation > 0.3
    assert (bearing.behavior is Behavior.PASSING) is (speed > 0.8)
