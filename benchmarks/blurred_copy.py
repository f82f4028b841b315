"""What a copy with blurred faces costs, and whether a face is left in it.

    python benchmarks/blurred_copy.py VIDEO --models FOLDER [--detector yolox_nano] [--first 0] [--frames 200]

A stretch of the video is coded as a clip, then `make_released_copy` as `sightline serve` makes it. Printed:

- seconds of CPU for each second of video, of looking (both models) and in all, and those of a masked copy;
- how many pictures, how many faces the face detector finds in the clip (score 0.5), how many of these are
  left in the copy (a face found there that touches one of the clip), and how much of the picture changed.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from sightline.cli.bench_output import machine
from sightline.config.settings import Settings
from sightline.domain.detection import FloatArray
from sightline.domain.overlap import pairwise_iou
from sightline.evidence.face_blur import LONGEST, FaceBlur
from sightline.video.picture import Frame
from sightline.video.released_copy import make_released_copy
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import whole
from sightline.vision.face_detection import FaceDetector
from sightline.vision.looks import FACE_DETECTOR, LookModels
from sightline.vision.picture import ArrayPicture

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
MASK = ((0.0, 0.9), (0.1, 0.9), (0.1, 1.0), (0.0, 1.0))


def cut(video: Path, target: Path, first: int, count: int) -> float:
    """Some pictures of a video as H.264; how many seconds they are."""
    with av.open(str(video)) as source, av.open(str(target), "w") as out:
        rate = source.streams.video[0].average_rate or 25
        stream = out.add_stream("libx264", rate=rate, options={"crf": "14", "preset": "veryfast"})
        made = 0
        for number, frame in enumerate(source.decode(video=0)):
            if number < first:
                continue
            if made == count:
                break
            picture = frame.to_ndarray(format="bgr24")
            if not made:
                stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], "yuv420p"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
            made += 1
        out.mux(stream.encode(None))
    return float(made / rate)


def left_in(clip: Path, copy: Path, detector: FaceDetector) -> dict[str, float]:
    """Faces of the clip, those left in the copy, and how much of the picture changed."""
    faces = left = 0
    changed = []
    with av.open(str(clip)) as one, av.open(str(copy)) as other:
        for before, after in zip(one.decode(video=0), other.decode(video=0), strict=True):
            pictures = [frame.to_ndarray(format="bgr24") for frame in (before, after)]
            seen, again = (detector.detect([whole(ArrayPicture(one, AT))])[0] for one in pictures)
            faces += len(seen)
            left += int((pairwise_iou(seen.boxes, again.boxes) > 0).any(axis=1).sum())
            steps = np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2)
            changed.append(float((steps > 24).mean()))
    return {"faces": faces, "faces_left": left, "picture_changed": round(float(np.mean(changed)), 4)}


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--detector", default="yolox_nano")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--no-check", action="store_true", help="cost only")
    chosen = parser.parse_args()
    settings = Settings.model_validate(
        {
            "privacy": {"blur_faces": True},
            "models": {"dir": str(chosen.models)},
            "detector": {"name": chosen.detector},
        }
    )
    blur = FaceBlur(settings)
    looked_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        clip, copy = Path(folder) / "clip.mp4", Path(folder) / "copy.mp4"
        seconds = cut(chosen.video, clip, chosen.first, chosen.frames)
        look = blur.open()

        def timed(picture: Frame) -> tuple[FloatArray, FloatArray]:
            nonlocal looked_s
            begun = time.process_time()
            found = look(picture)
            looked_s += time.process_time() - begun
            return found

        begun = time.process_time()
        made = make_released_copy(clip, "0" * 64, copy, (), timed)
        cpu_s = time.process_time() - begun
        begun = time.process_time()
        make_released_copy(clip, "0" * 64, Path(folder) / "masked.mp4", (MASK,))
        masked_s = time.process_time() - begun
        found: dict[str, float] = {}
        if not chosen.no_check:
            models = LookModels(load_catalogue(), lambda name: find_model(name, models_dir=chosen.models))
            name = models.choose(FACE_DETECTOR)[0].name
            found = left_in(clip, copy, models.face_detector(name, longest=LONGEST))
        print(
            json.dumps(
                {
                    "video": chosen.video.name,
                    "blurred_by": dict(blur.means()),
                    "pictures": made.frames,
                    "seconds": round(seconds, 2),
                    "cpu_s_per_s": round(cpu_s / seconds, 2),
                    "looking_cpu_s_per_s": round(looked_s / seconds, 2),
                    "cpu_ms_per_picture": round(1000 * cpu_s / made.frames, 1),
                    "masked_cpu_s_per_s": round(masked_s / seconds, 2),
                    **found,
                    "machine": machine(),
                }
            )
        )


if __name__ == "__main__":
    main()
