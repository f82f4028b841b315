"""Whether a model computes in 8 bits is told by the operators of its graph, not by names of tensors."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from sightline.vision.onnx_operators import operators_of
from sightline.vision.runtime import _is_quantised


def model(*operators: str, named: str = "x", nested: str = "", function: str = "") -> bytes:
    """A graph of these operators; `nested` lies in a branch, `function` in a function of the model.

    Its weights and the names of its tensors are called `named`.
    """
    nodes = [helper.make_node(one, [named], [f"{named}/{one}_output"], name=named) for one in operators]
    if nested:
        inner = helper.make_graph([helper.make_node(nested, ["x"], ["y"])], "inner", [], [])
        nodes.append(helper.make_node("If", ["x"], ["z"], then_branch=inner, else_branch=inner))
    weights = numpy_helper.from_array(np.frombuffer(b"ConvInteger" * 4, np.float32), named)
    whole = helper.make_graph(nodes, named, [], [], [weights])
    functions = []
    if function:
        body = [helper.make_node(function, ["x"], ["y"])]
        functions.append(helper.make_function("own", "f", ["x"], ["y"], body, [helper.make_opsetid("", 17)]))
    made = helper.make_model(whole, functions=functions, doc_string="DequantizeLinear")
    return bytes(made.SerializeToString())


@pytest.mark.parametrize(
    ("content", "quantised"),
    [
        pytest.param(model("Conv", "Relu", named="/model.22/DequantizeLinear"), False, id="a tensor's name"),
        pytest.param(model("Conv", "DequantizeLinear"), True, id="weights of 8 bits"),
        pytest.param(model("DynamicQuantizeLinear", "ConvInteger"), True, id="dynamic"),
        pytest.param(model("QLinearConv"), True, id="QLinearConv"),
        pytest.param(model("QLinearAdd"), True, id="an operator of ONNX Runtime's own"),
        pytest.param(model("MatMul", nested="MatMulInteger"), True, id="in a branch"),
        pytest.param(model("MatMul", function="QuantizeLinear"), True, id="in a function"),
        pytest.param(b"ConvInteger, but no model", False, id="no model"),
        pytest.param(b"\xff" * 40, False, id="a number without an end"),
    ],
)
def test_the_operators_decide(tmp_path: Path, content: bytes, quantised: bool) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    assert _is_quantised(path) is quantised


def test_all_operators_are_found_and_a_file_that_breaks_off_raises_nothing() -> None:
    content = model("Conv", "Relu", nested="Add", function="Mul")
    assert operators_of(content) == {"Conv", "Relu", "If", "Add", "Mul"}
    for length in range(len(content)):
        assert operators_of(content[:length]) <= {"Conv", "Relu", "If", "Add", "Mul"}


def test_real_models_are_what_their_files_say(shared: Path) -> None:
    found = {path.name: _is_quantised(path) for path in sorted((shared / "models").glob("*.onnx"))}
    assert [name for name, quantised in found.items() if quantised] == ["yolo11n-int8-320.onnx"]
    assert len(found) > 1
