"""Whether a fixed camera still shows what it is there to show: not covered, not blinded, not turned away."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from sightline.vision.picture import ByteArray

FloatArray = npt.NDArray[np.float32]

WIDTH, HEIGHT = 160, 90
"""Size at which views are compared."""
EDGE_SHARE, EDGE_FLOOR = 0.15, 8.0
"""The strongest share of a picture's brightness steps are its edges, whatever the light; what is weaker than
the floor (Sobel units) is noise."""
FIXED = 0.6
"""An edge seen in this share of the pictures belongs to the shop and not to people in it."""
REACH = 12
"""Cells by which the camera may have turned and the shift is still found."""

SHIFT, SHIFT_AGREEMENT, SHIFT_GAIN = 3, 0.35, 0.15
"""The view is shifted: by so many cells it fits so well, and so much better than where it should be."""
STRANGE, STRANGE_BLOCKS = 0.35, 0.15
"""The view is another one: correlation of edges below this, and a smaller share of places than this that look
familiar. Who stands before the camera hides many places, but a turned camera loses all."""
BLOCK_ROWS, BLOCK_COLUMNS = 4, 6
BLOCK_EDGES, FEWEST_BLOCKS = 12, 3
FAMILIAR, EMPTY = 0.6, 0.02
HIDDEN_BLOCKS = 0.7
"""Covered: in this share of the places that have edges there are none now."""
SMEARED = 0.68
"""Sharpness, as a share of the usual, below which something is smeared over the lens."""
FLAT = 3.0
BRIGHT, BRIGHT_SHARE = 245, 0.6
"""Standard deviation of a picture without content; and what an overexposed one is like."""

LEARNING_PICTURES, LEARNING_S = 6, 600.0
"""The first pictures count evenly, later ones as if the last ten minutes were averaged."""
KNOWN_VIEWS = 2
"""A camera that sees by infrared at night has two views of one place."""
HOLE = timedelta(seconds=60)


class ViewState(StrEnum):
    """What is wrong with the view of a camera."""

    OK = "ok"
    COVERED = "covered"
    BLINDED = "blinded"
    MOVED = "moved"


HOLD = {
    ViewState.OK: timedelta(seconds=5),
    ViewState.COVERED: timedelta(seconds=10),
    ViewState.BLINDED: timedelta(seconds=10),
    ViewState.MOVED: timedelta(seconds=30),
}
"""How long it must have looked so before it is said."""
LEARN_AFTER = timedelta(minutes=10)


class ViewCheck:
    """Judges a small gray picture of one camera every few seconds. Knows no thread and no clock.

    The view is learnt from the pictures: edges that stay are the shop. Edges are compared and not brightness,
    so light may change; and place by place, so people may stand in front. What cannot be told apart: a
    covered lens and a shop in which the last light went out, both are `covered`. A view without edges, a bare
    wall, cannot be seen to move. A view that drifts by less than the shift in ten minutes is followed.
    """

    def __init__(self) -> None:
        self._views: list[_View] = []
        self._strange: _View | None = None
        self._state = ViewState.OK
        self._seen_at: datetime | None = None
        self._since: dict[bool, datetime | None] = {True: None, False: None}
        self._moved_at: datetime | None = None

    def see(self, gray: ByteArray, captured_at: datetime) -> ViewState:
        """Take the next picture and say what has been wrong for long enough to say it.

        Args:
            gray: uint8 array (h, w) of any size, the whole picture.
            captured_at: aware, in order of capture. After more than a minute without a picture, or a step
                back, the waiting times begin anew; what was learnt stays.
        """
        before, self._seen_at = self._seen_at, captured_at
        if before is None or not before <= captured_at <= before + HOLE:
            before, self._since, self._moved_at = captured_at, {True: None, False: None}, None
        small = gray
        if gray.shape != (HEIGHT, WIDTH):
            small = np.asarray(cv2.resize(gray, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
        looks = self._judge(small, (captured_at - before).total_seconds())
        self._settle(looks, captured_at)
        return self._state

    def accept(self) -> None:
        """The view as it is from now on is the right one; what was learnt is forgotten."""
        self._views.clear()
        self._strange = self._moved_at = None
        self._since = {True: None, False: None}
        self._state = ViewState.OK

    def _judge(self, small: ByteArray, step_s: float) -> ViewState:
        """How this one picture looks. What it shows of a known or a new view is learnt."""
        if np.count_nonzero(small >= BRIGHT) > BRIGHT_SHARE * small.size:
            return ViewState.BLINDED
        if float(small.std()) < FLAT:
            return ViewState.COVERED
        look = _Look.of(small)
        if not self._views:
            self._views.append(_View())
        view = max(self._views, key=lambda known: known.agreement(look))
        if view.learnt:
            if look.sharpness < SMEARED * view.sharpness or view.hides(look):
                return ViewState.COVERED
            if view.is_elsewhere(look):
                self._strange = self._strange or _View()
                self._strange.learn(look, step_s)
                return ViewState.MOVED
        view.learn(look, step_s)
        return ViewState.OK

    def _settle(self, looks: ViewState, at: datetime) -> None:
        fine = looks is ViewState.OK
        since = self._since[fine] = self._since[fine] or at
        self._since[not fine] = None
        if looks is not self._state and at - since >= HOLD[looks]:
            self._state = looks
            self._moved_at = at if looks is ViewState.MOVED else None
        if fine and self._state is ViewState.OK:
            self._strange = None
        if self._moved_at is not None and at - self._moved_at >= LEARN_AFTER and self._strange is not None:
            self._views = [*self._views[-(KNOWN_VIEWS - 1) :], self._strange]
            self._strange = self._moved_at = None


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture as it is compared: edges, uint8 (H, W) of 0 and 1, the same softened, and its sharpness."""

    edges: ByteArray
    soft: FloatArray
    sharpness: float

    @classmethod
    def of(cls, small: ByteArray) -> "_Look":
        calm = cv2.GaussianBlur(small, (3, 3), 0)
        strength = cv2.magnitude(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1))
        limit = float(np.quantile(strength, 1 - EDGE_SHARE))
        edges = (strength > max(EDGE_FLOOR, limit)).astype(np.uint8)
        # Steps from cell to cell beside contrast from place to place: light changes both, a smear only one.
        wide = small.astype(np.float32)
        coarse = float((cv2.GaussianBlur(wide, (0, 0), 2) - cv2.GaussianBlur(wide, (0, 0), 8)).std())
        fine = float(strength[strength >= limit].mean())
        return cls(edges, _soft(edges.astype(np.float32)), fine / max(coarse, 0.3))


class _View:
    """The fixed edges of one place, and how sharp they usually are."""

    def __init__(self) -> None:
        self.sharpness = 0.0
        self._edges: FloatArray = np.zeros((HEIGHT, WIDTH), np.float32)
        self._pictures = 0

    @property
    def learnt(self) -> bool:
        return self._pictures >= LEARNING_PICTURES

    def learn(self, look: _Look, step_s: float) -> None:
        self._pictures += 1
        share = 1 - math.exp(-step_s / LEARNING_S)
        if self._pictures <= LEARNING_PICTURES:
            share = max(share, 1 / self._pictures)
        self._edges += np.float32(share) * (look.edges - self._edges)
        self.sharpness += share * (look.sharpness - self.sharpness)

    def agreement(self, look: _Look) -> float:
        """Correlation of the edges, -1..1."""
        return _correlation(self._soft_fixed(), look.soft)

    def is_elsewhere(self, look: _Look) -> bool:
        """Whether the same place is seen shifted, or another place."""
        fixed, blocks = self._soft_fixed(), self._blocks()
        inner = fixed[REACH:-REACH, REACH:-REACH]
        if len(blocks) < FEWEST_BLOCKS or not inner.any():
            return False
        fits = cv2.matchTemplate(look.soft, inner, cv2.TM_CCOEFF_NORMED)
        down, across = np.unravel_index(int(fits.argmax()), fits.shape)
        best, here = float(fits.max()), float(fits[REACH, REACH])
        shift = max(abs(int(down) - REACH), abs(int(across) - REACH))
        if shift >= SHIFT and best >= SHIFT_AGREEMENT and best - here >= SHIFT_GAIN:
            return True
        if here >= STRANGE:
            return False
        familiar = sum(_correlation(fixed[place], look.soft[place]) > FAMILIAR for place in blocks)
        return familiar < STRANGE_BLOCKS * len(blocks)

    def hides(self, look: _Look) -> bool:
        """Whether most places that have edges show none."""
        blocks = self._blocks()
        empty = sum(float(look.edges[place].mean()) < EMPTY for place in blocks)
        return len(blocks) >= FEWEST_BLOCKS and empty >= HIDDEN_BLOCKS * len(blocks)

    def _soft_fixed(self) -> FloatArray:
        return _soft(np.where(self._edges >= FIXED, self._edges, np.float32(0)))

    def _blocks(self) -> list[tuple[slice, slice]]:
        """The places that have enough fixed edges to be recognised."""
        rows = [slice(i * HEIGHT // BLOCK_ROWS, (i + 1) * HEIGHT // BLOCK_ROWS) for i in range(BLOCK_ROWS)]
        columns = [
            slice(j * WIDTH // BLOCK_COLUMNS, (j + 1) * WIDTH // BLOCK_COLUMNS) for j in range(BLOCK_COLUMNS)
        ]
        fixed = self._edges >= FIXED
        return [place for place in product(rows, columns) if np.count_nonzero(fixed[place]) >= BLOCK_EDGES]


def _soft(edges: FloatArray) -> FloatArray:
    """Edges spread over their neighbours, so that a tremble of the camera is no difference."""
    return np.asarray(cv2.GaussianBlur(edges, (0, 0), 1.0), np.float32)


def _correlation(one: FloatArray, other: FloatArray) -> float:
    first, second = (one - one.mean()).ravel(), (other - other.mean()).ravel()
    return float(first @ second) / max(1e-6, math.sqrt(float(first @ first) * float(second @ second)))
