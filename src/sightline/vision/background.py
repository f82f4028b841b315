"""What a fixed camera sees when nobody is there, and which pixels differ from it now."""

import math
from datetime import datetime
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.picture import ByteArray

Mask = npt.NDArray[np.uint8]
"""(H, W), 255 where something is, 0 elsewhere."""

Place = tuple[slice, slice]
"""Rows and columns of a part of a picture."""

LEARNING_PICTURES = 8
"""The first pictures are averaged evenly; later ones weigh by the time between them."""
BACKGROUND_S = 12.0
DIM_BACKGROUND_S = 60.0
"""How fast empty floor follows the light, and how fast shadowed or flickering places do."""
RECENT_S = 1.5
"""What has looked the same for a few of these is still."""

NOISE_FLOOR = 1.5
CHANGE_FLOOR, CHANGE_PER_NOISE = 7.0, 3.2
STIR_FLOOR, STIR_PER_NOISE = 4.0, 2.2
DARKEST_SHADOW, LIGHTEST_SHADOW = 0.5, 1.02
SHADOW_TINT = 0.055
EVERYTHING_CHANGED = 0.6
"""Share of changed pixels above which the camera was moved or the light switched: start anew."""
OUTLINE_MARGIN = 3
"""An outline is looked at one pixel around a blob, and its edges two pixels around that."""


class Background:
    """Learns the empty scene, pixel by pixel, from pictures of one size in capture order.

    Nothing is learnt under the places the caller protects, so that somebody who stands still for minutes
    stays visible. Time comes from the pictures only.
    """

    def __init__(self, first: ByteArray, at: datetime) -> None:
        """Start from one picture, uint8 (H, W, 3), taken for empty until it proves otherwise."""
        self._at = at
        self._begin(first)

    def _begin(self, image: ByteArray) -> None:
        self._pictures = 1
        self._mean: npt.NDArray[np.float32] = image.astype(np.float32)
        self._recent: npt.NDArray[np.float32] = self._mean.copy()
        self._noise: npt.NDArray[np.float32] = np.full(image.shape[:2], 2 * NOISE_FLOOR, np.float32)
        self._still_s: npt.NDArray[np.float32] = np.zeros(image.shape[:2], np.float32)
        self._image = image
        self._difference: ByteArray = np.zeros(image.shape[:2], np.uint8)
        self._shaded: Mask = np.zeros(image.shape[:2], np.uint8)

    def changed(self, image: ByteArray, at: datetime) -> Mask:
        """Where this picture shows something that is neither background nor its shadow.

        Args:
            image: uint8 (H, W, 3), same size as the first.
            at: capture time; not before the last one.
        """
        self._step_s = max(0.0, (at - self._at).total_seconds())
        self._at = at
        self._image = image
        self._difference = _largest_channel(cv2.absdiff(image, cv2.convertScaleAbs(self._mean)))
        self._follow_stillness()
        threshold = cv2.convertScaleAbs(self._noise, alpha=CHANGE_PER_NOISE, beta=CHANGE_FLOOR)
        mask = _as_mask(cv2.compare(self._difference, threshold, cv2.CMP_GT))
        if cv2.countNonZero(mask) > EVERYTHING_CHANGED * mask.size:
            self._begin(image)
            return np.zeros_like(mask)
        different = mask.copy()
        self._drop_shadows(mask)
        mask = _as_mask(cv2.medianBlur(mask, 5))
        self._shaded = _as_mask(cv2.bitwise_and(cv2.medianBlur(different, 5), cv2.bitwise_not(mask)))
        return mask

    def shaded(self) -> Mask:
        """What `changed` left out of the last picture: shadows, and people in grey who look like them."""
        return self._shaded

    def still_s(self) -> npt.NDArray[np.float32]:
        """Seconds for which each pixel, (H, W), has not stirred."""
        return self._still_s

    def learn(self, changed: Mask, protected: Mask) -> None:
        """Take the last picture into the background, except under `protected`.

        Args:
            changed: what `changed` returned; learnt more slowly.
            protected: where people are or may be.
        """
        self._pictures += 1
        fast = max(
            1 / self._pictures if self._pictures <= LEARNING_PICTURES else 0.0, self._share(BACKGROUND_S)
        )
        free = cv2.bitwise_not(cv2.bitwise_or(changed, protected))
        dim = cv2.bitwise_and(changed, cv2.bitwise_not(protected))
        cv2.accumulateWeighted(self._image, self._mean, fast, free)
        cv2.accumulateWeighted(self._image, self._mean, self._share(DIM_BACKGROUND_S), dim)
        cv2.accumulateWeighted(self._difference, self._noise, min(fast, 0.2), free)
        np.maximum(self._noise, NOISE_FLOOR, out=self._noise)

    def absorb(self, place: Place, where: Mask) -> None:
        """Take the last picture as background at once: something left from here, or was put down for good.

        Args:
            place: rows and columns of a part of the picture.
            where: the pixels of that part to take.
        """
        np.copyto(self._mean[place], self._image[place], where=where[..., None] > 0, casting="unsafe")

    def left_behind(self, place: Place, blob: Mask) -> bool:
        """Whether a still blob is the place something left rather than something that came.

        Whoever stands there has an outline of his own in this picture. Where somebody has left, the outline
        is in the remembered background and the picture has none.

        Args:
            place: rows and columns around the blob, with at least `OUTLINE_MARGIN` pixels to spare on each
                side where the picture has them: all that can make a difference.
            blob: that part of a mask, with nothing else in it.
        """
        kernel = np.ones((3, 3), np.uint8)
        ring = cv2.subtract(cv2.dilate(blob, kernel), cv2.erode(blob, kernel)) > 0
        now = _edges(self._image[place])[ring].mean()
        before = _edges(cv2.convertScaleAbs(self._mean[place]))[ring].mean()
        return bool(before > 1.3 * now)

    def _share(self, time_constant_s: float) -> float:
        return 1 - math.exp(-self._step_s / time_constant_s)

    def _follow_stillness(self) -> None:
        stir = _largest_channel(cv2.absdiff(self._image, cv2.convertScaleAbs(self._recent)))
        limit = cv2.convertScaleAbs(self._noise, alpha=STIR_PER_NOISE, beta=STIR_FLOOR)
        self._still_s += np.float32(self._step_s)
        self._still_s[stir > limit] = 0
        cv2.accumulateWeighted(self._image, self._recent, self._share(RECENT_S))

    def _drop_shadows(self, mask: Mask) -> None:
        """Clear pixels that are the background, only darker.

        A shadow scales all channels alike: the best common factor leaves little over. People in clothes of
        the floor's own colour lose pixels here too; the body finder copes with holes better than with tails.
        """
        places = np.flatnonzero(mask > 0)
        # One row per channel: numpy is several times faster along long rows than along triples.
        now = np.take(self._image.reshape(-1, 3), places, axis=0).T.astype(np.float32, order="C")
        before = np.ascontiguousarray(np.take(self._mean.reshape(-1, 3), places, axis=0).T)
        square = np.maximum(_sum_of_channels(before * before), np.float32(1.0))
        factor = _sum_of_channels(now * before) / square
        rest = np.abs(now - factor * before).max(axis=0)
        tolerance = SHADOW_TINT * np.sqrt(square / 3) + 1.5 * np.take(self._noise.reshape(-1), places)
        shadow = (factor > DARKEST_SHADOW) & (factor < LIGHTEST_SHADOW) & (rest < tolerance)
        mask.reshape(-1)[places[shadow]] = 0


def _largest_channel(image: npt.NDArray[Any]) -> ByteArray:
    blue, green, red = cv2.split(image)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _sum_of_channels(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(3, N) to (N,)."""
    return np.asarray(values[0] + values[1] + values[2], np.float32)


def _as_mask(array: npt.NDArray[Any]) -> Mask:
    return np.asarray(array, np.uint8)


def _edges(image: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """How much brightness changes from one pixel to the next, (H, W)."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), np.float32)
