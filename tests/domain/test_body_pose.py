"""Which way people face and how they stand, told from bodies built point by point."""

import numpy as np
import pytest
from bodies import CROSSED, ON_HIPS, body
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.body_pose import (
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_SHOULDER,
    BodyPose,
    Posture,
    orientation,
    orientation_cues,
    posture,
    torso_tilt_deg,
)


@pytest.mark.parametrize("facing_deg", [0, 20, -20])
def test_somebody_who_faces_the_camera_is_positive(facing_deg: float) -> None:
    value = orientation(body(facing_deg))
    assert value is not None
    assert value > 0.6


@pytest.mark.parametrize("facing_deg", [180, 160, -160])
def test_somebody_who_looks_away_is_negative(facing_deg: float) -> None:
    value = orientation(body(facing_deg))
    assert value is not None
    assert value < -0.6


@pytest.mark.parametrize("facing_deg", [90, -90, 75, -75])
def test_a_profile_is_neither(facing_deg: float) -> None:
    value = orientation(body(facing_deg))
    assert value is not None
    assert abs(value) < 0.3


def test_the_head_alone_does_not_turn_the_body() -> None:
    """From behind, somebody who looks over the shoulder still shows the left shoulder on the left."""
    points = body(180).points.copy()
    points[:5, 2] = body(100).points[:5, 2]
    value = orientation(BodyPose(points))
    assert value is not None
    assert value < 0.3


def test_nobody_faces_anywhere_without_shoulders() -> None:
    assert orientation(body(hidden=(LEFT_SHOULDER, RIGHT_SHOULDER))) is None
    assert orientation(body(hidden=(LEFT_SHOULDER,))) is not None
    assert orientation_cues(BodyPose(np.ones((17, 3), np.float32))) is None


def mirrored(pose: BodyPose) -> BodyPose:
    """The same person in a mirrored picture: what was left is right."""
    points = pose.points[[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]].copy()
    points[:, 0] = 900 - points[:, 0]
    return BodyPose(points)


POSES = st.builds(
    body,
    st.floats(-180, 180),
    lean_deg=st.floats(-40, 40),
    arms=st.sampled_from([None, CROSSED, ON_HIPS]),
    height_px=st.floats(40, 900),
)


@settings(max_examples=100, deadline=None)
@given(POSES)
def test_a_mirror_changes_neither_the_way_nor_the_posture(pose: BodyPose) -> None:
    value, other = orientation(pose), orientation(mirrored(pose))
    assert value is not None
    assert -1 <= value <= 1
    assert other == pytest.approx(value, abs=1e-3)
    tilt, same = torso_tilt_deg(pose), torso_tilt_deg(mirrored(pose))
    assert tilt == pytest.approx(same, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.floats(-180, 180), st.sampled_from([None, CROSSED, ON_HIPS]), st.floats(0.2, 5))
def test_size_and_place_in_the_picture_do_not_matter(facing_deg, arms, factor) -> None:
    one = body(facing_deg, arms=arms)
    other = body(facing_deg, arms=arms, height_px=300 * factor, at=(30, 700))
    assert orientation(other) == pytest.approx(orientation(one), abs=1e-3)
    assert posture(other) is posture(one)


@pytest.mark.parametrize("facing_deg", [0, 30, 180, -150], ids=lambda value: f"{value} degrees")
@pytest.mark.parametrize(
    ("arms", "lean_deg", "wanted"),
    [
        pytest.param(None, 0, Posture.UPRIGHT, id="arms hang"),
        pytest.param(None, 12, Posture.UPRIGHT, id="a little askew"),
        pytest.param(None, -19, Posture.LEANING, id="leaning left"),
        pytest.param(None, 25, Posture.LEANING, id="leaning right"),
        pytest.param(CROSSED, 0, Posture.ARMS_CROSSED, id="arms crossed"),
        pytest.param(ON_HIPS, 0, Posture.HANDS_ON_HIPS, id="hands on hips"),
        pytest.param(CROSSED, 25, Posture.LEANING, id="leaning comes first"),
    ],
)
def test_postures_from_the_front_and_from_behind(facing_deg, arms, lean_deg, wanted) -> None:
    assert posture(body(facing_deg, arms=arms, lean_deg=lean_deg)) is wanted


def test_the_limit_of_leaning_is_15_degrees() -> None:
    assert torso_tilt_deg(body(lean_deg=14.5)) == pytest.approx(14.5, abs=0.2)
    assert posture(body(lean_deg=14.5)) is Posture.UPRIGHT
    assert posture(body(lean_deg=15.5)) is Posture.LEANING


def test_arms_say_nothing_in_profile_or_when_they_are_hidden() -> None:
    assert posture(body(90, arms=CROSSED)) is Posture.UPRIGHT
    assert posture(body(arms=CROSSED, hidden=(LEFT_WRIST,))) is Posture.UPRIGHT
    assert posture(body(arms=ON_HIPS, hidden=(LEFT_WRIST,))) is Posture.UPRIGHT
    one_hand = {point: place for point, place in ON_HIPS.items() if point % 2}
    assert posture(body(arms=one_hand)) is Posture.UPRIGHT


def test_a_hidden_torso_has_no_posture() -> None:
    assert posture(body(hidden=(LEFT_HIP,))) is Posture.UNKNOWN
    assert torso_tilt_deg(body(hidden=(RIGHT_SHOULDER,))) is None


def test_confidence_is_how_much_of_the_body_is_seen_whichever_way_it_faces() -> None:
    assert body(0, seen=0.9).confidence == pytest.approx(0.9)
    assert body(180, seen=0.9).confidence == pytest.approx(0.9)
    assert body(seen=0.9, hidden=(13, 14, 15, 16)).confidence == pytest.approx((8 * 0.9 + 4 * 0.02) / 12)


def test_a_pose_has_seventeen_points() -> None:
    with pytest.raises(ValueError, match=r"\(17, 3\)"):
        BodyPose(np.zeros((16, 3), np.float32))
