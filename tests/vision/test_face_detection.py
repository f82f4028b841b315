"""Faces of the SCRFD family: every layout it is published in, decoded by hand."""

from pathlib import Path

import numpy as np
import pytest
from tiny_networks import crop, entry, scrfd_answers, write_network

from sightline.errors import ModelError
from sightline.vision.face_detection import FaceDetector
from sightline.vision.faces import Faces, face_of_each, together

# The corner of cell (2, 1) of stride 16 is at (32, 16).
BOX = [32 - 16, 16 - 8, 32 + 16, 16 + 32]
LANDMARKS = [
    [32 + 1.6, 16 + 3.2],
    [32 + 4.8, 16 + 6.4],
    [32 + 8.0, 16 + 9.6],
    [32 + 11.2, 16 + 12.8],
    [32 + 14.4, 16 + 16.0],
]


@pytest.mark.parametrize(
    ("size", "batch", "flat"),
    [
        pytest.param((64, 64), 1, True, id="no batch axis, one size"),
        pytest.param((64, 64), 1, False, id="batch axis, one size"),
        pytest.param(("w", "h"), 1, True, id="no batch axis, any size"),
        pytest.param(("w", "h"), 1, False, id="batch axis, any size"),
        pytest.param((64, 64), "n", True, id="no batch axis, any number"),
        pytest.param((64, 64), "n", False, id="batch axis, any number"),
    ],
)
def test_every_published_layout_is_decoded(tmp_path: Path, size, batch, flat) -> None:
    path = write_network(tmp_path / "tiny.onnx", scrfd_answers((64, 64)), size, batch=batch, flat=flat)
    detector = FaceDetector(entry(), path, longest=64)
    (faces,) = detector.detect([crop(64, 64)])
    assert faces.boxes == pytest.approx(np.array([BOX]), abs=1e-3)
    assert faces.scores == pytest.approx(np.array([0.9]))
    assert faces.landmarks == pytest.approx(np.array([LANDMARKS]), abs=1e-3)
    assert detector.batch == (8 if batch == "n" else 1)


@pytest.mark.parametrize(
    ("stride", "column", "row", "anchor", "corner"),
    [(8, 5, 7, 0, (40, 56)), (8, 5, 7, 1, (40, 56)), (32, 1, 0, 1, (32, 0))],
)
def test_cells_of_every_stride_have_their_place(tmp_path: Path, stride, column, row, anchor, corner) -> None:
    answers = scrfd_answers((64, 64), [(stride, column, row, anchor, 0.8)])
    detector = FaceDetector(entry(), write_network(tmp_path / "tiny.onnx", answers, (64, 64)))
    (faces,) = detector.detect([crop(64, 64)])
    x, y = corner
    wanted = [x - stride, max(0, y - stride / 2), min(64, x + stride), min(64, y + 2 * stride)]
    assert faces.boxes == pytest.approx(np.array([wanted]), abs=1e-3)
    assert faces.landmarks[0, 0] == pytest.approx([x + 0.1 * stride, y + 0.2 * stride])


def test_outputs_are_told_by_their_shape_not_by_their_order(tmp_path: Path) -> None:
    answers = scrfd_answers((64, 64))
    mixed = [answers[place] for place in (8, 1, 3, 0, 5, 6, 2, 7, 4)]
    detector = FaceDetector(entry(), write_network(tmp_path / "tiny.onnx", mixed, (64, 64)))
    assert detector.detect([crop(64, 64)])[0].boxes == pytest.approx(np.array([BOX]), abs=1e-3)


def test_an_input_that_is_not_square_keeps_its_grid(tmp_path: Path) -> None:
    answers = scrfd_answers((128, 64), [(16, 6, 1, 0, 0.9)])
    detector = FaceDetector(entry(), write_network(tmp_path / "tiny.onnx", answers, (128, 64)))
    (faces,) = detector.detect([crop(128, 64)])
    assert faces.boxes == pytest.approx(np.array([[96 - 16, 8, 96 + 16, 48]]), abs=1e-3)


def test_faces_of_a_crop_are_told_in_pixels_of_the_whole_picture(tmp_path: Path) -> None:
    detector = FaceDetector(entry(), write_network(tmp_path / "tiny.onnx", scrfd_answers((64, 64)), (64, 64)))
    (faces,) = detector.detect([crop(128, 128, left=300, top=40)])  # shown at half size
    assert faces.boxes == pytest.approx(np.array([BOX]) * 2 + [[300, 40, 300, 40]], abs=1e-3)
    assert faces.landmarks == pytest.approx(np.array([LANDMARKS]) * 2 + [300, 40], abs=1e-3)


def test_a_model_of_any_size_is_not_shown_more_than_there_is(tmp_path: Path) -> None:
    """A crop of 50 x 40 lies in the corner of the smallest input, 64 x 64, as it is."""
    path = write_network(tmp_path / "tiny.onnx", scrfd_answers((64, 64)), ("w", "h"))
    (faces,) = FaceDetector(entry(), path, longest=64).detect([crop(50, 40)])
    assert faces.boxes == pytest.approx(np.array([[16, 8, 48, 40]]), abs=1e-3)


def test_a_face_found_twice_is_told_once_and_an_unsure_one_not_at_all(tmp_path: Path) -> None:
    answers = scrfd_answers(
        (64, 64), [(16, 2, 1, 0, 0.7), (16, 2, 1, 1, 0.9), (8, 1, 1, 0, 0.6), (8, 6, 6, 0, 0.4)]
    )
    path = write_network(tmp_path / "tiny.onnx", answers, (64, 64))
    assert FaceDetector(entry(), path).detect([crop(64, 64)])[0].scores == pytest.approx([0.9, 0.6])
    keen = FaceDetector(entry(confidence=0.3), path)
    assert keen.detect([crop(64, 64)])[0].scores == pytest.approx([0.9, 0.6, 0.4])
    assert len(FaceDetector(entry(confidence=0.95), path).detect([crop(64, 64)])[0]) == 0


def write_moving(path: Path, *, batch: int | str, **how: bool) -> Path:
    """A face whose left side moves with the brightness of the picture."""
    answers = scrfd_answers((64, 64))
    shifts = [np.zeros_like(answer) for answer in answers]
    shifts[4][13, 0] = 0.5
    return write_network(path, answers, (64, 64), batch=batch, shifts=shifts, **how)


CROPS = [crop(64 + 16 * (number % 3), 64, left=10 * number, grey=12 * number) for number in range(19)]


@pytest.mark.parametrize("flat", [False, True], ids=["batch axis", "no batch axis"])
def test_several_at_once_are_found_as_one_by_one(tmp_path: Path, flat: bool) -> None:
    detector = FaceDetector(entry(), write_moving(tmp_path / "free.onnx", batch="n", flat=flat))
    single = FaceDetector(entry(), write_moving(tmp_path / "one.onnx", batch=1, flat=flat))
    assert (detector.batch, single.batch) == (8, 1)
    together = detector.detect(CROPS)
    for many, one in zip(together, single.detect(CROPS), strict=True):
        assert many.boxes == pytest.approx(one.boxes, abs=1e-3)
        assert many.landmarks == pytest.approx(one.landmarks, abs=1e-3)
    assert len({round(float(found.boxes[0, 0] - found.boxes[0, 2]), 2) for found in together}) > 10
    assert detector.detect([]) == []


@pytest.mark.parametrize("how", ["joined", "mixed"])
def test_a_batch_that_is_free_in_name_only_is_not_used(tmp_path: Path, how: str) -> None:
    detector = FaceDetector(entry(), write_moving(tmp_path / "free.onnx", batch="n", **{how: True}))
    assert detector.batch == 1
    assert len({round(float(one.boxes[0, 0] - one.boxes[0, 2]), 2) for one in detector.detect(CROPS)}) > 10


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param(scrfd_answers((64, 64))[:6], "finds faces without landmarks", id="no landmarks"),
        pytest.param(scrfd_answers((96, 96)), "not a face detector of the SCRFD family", id="other grid"),
        pytest.param(
            [np.zeros((84, 84))], r"SCRFD family; its outputs are \(1, 84, 84\)", id="a person detector"
        ),
        pytest.param([9 * one for one in scrfd_answers((64, 64))], "not between 0 and 1", id="raw scores"),
    ],
)
def test_a_model_that_would_be_misread_is_refused(tmp_path: Path, answers, words: str) -> None:
    path = write_network(tmp_path / "odd.onnx", answers, (64, 64))
    with pytest.raises(ModelError, match=words) as caught:
        FaceDetector(entry(), path)
    assert str(caught.value).startswith("odd.onnx: ")


def faces_at(*boxes: tuple[float, float, float, float]) -> Faces:
    count = len(boxes)
    return Faces(
        np.array(boxes, np.float32).reshape(-1, 4), np.ones(count, np.float32), np.zeros((count, 5, 2))
    )


def test_each_face_belongs_to_the_person_whose_head_it_is() -> None:
    people = np.array([[0, 0, 40, 100], [20, 10, 60, 110], [200, 0, 240, 100]], np.float32)
    heads = faces_at((34, 14, 46, 28), (14, 4, 26, 18))
    assert face_of_each(heads, people) == [1, 0, None]


def test_a_face_on_the_chest_or_outside_is_nobodys() -> None:
    people = np.array([[0, 0, 40, 100]], np.float32)
    assert face_of_each(faces_at((10, 50, 30, 70), (50, 0, 70, 20)), people) == [None]
    assert face_of_each(Faces.none(), people) == [None]
    assert face_of_each(faces_at((0, 0, 9, 9)), np.empty((0, 4), np.float32)) == []


def test_a_face_that_two_crops_show_is_told_once() -> None:
    one = faces_at((10, 10, 30, 34), (100, 10, 120, 34))
    other = Faces(
        np.array([(11, 11, 31, 35), (60, 10, 80, 34)], np.float32),
        np.array([1.5, 0.5], np.float32),
        np.zeros((2, 5, 2), np.float32),
    )
    all_of_them = together([one, Faces.none(), other])
    assert all_of_them.boxes.tolist() == [[11, 11, 31, 35], [100, 10, 120, 34], [60, 10, 80, 34]]
    assert all_of_them.scores.tolist() == [1.5, 1.0, 0.5]
    assert len(together([])) == len(together([Faces.none()])) == 0


def test_one_face_is_not_given_to_two_people() -> None:
    people = np.array([[0, 0, 40, 100], [4, 0, 44, 100]], np.float32)
    assert face_of_each(faces_at((12, 2, 28, 18)), people) == [0, None]
