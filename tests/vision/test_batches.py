"""A model with a free batch dimension answers several pictures in one call as it answers them one by one."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from vision_scenes import picture

from sightline.vision.motion import MotionDetector
from sightline.vision.onnx_detector import MOST_AT_ONCE, OnnxDetector

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2


def write_model(path: Path, *, batch: int | str, answers_one: bool = False) -> Path:
    """A YOLO11-like network: one person whose left edge moves with the brightness of the picture.

    Args:
        batch: of the input; a name for a free one.
        answers_one: join the batch inside, as exports do whose batch is free in name only.
    """
    boxes = np.zeros((1, 5, CELLS), np.float32)
    boxes[0, :, 3] = (32, 32, 10, 20, 0.9)
    shift = np.zeros((1, 5, CELLS), np.float32)
    shift[0, 0, 3] = 10.0
    nodes = [
        helper.make_node(
            "ReduceMean", ["images"], ["light"], axes=[0, 1, 2, 3] if answers_one else [1, 2, 3], keepdims=1
        ),
        helper.make_node("Squeeze", ["light", "last"], ["flat"]),
        helper.make_node("Mul", ["flat", "shift"], ["moved"]),
        helper.make_node("Add", ["moved", "boxes"], ["output"]),
    ]
    out = 1 if answers_one else batch
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [out, 5, CELLS])],
        [
            numpy_helper.from_array(boxes, "boxes"),
            numpy_helper.from_array(shift, "shift"),
            numpy_helper.from_array(np.array([3], np.int64), "last"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


PICTURES = [picture(SIDE + 32 * (number % 3), SIDE, grey=20 * number) for number in range(11)]


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_several_at_once_are_found_as_one_by_one(tmp_path: Path, runtime) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    detector = OnnxDetector("tiny", write_model(tmp_path / "free.onnx", batch="n"), runtime=runtime)
    assert detector.batch == MOST_AT_ONCE
    together = detector.detect_many(PICTURES)
    alone = [detector.detect(one) for one in PICTURES]
    assert len(together) == len(PICTURES) == 11
    for many, one in zip(together, alone, strict=True):
        assert many.boxes == pytest.approx(one.boxes, abs=1e-3)
        assert many.scores == pytest.approx(one.scores)
    lefts = {round(float(found.boxes[0, 0]), 2) for found in together}
    assert len(lefts) == len(PICTURES)  # the answers are those of different pictures


def test_a_model_of_one_picture_is_asked_picture_by_picture(tmp_path: Path) -> None:
    detector = OnnxDetector("tiny", write_model(tmp_path / "one.onnx", batch=1))
    assert detector.batch == 1
    assert len(detector.detect_many(PICTURES)) == len(PICTURES)
    assert detector.detect_many([]) == []


def test_a_batch_that_is_free_in_name_only_is_not_used(tmp_path: Path) -> None:
    path = write_model(tmp_path / "joined.onnx", batch="n", answers_one=True)
    detector = OnnxDetector("tiny", path)
    assert detector.batch == 1
    lefts = {round(float(found.boxes[0, 0]), 2) for found in detector.detect_many(PICTURES)}
    assert len(lefts) == len(PICTURES)


def test_a_smaller_batch_after_a_larger_one_leaves_nothing_of_it(tmp_path: Path) -> None:
    detector = OnnxDetector("tiny", write_model(tmp_path / "free.onnx", batch="n"))
    detector.detect_many(PICTURES[:6])
    pair = detector.detect_many(PICTURES[8:10])
    assert [found.boxes.tolist() for found in pair] == [
        detector.detect(one).boxes.tolist() for one in PICTURES[8:10]
    ]


def test_the_built_in_detector_takes_pictures_in_their_order() -> None:
    detector = MotionDetector()
    assert detector.batch == 1
    assert [len(found) for found in detector.detect_many([picture(64, 64, 0.0), picture(64, 64, 0.2)])] == [
        0,
        0,
    ]
