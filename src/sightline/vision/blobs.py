"""The connected parts of a mask, with their outlines, and what is left of them when a part is taken away."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.background import Mask, Place

Labels = npt.NDArray[np.int32]


@dataclass(slots=True, eq=False)
class Blob:
    """A connected part of a mask.

    Attributes:
        left, top, width, height: its box, mask pixels.
        area: its pixels.
        label: its number in the labels it was found in.
    """

    left: int
    top: int
    width: int
    height: int
    area: int
    label: int
    _labels: Labels
    _corner: tuple[int, int]
    _filled: Mask | None = None
    _order: tuple[int, int] | None = None

    @property
    def bottom(self) -> int:
        """One past its lowest row."""
        return self.top + self.height

    def place(self, *, margin: int = 0, within: tuple[int, ...] = (1 << 30, 1 << 30)) -> Place:
        """Rows and columns of its box, with a margin where a picture of that (height, width) has room."""
        rows = slice(max(0, self.top - margin), min(within[0], self.top + self.height + margin))
        return rows, slice(max(0, self.left - margin), min(within[1], self.left + self.width + margin))

    def filled(self) -> Mask:
        """1 where the blob is, (height, width) of its box; 0 where another is. Not to be changed."""
        if self._filled is None:
            x, y = self.left - self._corner[0], self.top - self._corner[1]
            window = self._labels[y : y + self.height, x : x + self.width]
            self._filled = (window == self.label).view(np.uint8)
        return self._filled

    def order(self) -> tuple[int, int]:
        """Where a scan in blocks of 2 x 2, row by row, meets it first: OpenCV's order of labels."""
        if self._order is None:
            first = self.filled()[: 2 - self.top % 2].any(axis=0).argmax()
            self._order = (self.top // 2, (self.left + int(first)) // 2)
        return self._order

    def meets(self, x1: int, y1: int, x2: int, y2: int) -> bool:
        """Whether its box shares pixels with another, the right and lower edge excluded."""
        across = x1 < self.left + self.width and self.left < x2
        return across and y1 < self.bottom and self.top < y2

    def without(self, x1: int, y1: int, x2: int, y2: int) -> "list[Blob]":
        """What is left of it, in any order, when such a box is cut out; itself when it has nothing there."""
        hole = (
            slice(max(0, y1 - self.top), max(0, y2 - self.top)),
            slice(max(0, x1 - self.left), max(0, x2 - self.left)),
        )
        if not self.filled()[hole].any():
            return [self]
        rest = self.filled().copy()
        rest[hole] = 0
        return Labelled(rest, corner=(self.left, self.top)).blobs


class Labelled:
    """A mask taken apart.

    Attributes:
        mask: the mask.
        blobs: its connected parts, in OpenCV's order of labels.
        labels: int32, which blob each pixel belongs to, 0 for none; of a part of the mask only.
        place: that part: all rows and columns with something in them.
        count: one more than the highest label.
    """

    def __init__(self, mask: Mask, *, corner: tuple[int, int] = (0, 0)) -> None:
        """`mask`: (H, W), whatever is not 0 counts; `corner`: x and y of its first pixel in the picture."""
        self.mask = mask
        x, y, width, height = cv2.boundingRect(mask)
        # Even corners: the scan in blocks of 2 x 2 then meets the parts in the same order as without a crop.
        left, top = x - x % 2, y - y % 2
        self.place = (slice(top, max(1, y + height)), slice(left, max(1, x + width)))
        # Block-based labelling is a third of the cost of the default here, with the same labels.
        self.count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            mask[self.place], 8, cv2.CV_32S, cv2.CCL_GRANA
        )
        self.labels: Labels = np.asarray(labels, np.int32)
        corner = (left + corner[0], top + corner[1])
        self.blobs = [
            Blob(x + corner[0], y + corner[1], width, height, area, label, self.labels, corner)
            for label, (x, y, width, height, area) in enumerate(stats.tolist())
            if label
        ]

    def only(self, blob: Blob, place: Place) -> Mask:
        """255 where a blob is, in a part of the picture that holds all of it."""
        shape = np.zeros((place[0].stop - place[0].start, place[1].stop - place[1].start), np.uint8)
        top, left = blob.top - place[0].start, blob.left - place[1].start
        shape[top : top + blob.height, left : left + blob.width] = blob.filled() * np.uint8(255)
        return shape
