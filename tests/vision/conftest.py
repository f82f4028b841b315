"""Tiny networks for the detector tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

MakeModel = Callable[..., Path]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """Writes a network that gives the same answer to every picture."""

    def make(
        answer: npt.NDArray[np.float32],
        side: tuple[int | str, int | str],
        metadata: dict[str, str] | None = None,
        name: str = "tiny.onnx",
    ) -> Path:
        # The answer depends on the picture by a term that is always zero, so that nothing is optimised away.
        nodes = [
            helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
            helper.make_node("Sub", ["mean", "mean"], ["nothing"]),
            helper.make_node("Add", ["answer", "nothing"], ["output"]),
        ]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side[1], side[0]])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(answer.shape))],
            [numpy_helper.from_array(answer.astype(np.float32), "answer")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, metadata or {})
        path = tmp_path / name
        onnx.save(model, str(path))
        return path

    return make
