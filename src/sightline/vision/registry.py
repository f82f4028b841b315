"""The detectors that ship with the product, by the name used in the site file.

A table of strings, so that listing the choices imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from sightline.vision.picture import Detector
    from sightline.vision.runtime import Precision, Runtime

FindModel = Callable[[str], Path | None]
"""Where the file of a named model is on this machine, or None."""

DETECTORS = {
    "yolo11n": "sightline.vision.onnx_detector:OnnxDetector",
    "yolox_nano": "sightline.vision.onnx_detector:OnnxDetector",
    "builtin": "sightline.vision.motion:MotionDetector",
}
BEST_FIRST = ("yolo11n", "yolox_nano")
"""What `auto` looks for; without either it takes `builtin`, which needs no file."""

BETTER_THAN_BUILTIN = (
    "using the built-in motion detector, a stop-gap that sees only what moves in front of a fixed camera; "
    "for a trained one run: sightline models pull yolox_nano"
)


def open_detector(
    name_or_path: str,
    *,
    confidence: float | None = None,
    runtime: Runtime = "auto",
    precision: Precision = "f32",
    threads: int = 0,
    parallel: int = 1,
    find_model: FindModel,
) -> Detector:
    """The detector called `name_or_path`.

    Args:
        name_or_path: `auto`, a name of `DETECTORS`, or the path of an `.onnx` file.
        confidence: least score, 0..1; None = the detector's own.
        runtime, precision, threads: see `open_session`; `builtin` needs none of them.
        parallel: see `OnnxDetector`; `builtin` always takes one picture after the other.
        find_model: tells where the file of a named model is.

    Returns:
        A detector; its `note` says what the user should know about the choice.

    Raises:
        ConfigError: no such detector, or a setting it cannot follow.
        ModelError: its file is not here, damaged, or of an unknown layout.
    """
    if confidence is not None and not 0 <= confidence <= 1:
        raise ConfigError(f"detector confidence must be between 0 and 1, got {confidence}")
    name, path = choose_model(name_or_path, find_model)
    if path is None:
        detector: Detector = load(name)(confidence=confidence)
        detector.note = BETTER_THAN_BUILTIN
        return detector
    adapter = load(name) if name in DETECTORS else load("yolo11n")
    opened: Detector = adapter(
        name,
        path,
        confidence=confidence,
        runtime=runtime,
        precision=precision,
        threads=threads,
        parallel=parallel,
    )
    return opened


def load(name: str) -> Any:
    """The adapter class behind a name of `DETECTORS`."""
    module, _, attribute = DETECTORS[name].partition(":")
    return getattr(import_module(module), attribute)


def choose_model(wanted: str, find_model: FindModel) -> tuple[str, Path | None]:
    """Name and model file of what `open_detector` would open; no file means `builtin`.

    Raises:
        ConfigError: no such detector.
        ModelError: its file is not here.
    """
    if wanted == "auto":
        for name in BEST_FIRST:
            if path := find_model(name):
                return name, path
        return "builtin", None
    if wanted == "builtin":
        return wanted, None
    if wanted in DETECTORS:
        path = find_model(wanted)
        if path is None:
            raise ModelError(f"the model {wanted} is not here; run: sightline models pull {wanted}")
        return wanted, path
    path = Path(wanted)
    if path.suffix.lower() == ".onnx":
        if not path.is_file():
            raise ModelError(f"{wanted}: no such model file")
        return path.stem, path
    choices = ["auto", *DETECTORS]
    close = get_close_matches(wanted, choices, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(choices)} or a file.onnx"
    raise ConfigError(f"unknown detector {wanted!r}; {hint}")
