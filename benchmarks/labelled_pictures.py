"""Pictures with labelled people, read from folders or straight from tar files."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightline.domain.detection import FloatArray
from sightline.vision.picture import ArrayPicture

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_Inside = dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """`boxes` and `ignore`: float32 arrays (N, 4), xyxy pixels."""

    picture: ArrayPicture
    boxes: FloatArray
    ignore: FloatArray


def read_labels(path: Path) -> list[dict[str, Any]]:
    """One JSON object a line: `image`, `boxes` and, if there are any, `ignore`."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def read_pictures(labels: Sequence[dict[str, Any]], places: Sequence[Path]) -> Iterator[LabelledPicture]:
    """The pictures in the order of their labels, decoded one at a time.

    Args:
        places: folders and tar files; a name is looked for as it stands, in folders also without its folder.
    """
    with ExitStack() as stack:
        inside: _Inside = {}
        for place in places:
            if place.is_file():
                tar = stack.enter_context(tarfile.open(place))
                inside |= {member.name: (tar, member) for member in tar if member.isfile()}
        for label in labels:
            coded = np.frombuffer(_content(label["image"], places, inside), np.uint8)
            bgr = cv2.imdecode(coded, cv2.IMREAD_COLOR)
            if bgr is None:
                raise SystemExit(f"{label['image']}: not a picture")
            boxes, ignore = (
                np.array(label.get(key, []), np.float32).reshape(-1, 4) for key in ("boxes", "ignore")
            )
            yield LabelledPicture(ArrayPicture(np.asarray(bgr, np.uint8), NOW), boxes, ignore)


def _content(name: str, places: Sequence[Path], inside: _Inside) -> bytes:
    if name in inside:
        tar, member = inside[name]
        content = tar.extractfile(member)
        if content is not None:
            return content.read()
    for place in places:
        for path in (place / name, place / Path(name).name):
            if path.is_file():
                return path.read_bytes()
    raise SystemExit(f"no picture {name} in {', '.join(str(place) for place in places)}")
