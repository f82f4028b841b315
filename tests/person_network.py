"""A person detector made on the spot: it sees one person in the middle of every picture."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
PERSON = (80, 10, 120, 90)
"""Where it sees one in pictures of 160 x 96, xyxy pixels."""


def write_person_model(folder: Path, name: str = "yolox_nano") -> Path:
    """`folder/name.onnx`, of the YOLOX family; the folder is one for `models.dir`."""
    cells = 8 * 8 + 4 * 4 + 2 * 2
    answer = np.zeros((1, cells, 85), np.float32)
    # Cell (2, 1) of the 16-pixel grid: centre (40, 20), sides 16 and 32; the picture is shown at 0.4.
    answer[0, 8 * 8 + 1 * 4 + 2, :6] = (0.5, 0.25, 0.0, np.log(2), 0.9, 0.8)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "mean"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "person",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(answer.shape))],
        [numpy_helper.from_array(answer, "answer")],
    )
    path = folder / f"{name}.onnx"
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path
