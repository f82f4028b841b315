"""What a detector is given and what it must answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections
from sightline.errors import SourceRejected

ByteArray = npt.NDArray[np.uint8]
Pixels = Literal["rgb24", "bgr24", "gray"]


class Scalable(Protocol):
    """A picture that can still choose how it is scaled.

    A decoded frame goes straight from YUV to the size and channel order a model wants, in one pass; asking
    for full-size BGR first would cost more than the whole of pre-processing.
    """

    @property
    def width(self) -> int:
        """Pixels of the full picture, upright."""
        ...

    @property
    def height(self) -> int:
        """Pixels of the full picture, upright."""
        ...

    def scaled(self, width: int, height: int, pixels: Pixels) -> ByteArray:
        """The whole picture at another size.

        Returns:
            uint8 array (height, width, 3), or (height, width) for `gray`. The caller does not write to it.
        """
        ...


class Picture(Scalable, Protocol):
    """One picture of a camera."""

    @property
    def captured_at(self) -> datetime:
        """When the camera saw it, aware UTC."""
        ...

    def cropped(self, x1: int, y1: int, x2: int, y2: int) -> Self:
        """A part of this picture as a picture of its own, `x2 - x1` by `y2 - y1` pixels, not enlarged.

        Args:
            x1, y1, x2, y2: pixels, upright, the right and lower edge excluded; all even, inside the picture
                and not empty (colour is stored for two pixels together).

        Raises:
            ValueError: any of that does not hold.
        """
        ...


class Detector(Protocol):
    """Finds people in pictures.

    Attributes:
        name: as asked for, `yolo11n`, `builtin` or the name of a file.
        note: what a user should know about this choice, one sentence; empty when there is nothing to say.
        parallel: from how many threads `detect` may be called at once. 1 where pictures have to come one
            after the other, in order of capture.
        needs_every_picture: the answer depends on the pictures before, so none may be left out because it
            looks like the last one, and each camera needs a detector of its own.
        batch: how many pictures `detect_many` looks at in one call of the model; 1 where that gains nothing.
    """

    name: str
    note: str
    parallel: int
    needs_every_picture: bool
    batch: int

    def facts(self) -> dict[str, str | int | float]:
        """What a manifest keeps: name, sha256 of the file, runtime, precision, confidence."""
        ...

    def detect(self, picture: Picture) -> Detections:
        """The people in one picture, best score first, boxes inside the picture and never empty."""
        ...

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        """`detect` for each of any number of pictures, which may be of different cameras and sizes."""
        ...


class ArrayPicture:
    """A picture that is already in memory or on disk as BGR."""

    def __init__(self, bgr: ByteArray, captured_at: datetime) -> None:
        """Wrap `bgr`, uint8 (H, W, 3), captured at an aware UTC time; the array is not copied."""
        if bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.dtype != np.uint8 or not bgr.size:
            raise ValueError(f"a picture must be uint8 (H, W, 3), got {bgr.dtype} {bgr.shape}")
        self.height, self.width = int(bgr.shape[0]), int(bgr.shape[1])
        self.captured_at = captured_at
        self._bgr = bgr

    def cropped(self, x1: int, y1: int, x2: int, y2: int) -> "ArrayPicture":
        """See `Picture.cropped`. A view: nothing is copied."""
        check_crop((x1, y1, x2, y2), (self.width, self.height))
        return ArrayPicture(self._bgr[y1:y2, x1:x2], self.captured_at)

    @classmethod
    def read(cls, path: Path) -> "ArrayPicture":
        """Load an image file; the file's time stands in for the capture time.

        Raises:
            SourceRejected: the file cannot be read or is no image.
        """
        try:
            content = path.read_bytes()
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise SourceRejected(f"{path}: cannot be read ({error.strerror})") from error
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
        if bgr is None:
            raise SourceRejected(f"{path}: not an image this program can read")
        return cls(np.asarray(bgr, np.uint8), changed_at)

    def scaled(self, width: int, height: int, pixels: Pixels) -> ByteArray:
        """See `Picture.scaled`. Area averaging when shrinking, bilinear when growing."""
        small: npt.NDArray[Any] = self._bgr
        if (width, height) != (self.width, self.height):
            shrinking = width * height < self.width * self.height
            way = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
            small = cv2.resize(small, (width, height), interpolation=way)
        if pixels == "rgb24":
            small = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        elif pixels == "gray":
            small = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        return small.astype(np.uint8, copy=False)


def check_crop(box: tuple[int, int, int, int], size: tuple[int, int]) -> None:
    """Raises ValueError unless `box` is what `Picture.cropped` takes, for a picture of `size` (w, h)."""
    x1, y1, x2, y2 = box
    inside = 0 <= x1 < x2 <= size[0] and 0 <= y1 < y2 <= size[1]
    if not inside or any(side % 2 for side in box):
        raise ValueError(f"a crop must be even pixels inside {size[0]}x{size[1]}, got {box}")
