"""What people wear as statistics of colours, body part by body part: for where no model is at hand.

A part is a histogram over CIELAB whose square root has length 1, so that the cosine of two is their
Bhattacharyya coefficient: 1 for the same colours in the same shares. Bins are soft, or a cloth between two of
them would change with every cloud. They are finest around grey, where most clothes are.
"""

from itertools import product

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.vision.clothes import stretched
from sightline.vision.network import unit_rows
from sightline.vision.picture import Picture
from sightline.vision.uniform import lab_of

SIZE = (16, 32)
"""Width and height to which a person is scaled: cloth, not folds."""
PARTS = (slice(6, 16), slice(17, 27))
"""Rows of that: chest and arms, legs. Head, feet and what is between them tell less."""
SIDES = slice(2, 14)
"""Columns; what is beside them is background."""
LIGHTNESS_BINS, COLOUR_BINS = 8, 7
MOST_CHROMA = 40.0
"""Green to red and blue to yellow: what is beyond belongs to the last bin."""
NEAR_GREY = 8.0
"""Chroma up to which bins are about evenly wide; then ever wider."""
EVEN, SAME = 0.68, 0.88
"""Measured on the true boxes of PETS09 (people 60 pixels high), one look against the mean of looks over 10 s,
6 s or more before: of one person 0.84 (the median), of others 0.50, of whom 2 % reach 0.88."""


class BodyColours:
    """See `Clothes`."""

    def __init__(self, note: str = "") -> None:
        self.even, self.same, self.note = EVEN, SAME, note

    def vectors(self, picture: Picture, boxes: FloatArray) -> FloatArray:
        """See `Clothes.vectors`; of 784 numbers."""
        people = [_colours_of(lab_of(stretched(picture, box, SIZE, "rgb24"))) for box in boxes]
        bins = len(PARTS) * LIGHTNESS_BINS * COLOUR_BINS**2
        return unit_rows(np.array(people, np.float32).reshape(len(boxes), bins))

    def facts(self) -> dict[str, str | int | float]:
        """See `Clothes.facts`."""
        return {"name": "colours", "same": self.same}


def _colours_of(lab: FloatArray) -> FloatArray:
    pixels = lab.reshape(SIZE[1], SIZE[0], 3)
    return np.concatenate([_histogram(pixels[rows, SIDES].reshape(-1, 3)) for rows in PARTS])


def _histogram(pixels: FloatArray) -> FloatArray:
    """Square roots of the shares of all bins; each pixel counts for the two nearest along each axis."""
    side = np.log1p(MOST_CHROMA / NEAR_GREY)
    colour = np.sign(pixels[:, 1:]) * np.log1p(np.abs(pixels[:, 1:]) / NEAR_GREY) / side
    place = np.column_stack([
        pixels[:, 0] / 100 * (LIGHTNESS_BINS - 1),
        (colour + 1) / 2 * (COLOUR_BINS - 1),
    ])  # fmt: skip
    shape = np.array([LIGHTNESS_BINS, COLOUR_BINS, COLOUR_BINS])
    place = np.clip(place, 0, shape - 1)
    below: npt.NDArray[np.intp] = np.minimum(place.astype(np.intp), shape - 2)
    share = place - below
    counts = np.zeros(shape.prod())
    for corner in product((0, 1), repeat=3):
        weight = np.where(corner, share, 1 - share).prod(axis=1)
        row = np.ravel_multi_index(tuple((below + corner).T), tuple(shape))
        counts += np.bincount(row, weight, minlength=len(counts))
    roots: FloatArray = np.sqrt(counts / len(pixels)).astype(np.float32)
    return roots
