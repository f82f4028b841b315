"""What tells people apart by what they wear, as far as trackers need it: vectors, and when two are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.vision.crop import Crop
from sightline.vision.picture import ArrayPicture, ByteArray, Picture, Pixels

if TYPE_CHECKING:
    from sightline.domain.detection import FloatArray
    from sightline.vision.appearance import AppearanceModel

MODEL_SIZE = (128, 256)
"""Width and height to which people are scaled before a model scales them to its own size: a decoded frame
keeps a converter for every size it was asked for."""
EVEN_BELOW, SAME_ABOVE = 0.18, 0.09
"""The catalogue tells from which cosine the means of two tracks are one person: 0.75 for OSNet. Of two looks
0.57 is even, between the medians of one person, 0.68, and of others, 0.45 (people 60 pixels high). A look and
the mean of several looks at another person reach 0.82 in 2 % of cases."""


class Clothes(Protocol):
    """Looks at the clothes of people in pictures.

    Attributes:
        even: cosine at which two looks are as often of one person as of two.
        same: cosine from which a look and the mean of several are of one person.
        note: what a user should know about this choice, one sentence; empty when there is nothing to say.
    """

    even: float
    same: float
    note: str

    def vectors(self, picture: Picture, boxes: FloatArray) -> FloatArray:
        """What some people look like.

        Args:
            boxes: float32 (N, 4), of the whole of each, xyxy pixels, which may reach over the edge.

        Returns:
            float32 (N, D), each of length 1.
        """
        ...

    def facts(self) -> dict[str, str | int | float]:
        """What a manifest keeps: name, and what shapes the vectors."""
        ...


class ModelledClothes:
    """By a model of the OSNet kind, several people in one call.

    Args:
        confidence: of its entry in the catalogue.
    """

    def __init__(self, model: AppearanceModel, *, confidence: float) -> None:
        self.even, self.same = confidence - EVEN_BELOW, min(1.0, confidence + SAME_ABOVE)
        self.note = ""
        self._model = model

    def vectors(self, picture: Picture, boxes: FloatArray) -> FloatArray:
        """See `Clothes.vectors`.

        Raises:
            ModelError: the runtime failed on them.
        """
        pixels = [stretched(picture, box, MODEL_SIZE, "bgr24") for box in boxes]
        return self._model.vectors([Crop(ArrayPicture(one, picture.captured_at)) for one in pixels])

    def facts(self) -> dict[str, str | int | float]:
        """See `Clothes.facts`."""
        return {**self._model.facts(), "same": self.same}


def stretched(picture: Picture, box: FloatArray, size: tuple[int, int], pixels: Pixels) -> ByteArray:
    """The part of a picture that a box shows, stretched to `size`, width and height, in one pass.

    Args:
        box: (4,), xyxy pixels, which may reach over the edge.

    Returns:
        uint8 (height, width, 3), or (height, width) for `gray`.
    """
    left, right = _even_span(float(box[0]), float(box[2]), picture.width)
    top, bottom = _even_span(float(box[1]), float(box[3]), picture.height)
    return picture.cropped(left, top, right, bottom).scaled(*size, pixels)


def _even_span(start: float, end: float, size: int) -> tuple[int, int]:
    """Even pixels inside a picture of `size` pixels, two at least."""
    whole = size - size % 2
    first = min(max(0, int(start) // 2 * 2), whole - 2)
    return first, min(max(first + 2, -(-int(end) // 2) * 2), whole)
