"""Networks of both families, built here with known answers, and the real ones where they are at hand."""

from pathlib import Path

import av
import numpy as np
import pytest
from vision_scenes import NOON, picture

from sightline.domain.detection import Detections
from sightline.domain.overlap import pairwise_iou
from sightline.errors import ConfigError, ModelError
from sightline.vision.onnx_detector import OnnxDetector
from sightline.vision.picture import ArrayPicture

CELLS_64 = 8 * 8 + 4 * 4 + 2 * 2


def yolo_answer(cells: int = CELLS_64, classes: int = 80) -> np.ndarray:
    answer = np.zeros((1, 4 + classes, cells), np.float32)
    answer[0, :5, 3] = (32, 32, 10, 20, 0.9)  # cx, cy, w, h, person
    answer[0, :5, 4] = (33, 32, 10, 20, 0.8)  # the same person again
    answer[0, :5, 5] = (10, 32, 4, 8, 0.2)  # too unsure
    if classes > 1:
        answer[0, (0, 1, 2, 3, 5), 6] = (50, 32, 8, 8, 0.95)  # no person
    return answer


def yolox_answer(columns: int = 8, rows: int = 8, classes: int = 80) -> np.ndarray:
    cells = columns * rows + columns * rows // 4 + columns * rows // 16
    answer = np.zeros((1, cells, 5 + classes), np.float32)
    # Cell (2, 1) of the 16-pixel grid: centre (2.5, 1.25) * 16, sides exp(0) * 16 and exp(log 2) * 16.
    cell = columns * rows + 1 * (columns // 2) + 2
    answer[0, cell, :6] = (0.5, 0.25, 0.0, np.log(2), 0.9, 0.8)
    answer[0, 0, :6] = (0.5, 0.5, 0.0, 0.0, 0.5, 0.5)  # 0.25 in all: too unsure
    return answer


def test_yolo_boxes_come_back_in_pixels_of_the_picture(make_model) -> None:
    detector = OnnxDetector("tiny", make_model(yolo_answer(), (64, 64)))
    found = detector.detect(picture(128, 64))  # shown at half size, 16 input pixels below the top
    assert found.boxes == pytest.approx(np.array([[54, 12, 74, 52]]), abs=1e-3)
    assert found.scores == pytest.approx(np.array([0.9]))


def test_yolox_boxes_are_decoded_by_grid_and_stride(make_model) -> None:
    detector = OnnxDetector("tiny", make_model(yolox_answer(), (64, 64)))
    found = detector.detect(picture(128, 128))
    assert found.boxes == pytest.approx(np.array([[64, 8, 96, 72]]), abs=1e-3)
    assert found.scores == pytest.approx(np.array([0.72]))


def test_inputs_that_are_not_square_keep_their_grid(make_model) -> None:
    detector = OnnxDetector("tiny", make_model(yolox_answer(columns=16), (128, 64)))
    found = detector.detect(picture(128, 64))
    assert found.boxes == pytest.approx(np.array([[32, 4, 48, 36]]), abs=1e-3)


def test_a_model_of_one_class_needs_no_class_names(make_model) -> None:
    found = OnnxDetector("tiny", make_model(yolo_answer(classes=1), (64, 64))).detect(picture(64, 64))
    assert found.boxes == pytest.approx(np.array([[27, 22, 37, 42]]), abs=1e-3)


def test_a_model_that_takes_any_size_is_run_at_640(make_model) -> None:
    answer = yolo_answer(cells=80 * 80 + 40 * 40 + 20 * 20)
    found = OnnxDetector("tiny", make_model(answer, ("width", "height"))).detect(picture(640, 640))
    assert found.boxes == pytest.approx(np.array([[27, 22, 37, 42]]), abs=1e-3)


def test_the_person_class_is_found_by_its_name(make_model) -> None:
    names = {"names": "{0: 'dog', 1: 'person'}"}
    path = make_model(yolo_answer(classes=2), (64, 64), names)
    found = OnnxDetector("tiny", path).detect(picture(64, 64))
    assert found.scores == pytest.approx(np.array([0.95]))


def test_boxes_are_clipped_to_the_picture_and_empty_ones_dropped(make_model) -> None:
    answer = np.zeros((1, 84, CELLS_64), np.float32)
    answer[0, :5, 0] = (2, 32, 20, 20, 0.9)  # reaches over the left edge
    answer[0, :5, 1] = (32, 4, 10, 8, 0.9)  # in the border above the picture
    answer[0, :5, 2] = (40, 32, 0, 20, 0.9)  # without width
    found = OnnxDetector("tiny", make_model(answer, (64, 64))).detect(picture(128, 64))
    assert found.boxes == pytest.approx(np.array([[0, 12, 24, 52]]), abs=1e-3)


def test_confidence_can_be_asked_for(make_model) -> None:
    path = make_model(yolo_answer(), (64, 64))
    assert len(OnnxDetector("tiny", path, confidence=0.1).detect(picture(64, 64))) == 2
    assert len(OnnxDetector("tiny", path, confidence=0.95).detect(picture(64, 64))) == 0


@pytest.mark.parametrize(
    ("answer", "metadata", "words"),
    [
        pytest.param(np.zeros((1, 300, 6)), {}, "unknown layout.*(1, 300, 6)", id="boxes already suppressed"),
        pytest.param(yolo_answer(), {"names": "{0: 'dog'}"}, "finds no people", id="other classes"),
        pytest.param(yolo_answer(), {"task": "obb"}, "made to obb", id="other task"),
        pytest.param(yolo_answer() * 9, {}, "not between 0 and 1", id="scores without sigmoid"),
        pytest.param(yolox_answer() * 999, {}, "decoded already", id="YOLOX exported with decoding"),
    ],
)
def test_a_model_that_would_be_misread_is_refused(make_model, answer, metadata, words) -> None:
    path = make_model(answer.astype(np.float32), (64, 64), metadata)
    with pytest.raises(ModelError, match=words.replace("(", r"\(").replace(")", r"\)")):
        OnnxDetector("tiny", path)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"not a model", "not a model"), (b"", "empty")],
    ids=["a text file", "an empty file"],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, runtime, content: bytes, words: str) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words) as caught:
        OnnxDetector("broken", path, runtime=runtime)
    assert "\n" not in str(caught.value)
    assert "broken.onnx" in str(caught.value)


def test_a_cut_off_file_is_refused(make_model) -> None:
    path = make_model(yolo_answer(), (64, 64))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ModelError, match=r"tiny\.onnx"):
        OnnxDetector("tiny", path)


def test_precisions_that_cannot_be_are_refused(make_model) -> None:
    path = make_model(yolo_answer(), (64, 64))
    with pytest.raises(ConfigError, match="no 8-bit weights"):
        OnnxDetector("tiny", path, precision="int8")
    with pytest.raises(ConfigError, match="bf16 needs runtime: openvino"):
        OnnxDetector("tiny", path, runtime="onnxruntime", precision="bf16")


def test_openvino_finds_what_onnx_runtime_finds(make_model) -> None:
    pytest.importorskip("openvino")
    names = {"names": "{0: 'dog', 1: 'person'}"}
    path = make_model(yolo_answer(classes=2), (64, 64), names)
    one = OnnxDetector("tiny", path, runtime="onnxruntime").detect(picture(128, 64))
    other = OnnxDetector("tiny", path, runtime="openvino")
    assert other.detect(picture(128, 64)).boxes == pytest.approx(one.boxes, abs=1e-3)
    assert other.facts()["precision"] == "f32"


def test_an_8_bit_file_says_so_in_the_manifest(shared: Path) -> None:
    detector = OnnxDetector("small", shared / "models" / "yolo11n-int8-320.onnx")
    facts = detector.facts()
    assert facts["precision"] == "int8"
    assert facts["sha256"] == "a513b3f4a008def6dbda3c4028cc7d030e18e1034614a9256d2b9e3f815ce1fe"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least_recall", "most_false"), [("yolo11n", 0.88, 0.2), ("yolox_nano", 0.86, 0.4)]
)
def test_the_real_models_find_the_pedestrians_of_pets(shared: Path, name, least_recall, most_false) -> None:
    """Published with these files: recall 0.918 and 0.923 on every fifth frame; here every fortieth."""
    detector = OnnxDetector(name, shared / "models" / f"{name}.onnx")
    rows = np.loadtxt(shared / "mot" / "PETS09-S2L1" / "gt" / "gt.txt", delimiter=",")
    covered = people = seen = 0
    with av.open(str(shared / "videos" / "pets09-s2l1.mp4")) as video:
        for index, frame in enumerate(video.decode(video=0)):
            if index % 40:
                continue
            left, top, wide, high = rows[(rows[:, 0] == index + 1) & (rows[:, 6] == 1)][:, 2:6].T * 0.625
            truth = np.stack([left, top, left + wide, top + high], axis=1).astype(np.float32)
            found: Detections = detector.detect(ArrayPicture(frame.to_ndarray(format="bgr24"), NOON))
            covered += int((pairwise_iou(truth, found.boxes).max(axis=1, initial=0) >= 0.5).sum())
            people += len(truth)
            seen += len(found)
    assert covered / people >= least_recall
    assert seen <= (1 + most_false) * people
