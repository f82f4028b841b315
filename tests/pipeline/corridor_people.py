"""Where three people are in a stretch of `corridor-faces-a.avi` (shared), and its pictures five a second.

Boxes as yolo11n and botsort found them. Tracks 1 and 3 are women, 4 is a man; nobody is a child.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np

from sightline.domain.track import TrackedBox
from sightline.vision.picture import ArrayPicture

VIDEO = "corridor-faces-a.avi"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WOMEN, MAN = (1, 3), 4
BOXES: dict[int, dict[int, tuple[int, int, int, int]]] = {
    390: {1: (0, 304, 191, 477), 3: (246, 207, 450, 477)},
    393: {1: (0, 304, 188, 477), 3: (271, 216, 462, 477)},
    396: {1: (0, 307, 181, 477), 3: (279, 220, 467, 478)},
    399: {1: (1, 312, 177, 476), 3: (279, 227, 467, 478)},
    402: {1: (0, 316, 179, 476), 3: (274, 234, 459, 478)},
    405: {1: (7, 320, 190, 477), 3: (276, 242, 455, 478)},
    408: {1: (43, 324, 221, 477), 3: (281, 247, 458, 478)},
    411: {1: (79, 326, 252, 478), 3: (297, 251, 471, 478)},
    414: {1: (90, 326, 260, 477), 3: (310, 254, 480, 478)},
    417: {1: (83, 325, 263, 477), 3: (315, 257, 483, 478), 4: (0, 167, 85, 477)},
    420: {1: (126, 325, 271, 478), 3: (309, 255, 478, 478), 4: (0, 167, 130, 476)},
    423: {1: (164, 325, 290, 478), 3: (303, 258, 467, 477), 4: (0, 168, 167, 477)},
    426: {1: (181, 325, 298, 478), 3: (298, 258, 461, 478), 4: (0, 163, 187, 476)},
    429: {1: (190, 325, 297, 478), 3: (297, 259, 458, 477), 4: (0, 159, 196, 476)},
    432: {1: (192, 325, 294, 478), 3: (293, 259, 453, 478), 4: (1, 138, 207, 476)},
    435: {1: (189, 325, 289, 478), 3: (288, 261, 449, 479), 4: (1, 117, 204, 476)},
    438: {1: (185, 323, 286, 478), 3: (284, 257, 450, 478), 4: (1, 101, 198, 476)},
    441: {1: (198, 320, 283, 477), 3: (289, 254, 461, 478), 4: (1, 92, 209, 475)},
    444: {3: (308, 245, 484, 477), 4: (0, 48, 265, 475)},
    447: {3: (322, 234, 511, 478), 4: (1, 19, 267, 475)},
    450: {3: (325, 224, 535, 477), 4: (0, 4, 274, 474)},
    453: {3: (321, 220, 539, 477), 4: (1, 2, 292, 477)},
    456: {3: (319, 213, 524, 477), 4: (1, 0, 311, 476)},
    459: {3: (301, 196, 511, 477), 4: (1, 1, 307, 476)},
    462: {3: (290, 183, 512, 476), 4: (1, 1, 290, 476)},
    465: {3: (294, 173, 526, 476), 4: (1, 1, 282, 475)},
    468: {3: (303, 155, 546, 476), 4: (1, 0, 310, 476)},
    471: {3: (317, 143, 575, 477), 4: (1, 0, 320, 477)},
    474: {3: (321, 136, 577, 477), 4: (15, 1, 321, 477)},
    477: {3: (327, 129, 566, 476), 4: (18, 1, 332, 476)},
    480: {3: (340, 129, 555, 475), 4: (15, 1, 350, 477)},
}


def corridor(shared: Path) -> Iterator[tuple[ArrayPicture, list[TrackedBox]]]:
    """Each picture with its people."""
    with av.open(str(shared / "videos" / VIDEO)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in BOXES:
                image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
                people = [
                    TrackedBox(track, (float(x1), float(y1), float(x2), float(y2)), 0.9)
                    for track, (x1, y1, x2, y2) in BOXES[index].items()
                ]
                yield ArrayPicture(image, NOON + timedelta(seconds=index / 15)), people
            if index >= max(BOXES):
                return
