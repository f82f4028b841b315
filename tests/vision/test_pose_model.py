"""Poses of the YOLO11 layout, decoded by hand, and those of the real model."""

from pathlib import Path

import numpy as np
import pytest
from people_labels import frames_of, read_people_labels
from tiny_networks import crop, entry, write_network
from vision_scenes import NOON

from sightline.domain.overlap import pairwise_iou
from sightline.errors import ModelError
from sightline.vision.catalogue import load_catalogue
from sightline.vision.crop import cut, whole
from sightline.vision.picture import ArrayPicture
from sightline.vision.pose import PoseModel, Poses, pose_of_each

CELLS = 8 * 8 + 4 * 4 + 2 * 2


def answer(*people: tuple[int, float, float, float]) -> np.ndarray:
    """Cell, score, and centre of each: a box of 10 x 20 with point k at (k, 2 k) from its corner."""
    rows = np.zeros((56, CELLS), np.float32)
    for cell, score, x, y in people:
        rows[:5, cell] = (x, y, 10, 20, score)
        points = np.stack([x - 5 + np.arange(17), y - 10 + 2 * np.arange(17), np.arange(17) / 20], axis=1)
        rows[5:, cell] = points.ravel()
    return rows


def model(tmp_path: Path, rows: np.ndarray, **how: object) -> PoseModel:
    path = write_network(tmp_path / "tiny.onnx", [rows], (64, 64), **how)  # type: ignore[arg-type]
    return PoseModel(entry(), path)


def test_boxes_and_points_come_back_in_pixels_of_the_whole_picture(tmp_path: Path) -> None:
    pose = model(tmp_path, answer((3, 0.9, 32, 32), (4, 0.8, 33, 32), (5, 0.2, 10, 32)))
    # Shown at half size, 16 pixels below the top of the input.
    (found,) = pose.detect([crop(128, 64, left=300, top=40)])
    assert found.boxes == pytest.approx(np.array([[354, 52, 374, 92]]), abs=1e-3)
    assert found.scores == pytest.approx([0.9])
    wanted = [[354 + 2 * k, 52 + 4 * k, k / 20] for k in range(17)]
    assert found.points == pytest.approx(np.array([wanted]), abs=1e-3)


@pytest.mark.parametrize("batch", [1, "n"])
def test_several_crops_are_answered_as_each_alone(tmp_path: Path, batch) -> None:
    rows = answer((3, 0.9, 32, 32))
    shift = np.zeros_like(rows)
    shift[0, 3] = 8.0
    pose = model(tmp_path, rows, batch=batch, shifts=[shift])
    assert pose.batch == (1 if batch == 1 else 8)
    crops = [crop(64, 64, grey=14 * number) for number in range(18)]
    together = pose.detect(crops)
    alone = [pose.detect([one])[0] for one in crops]
    assert [found.boxes.tolist() for found in together] == [found.boxes.tolist() for found in alone]
    assert len({round(float(found.boxes[0, 0]), 2) for found in together}) == 18
    assert pose.detect([]) == []


def test_the_pose_of_a_crop_is_that_of_the_person_it_was_cut_for(tmp_path: Path) -> None:
    pose = model(tmp_path, answer((3, 0.9, 12, 32), (4, 0.6, 40, 32)))
    people = np.array([[35, 22, 45, 42], [0, 0, 10, 10]], np.float32)
    found = pose.of_people([crop(64, 64)] * 2, people)
    assert [len(one) for one in found] == [1, 0]
    assert found[0].scores == pytest.approx([0.6])


def test_poses_of_a_whole_picture_go_to_one_person_each() -> None:
    boxes = np.array([[0, 0, 10, 20], [50, 0, 60, 20], [200, 0, 210, 20]], np.float32)
    poses = Poses(boxes, np.ones(3, np.float32), np.zeros((3, 17, 3), np.float32))
    people = np.array([[51, 0, 61, 20], [1, 0, 11, 20], [2, 1, 12, 21], [100, 0, 110, 20]], np.float32)
    assert pose_of_each(poses, people) == [1, 0, None, None]
    assert pose_of_each(Poses.none(), people) == [None] * 4


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(np.zeros((84, CELLS)), r"answers \(1, 84, 84\).*17 body points", id="no points"),
        pytest.param(9 * answer((3, 0.9, 32, 32)), "not between 0 and 1", id="raw scores"),
    ],
)
def test_a_model_that_would_be_misread_is_refused(tmp_path: Path, rows: np.ndarray, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        model(tmp_path, rows)


SIDES = (5, 7, 11, 13)
"""Left shoulder, elbow, hip and knee; the right one follows each."""


@pytest.fixture(scope="module")
def real(shared: Path) -> PoseModel:
    return PoseModel(load_catalogue()["yolo11n-pose"], shared / "models" / "yolo11n-pose.onnx")


@pytest.mark.slow
def test_of_a_front_view_the_left_side_is_on_the_right_of_the_picture_and_of_a_back_view_not(
    shared: Path, real: PoseModel
) -> None:
    video = "town-centre-street.mp4"
    chosen = [
        label
        for label in read_people_labels().crops
        if label.video == video and label.box[3] - label.box[1] >= 180
    ]
    for orientation, sign in (("front", 1), ("back", -1)):
        label = next(one for one in chosen if one.orientation == orientation)
        ((_, image),) = frames_of(shared, video, [label.frame])
        people = np.array([label.box], np.float32)
        (pose,) = real.of_people(cut(ArrayPicture(image, NOON), people, margin=0.1), people)
        points = pose.points[0]
        ways = [points[left, 0] - points[left + 1, 0] for left in SIDES]
        assert all(sign * way > 0 for way in ways), orientation
        seen = points[points[:, 2] >= 0.5]
        margin = 0.1 * (label.box[3] - label.box[1])
        assert len(seen) >= 8
        assert np.all(seen[:, :2] >= np.array(label.box[:2]) - margin)
        assert np.all(seen[:, :2] <= np.array(label.box[2:]) + margin)


@pytest.mark.slow
def test_a_whole_picture_shows_the_same_people_as_their_crops(shared: Path, real: PoseModel) -> None:
    video = "town-centre-street.mp4"
    ((_, image),) = frames_of(shared, video, [0])
    picture = ArrayPicture(image, NOON)
    (everybody,) = real.detect([whole(picture)])
    large = everybody.at(everybody.boxes[:, 3] - everybody.boxes[:, 1] >= 150)
    assert len(large) >= 3
    some = large.boxes[:3]
    for box, pose in zip(some, real.of_people(cut(picture, some, margin=0.1), some), strict=True):
        assert len(pose) == 1
        assert pairwise_iou(pose.boxes, box[None])[0, 0] > 0.6
