"""Runs ONNX files on the processor: ONNX Runtime, or OpenVINO where it is installed and asked for.

`auto` is ONNX Runtime. Measured in float32, one picture at a time, two threads of a server without AVX-512:
yolox_nano 15.6 ms against 19.9 ms with OpenVINO 2026.4, yolo11n 64 ms against 73 ms. OpenVINO's own gain is
bfloat16 on processors that have it, which moves scores and is therefore never chosen without being asked for.
"""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ConfigError, ModelError
from sightline.vision.onnx_operators import operators_of

Runtime = Literal["auto", "onnxruntime", "openvino"]
Precision = Literal["f32", "bf16", "int8"]

QUANTISED_OPERATORS = ("QLinear", "ConvInteger", "MatMulInteger", "QuantizeLinear", "DequantizeLinear")
"""How the names of those begin that compute in 8 bits, or turn 8 bits into numbers."""


class Session(Protocol):
    """A loaded network with one input.

    Attributes:
        runtime: name and version, for the manifest.
        precision: what it really computes in.
        input_shape: None where any size is taken.
        metadata: key and value texts kept in the file.
    """

    runtime: str
    precision: Precision
    input_shape: tuple[int | None, ...]
    metadata: Mapping[str, str]

    def run(self, blob: FloatArray) -> list[FloatArray]:
        """All outputs for one input; they may be overwritten by the next call from the same thread.

        Raises:
            ModelError: the runtime gave up.
        """
        ...


def open_session(
    path: Path,
    *,
    runtime: Runtime = "auto",
    precision: Precision = "f32",
    threads: int = 0,
    streams: int = 1,
) -> Session:
    """Load a model file.

    Args:
        path: an ONNX file.
        runtime: `auto` is ONNX Runtime, for the reason at the head of this file.
        precision: `bf16` needs OpenVINO and a processor that has it; `int8` needs a quantised file. A
            quantised file is computed as it is, also under `f32`, and its session says `int8`.
        threads: 0 = one per core this process may use.
        streams: from how many threads `run` will be called at once; they share `threads`. One picture per
            core is more work done than one picture over all cores: nothing has to wait for its other half.

    Raises:
        ModelError: missing or damaged file.
        ConfigError: runtime not installed, or it cannot compute in that precision.
    """
    quantised = _is_quantised(path)
    if precision == "int8" and not quantised:
        raise ConfigError(f"{path.name} holds no 8-bit weights; give an int8 file or use precision: f32")
    if precision == "bf16" and quantised:
        raise ConfigError(f"{path.name} is an 8-bit model; use precision: int8")
    if precision == "bf16" and runtime == "onnxruntime":
        raise ConfigError("bf16 needs runtime: openvino; with onnxruntime use precision: f32")
    kept: Precision = "int8" if quantised else precision
    total = threads or cores()
    if runtime == "openvino" or precision == "bf16":
        return OpenVinoSession(path, precision=kept, threads=total, streams=streams)
    return OnnxRuntimeSession(path, precision=kept, threads=max(1, total // streams))


class OnnxRuntimeSession:
    """See `Session`."""

    def __init__(self, path: Path, *, precision: Precision, threads: int) -> None:
        """Load `path`; raises ModelError when it cannot be."""
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as native

        # The library's errors share no base class of their own.
        self._errors: tuple[type[Exception], ...] = tuple(
            thing
            for thing in vars(native).values()
            if isinstance(thing, type) and issubclass(thing, Exception)
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except self._errors as error:
            raise ModelError(f"{path}: not a model ONNX Runtime can load ({_first_line(error)})") from error
        entry = _only_input(path, self._session.get_inputs())
        if entry.type != "tensor(float)":
            raise ModelError(f"{path}: its input is {entry.type}; only float32 inputs are supported")
        self._file = path.name
        self._input = entry.name
        self.runtime = f"onnxruntime {onnxruntime.__version__}"
        self.precision: Precision = precision
        self.input_shape = tuple(side if isinstance(side, int) else None for side in entry.shape)
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, blob: FloatArray) -> list[FloatArray]:
        """See `Session.run`."""
        try:
            answer: list[FloatArray] = self._session.run(None, {self._input: blob})
        except self._errors as error:
            raise ModelError(f"{self._file}: ONNX Runtime failed ({_first_line(error)})") from error
        return answer


class OpenVinoSession:
    """See `Session`."""

    def __init__(self, path: Path, *, precision: Precision, threads: int, streams: int) -> None:
        """Load `path`; raises ModelError when it cannot be, ConfigError when OpenVINO or bf16 is missing."""
        openvino = _openvino()
        config = {
            "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,
            # Without this line it picks bf16 by itself where the processor has it.
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        }
        try:
            model = openvino.Core().read_model(str(path))
            compiled = openvino.Core().compile_model(model, "CPU", config)
        except RuntimeError as error:
            raise ModelError(f"{path}: not a model OpenVINO can load ({_last_line(error)})") from error
        if precision == "bf16" and compiled.get_property("INFERENCE_PRECISION_HINT") != openvino.Type.bf16:
            raise ConfigError("this processor computes no bf16; use precision: f32")
        entry = _only_input(path, compiled.inputs)
        if entry.element_type != openvino.Type.f32:
            raise ModelError(f"{path}: its input is {entry.element_type}; only float32 inputs are supported")
        self._file = path.name
        self._compiled = compiled
        # Made and run once here: the first run of a request costs as much as several later ones.
        self._ready = [compiled.create_infer_request() for _ in range(streams)]
        if entry.partial_shape.is_static:
            blank = np.zeros(entry.shape, np.float32)
            for request in self._ready:
                request.infer({0: blank})
        self._mine = threading.local()
        self.runtime = f"openvino {openvino.__version__.split('-')[0]}"
        self.precision: Precision = precision
        sides = entry.partial_shape
        self.input_shape = tuple(side.get_length() if side.is_static else None for side in sides)
        wanted = [key for key in ("names", "task") if model.has_rt_info(["framework", key])]
        self.metadata: Mapping[str, str] = {
            key: str(model.get_rt_info(["framework", key]).value) for key in wanted
        }

    def run(self, blob: FloatArray) -> list[FloatArray]:
        """See `Session.run`. The arrays are views of the runtime's own memory."""
        request = getattr(self._mine, "request", None)
        if request is None:
            request = self._ready.pop() if self._ready else self._compiled.create_infer_request()
            self._mine.request = request
        try:
            request.infer({0: blob}, share_inputs=True)
        except RuntimeError as error:
            raise ModelError(f"{self._file}: OpenVINO failed ({_last_line(error)})") from error
        return [output.data for output in request.output_tensors]


def _openvino() -> Any:
    """The package, with its usage statistics switched off: without that module it uses a silent stand-in."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise ConfigError("openvino is not installed; run: pip install 'sightline[openvino]'") from error
    return openvino


def _only_input(path: Path, inputs: Any) -> Any:
    if len(inputs) != 1:
        raise ModelError(f"{path}: takes {len(inputs)} inputs; a detector takes one picture")
    return inputs[0]


def _is_quantised(path: Path) -> bool:
    """Whether the graph computes in 8 bits. Tensors of other models may be named after such an operator."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    if not content:
        raise ModelError(f"{path}: the file is empty")
    return any(operator.startswith(QUANTISED_OPERATORS) for operator in operators_of(content))


def cores() -> int:
    """Cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _last_line(error: Exception) -> str:
    """OpenVINO begins its messages with places in its own source."""
    return str(error).strip().splitlines()[-1]
