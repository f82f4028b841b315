"""What was found in one piece of a video, as a file: arrays without any Python object in them."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sightline.domain.detection import Detections
from sightline.errors import EvidenceError
from sightline.evidence.files import write_whole

FORMAT = 1
"""A part of the name of the folder that findings lie in, so another version's are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceFrame:
    """One picture that was looked at. Numbers and times are those of the whole video.

    Attributes:
        index: number of the picture in display order from 0.
        pts: presentation time, in the file's time base.
        width, height: pixels as displayed.
    """

    index: int
    pts: int
    width: int
    height: int


@dataclass(slots=True, kw_only=True)
class PieceFindings:
    """The pictures of a piece and the people in each.

    What else a detector or another model says of one picture (poses, appearance) belongs here, beside
    `detections`: a later pass has no pixels.

    Attributes:
        facts: those of the detector, see `Detector.facts`.
        counts: pictures `decoded`, `chosen`, `damaged` and `out_of_order`, see `ReadCounts`.
    """

    frames: list[PieceFrame] = field(default_factory=list)
    detections: list[Detections] = field(default_factory=list)
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[PieceFrame, Detections]]:
        """Each picture with its people, in order of capture."""
        return zip(self.frames, self.detections, strict=True)


def write_findings(target: Path, found: PieceFindings) -> None:
    """Write a file that is there whole or not at all; numbers are kept bit for bit.

    Raises:
        DiskFull, ConfigError: it cannot be written.
    """
    about = json.dumps({"facts": dict(found.facts), "counts": dict(found.counts)})
    rows = [(one.index, one.pts, one.width, one.height) for one in found.frames]
    content = io.BytesIO()
    np.savez(
        content,
        about=np.frombuffer(about.encode(), np.uint8),
        frames=np.array(rows, np.int64).reshape(-1, 4),
        people=np.array([len(one) for one in found.detections], np.int64),
        boxes=np.concatenate([np.empty((0, 4), np.float32), *(one.boxes for one in found.detections)]),
        scores=np.concatenate([np.empty(0, np.float32), *(one.scores for one in found.detections)]),
    )
    write_whole(target, content.getvalue())


def read_findings(path: Path) -> PieceFindings:
    """What `write_findings` wrote.

    Raises:
        EvidenceError: there is no such file, or it is not one.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            rows, people = arrays["frames"].tolist(), arrays["people"]
            boxes, scores = arrays["boxes"], arrays["scores"]
        places = [slice(end - count, end) for count, end in zip(people, np.cumsum(people), strict=True)]
        return PieceFindings(
            frames=[PieceFrame(index=row[0], pts=row[1], width=row[2], height=row[3]) for row in rows],
            detections=[Detections(boxes[place], scores[place]) for place in places],
            facts=about["facts"],
            counts=about["counts"],
        )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EvidenceError(f"{path}: is not what was found in a piece of a video ({error})") from error
