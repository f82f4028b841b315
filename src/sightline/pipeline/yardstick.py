"""The same work measured four ways, one per process: the least that could do it, and what we do.

    python -m sightline.pipeline.yardstick decode VIDEO MODEL
    python -m sightline.pipeline.yardstick infer VIDEO MODEL
    python -m sightline.pipeline.yardstick plain VIDEO MODEL      decode, resize, infer, one after another
    python -m sightline.pipeline.yardstick sightline VIDEO MODEL  the product: all frames analysed, recorded

Each prints one JSON object. `plain` uses the same runtime, precision, threads and scaler as the product; it
tracks, records and decides nothing. Loading libraries and the model is in none of the figures.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import av
import numpy as np
from av.video.frame import VideoFrame

from sightline.domain.scene import CameraRules
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.loop import watch_footage
from sightline.tracking.registry import open_tracker
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file
from sightline.vision.letterbox import Letterbox
from sightline.vision.onnx_detector import OnnxDetector
from sightline.vision.picture import ByteArray, Pixels
from sightline.vision.runtime import Precision, Runtime, Session, open_session

RECORDED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
BARE_CALLS = 60
YOLOX_COLUMNS = 85


@dataclass(frozen=True, slots=True)
class PlainPicture:
    """A decoded frame for a plain script: scaled from YUV when asked, as one would write it by hand."""

    frame: VideoFrame
    captured_at: datetime = RECORDED_AT

    @property
    def width(self) -> int:
        return int(self.frame.width)

    @property
    def height(self) -> int:
        return int(self.frame.height)

    def scaled(self, width: int, height: int, pixels: Pixels) -> ByteArray:
        scaled = self.frame.reformat(width, height, pixels, interpolation="FAST_BILINEAR", threads=1)
        return np.asarray(scaled.to_ndarray(), np.uint8)


def decoded(video: Path) -> Iterator[VideoFrame]:
    """Every frame, decoded with FFmpeg's own choice of threads."""
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from container.decode(stream)


def decode_only(video: Path) -> int:
    return sum(1 for _ in decoded(video))


def letterbox_for(session: Session) -> Letterbox:
    """What this network wants to be given: YOLOX answers (1, cells, 85), the YOLO11 family (1, 84, cells)."""
    side = session.input_shape[2] or 640
    answer = session.run(np.zeros((1, 3, side, side), np.float32))[0]
    if answer.shape[2] == YOLOX_COLUMNS:
        return Letterbox(side, side, centred=False, pixels="bgr24", gain=1.0)
    return Letterbox(side, side, centred=True, pixels="rgb24", gain=1 / 255)


def plain_loop(video: Path, session: Session, letterbox: Letterbox) -> int:
    frames = 0
    for frame in decoded(video):
        letterbox.fill(PlainPicture(frame))
        session.run(letterbox.blob)
        frames += 1
    return frames


def bare_calls(session: Session, letterbox: Letterbox) -> int:
    for _ in range(BARE_CALLS):
        session.run(letterbox.blob)
    return BARE_CALLS


def product_loop(path: Path, detector: OnnxDetector, work: Path) -> int:
    with (
        open_file(path) as video,
        (work / "tracks.csv").open("w") as tracks_file,
        Recorder(work / "recordings", recorded_at=RECORDED_AT) as recorder,
    ):
        seen = watch_footage(
            detected_ahead(
                read_frames(video, recorded_at=RECORDED_AT, analysis_fps=None, recorder=recorder), detector
            ),
            tracker=open_tracker(),
            rules=CameraRules(),
            tracks_file=tracks_file,
            on_frame=lambda _: None,
        )
    return seen.analysed_frames


def timed(work: Callable[[], int], repeat: int) -> dict[str, float]:
    """Median seconds a frame over `repeat` runs, and this process's peak memory."""
    laps = []
    frames = 0
    for _ in range(repeat):
        started = time.perf_counter()
        frames = work()
        laps.append((time.perf_counter() - started) / frames)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"frames": frames, "ms_per_frame": 1000 * median(laps), "peak_mib": peak_mib}


def measure(
    what: str,
    video: Path,
    model: Path,
    *,
    runtime: Runtime,
    precision: Precision,
    threads: int,
    repeat: int,
) -> dict[str, float]:
    """One of the four measurements; see the head of this file."""
    if what == "decode":
        return timed(lambda: decode_only(video), repeat)
    if what == "sightline":
        detector = OnnxDetector(
            "yardstick", model, runtime=runtime, precision=precision, threads=threads, parallel=0
        )
        open_tracker()  # loads the libraries it needs, once per process
        with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
            return timed(lambda: product_loop(video, detector, Path(work)), repeat)
    session = open_session(model, runtime=runtime, precision=precision, threads=threads)
    letterbox = letterbox_for(session)
    if what == "plain":
        return timed(lambda: plain_loop(video, session, letterbox), repeat)
    return timed(lambda: bare_calls(session, letterbox), repeat)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("decode", "infer", "plain", "sightline"))
    parser.add_argument("video", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--runtime", default="onnxruntime")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=1)
    asked = parser.parse_args()
    result = measure(
        asked.what,
        asked.video,
        asked.model,
        runtime=asked.runtime,
        precision=asked.precision,
        threads=asked.threads,
        repeat=asked.repeat,
    )
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
