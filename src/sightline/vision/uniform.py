"""The colours of clothes: how much of a torso is in the staff's colours, and which colours those are.

Colours are compared in CIELAB, where distances are about as large as people see them. How light a cloth looks
changes with where in the shop it is; its hue hardly does. So lightness counts less for a colour that has one,
and in full for white, grey and black, which have nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from sightline.domain.detection import FloatArray
from sightline.domain.track import Box
from sightline.vision.picture import ByteArray, Picture

BoolArray = npt.NDArray[np.bool_]

TORSO = (0.25, 0.20, 0.75, 0.55)
"""Of a person's box, shares: the chest, without head, arms and legs."""
SIZE = (16, 20)
"""Width and height to which a torso is scaled: cloth, not folds."""
COLOURFUL = 12.0
"""Chroma from which a colour has a hue to be known by."""
LIGHTNESS_WEIGHT = 0.4
"""Of a colour with a hue; without one it is 1."""
NEAR = 15.0
"""Distance up to which a pixel is of a colour."""
NO_HUE_WEIGHT = 0.7
"""How much a pixel of white, grey or black counts: shadows, gaps and shelves have these colours, too."""
UNWORN, WORN = 0.12, 0.36
"""Share of a torso in the staff's colours up to which they are not worn, and from which they surely are."""
LEAST_GAIN = 0.15
"""Share of the torsos that one more colour must add: what adds less is skin, shadow or background."""
STEP = 6.0
"""Size of the cells of CIELAB whose middles are tried as colours."""
TRIED = 150
"""Most cells tried, fullest first."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """The staff's colours at one camera.

    Attributes:
        colours: as in the site file, `#rrggbb`.
    """

    colours: tuple[str, ...]
    _lab: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.colours:
            raise ValueError("a uniform has at least one colour")
        rgb = np.array([[bytes.fromhex(one.removeprefix("#")) for one in self.colours]], "S3")
        object.__setattr__(self, "_lab", lab_of(rgb.view(np.uint8).reshape(1, -1, 3)))

    def share(self, torso: FloatArray) -> float:
        """How much of a torso is in one of the colours, 0..1; a colour without hue counts less.

        Args:
            torso: float32 (N, 3), CIELAB, see `torso_of`.
        """
        weight = np.where(has_hue(self._lab), 1.0, NO_HUE_WEIGHT)
        return float((near(torso, self._lab) * weight).max(axis=1).mean())

    def likelihood(self, torso: FloatArray) -> float:
        """How likely one look at a torso shows the uniform, 0..1; 0.5 at a quarter of it in the colours."""
        return min(1.0, max(0.0, (self.share(torso) - UNWORN) / (WORN - UNWORN)))


def lab_of(rgb: ByteArray) -> FloatArray:
    """Pixels in CIELAB.

    Args:
        rgb: uint8 (H, W, 3).

    Returns:
        float32 (H * W, 3): lightness 0..100, green to red and blue to yellow about -100..100.
    """
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32).reshape(-1, 3)


def torso_of(picture: Picture, box: Box) -> FloatArray | None:
    """What somebody wears above the waist.

    Args:
        box: of the whole person, xyxy pixels of the picture, which may reach over its edge.

    Returns:
        float32 (320, 3), CIELAB; None where the torso is outside the picture.
    """
    return colours_in(picture, torso_box(box))


def colours_in(picture: Picture, box: Box) -> FloatArray | None:
    """As `torso_of`, of any part of a picture."""
    left, right = (_even(x, picture.width) for x in box[::2])
    top, bottom = (_even(y, picture.height) for y in box[1::2])
    if right - left < 2 or bottom - top < 2:
        return None
    return lab_of(picture.cropped(left, top, right, bottom).scaled(*SIZE, "rgb24"))


def torso_box(box: Box) -> Box:
    """The part of a person's box that `torso_of` looks at."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    left, top, right, bottom = TORSO
    return (x1 + left * width, y1 + top * height, x1 + right * width, y1 + bottom * height)


def _even(pixel: float, size: int) -> int:
    return min(max(0, round(pixel / 2) * 2), size - size % 2)


def has_hue(colours: FloatArray) -> BoolArray:
    """Which of some colours, CIELAB (C, 3), are not white, grey or black; (C,)."""
    hues: BoolArray = np.hypot(colours[:, 1], colours[:, 2]) >= COLOURFUL
    return hues


def near(pixels: FloatArray, colours: FloatArray) -> BoolArray:
    """Which pixels are of which colours.

    Args:
        pixels: float32 (N, 3), CIELAB.
        colours: float32 (C, 3), CIELAB.

    Returns:
        bool (N, C).
    """
    weight = np.where(has_hue(colours), LIGHTNESS_WEIGHT, 1.0)
    apart = pixels[:, None] - colours[None]
    apart[..., 0] *= weight
    closeness: BoolArray = (apart**2).sum(axis=2) <= NEAR**2
    return closeness


def learnt_colours(
    staff: Sequence[FloatArray], others: Sequence[FloatArray] = (), *, at_most: int = 3
) -> tuple[str, ...]:
    """The colours that are on most torsos of staff and on few of others.

    One after the other the colour is taken that covers most of what no earlier one covers, less what it
    covers of the others; it is then moved to the middle of what it covers. The same torsos give the same
    colours.

    Args:
        staff: float32 (N, 3) each, CIELAB: the pixels of one person or patch. Each counts alike.
        others: likewise, of people who are no staff.

    Returns:
        `#rrggbb`, the one that covers most first; one at least, each further one adding `LEAST_GAIN` or more.
    """
    if not staff:
        raise ValueError("no torso to learn from")
    free = [np.ones(len(one), bool) for one in staff]
    free_others = [np.ones(len(one), bool) for one in others]
    chosen: list[str] = []
    tried = _tried(staff)
    while len(chosen) < at_most:
        gains = _gains(staff, free, tried)
        if others:
            gains = gains - _gains(others, free_others, tried)
        best = int(gains.argmax())
        if chosen and gains[best] < LEAST_GAIN:
            break
        covered = np.concatenate([
            one[near(one, tried[best : best + 1])[:, 0] & still]
            for one, still in zip(staff, free, strict=True)
        ])  # fmt: skip
        middle = _hex(np.median(covered, axis=0) if len(covered) else tried[best])
        if middle in chosen:
            break
        chosen.append(middle)
        known = Uniform((middle,))._lab
        for torsos, left in ((staff, free), (others, free_others)):
            for one, still in zip(torsos, left, strict=True):
                still &= ~near(one, known)[:, 0]
    return tuple(chosen)


def _tried(staff: Iterable[FloatArray]) -> FloatArray:
    cells, counts = np.unique(np.rint(np.concatenate(list(staff)) / STEP), axis=0, return_counts=True)
    fullest = np.argsort(-counts, kind="stable")[:TRIED]
    tried: FloatArray = (cells[fullest] * STEP).astype(np.float32)
    return tried


def _gains(torsos: Sequence[FloatArray], free: Sequence[np.ndarray], tried: FloatArray) -> FloatArray:
    """Share of the torsos that each colour would add, the mean over them; (T,)."""
    shares = [near(one, tried)[still].sum(axis=0) / len(one) for one, still in zip(torsos, free, strict=True)]
    return np.asarray(np.mean(shares, axis=0), np.float32)


def _hex(lab: FloatArray) -> str:
    rgb = cv2.cvtColor(np.asarray(lab, np.float32).reshape(1, 1, 3), cv2.COLOR_LAB2RGB)
    return "#" + np.clip(np.rint(rgb * 255), 0, 255).astype(np.uint8).tobytes().hex()
