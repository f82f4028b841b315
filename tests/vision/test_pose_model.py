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
from sightline.vision.crop import Crop, cut, whole
from sightline.vision.picture import ArrayPicture
from sightline.vision.pose import CROP_MARGIN, PoseModel, Poses, pose_of_each

CELLS = 8 * 8 + 4 * 4 + 2 * 2
SHEET = 224
"""Input side of the tiny network that looks at nine people: cells of 32 pixels with 64 between them."""

CORNERS = [(96 * (number % 3), 96 * (number // 3)) * 2 for number in range(9)]
"""Where its cells begin, xyxy."""


def answer(*people: tuple[int, float, float, float], side: int = 64) -> np.ndarray:
    """Cell, score, and centre of each: a box of 10 x 20 with point k at (k, 2 k) from its corner."""
    rows = np.zeros((56, sum((side // stride) ** 2 for stride in (8, 16, 32))), np.float32)
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


def sheet(tmp_path: Path, *people: tuple[int, float, float, float], **how: object) -> PoseModel:
    """A model that sees these people in every input, and takes nine crops at once."""
    path = write_network(tmp_path / "sheet.onnx", [answer(*people, side=SHEET)], (SHEET, SHEET), **how)  # type: ignore[arg-type]
    return PoseModel(entry(), path, across=3)


def test_a_pose_goes_to_the_crop_in_whose_cell_it_lies_in_pixels_of_its_own_picture(tmp_path: Path) -> None:
    """Cells begin at 0, 96 and 192."""
    pose = sheet(tmp_path, (3, 0.9, 112, 16), (4, 0.8, 16, 208), (5, 0.7, 208, 208))
    assert pose.group == 9
    crops = [crop(64, 64, left=100 * number, top=7) for number in range(9)]
    # Shown at half size: each person in the middle of a crop.
    people = np.array([[100 * number + 22, 19, 100 * number + 42, 59] for number in range(9)], np.float32)
    found = pose.of_people(crops, people)
    assert [len(one) for one in found] == [0, 1, 0, 0, 0, 0, 1, 0, 1]
    for number in (1, 6, 8):
        assert found[number].boxes == pytest.approx(people[number : number + 1], abs=1e-3)
        wanted = [[people[number][0] + 2 * k, 19 + 4 * k, k / 20] for k in range(17)]
        assert found[number].points == pytest.approx(np.array([wanted]), abs=1e-3)
    assert [round(float(found[number].scores[0]), 2) for number in (1, 6, 8)] == [0.9, 0.8, 0.7]


@pytest.mark.parametrize(
    ("box", "whose"),
    [
        pytest.param((8, 4, 28, 28), [0], id="in the cell"),
        pytest.param((4, 4, 63, 28), [0], id="into the grey"),
        pytest.param((4, 4, 65, 28), [], id="into the neighbour's half of it"),
        pytest.param((4, 4, 120, 28), [], id="two people taken for one"),
        pytest.param((65, 4, 124, 28), [1], id="into the grey from the other side"),
        pytest.param((4, 4, 28, 66), [], id="into the row below"),
        pytest.param((-6, -8, 28, 28), [0], id="cut off by the edge of the input"),
    ],
)
def test_whoever_reaches_into_another_cell_is_nobody(
    tmp_path: Path, box: tuple[float, ...], whose: list[int]
) -> None:
    x1, y1, x2, y2 = box
    rows = np.zeros_like(answer(side=SHEET))
    rows[:5, 3] = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9)
    pose = PoseModel(entry(), write_network(tmp_path / "wide.onnx", [rows], (SHEET, SHEET)), across=3)
    # Each crop asks for what its own cell shows of that box.
    shown = np.array([np.clip(box, corner, np.add(corner, 32)) for corner in CORNERS], np.float32)
    found = pose.of_people([crop(32, 32, left=left, top=top) for left, top, *_ in CORNERS], shown)
    assert [number for number, one in enumerate(found) if len(one)] == whose


def test_a_point_in_another_cell_is_not_seen(tmp_path: Path) -> None:
    rows = answer((3, 0.9, 16, 16), side=SHEET)
    rows[5:, 3] = np.stack([np.arange(17) * 10, np.full(17, 16), np.full(17, 0.9)], axis=1).ravel()
    path = write_network(tmp_path / "arm.onnx", [rows], (SHEET, SHEET))
    people = np.array([[11, 6, 21, 26]], np.float32)
    ((near, far),) = (
        [
            PoseModel(entry(), path, across=across).of_people([crop(side, side)], people)[0]
            for across, side in sizes
        ]
        for sizes in [((3, 32), (1, SHEET))]
    )
    assert near.points[0, :, 0] == pytest.approx(np.arange(17) * 10)
    assert near.points[0, :, 2] == pytest.approx([0.9] * 7 + [0] * 10)
    assert far.points[0, :, 2] == pytest.approx([0.9] * 17)


@pytest.mark.parametrize("batch", [1, "n"])
def test_any_number_of_people_fills_as_many_inputs_as_they_need(tmp_path: Path, batch: int | str) -> None:
    """Everybody sees the same people; whether a crop was looked at shows in its place."""
    everywhere = [(n, 0.9, 96 * (n % 3) + 16, 96 * (n // 3) + 16) for n in range(9)]
    pose = sheet(tmp_path, *everywhere, batch=batch)
    for count in (0, 1, 8, 9, 10, 18, 91):
        crops = [crop(32, 32, left=50 * number) for number in range(count)]
        people = np.array([[50 * n + 11, 6, 50 * n + 21, 26] for n in range(count)], np.float32).reshape(
            -1, 4
        )
        found = pose.of_people(crops, people)
        assert len(found) == count
        assert all(
            one.boxes[0] == pytest.approx(box, abs=1e-3) for one, box in zip(found, people, strict=True)
        )


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


def around(boxes: np.ndarray) -> np.ndarray:
    """What crops of these people show."""
    more = CROP_MARGIN * (boxes[:, 3] - boxes[:, 1])[:, None]
    return np.concatenate([boxes[:, :2] - more, boxes[:, 2:] + more], axis=1)


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
def test_people_in_a_group_have_the_poses_they_have_alone(shared: Path, real: PoseModel) -> None:
    """Ten of one picture, some of whose crops show two, among slivers and grey; the tenth lies alone."""
    video = "town-centre-street.mp4"
    ((_, image),) = frames_of(shared, video, [0])
    picture = ArrayPicture(image, NOON)
    labels = [label for label in read_people_labels().crops if (label.video, label.frame) == (video, 0)]
    people = np.array([label.box for label in labels], np.float32)
    assert len(people) == 7
    shared_by = np.triu(pairwise_iou(around(people), around(people)), 1)
    assert shared_by.max() > 0.1, shared_by
    slivers = np.array([[0, 500, 1900, 506], [900, 0, 904, 1000], [5, 5, 6, 6]], np.float32)
    boxes = np.concatenate([slivers[:1], people[:4], slivers[1:], people[4:]])
    grey = Crop(ArrayPicture(np.full((90, 60, 3), 114, np.uint8), NOON))
    crops = cut(picture, boxes, margin=CROP_MARGIN)
    together = real.of_people(
        [grey, *crops, grey], np.concatenate([[[15, 10, 45, 80]], boxes, [[15, 10, 45, 80]]])
    )
    assert [len(one) for one in together] == [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0]
    for place in (0, 1, 3, 7, 9):
        box, grouped = boxes[place], together[place + 1]
        (alone,) = real.of_people([crops[place]], box[None])
        assert len(alone) == len(grouped)
        seen = (alone.points[..., 2] >= 0.5) & (grouped.points[..., 2] >= 0.5)
        moved = np.abs(alone.points - grouped.points)[seen][:, :2]
        assert moved.max(initial=0) <= 0.06 * (box[3] - box[1])
        assert np.count_nonzero(seen) >= 8 * len(alone)


@pytest.mark.slow
def test_nine_people_share_one_call_of_the_real_model(shared: Path, real: PoseModel) -> None:
    assert real.group == 9
    assert real.batch == 1
    blank = Crop(ArrayPicture(np.full((90, 60, 3), 114, np.uint8), NOON))
    assert [len(one) for one in real.of_people([blank] * 9, np.tile([15.0, 10, 45, 80], (9, 1)))] == [0] * 9


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
