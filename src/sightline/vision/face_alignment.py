"""A face turned upright into the frame that embedding models know, and how good a view of it that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError
from sightline.vision.crop import Crop, patch
from sightline.vision.picture import ByteArray

SIDE = 112
TEMPLATE: FloatArray = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)],
    np.float32,
)
"""Where ArcFace has eyes, nose and corners of the mouth in its 112 x 112 pixels."""

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)
FRONTAL_WIDTH = 0.75
"""Distance of the eyes over that of eyes and mouth: 0.87 from the front, less the further a head turns."""
NOSE_DOWN = 0.49
"""Where the nose lies between the line of the eyes (0) and that of the mouth (1) from the front."""
SHARP = 0.02
"""Variance of the Laplacian over that of the grey values at which a face is half sharp, see `sharpness`.
Faces of 60 to 130 pixels from a VGA camera have 0.025 to 0.1; blurred so far that the embedding of the same
face falls to a cosine of 0.7, 0.01 to 0.02."""
LARGE_PX = 80.0
"""A face of this height loses nothing by its size: the eyes are as far apart as in the template."""
GRID = 16
"""Points a side at which it is asked whether a face is shown."""
GOOD_FACE = 0.5
"""Quality from which a face may be compared and kept. In `corridor-faces-a.avi` strays are all below."""


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """How well a face shows who somebody is, each 0..1.

    Attributes:
        size: 1 from 80 pixels of height on.
        sharpness: 0 for a blur, near 1 for a crisp picture.
        frontal: 1 from the front, 0 from the side, from above or below.
        shown: how much of the aligned face lies inside the crop.
        overall: the geometric mean of the first three, times what is shown and the detector's score.
    """

    size: float
    sharpness: float
    frontal: float
    shown: float
    overall: float


def similarity(source: FloatArray, target: FloatArray) -> FloatArray:
    """The turn, scale and shift that takes points nearest to others, by least squares.

    Umeyama's closed form. In the plane it is one complex division: with both sets centred and read as complex
    numbers, the best factor is sum(conj(s) t) / sum(conj(s) s). No point is left out and nothing is drawn by
    lot, so that a face gives the same numbers each time; `cv2.estimateAffinePartial2D` would do both, and of
    five points there are none to spare.

    Args:
        source, target: (N, 2), N >= 2, not all of `source` in one place.

    Returns:
        float32 (2, 3): takes (x, y, 1) of the source to the target. Never mirrored.

    Raises:
        ValueError: fewer than two points, or all in one place.
    """
    if source.shape != target.shape or len(source) < 2:
        raise ValueError(f"two sets of two points at least are needed, got {source.shape}, {target.shape}")
    s = np.asarray(source, np.float64) @ (1, 1j)
    t = np.asarray(target, np.float64) @ (1, 1j)
    spread = s - s.mean()
    power = float(np.vdot(spread, spread).real)
    if power == 0:
        raise ValueError("all points lie in one place")
    factor = np.vdot(spread, t - t.mean()) / power
    shift = t.mean() - factor * s.mean()
    turn = [
        [factor.real, -factor.imag, shift.real],
        [factor.imag, factor.real, shift.imag],
    ]
    return np.array(turn, np.float32)


def aligned(crop: Crop, landmarks: FloatArray) -> ByteArray:
    """A face as embedding models want it.

    Args:
        crop: shows the face.
        landmarks: (5, 2), xy pixels of the whole picture, as `Faces.landmarks` has them.

    Returns:
        uint8 array (112, 112, 3), BGR; black where the crop ends.

    Raises:
        ModelError: landmarks that all lie in one place, which only a broken model says.
    """
    try:
        placing = similarity(landmarks, TEMPLATE)
    except ValueError as error:
        raise ModelError(f"a face without extent was found: {error}") from error
    return patch(crop, placing, (SIDE, SIDE))


def frontality(landmarks: FloatArray) -> float:
    """How much a face looks into the camera, 0..1, by its landmarks alone.

    The head's tilt to the shoulder does not count: everything is measured along and across the line of the
    eyes. From the front the nose lies half way between the eyes, and half way down to the mouth.

    Args:
        landmarks: (5, 2), xy pixels.
    """
    points = np.asarray(landmarks, np.float64) @ (1, 1j)
    across = points[RIGHT_EYE] - points[LEFT_EYE]
    apart = abs(across)
    if apart == 0:
        return 0.0
    # Turned and scaled so that the left eye is at 0 and the right one at 1.
    points = (points - points[LEFT_EYE]) / across
    mouth = (points[LEFT_MOUTH] + points[RIGHT_MOUTH]) / 2
    down = float(mouth.imag)
    if down <= 0:
        return 0.0
    nose = points[NOSE]
    turned = min(1.0, 2 * abs(float(nose.real) - (0.5 + float(mouth.real)) / 2))
    narrow = min(1.0, 1 / (FRONTAL_WIDTH * down))
    nodding = min(1.0, 2 * abs(float(nose.imag) / down - NOSE_DOWN))
    return (1 - turned) * narrow * (1 - nodding)


def sharpness(face: ByteArray) -> float:
    """How crisp an aligned face is, 0..1.

    The variance of the Laplacian, over that of the grey values so that a dim or pale picture counts as much
    as a bright one. A small face stretched to 112 pixels is a blur like any other.

    Args:
        face: uint8 (112, 112, 3), BGR.
    """
    grey = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
    middle = grey[SIDE // 8 : -SIDE // 8, SIDE // 8 : -SIDE // 8]
    contrast = float(np.var(middle))
    if contrast < 1:
        return 0.0
    edges = float(np.var(cv2.Laplacian(middle, cv2.CV_32F))) / contrast
    return edges**2 / (edges**2 + SHARP**2)


def shown_share(crop: Crop, landmarks: FloatArray) -> float:
    """How much of a face, once aligned, the crop shows, 0..1; the rest is black.

    Args:
        crop: shows the face, or a part of it.
        landmarks: (5, 2), xy pixels of the whole picture.
    """
    back = similarity(TEMPLATE, landmarks)
    spots = (np.arange(GRID) + 0.5) * SIDE / GRID
    grid = np.stack(np.meshgrid(spots, spots), axis=-1).reshape(-1, 2)
    places = grid @ back[:, :2].T + back[:, 2] - crop.offset
    inside = np.all((places >= 0) & (places < (crop.picture.width, crop.picture.height)), axis=1)
    return float(inside.mean())


def quality(
    crop: Crop, face: ByteArray, box: Sequence[float] | FloatArray, landmarks: FloatArray, score: float
) -> FaceQuality:
    """Judge one face.

    Args:
        crop: what it was found in.
        face: aligned, as `aligned` gives it.
        box: xyxy pixels of the whole picture.
        landmarks: (5, 2), xy pixels of the whole picture.
        score: of the detector, 0..1.
    """
    size = min(1.0, max(0.0, float(box[3] - box[1])) / LARGE_PX)
    sharp, front, shown = sharpness(face), frontality(landmarks), shown_share(crop, landmarks)
    overall = score * shown * float(np.cbrt(size * sharp * front))
    return FaceQuality(size, sharp, front, shown, overall)
