"""Footage that is hard to cut, and a detector whose answer is the picture itself."""

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from footage_made import picture, silence, write_video

from sightline.domain.detection import Detections
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.piece_cuts import cut_video
from sightline.pipeline.piece_detecting import detect_piece
from sightline.pipeline.piece_file import PieceFindings, read_findings
from sightline.pipeline.pieces import DetectorChoice, OnProgress, PieceWork
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.video.stretch import Stretch
from sightline.vision.picture import Detector, Picture

BEGAN_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EYES = DetectorChoice(name="eyes", model=None)


class Eyes:
    """See `Detector`. Sees a checksum of the pixels: one wrong pixel, and everybody sees it."""

    name, note, batch, parallel = "eyes", "", 1, 2
    needs_every_picture = False

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name}

    def detect(self, picture: Picture) -> Detections:
        pixels = picture.scaled(picture.width, picture.height, "bgr24")
        check = zlib.crc32(pixels.tobytes())
        people = check % 3
        boxes = np.array([(check % 97 + one, 1, check % 97 + 9.1, 7) for one in range(people)], np.float32)
        return Detections(boxes.reshape(-1, 4), np.full(people, check / 2**32, np.float32))

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        return [self.detect(picture) for picture in pictures]


def eyes(_choice: DetectorChoice, _threads: int) -> Detector:
    return Eyes()


class InThisProcess:
    """See `PieceRunner`: one piece after the other, the last one first; each piece's words as JSON."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def run(self, works: Sequence[PieceWork], on_progress: OnProgress) -> None:
        for work in reversed(works):
            self.asked.append(work.number)
            detect_piece(
                json.loads(json.dumps(work.document())),
                on_progress=lambda seconds, number=work.number: on_progress(number, seconds),  # type: ignore[misc]
                open_detector=eyes,
            )


Row = tuple[Any, ...]


def in_one_go(path: Path, analysis_fps: float) -> tuple[list[Row], dict[str, int]]:
    """Every picture looked at, as comparable rows, and what was counted."""
    with open_file(path) as video:
        frames = read_frames(video, recorded_at=BEGAN_AT, analysis_fps=analysis_fps)
        rows = [
            (frame.index, frame.pts, frame.width, frame.height, *_bytes(found))
            for frame, found in detected_ahead(frames, Eyes())
        ]
        return rows, _counts(vars_of(video.counts))


def in_pieces(
    path: Path, analysis_fps: float, folder: Path, *, at_most: int = 4, least_s: float = 0.4
) -> tuple[list[Row], dict[str, int], tuple[Stretch, ...]]:
    """The same of all pieces one after the other, and where they are."""
    with open_file(path) as video:
        stretches = cut_video(video, at_most=at_most, least_s=least_s, analysis_fps=analysis_fps)
    rows: list[Row] = []
    total: dict[str, int] = {}
    for number, stretch in enumerate(stretches):
        found = detected(path, analysis_fps, stretch, folder / f"{number}.npz", number)
        rows += [
            (frame.index, frame.pts, frame.width, frame.height, *_bytes(people))
            for frame, people in found.pairs()
        ]
        total = {name: total.get(name, 0) + count for name, count in found.counts.items()}
    return rows, _counts(total), stretches


def detected(path: Path, fps: float, stretch: Stretch, target: Path, number: int = 0) -> PieceFindings:
    work = PieceWork(
        number=number,
        file=path,
        target=target,
        recorded_at=BEGAN_AT,
        analysis_fps=fps,
        stretch=stretch,
        detector=EYES,
    )
    InThisProcess().run([work], lambda _number, _seconds: None)
    return read_findings(target)


def _bytes(found: Detections) -> tuple[bytes, bytes]:
    return found.boxes.tobytes(), found.scores.tobytes()


def _counts(counted: dict[str, int]) -> dict[str, int]:
    return {name: counted[name] for name in ("decoded", "chosen", "damaged", "out_of_order")}


def vars_of(counts: Any) -> dict[str, int]:
    return {name: getattr(counts, name) for name in counts.__slots__}


def make_hard(path: Path) -> Path:
    """One of the files that are hard to cut, by name."""
    kind = path.stem
    open_gop = {"bf": "3", "x264-params": "open-gop=1:keyint=25:min-keyint=25:scenecut=0:b-adapt=0"}
    refreshed = {"x264-params": "intra-refresh=1:keyint=25:bframes=0:ref=1", "tune": "zerolatency"}
    hevc_open = {"x265-params": "log-level=none:open-gop=1:keyint=25:min-keyint=25:bframes=3:scenecut=0"}
    quick = {"cpu-used": "8", "lag-in-frames": "0"}
    recipes: dict[str, dict[str, Any]] = {
        "b_pyramid": {"options": {"bf": "3", "b-pyramid": "normal"}},
        "open_gop": {"options": open_gop},
        "open_gop_ts": {"options": open_gop, "container": "mpegts"},
        "refreshed": {"options": refreshed},
        "hevc_open": {"codec": "libx265", "options": hevc_open},
        "mpeg2": {"codec": "mpeg2video", "options": {"bf": "2"}, "container": "mpegts", "gop": 12},
        "mpeg4": {"codec": "mpeg4", "options": {"bf": "2"}, "container": "avi"},
        "mjpeg": {"codec": "mjpeg", "container": "avi"},
        "vp9": {"codec": "libvpx-vp9", "container": "webm", "options": quick},
        "ntsc": {"fps": Fraction(30000, 1001), "options": {"bf": "2"}},
        "one_key": {"gop": 1000},
        "raw": {"container": "h264", "options": {"bf": "3"}},
    }
    if kind == "vfr":
        rng = np.random.default_rng(5)
        times = np.cumsum(rng.integers(8, 90, 130))
        times[60:] += 4000
        return write_video(path, times_ms=[0, *times.tolist()], options={"bf": "2"}, gop=10, container="mp4")
    if kind == "sound":
        return _with_sound(path)
    if kind == "damaged":
        return _damaged(path)
    return write_video(path, frames=130, **{"gop": 25, "container": "mp4", **recipes[kind]})


HARD = (
    *("b_pyramid", "open_gop", "open_gop_ts", "refreshed", "hevc_open", "mpeg2", "mpeg4", "mjpeg", "vp9"),
    *("ntsc", "vfr", "sound", "damaged"),
)


def _with_sound(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "3"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.gop_size = 25
        sound = out.add_stream("aac", rate=8000, layout="stereo")
        for number in range(130):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number, 160, 120), "rgb24")))
            if number % 3 == 0:
                out.mux(sound.encode(silence()))
        out.mux(stream.encode(None))
        out.mux(sound.encode(None))
    return path


def _damaged(path: Path) -> Path:
    """Bytes flipped all over the middle of a transport stream."""
    write_video(path, frames=130, gop=25, options={"bf": "3"}, container="mpegts")
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(2)
    for at in rng.integers(len(data) // 5, len(data) * 9 // 10, 60).tolist():
        if at % 188 > 20:
            data[at] ^= 0xFF
    path.write_bytes(data)
    return path
