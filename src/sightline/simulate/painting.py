"""Paints frame after frame: shadows, people behind furniture and each other, noise of the sensor."""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from sightline.simulate.backdrop import Picture, paint_backdrop
from sightline.simulate.figure import draw_person, sketch
from sightline.simulate.lens import CAMERA, HEIGHT, WIDTH, FloatArray
from sightline.simulate.pose import Joint
from sightline.simulate.room import hiding_range
from sightline.simulate.staging import Actor, Production

_MARGIN_PX = 14
_EVEN = 160  # brightness 1 in a map of folds
_COARSE = 4  # shadows are soft: painted at a quarter of the size
_NOISE_SIGMA = 2.2
_NOISE_TILES = 6
_DISC = np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 20, False)), np.sin(np.linspace(0, 2 * np.pi, 20, False))], 1
)


def paint(production: Production) -> Iterator[Picture]:
    """Yield every frame, (HEIGHT, WIDTH, 3) BGR; the same production gives the same pictures."""
    backdrop: Picture = np.asarray(cv2.GaussianBlur(paint_backdrop(), (3, 3), 0.6), dtype=np.uint8)
    hidden_from = hiding_range()
    seed = production.truth.seed
    sensor = _Sensor(seed)
    folds = {a.person.person_id: _folds(seed, a.person.person_id) for a in production.actors}
    for number in range(production.truth.frames):
        frame = backdrop.copy()
        there = [
            (actor, number - actor.first_frame)
            for actor in production.actors
            if 0 <= number - actor.first_frame < len(actor.boxes)
        ]
        there.sort(key=lambda entry: -entry[0].depth[entry[1]])
        _cast_shadows(frame, there, hidden_from)
        for actor, index in there:
            _paint_actor(frame, actor, index, hidden_from, folds[actor.person.person_id])
        yield sensor.expose(frame)


def _paint_actor(
    frame: Picture,
    actor: Actor,
    index: int,
    hidden_from: npt.NDArray[np.float32],
    folds: Picture,
) -> None:
    window = _window(actor.boxes[index])
    if window is None:
        return
    rows, columns = window
    free = np.asarray(hidden_from[rows, columns] > actor.depth[index], dtype=np.uint8) * 255
    if not free.any():
        return
    piece = frame[rows, columns]
    drawn = piece.copy()
    figure = sketch(actor.body[index], actor.facing[index])
    draw_person(drawn, (columns.start, rows.start), actor.person, figure)
    around = cv2.inRange(cv2.absdiff(drawn, piece), (0, 0, 0), (0, 0, 0))
    cloth = cv2.resize(folds, (drawn.shape[1], drawn.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(drawn, cloth, drawn, 1 / _EVEN)
    cv2.copyTo(piece, around, drawn)
    height = float(actor.boxes[index][3] - actor.boxes[index][1])
    soft = cv2.GaussianBlur(drawn, (5, 5), max(0.55, height * 0.0035))
    body = cv2.dilate(cv2.bitwise_not(around), np.ones((3, 3), dtype=np.uint8))
    cv2.copyTo(soft, cv2.bitwise_and(free, body), piece)


def _folds(seed: int, person_id: int) -> Picture:
    """Creases of cloth, and less light near the floor: (192, 96, 3) around `_EVEN`."""
    rng = np.random.default_rng([seed, 5, person_id])
    fine = cv2.GaussianBlur(rng.normal(0, 1, (192, 96)).astype(np.float32), (0, 0), sigmaX=3.5, sigmaY=1.8)
    broad = cv2.GaussianBlur(rng.normal(0, 1, (192, 96)).astype(np.float32), (0, 0), sigmaX=7, sigmaY=5)
    creases = 0.055 * fine / fine.std() + 0.05 * broad / broad.std()
    falloff = np.linspace(1.06, 0.88, 192, dtype=np.float32)[:, None]
    grey = np.clip(_EVEN * (1 + creases) * falloff, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _window(box: FloatArray) -> tuple[slice, slice] | None:
    x1, y1 = max(0, int(box[0]) - _MARGIN_PX), max(0, int(box[1]) - _MARGIN_PX)
    x2, y2 = min(WIDTH, int(box[2]) + _MARGIN_PX), min(HEIGHT, int(box[3]) + _MARGIN_PX)
    return (slice(y1, y2), slice(x1, x2)) if x2 - x1 > 2 and y2 - y1 > 2 and box[2] > box[0] else None


def _cast_shadows(
    frame: Picture, there: list[tuple[Actor, int]], hidden_from: npt.NDArray[np.float32]
) -> None:
    """Soft dark patches under the feet and a little to the side, on the floor only."""
    for actor, index in there:
        if actor.boxes[index][2] <= actor.boxes[index][0]:
            continue
        spot, body = actor.floor[index], actor.body[index]
        discs = [(spot + np.array([0.1, 0.14]), 0.44, 0.26), (spot, 0.25, 0.3)]
        discs += [(body[j, :2], 0.1, 0.4) for j in (Joint.L_ANKLE, Joint.R_ANKLE) if body[j, 2] < 0.2]
        rims = np.stack([_flat(centre + _DISC * radius) for centre, radius, _ in discs])
        pixels, _ = CAMERA.project(rims)
        window = _window(np.concatenate([pixels[0].min(axis=0) - 20, pixels[0].max(axis=0) + 20]))
        if window is None:
            continue
        rows, columns = window
        size = (columns.stop - columns.start, rows.stop - rows.start)
        light = np.ones((size[1] // _COARSE + 1, size[0] // _COARSE + 1), dtype=np.float32)
        outlines = (pixels - [columns.start, rows.start]) * (16 / _COARSE)
        for outline, (_, radius, dark) in zip(np.round(outlines).astype(np.int32), discs, strict=True):
            layer = np.zeros_like(light)
            cv2.fillConvexPoly(layer, outline, dark, cv2.LINE_AA, 4)
            light *= 1 - cv2.GaussianBlur(layer, (0, 0), 2.6 if radius > 0.2 else 1.0)
        fine = cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
        fine[hidden_from[rows, columns] < actor.depth[index]] = 1.0
        piece = frame[rows, columns]
        cv2.multiply(piece, cv2.merge([fine, fine, fine]), piece, dtype=cv2.CV_8U)


def _flat(spots: FloatArray) -> FloatArray:
    """Floor points (N, 2) as room points (N, 3)."""
    return np.concatenate([spots, np.zeros((len(spots), 1))], axis=1)


class _Sensor:
    """Grain and a slight flicker of the exposure, repeatable by seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 99])
        shape = (HEIGHT + 64, WIDTH + 64, 3)
        grain = [self._rng.normal(0, _NOISE_SIGMA, shape[:2]) for _ in range(_NOISE_TILES)]
        self._lighter = [np.repeat(np.clip(g, 0, 30).astype(np.uint8)[..., None], 3, axis=2) for g in grain]
        self._darker = [np.repeat(np.clip(-g, 0, 30).astype(np.uint8)[..., None], 3, axis=2) for g in grain]
        self._drift = 0.0

    def expose(self, frame: Picture) -> Picture:
        self._drift = 0.9 * self._drift + float(self._rng.normal(0, 0.0022))
        tile = int(self._rng.integers(_NOISE_TILES))
        y, x = (int(value) for value in self._rng.integers(0, 64, size=2))
        window = (slice(y, y + HEIGHT), slice(x, x + WIDTH))
        cv2.convertScaleAbs(frame, frame, 1.0 + self._drift)
        cv2.add(frame, self._lighter[tile][window], frame)
        cv2.subtract(frame, self._darker[tile][window], frame)
        return frame
