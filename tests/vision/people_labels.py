"""People of the shared videos, labelled by eye: which way they face, their posture, whether they walk.

The labels are in `people_labels.json`, which says how they were made. Pictures are not kept: they are
decoded from the shared videos when asked for, and a test that asks is skipped where those are not.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

Box = tuple[float, float, float, float]
Image = npt.NDArray[np.uint8]

FILE = Path(__file__).with_suffix(".json")
ORIENTATIONS = ("front", "side_left", "side_right", "back")
"""Of the body, not the head; `side_left` faces the left edge of the picture."""
POSTURES = ("upright", "leaning", "arms_crossed", "hands_on_hips", "unknown")
MOVEMENTS = ("walking", "standing", "moves_on_the_spot", "turning_around")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCrop:
    """One person in one frame.

    Attributes:
        video: file name in the shared `videos` folder.
        frame: 0-based index in the order of decoding.
        box: xyxy, pixels of the video's own size, as a detector found it.
        orientation: one of `ORIENTATIONS`.
        posture: one of `POSTURES`; unknown where the eye cannot tell.
    """

    video: str
    frame: int
    box: Box
    orientation: str
    posture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTrack:
    """One person over 2 to 5 seconds.

    Attributes:
        video: file name in the shared `videos` folder.
        movement: one of `MOVEMENTS`, the same during the whole track.
        camera_moves: the camera turned, zoomed or was touched, so boxes drift although nobody walks.
        boxes: frame index (0-based, in the order of decoding) and box (xyxy, pixels), in order of time.
            Five a second, seven in the supermarket, whose video has no more.
    """

    video: str
    movement: str
    camera_moves: bool
    boxes: tuple[tuple[int, Box], ...]


@dataclass(frozen=True, slots=True)
class PeopleLabels:
    crops: tuple[LabelledCrop, ...]
    tracks: tuple[LabelledTrack, ...]


def read_people_labels(path: Path = FILE) -> PeopleLabels:
    """All labels, in the order of the file.

    Raises:
        ValueError: a label or a box is none; it names the entry.
    """
    content = json.loads(path.read_text())
    return PeopleLabels(
        tuple(_crop(entry) for entry in content["crops"]),
        tuple(_track(entry) for entry in content["tracks"]),
    )


def shared_video(shared: Path, name: str) -> Path:
    """Where a labelled video lies; skips the test when it is not there. `shared` is the fixture's folder."""
    path = shared / "videos" / name
    if not path.is_file():
        pytest.skip(f"needs the shared video {name}, which is not in {path.parent}")
    return path


def frames_of(shared: Path, video: str, wanted: Collection[int]) -> Iterator[tuple[int, Image]]:
    """The wanted frames of one video in order, each as (index, uint8 (H, W, 3) BGR); one pass, no seek.

    Raises:
        ValueError: the video has fewer frames.
    """
    left = set(wanted)
    with av.open(str(shared_video(shared, video))) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in left:
                left.remove(index)
                yield index, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            if not left:
                return
    raise ValueError(f"{video} has no frame {min(left)}")


def pictures_of(shared: Path, crops: Collection[LabelledCrop]) -> Iterator[tuple[LabelledCrop, Image]]:
    """Every crop with the whole frame it is in, uint8 (H, W, 3) BGR; video after video, each decoded once."""
    for video in sorted({crop.video for crop in crops}):
        here = [crop for crop in crops if crop.video == video]
        for index, image in frames_of(shared, video, {crop.frame for crop in here}):
            yield from ((crop, image) for crop in here if crop.frame == index)


def _crop(entry: dict[str, Any]) -> LabelledCrop:
    if entry["orientation"] not in ORIENTATIONS or entry["posture"] not in POSTURES:
        raise ValueError(f"not an orientation and a posture: {entry}")
    return LabelledCrop(**{**entry, "box": _box(entry["box"])})


def _track(entry: dict[str, Any]) -> LabelledTrack:
    if entry["movement"] not in MOVEMENTS:
        raise ValueError(f"not a movement: {entry['movement']} in {entry['video']}")
    boxes = tuple((int(frame), _box(box)) for frame, *box in entry["boxes"])
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(boxes)):
        raise ValueError(f"the frames of a track of {entry['video']} from {boxes[0][0]} are not in order")
    return LabelledTrack(**{**entry, "boxes": boxes})


def _box(sides: list[float]) -> Box:
    left, top, right, bottom = sides
    if right <= left or bottom <= top:
        raise ValueError(f"not a box: {sides}")
    return left, top, right, bottom
