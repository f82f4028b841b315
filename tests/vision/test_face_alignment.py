"""Faces turned upright, against transforms worked out by hand."""

import cv2
import numpy as np
import pytest
from vision_scenes import NOON

from sightline.errors import ModelError
from sightline.vision.crop import Crop
from sightline.vision.face_alignment import (
    SIDE,
    TEMPLATE,
    aligned,
    frontality,
    quality,
    sharpness,
    shown_share,
    similarity,
)
from sightline.vision.picture import ArrayPicture


def mapped(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ transform[:, :2].T + transform[:, 2]


def test_the_template_maps_onto_itself() -> None:
    assert similarity(TEMPLATE, TEMPLATE) == pytest.approx(np.array([[1, 0, 0], [0, 1, 0]]), abs=1e-4)


def test_a_turn_a_scale_and_a_shift_worked_out_by_hand() -> None:
    """A quarter turn takes (1, 0) to (0, 1); then twice as large, then 10 right and 5 down."""
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    target = np.array([[10, 5], [10, 7], [8, 7], [8, 5]], np.float32)
    assert similarity(square, target) == pytest.approx(np.array([[0, -2, 10], [2, 0, 5]]), abs=1e-5)


def test_points_that_do_not_fit_are_fitted_by_least_squares() -> None:
    rng = np.random.default_rng(3)
    source = rng.uniform(0, 300, (5, 2)).astype(np.float32)
    target = (TEMPLATE + rng.normal(0, 4, (5, 2))).astype(np.float32)
    rows = [([x, -y, 1, 0], [y, x, 0, 1]) for x, y in source]
    a, b, c, d = np.linalg.lstsq(np.array(rows).reshape(-1, 4), target.reshape(-1), rcond=None)[0]
    assert similarity(source, target) == pytest.approx(np.array([[a, -b, c], [b, a, d]]), rel=1e-3, abs=1e-3)


def test_a_mirrored_face_is_turned_but_never_mirrored_back() -> None:
    mirrored = TEMPLATE * [-1, 1] + [SIDE, 0]
    assert np.linalg.det(similarity(mirrored.astype(np.float32), TEMPLATE)[:, :2]) > 0


def test_points_in_one_place_have_no_transform() -> None:
    with pytest.raises(ValueError, match="one place"):
        similarity(np.full((5, 2), 7, np.float32), TEMPLATE)
    with pytest.raises(ModelError, match="face without extent"):
        aligned(dotted(TEMPLATE, 0, 0), np.full((5, 2), 7, np.float32))


def dotted(points: np.ndarray, left: int, top: int, side: int = 400) -> Crop:
    """A crop whose only light is at these points of the whole picture."""
    image = np.zeros((side, side, 3), np.uint8)
    for x, y in points:
        cv2.circle(image, (round(float(x)) - left, round(float(y)) - top), 3, (255, 255, 255), -1)
    return Crop(ArrayPicture(image, NOON), left, top)


@pytest.mark.parametrize(
    ("scale", "turn_deg"), [(1.0, 0), (0.7, 25), (3.0, -40)], ids=["as it is", "small and tilted", "large"]
)
def test_eyes_nose_and_mouth_come_to_lie_where_the_template_has_them(scale: float, turn_deg: float) -> None:
    turn = np.deg2rad(turn_deg)
    around = TEMPLATE.mean(axis=0)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = ((TEMPLATE - around) @ matrix.T + [700, 320]).astype(np.float32)
    face = aligned(dotted(landmarks, 500, 150), landmarks)
    assert face.shape == (SIDE, SIDE, 3)
    light = face[:, :, 0].astype(float)
    for x, y in TEMPLATE:
        column, row = round(float(x)), round(float(y))
        assert light[row - 2 : row + 3, column - 2 : column + 3].max() > 80
    dark = light.copy()
    for x, y in TEMPLATE:
        cv2.circle(dark, (round(float(x)), round(float(y))), 9, 0, -1)
    assert dark.max() < 80


def test_what_lies_outside_the_crop_is_black() -> None:
    white = Crop(ArrayPicture(np.full((112, 56, 3), 255, np.uint8), NOON))
    face = aligned(white, TEMPLATE)
    assert face[:, :50].min() == 255
    assert face[:, 60:].max() == 0


def turned_head(yaw_deg: float, nod_deg: float = 0.0) -> np.ndarray:
    """Landmarks of a head of simple depth: the nose stands out, seen from far away."""
    x, y = (TEMPLATE - TEMPLATE.mean(axis=0)).T
    depth = np.array([0.0, 0.0, 20.0, 3.0, 3.0])
    yaw, nod = np.deg2rad(yaw_deg), np.deg2rad(nod_deg)
    x, depth = x * np.cos(yaw) + depth * np.sin(yaw), depth * np.cos(yaw) - x * np.sin(yaw)
    y = y * np.cos(nod) + depth * np.sin(nod)
    return (np.stack([x, y], axis=1) + 200).astype(np.float32)


def test_a_head_counts_less_the_further_it_turns() -> None:
    by_yaw = [frontality(turned_head(yaw)) for yaw in (0, 15, 30, 45, 90)]
    assert by_yaw[0] > 0.9
    assert by_yaw == sorted(by_yaw, reverse=True)
    assert by_yaw[-1] == 0
    assert frontality(turned_head(-30)) == pytest.approx(by_yaw[2], abs=0.05)
    assert frontality(turned_head(0, 35)) < 0.6
    assert frontality(turned_head(0, -35)) < 0.6


def test_a_tilt_to_the_shoulder_and_the_size_do_not_count() -> None:
    turn = np.deg2rad(50)
    matrix = 0.3 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tilted = (turned_head(20) @ matrix.T).astype(np.float32)
    assert frontality(tilted) == pytest.approx(frontality(turned_head(20)), abs=1e-3)


def test_nonsense_landmarks_are_no_front() -> None:
    upside_down = TEMPLATE[[0, 1, 2, 3, 4]] * [1, -1]
    assert frontality(upside_down.astype(np.float32)[[1, 0, 2, 4, 3]] * [1, -1]) == 0
    assert frontality(np.zeros((5, 2), np.float32)) == 0


def textured() -> np.ndarray:
    """Light and shade over the whole of it, and edges everywhere, as a face has both."""
    rng = np.random.default_rng(5)
    edges = cv2.resize(rng.integers(0, 90, (28, 28)).astype(np.float32), (SIDE, SIDE))
    shade = 150 * np.sin(np.linspace(0, np.pi, SIDE))[:, None]
    return np.repeat((edges + shade).astype(np.uint8)[..., None], 3, axis=2)


def test_sharpness_falls_with_every_blur_and_not_with_the_light() -> None:
    face = textured()
    blurred = [sharpness(face if not s else cv2.GaussianBlur(face, (0, 0), s)) for s in (0, 1, 2, 4)]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[0] > 0.8
    assert blurred[3] < 0.3
    assert sharpness((face * 0.4).astype(np.uint8)) == pytest.approx(blurred[0], abs=0.05)
    assert sharpness(np.full((SIDE, SIDE, 3), 90, np.uint8)) == 0


def test_quality_is_none_without_each_of_its_parts() -> None:
    face, crop = textured(), dotted(TEMPLATE, -100, -100)
    best = quality(crop, face, (0, 0, 80, 100), TEMPLATE, 0.9)
    assert (best.size, best.shown) == (1, 1)
    assert 0.8 < best.overall <= 0.9
    assert quality(crop, face, (0, 0, 30, 40), TEMPLATE, 0.9).size == pytest.approx(0.5)
    assert quality(crop, face, (0, 0, 30, 40), TEMPLATE, 0.9).overall < best.overall
    assert quality(crop, face, (0, 0, 80, 100), TEMPLATE, 0.5).overall < best.overall
    assert quality(crop, face, (0, 0, 80, 100), turned_head(90), 0.9).overall == 0
    assert quality(crop, face * 0, (0, 0, 80, 100), TEMPLATE, 0.9).overall == 0


@pytest.mark.parametrize(("left", "share"), [(0, 1.0), (28, 0.75), (56, 0.5), (200, 0.0)])
def test_a_face_cut_by_the_edge_of_the_picture_counts_by_what_is_shown(left: int, share: float) -> None:
    crop = dotted(TEMPLATE, left, 0)
    assert shown_share(crop, TEMPLATE) == pytest.approx(share)
    judged = quality(crop, textured(), (0, 0, 80, 100), TEMPLATE, 1.0)
    whole = quality(dotted(TEMPLATE, 0, 0), textured(), (0, 0, 80, 100), TEMPLATE, 1.0)
    assert judged.overall == pytest.approx(share * whole.overall)
