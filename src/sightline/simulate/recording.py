"""Writes a simulated recording to disk: the video as a camera would send it, its truth, its site file."""

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np

from sightline.errors import ConfigError, DiskFull
from sightline.simulate.lens import HEIGHT, WIDTH
from sightline.simulate.painting import paint
from sightline.simulate.site import site_yaml
from sightline.simulate.staging import Production, stage
from sightline.simulate.truth import Truth

VIDEO_NAME, TRUTH_NAME, SITE_NAME = "shop.mp4", "truth.json", "site.yaml"
KEY_FRAME_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class SimulatedShop:
    """The three files of one recording, and its truth in memory."""

    video: Path
    truth_file: Path
    site_file: Path
    truth: Truth


def simulate(
    directory: Path,
    *,
    seed: int,
    minutes: float,
    fps: float = 15,
    progress: Callable[[float], None] | None = None,
) -> SimulatedShop:
    """Write `shop.mp4`, `truth.json` and `site.yaml` into `directory`, replacing earlier ones.

    Args:
        directory: created when missing.
        seed: the same arguments give the same scenario and the same pictures.
        minutes: length of the recording, at least 0.1.
        fps: pictures per second.
        progress: called with the share done, 0..1, after each second of video.

    Raises:
        ConfigError: an argument makes no sense, or the directory cannot be written.
        DiskFull: no space left; no file was touched that was there before.
    """
    production = stage(seed, minutes, fps)
    truth = production.truth
    shop = SimulatedShop(directory / VIDEO_NAME, directory / TRUTH_NAME, directory / SITE_NAME, truth)
    with _written_beside(directory) as draft:
        _encode(production, draft / VIDEO_NAME, progress)
        document = json.dumps(truth.to_document(), separators=(",", ":"))
        (draft / TRUTH_NAME).write_text(document + "\n", encoding="utf-8")
        (draft / SITE_NAME).write_text(site_yaml(VIDEO_NAME), encoding="utf-8")
        for name in (TRUTH_NAME, SITE_NAME, VIDEO_NAME):
            _settle(draft / name, directory / name)
    return shop


@contextmanager
def _written_beside(directory: Path) -> Iterator[Path]:
    """A folder inside `directory` that vanishes whatever happens; file trouble becomes our errors."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".simulate-", dir=directory) as draft:
            yield Path(draft)
    except OSError as error:  # av.error.FFmpegError of file trouble is an OSError too
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"no space left for the simulated recording in {directory}; free some and run again"
            ) from error
        raise ConfigError(
            f"cannot write the simulated recording to {directory}: {error.strerror or error}"
        ) from error


def _settle(draft: Path, final: Path) -> None:
    """Bytes on the disk first, then the name, so that a name never stands for half a file."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(final)


def _encode(production: Production, path: Path, progress: Callable[[float], None] | None) -> None:
    truth = production.truth
    rate = Fraction(truth.fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = truth.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = 1 / rate
        stream.codec_context.gop_size = max(1, round(KEY_FRAME_EVERY_S * rate))
        stream.codec_context.max_b_frames = 0
        # A fixed number of threads: x264 makes the same bytes only for the same number.
        stream.options = {"preset": "veryfast", "crf": "26", "sc_threshold": "0", "threads": "2"}
        for number, picture in enumerate(paint(production)):
            planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts = number
            frame.time_base = 1 / rate
            container.mux(stream.encode(frame))
            if progress is not None and (number + 1) % max(1, round(rate)) == 0:
                progress((number + 1) / truth.frames)
        container.mux(stream.encode(None))
    if progress is not None:
        progress(1.0)
