"""Networks with known answers, for the models that look closer at people."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from vision_scenes import NOON

from sightline.domain.detection import FloatArray
from sightline.vision.catalogue import ModelEntry
from sightline.vision.crop import Crop
from sightline.vision.picture import ArrayPicture


def crop(width: int, height: int, *, left: int = 0, top: int = 0, grey: int = 90) -> Crop:
    return Crop(ArrayPicture(np.full((height, width, 3), grey, np.uint8), NOON), left, top)


def entry(name: str = "tiny", **fields: object) -> ModelEntry:
    return ModelEntry.model_validate({"name": name, "file": f"{name}.onnx", **fields})


def write_network(
    path: Path,
    answers: Sequence[npt.NDArray[np.floating]],
    size: tuple[int | str, int | str],
    *,
    batch: int | str = 1,
    flat: bool = False,
    shifts: Sequence[npt.NDArray[np.floating]] | None = None,
    joined: bool = False,
    mixed: bool = False,
) -> Path:
    """Each output is its answer plus the mean of the input, as given to the network, times its shift.

    Args:
        answers: (rows, columns) each, or (columns,) for an output of one row for each picture.
        size: width and height; names for free ones.
        batch: of the input; a name for a free one.
        flat: whether outputs have no axis for the batch: (batch * rows, columns).
        shifts: shaped like the answers; None = no answer depends on the picture.
        joined: give one answer for the whole batch, as exports do whose batch is free in name only.
        mixed: give an answer for each picture that depends on the others too.
    """
    nodes = [
        helper.make_node(
            "ReduceMean", ["pictures"], ["light"], axes=[0, 1, 2, 3] if joined else [1, 2, 3], keepdims=1
        ),
        helper.make_node("ReduceMean", ["light"], ["all"], axes=[0, 1, 2, 3], keepdims=1),
        helper.make_node("Sub", ["light", "light"], ["nothing"]),
        helper.make_node("Add", ["all", "nothing"], ["shared"]),
        helper.make_node("Squeeze", ["shared" if mixed else "light", "last"], ["narrow"]),
    ]
    kept = [numpy_helper.from_array(np.array([3], np.int64), "last")]
    outputs = []
    for place, answer in enumerate(answers):
        table = np.atleast_2d(answer).astype(np.float32)[None]
        change = np.zeros_like(table) if shifts is None else np.atleast_2d(shifts[place]).astype(np.float32)
        kept += [
            numpy_helper.from_array(table, f"answer{place}"),
            numpy_helper.from_array(change.reshape(table.shape), f"shift{place}"),
        ]
        nodes += [
            helper.make_node("Mul", ["narrow", f"shift{place}"], [f"moved{place}"]),
            helper.make_node("Add", [f"moved{place}", f"answer{place}"], [f"whole{place}"]),
        ]
        columns = table.shape[2]
        if flat or np.ndim(answer) == 1:
            kept.append(numpy_helper.from_array(np.array([-1, columns], np.int64), f"to{place}"))
            nodes.append(helper.make_node("Reshape", [f"whole{place}", f"to{place}"], [f"output{place}"]))
            shape: list[int | str | None] = [None, columns]
        else:
            nodes.append(helper.make_node("Identity", [f"whole{place}"], [f"output{place}"]))
            shape = [batch if not joined else 1, table.shape[1], columns]
        outputs.append(helper.make_tensor_value_info(f"output{place}", TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [batch, 3, size[1], size[0]])],
        outputs,
        kept,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def scrfd_answers(
    size: tuple[int, int], faces: Sequence[tuple[int, int, int, int, float]] = ((16, 2, 1, 1, 0.9),)
) -> list[FloatArray]:
    """Scores, boxes and landmarks of all strides: nine outputs, (rows, columns) each.

    Args:
        size: of the input.
        faces: stride, column, row, anchor and score of each: a box of 1 to the left, 0.5 up, 1 to the right
            and 2 down; landmarks at 0.1, 0.2, ... 1.0; all in strides.
    """
    rows = {stride: 2 * (size[0] // stride) * (size[1] // stride) for stride in (8, 16, 32)}
    scores = {stride: np.zeros((count, 1), np.float32) for stride, count in rows.items()}
    boxes = {stride: np.zeros((count, 4), np.float32) for stride, count in rows.items()}
    points = {stride: np.zeros((count, 10), np.float32) for stride, count in rows.items()}
    for stride, column, row, anchor, score in faces:
        place = 2 * (row * (size[0] // stride) + column) + anchor
        scores[stride][place] = score
        boxes[stride][place] = (1, 0.5, 1, 2)
        points[stride][place] = np.arange(1, 11) / 10
    return [*scores.values(), *boxes.values(), *points.values()]
