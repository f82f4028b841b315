"""A model file that looks at pictures, opened and tried: its input, and whether it takes several at once."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.fetch import sha256_of
from sightline.vision.picture import ByteArray
from sightline.vision.runtime import Precision, Runtime, open_session

MOST_AT_ONCE = 8
"""Pictures given in one call to a model whose batch dimension is free."""
SAME_WITHIN = 1e-2
"""How far an answer may differ when another picture lies beside it, as a share of the largest value: 8-bit
models scale their input by all of it."""

Answer = list[FloatArray]
"""The outputs for one picture, in the shapes that a call with one picture gives."""


class Network:
    """An ONNX file with one input (pictures, 3, height, width).

    Attributes:
        width, height: input pixels; None where any will do.
        batch: pictures in one call; 1 where the file takes one, or joins several into one answer.
        trial: what it answered to a blank picture.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        trial_size: tuple[int, int],
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 1,
    ) -> None:
        """Open a model and run it.

        Args:
            name: what messages and records call it.
            path: an ONNX file.
            trial_size: width and height it is tried with where it takes any.
            runtime, precision, threads: see `open_session`. One thread is the default: these models run
                beside a detector, whose threads theirs would only spin against.

        Raises:
            ModelError: missing, damaged, or an input that is not a picture.
            ConfigError: the runtime is not installed or cannot compute in that precision.
        """
        self.name, self.file = name, path.name
        self._session = open_session(path, runtime=runtime, precision=precision, threads=threads)
        shape = self._session.input_shape
        if len(shape) != 4 or shape[1] not in (None, 3) or shape[0] not in (None, 1):
            shown = ", ".join("any" if side is None else str(side) for side in shape)
            raise ModelError(f"{path.name}: takes ({shown}), not pictures (any or 1, 3, height, width)")
        self.width, self.height = shape[3], shape[2]
        size = (self.width or trial_size[0], self.height or trial_size[1])
        self.trial = _copied(self._session.run(np.zeros((1, 3, size[1], size[0]), np.float32)))
        self.batch = MOST_AT_ONCE if shape[0] is None and self._keeps_apart(size) else 1
        self._sha256 = sha256_of(path)

    def facts(self) -> dict[str, str | int | float]:
        """What records keep: name, sha256 of the file, runtime, precision."""
        return {
            "name": self.name,
            "sha256": self._sha256,
            "runtime": self._session.runtime,
            "precision": self._session.precision,
        }

    def answers(self, blob: FloatArray) -> list[Answer]:
        """What the model says to each of some pictures, in calls of `batch` at most.

        Args:
            blob: float32 (N, 3, H, W), N may be 0.

        Raises:
            ModelError: the runtime failed on them.
        """
        found: list[Answer] = []
        for first in range(0, len(blob), self.batch):
            part = blob[first : first + self.batch]
            found += _split(self._session.run(part), len(part))
        return found

    def _keeps_apart(self, size: tuple[int, int]) -> bool:
        """Whether two in one call are answered as each alone: some exports free the batch in name only."""
        noise = np.random.default_rng(1).random((2, 3, size[1], size[0]), np.float32)
        noise[0] *= 0.1  # as unlike as a dark picture and a bright one
        alone = [_copied(self._session.run(noise[place : place + 1])) for place in range(2)]
        try:
            outputs = self._session.run(noise)
        except ModelError:
            return False
        if any(len(both) != 2 * len(one) for both, one in zip(outputs, alone[0], strict=True)):
            return False
        return all(
            one.shape == other.shape
            and np.allclose(
                one, other, rtol=SAME_WITHIN, atol=SAME_WITHIN * float(np.abs(one).max(initial=0))
            )
            for single, paired in zip(alone, _split(outputs, 2), strict=True)
            for one, other in zip(single, paired, strict=True)
        )


def fill(
    plane: FloatArray, pixels: ByteArray, *, mean: float | Sequence[float], std: float | Sequence[float]
) -> None:
    """Lay pixels into the top-left corner of one place of a batch, as (value - mean) / std.

    Args:
        plane: float32 (3, H, W), written to where the pixels lie.
        pixels: uint8 (h, w, 3), h and w not larger, in the channel order that is wanted.
        mean, std: of values 0..255, one for all channels or one each.
    """
    height, width = pixels.shape[:2]
    means, stds = np.broadcast_to(mean, 3), np.broadcast_to(std, 3)
    for place, channel in enumerate(cv2.split(pixels)):
        target = plane[place, :height, :width]
        np.multiply(channel, np.float32(1 / stds[place]), out=target, dtype=np.float32)
        if means[place]:
            target -= np.float32(means[place] / stds[place])


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Rows of (N, D) scaled to length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: FloatArray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


def _split(outputs: Sequence[FloatArray], count: int) -> list[Answer]:
    """Outputs for `count` pictures, one after the other along the first axis, as outputs for each."""
    rows = [len(output) // count for output in outputs]
    return [
        _copied([output[place * n : (place + 1) * n] for output, n in zip(outputs, rows, strict=True)])
        for place in range(count)
    ]


def _copied(outputs: Sequence[FloatArray]) -> Answer:
    """The runtime may write its next answer over this one."""
    return [np.array(output, np.float32) for output in outputs]
