"""Draws one person: limbs as shaded tapered capsules, torso, head with hair and face, far parts first."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from sightline.simulate.backdrop import Picture
from sightline.simulate.cast import Colour, Hair, Person, Role
from sightline.simulate.lens import CAMERA, FloatArray
from sightline.simulate.pose import Joint

_SHIFT = 4  # OpenCV takes fractions of a pixel as integers
# Shading of a round body from its rim to its highlight.
_SIZES = np.array([1.0, 0.86, 0.7, 0.52, 0.3])[:, None, None]
_SHIFTS = np.array([0.0, 0.09, 0.2, 0.3, 0.38])[:, None, None]
_BRIGHTS = (0.62, 0.78, 0.92, 1.02, 1.1)
_LIGHT = np.array([-0.55, -0.83])  # in the picture: from the upper left
_TURN = np.linspace(0, np.pi, 7)
_ARC = np.stack([np.sin(_TURN), np.cos(_TURN)], axis=1)  # half a circle around the far end of a limb
_IS_Q = np.arange(14) < 7
_CIRCLE = np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 14, False)), np.sin(np.linspace(0, 2 * np.pi, 14, False))], 1
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """One figure in one frame: joints in pixels (J, 2), pixels per metre (J,), and where it looks.

    `toward` is 1 when the person faces the camera, -1 when seen from behind; `right` is how far the face is
    turned to the right of the picture, -1..1.
    """

    pixels: FloatArray
    scale: FloatArray
    depth: FloatArray
    toward: float
    right: float


def sketch(body: FloatArray, facing: FloatArray) -> Sketch:
    """Project the joints (J, 3) of one moment."""
    pixels, depth = CAMERA.project(body)
    x, y, _ = CAMERA.position
    away = body[Joint.HEAD, :2] - np.array([x, y])
    away = away / np.hypot(away[0], away[1])
    return Sketch(
        pixels=pixels,
        scale=CAMERA.focal_px / depth,
        depth=depth,
        toward=float(-(facing @ away)),
        right=float(facing[0] * away[1] - facing[1] * away[0]),
    )


def draw_person(canvas: Picture, offset: tuple[int, int], person: Person, figure: Sketch) -> None:
    """Draw into `canvas` (h, w, 3), a piece of the picture with its left upper corner at `offset` xy."""
    at = figure.pixels - np.asarray(offset, dtype=np.float64)
    brush = _Brush(canvas, at, (figure.scale * person.height_m).tolist(), person, figure)
    left_far = figure.depth[Joint.L_HIP] > figure.depth[Joint.R_HIP]
    far, near = (0, 1) if left_far else (1, 0)
    arm_first = figure.depth[Joint.L_HAND + far] > figure.depth[Joint.WAIST] - 0.05
    if arm_first:
        brush.arm(far)
    near_arm_behind = figure.depth[Joint.L_HAND + near] > figure.depth[Joint.WAIST] + 0.05
    if near_arm_behind:
        brush.arm(near)
    brush.leg(far)
    brush.leg(near)
    if person.skirt:
        brush.skirt()
    brush.torso()
    brush.head()
    if not arm_first:
        brush.arm(far)
    if not near_arm_behind:
        brush.arm(near)
    brush.flush()


@dataclass(frozen=True, slots=True)
class _Brush:
    """Collects outlines from far to near. `at` (J, 2): joints in the canvas; `tall`: body heights, pixels."""

    canvas: Picture
    at: FloatArray
    tall: list[float]
    person: Person
    figure: Sketch
    strokes: list[tuple[FloatArray, FloatArray, FloatArray, Colour]] = field(default_factory=list)

    def _at(self, joint: int) -> FloatArray:
        point: FloatArray = self.at[joint]
        return point

    def _radius(self, joint: int, share: float) -> float:
        return self.tall[joint] * share

    def limb(self, a: int, b: int, shares: tuple[float, float], colour: Colour) -> None:
        self.capsule(self._at(a), self._at(b), self._radius(a, shares[0]), self._radius(b, shares[1]), colour)

    def capsule(self, p: FloatArray, q: FloatArray, rp: float, rq: float, colour: Colour) -> None:
        """A tapered limb from p to q, shaded as a cylinder."""
        dx, dy = float(q[0] - p[0]), float(q[1] - p[1])
        length = math.hypot(dx, dy)
        ux, uy = (dx / length, dy / length) if length > 1e-6 else (1.0, 0.0)
        around_q = _ARC @ np.array([[ux, uy], [uy, -ux]])
        rim = np.concatenate([around_q * rq, around_q * -rp])
        across = -1.0 if -uy * _LIGHT[0] + ux * _LIGHT[1] < 0 else 1.0
        lit = np.array([-uy * across, ux * across]) * 0.8 + _LIGHT * 0.2
        centres = np.concatenate([np.broadcast_to(q, (7, 2)), np.broadcast_to(p, (7, 2))])
        self._shade(centres, rim, lit * np.where(_IS_Q, rq, rp)[:, None], colour)

    def blob(self, centre: FloatArray, axes: tuple[float, float], colour: Colour) -> None:
        """An upright ellipse shaded as a ball."""
        self._shade(centre, _CIRCLE * np.asarray(axes), _LIGHT * min(axes), colour)

    def hull(self, circles: list[tuple[FloatArray, float]], colour: Colour) -> None:
        """The skin around several circles, shaded towards the light."""
        rings = np.concatenate([centre + _CIRCLE * radius for centre, radius in circles])
        outline = cv2.convexHull(rings.astype(np.float32))[:, 0].astype(np.float64)
        middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
        half_width = float(np.ptp(outline[:, 0])) / 2
        self._shade(middle, outline - middle, np.array([-half_width * 0.75, -half_width * 0.2]), colour)

    def _shade(self, centre: FloatArray, rim: FloatArray, lit: FloatArray, colour: Colour) -> None:
        """An outline `centre + rim` (V, 2), and smaller, brighter ones inside it, shifted along `lit`."""
        self.strokes.append(
            (np.broadcast_to(centre, rim.shape), rim, np.broadcast_to(lit, rim.shape), colour)
        )

    def flush(self) -> None:
        """Paint the outlines collected so far, in their order; calculating all at once is much faster."""
        if not self.strokes:
            return
        centres, rims, lits, colours = zip(*self.strokes, strict=True)
        self.strokes.clear()
        ends = np.cumsum([len(rim) for rim in rims])[:-1]
        moved = np.concatenate(centres) + np.concatenate(rims) * _SIZES + np.concatenate(lits) * _SHIFTS
        outlines = np.split(np.round(moved * (1 << _SHIFT)).astype(np.int32), ends, axis=1)
        for layers, colour in zip(outlines, colours, strict=True):
            line = cv2.LINE_AA  # inner edges are soft anyway: only the rim is worth smoothing
            for points, bright in zip(layers, _BRIGHTS, strict=True):
                tint = (colour[0] * bright + 4, colour[1] * bright + 4, colour[2] * bright + 4)
                cv2.fillConvexPoly(self.canvas, points, tint, line, _SHIFT)
                line = cv2.LINE_8

    def _fill(self, outline: FloatArray, colour: tuple[float, float, float]) -> None:
        self.flush()
        points = np.round(outline * (1 << _SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(self.canvas, points, colour, cv2.LINE_AA, _SHIFT)

    def leg(self, side: int) -> None:
        """`side` 0 is the person's left."""
        who, build = self.person, self.person.build
        hip, knee, ankle, toe = (
            joint + side for joint in (Joint.L_HIP, Joint.L_KNEE, Joint.L_ANKLE, Joint.L_TOE)
        )
        self.limb(ankle, toe, (0.024, 0.019), who.shoes)
        lower = who.skin if who.skirt else who.trousers
        self.limb(knee, ankle, (0.034 * build, 0.025 * (0.85 if who.skirt else 1.1)), lower)
        self.limb(hip, knee, (0.054 * build, 0.037 * build), who.trousers)

    def skirt(self) -> None:
        build = self.person.build
        hips = [(self._at(j), self._radius(j, 0.06 * build)) for j in (Joint.L_HIP, Joint.R_HIP)]
        hem = []
        for hip, knee in ((Joint.L_HIP, Joint.L_KNEE), (Joint.R_HIP, Joint.R_KNEE)):
            end = self._at(hip) * 0.18 + self._at(knee) * 0.82
            hem.append((end, self._radius(knee, 0.052 * build)))
        self.hull(hips + hem, self.person.trousers)

    def arm(self, side: int) -> None:
        who, build = self.person, self.person.build
        shoulder, elbow, wrist, hand = (
            joint + side for joint in (Joint.L_SHOULDER, Joint.L_ELBOW, Joint.L_WRIST, Joint.L_HAND)
        )
        if who.bag is not None and side == 0:
            self._bag(hand)
        fore = who.top if who.sleeve > 0.9 else who.skin
        self.limb(wrist, hand, (0.017, 0.019), who.skin)
        self.limb(elbow, wrist, (0.0245 * build, 0.018), fore)
        if who.sleeve < 0.9:
            self.limb(shoulder, elbow, (0.03 * build, 0.025 * build), who.skin)
            middle = self._at(shoulder) * 0.35 + self._at(elbow) * 0.65
            r = self._radius(shoulder, 0.034 * build)
            self.capsule(self._at(shoulder), middle, r, r * 0.95, who.top)
        else:
            self.limb(shoulder, elbow, (0.034 * build, 0.028 * build), who.top)

    def _bag(self, hand: int) -> None:
        assert self.person.bag is not None
        top, r = self._at(hand), self._radius(hand, 0.075)
        down = np.array([0.0, 1.0])
        corners = [
            (top + down * r * 0.5 + np.array([-0.75 * r, 0]), r * 0.1),
            (top + down * r * 0.5 + np.array([0.75 * r, 0]), r * 0.1),
            (top + down * r * 2.3 + np.array([-0.9 * r, 0]), r * 0.15),
            (top + down * r * 2.3 + np.array([0.9 * r, 0]), r * 0.15),
        ]
        self.hull(corners, self.person.bag)

    def torso(self) -> None:
        who, build = self.person, self.person.build
        belly = self._at(Joint.WAIST)
        wide = (self._at(Joint.L_HIP) - self._at(Joint.R_HIP)) / 2
        hips = [(self._at(j) + np.array([0, -0.2 * self._radius(j, 0.06)]), self._radius(j, 0.06 * build))
                for j in (Joint.L_HIP, Joint.R_HIP)]  # fmt: skip
        self.hull(hips, who.trousers)
        waist = [(belly + wide * s * 0.95, self._radius(Joint.WAIST, 0.054 * build)) for s in (-1.0, 1.0)]
        low = [
            ((belly + self._at(j)) / 2, self._radius(j, 0.058 * build)) for j in (Joint.L_HIP, Joint.R_HIP)
        ]
        chest = []
        for j in (Joint.L_SHOULDER, Joint.R_SHOULDER):
            inward = self._at(Joint.NECK) - self._at(j)
            chest.append(
                (
                    self._at(j) + inward * 0.12 + np.array([0.0, self._radius(j, 0.012)]),
                    self._radius(j, 0.034),
                )
            )
            chest.append(((self._at(j) * 0.6 + belly * 0.4) + inward * 0.1, self._radius(j, 0.056 * build)))
        self.capsule(
            self._at(Joint.NECK),
            self._at(Joint.CHIN),
            self._radius(Joint.NECK, 0.036),
            self._radius(Joint.CHIN, 0.03),
            who.skin,
        )
        self.hull([*chest, *waist, *low], who.top)
        if who.role is Role.STAFF and self.figure.toward > 0.3:
            side = self._at(Joint.L_SHOULDER) * 0.5 + self._at(Joint.NECK) * 0.2 + belly * 0.3
            self._fill(side + _CIRCLE * self._radius(Joint.NECK, 0.014), (235, 238, 240))

    def head(self) -> None:
        who, figure = self.person, self.figure
        centre = self._at(Joint.HEAD)
        r = self._radius(Joint.HEAD, 0.05)
        tall = r * 1.28
        ahead = np.array([figure.right * 0.55, 0.34 * figure.toward]) * r
        hair = who.skin if who.hair is Hair.BALD else who.hair_colour
        if who.hair is Hair.LONG:
            back = centre - ahead * 0.5 + np.array([0.0, r * 0.55])
            self.blob(back, (r * 1.12, tall * 1.18), hair)
        self.blob(centre - ahead * 0.25 - np.array([0.0, r * 0.12]), (r * 1.06, tall * 1.02), hair)
        if figure.toward < -0.55:
            if who.hair is Hair.LONG:
                self.blob(centre + np.array([0.0, r * 0.5]), (r * 1.12, tall * 1.2), hair)
            return
        turned = float(np.clip(0.5 + 0.5 * figure.toward, 0.0, 1.0))
        face = centre + ahead * 0.75 + np.array([0.0, r * 0.3])
        self.blob(face, (r * (0.45 + 0.4 * turned), tall * 0.8), who.skin)
        if r < 5 or figure.toward < -0.1:
            return
        for side in (-1, 1):
            eye = face + np.array([side * 0.36 * r * turned + figure.right * 0.22 * r, -0.05 * r])
            self._fill(eye + _CIRCLE * np.array([0.1, 0.075]) * r, (36, 38, 44))
        lips = (who.skin[0] * 0.6, who.skin[1] * 0.58, who.skin[2] * 0.78)
        mouth = face + np.array([figure.right * 0.22 * r, 0.55 * r])
        self._fill(mouth + _CIRCLE * np.array([0.2, 0.05]) * r, lips)
