"""What may leave in place of a clip: the same pictures, masked stretches painted over, faces blurred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from sightline.domain.geometry import signed_distances
from sightline.domain.track import Point
from sightline.errors import EvidenceError
from sightline.video.blurring import BlurPlan, Look, plan_blurs
from sightline.video.clip import read_back
from sightline.video.h264_file import reencode, upright_pictures

BoolArray = npt.NDArray[np.bool_]

GROWN_PX = 6
"""A mask reaches this much further than drawn. Halving the colour of a picture spreads each pixel over 4 to
either side, fitting an odd size to an even one over 2: none of that may lie outside."""

_GREY, _NO_COLOUR = 96, 128
_HALF_BLOCK = 2**0.5  # from the middle of 2 x 2 pixels to their corner


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedCopy:
    """An H.264 copy of a clip in which nothing is left to see under its masks, nor of faces.

    Attributes:
        derived_from: SHA-256 of the clip it shows.
        masks: polygons of relative xy points, 0..1 of the picture as displayed.
        faces_blurred: somebody looked at every picture, and faces and heads are covered.
        frames: pictures in it; fewer than in the clip where some of those are damaged.
    """

    path: Path
    derived_from: str
    masks: tuple[tuple[Point, ...], ...]
    faces_blurred: bool
    frames: int
    size_bytes: int
    sha256: str


def make_released_copy(
    clip_path: Path,
    clip_sha256: str,
    target: Path,
    masks: Sequence[Sequence[Point]],
    look: Look | None = None,
) -> ReleasedCopy:
    """Encode the clip as H.264, upright, with the same picture times, every mask filled with one grey.

    A picture that cannot be masked ends it without a file. Masks cover every pixel that they touch and
    `GROWN_PX` more, in whole blocks of 2 x 2 pixels, as colour is stored. To blur faces the clip is decoded
    twice: what is found in one picture also covers its neighbours, those before it too.

    Args:
        masks: polygons of relative points; may be empty where faces are blurred.
        look: finds faces and heads in each picture; None: they are not blurred.

    Raises:
        EvidenceError: a mask is no polygon or reaches outside the picture, there is nothing to cover, the
            clip cannot be read, or is turned by other than quarters: nobody knows where a mask belongs in it.
        PictureWithheld: a picture could not be looked at.
        DiskFull: nothing was left behind.
    """
    if not masks and look is None:
        raise EvidenceError(f"{clip_path}: there is no mask to release it with")
    painter = _Painter(tuple(tuple(mask) for mask in masks), clip_path)
    if look is not None:
        with upright_pictures(clip_path) as (pictures, time_base):
            painter.blurs = plan_blurs(pictures, look, time_base=time_base, name=clip_path.name)
    frames = reencode(clip_path, target, painter.paint)
    size_bytes, digest = read_back(target)
    return ReleasedCopy(
        path=target,
        derived_from=clip_sha256,
        masks=painter.masks,
        faces_blurred=painter.blurs is not None,
        frames=frames,
        size_bytes=size_bytes,
        sha256=digest,
    )


def masked(picture: VideoFrame, masks: Sequence[Sequence[Point]], name: str) -> VideoFrame:
    """One upright 4:2:0 picture of even size with every mask filled, as `make_released_copy` fills them.

    Args:
        name: what the picture is of, for messages.

    Raises:
        EvidenceError: a mask is no polygon or reaches outside the picture, or the picture cannot be masked.
    """
    return _Painter(tuple(tuple(mask) for mask in masks), Path(name)).paint(picture)


def masked_blocks(masks: Sequence[Sequence[Point]], width: int, height: int) -> BoolArray:
    """Which blocks of 2 x 2 pixels are painted over.

    A polygon that crosses itself has no holes here.

    Args:
        masks: polygons of at least three relative points.
        width, height: even, pixels of the upright picture.

    Returns:
        bool array (height / 2, width / 2).
    """
    painted = np.zeros((height // 2, width // 2), np.bool_)
    middles = np.arange(width // 2) * 2.0 + 1
    reach = GROWN_PX + _HALF_BLOCK
    for mask in masks:
        polygon = np.asarray(mask, np.float64) * (width, height)
        own = np.zeros_like(painted)
        for row in range(height // 2):
            points = np.column_stack((middles, np.full(width // 2, row * 2.0 + 1)))
            own[row] = signed_distances(points, polygon) >= -reach
        from scipy.ndimage import binary_fill_holes  # 20 MB that only masks need

        painted |= binary_fill_holes(own)
    return painted


@dataclass(slots=True)
class _Painter:
    masks: tuple[tuple[Point, ...], ...]
    clip_path: Path
    blurs: BlurPlan | None = None
    _blocks: dict[tuple[int, int], BoolArray] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for mask in self.masks:
            if len(mask) < 3 or not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in mask):
                raise EvidenceError("a mask needs at least 3 points, each with x and y from 0 to 1")

    def paint(self, picture: VideoFrame) -> VideoFrame:
        """A new picture, never the decoder's own: later pictures may be made from that one."""
        if self.blurs is not None:
            picture = self.blurs.blurred(picture)
        width, height = picture.width, picture.height
        blocks = self._blocks.get((width, height))
        if blocks is None:
            blocks = self._blocks[width, height] = masked_blocks(self.masks, width, height)
        planes = picture.to_ndarray()
        if picture.format.name != "yuv420p" or planes.shape != (height * 3 // 2, width):
            raise EvidenceError(f"{self.clip_path}: has a picture that cannot be masked")
        luma = planes[:height].reshape(height // 2, 2, width // 2, 2)
        luma.transpose(0, 2, 1, 3)[blocks] = _GREY
        for chroma in np.split(planes[height:].reshape(-1), 2):
            chroma.reshape(blocks.shape)[blocks] = _NO_COLOUR
        return VideoFrame.from_ndarray(planes, "yuv420p")
