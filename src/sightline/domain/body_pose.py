"""What seventeen points of a body tell: which way somebody faces, and how they stand."""

from dataclasses import dataclass
from enum import StrEnum
from math import atan2, degrees, exp, hypot

import numpy as np

from sightline.domain.detection import FloatArray

POINTS = 17
NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER = range(7)
LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST, LEFT_HIP, RIGHT_HIP = range(7, 13)

SEEN = 0.3
"""A point less visible than this is a guess of the model and says nothing."""
LEANING_DEG = 15.0
BROAD = 0.6
"""Width of the shoulders over the length of the torso of somebody seen straight from front or back."""
BROADEST = 1.2
"""Wider is an error of the model, and counts as this."""
FRONT_WEIGHTS = (1.84, 5.91, 2.8, -0.8, 3.21, -5.74)
BACK_WEIGHTS = (-2.21, 3.94, -1.61, -5.65, 2.6, -0.11)
"""Of the cues for a front and a back view against a side view, and of nothing: see `orientation`."""


class Posture(StrEnum):
    """How somebody stands."""

    UPRIGHT = "upright"
    LEANING = "leaning"
    ARMS_CROSSED = "arms_crossed"
    HANDS_ON_HIPS = "hands_on_hips"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class BodyPose:
    """One person's points in one picture.

    Attributes:
        points: (17, 3): x and y in pixels, y downwards, and how visible, 0..1; COCO's order, the person's
            own left before their right.
    """

    points: FloatArray

    def __post_init__(self) -> None:
        if self.points.shape != (POINTS, 3):
            raise ValueError(f"a pose has ({POINTS}, 3) numbers, got {self.points.shape}")

    @property
    def confidence(self) -> float:
        """Mean visibility of the twelve points from shoulders to ankles, 0..1.

        The five of the head are left out: they are hidden of everybody who looks away.
        """
        return float(np.clip(self.points[LEFT_SHOULDER:, 2], 0, 1).mean())

    def sees(self, *points: int) -> bool:
        """Whether all of these are visible."""
        return all(self.points[point, 2] >= SEEN for point in points)

    def at(self, point: int) -> complex:
        """A point as a complex number, x + iy."""
        return complex(self.points[point, 0], self.points[point, 1])

    @property
    def torso(self) -> tuple[complex, complex] | None:
        """The middle of the shoulders and that of the hips; None when one of the four is hidden."""
        if not self.sees(LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP):
            return None
        neck = (self.at(LEFT_SHOULDER) + self.at(RIGHT_SHOULDER)) / 2
        waist = (self.at(LEFT_HIP) + self.at(RIGHT_HIP)) / 2
        return (neck, waist) if abs(neck - waist) > 0 else None


def orientation(pose: BodyPose) -> float | None:
    """Which way somebody faces: 1 towards the camera, 0 sideways, -1 away.

    The probability of a front view less that of a back view. Both are weighed sums of what `orientation_cues`
    has, against a side view; `benchmarks/people_cues.py` fits the weights and tells how often they are right.

    Returns:
        None when both shoulders are hidden, or the torso has no length.
    """
    cues = orientation_cues(pose)
    if cues is None:
        return None
    front, back = (exp(_weighed(weights, cues)) for weights in (FRONT_WEIGHTS, BACK_WEIGHTS))
    return (front - back) / (front + back + 1)


def orientation_cues(pose: BodyPose) -> tuple[float, ...] | None:
    """What tells front, side and back apart, the same for a mirrored picture.

    Returns:
        The width of the shoulders in lengths of the torso, positive when the left one is on the right of the
        picture, as of somebody who faces the camera; the same without its sign; the mean visibility of nose
        and eyes; the difference between the visibilities of the ears; that of the less visible ear. None as
        for `orientation`.
    """
    if not pose.sees(LEFT_SHOULDER) and not pose.sees(RIGHT_SHOULDER):
        return None
    neck = (pose.at(LEFT_SHOULDER) + pose.at(RIGHT_SHOULDER)) / 2
    waist = (pose.at(LEFT_HIP) + pose.at(RIGHT_HIP)) / 2
    torso = abs(neck - waist)
    if torso == 0:
        return None
    across = (pose.at(LEFT_SHOULDER) - pose.at(RIGHT_SHOULDER)).real / torso
    width = min(BROADEST, max(-BROADEST, across))
    head = [min(1.0, max(0.0, float(seen))) for seen in pose.points[NOSE : RIGHT_EAR + 1, 2]]
    ears = head[LEFT_EAR], head[RIGHT_EAR]
    return (width, abs(width), sum(head[:LEFT_EAR]) / 3, abs(ears[0] - ears[1]), min(ears))


def _weighed(weights: tuple[float, ...], cues: tuple[float, ...]) -> float:
    """The weighed sum of cues, the last weight being that of nothing."""
    return sum(weight * cue for weight, cue in zip(weights, (*cues, 1.0), strict=True))


def torso_tilt_deg(pose: BodyPose) -> float | None:
    """Degrees between the torso and the vertical of the picture, 0..180; None when it is hidden."""
    torso = pose.torso
    if torso is None:
        return None
    up = torso[0] - torso[1]
    return abs(degrees(atan2(up.real, -up.imag)))


def posture(pose: BodyPose) -> Posture:
    """How somebody stands; leaning comes before what the arms do."""
    tilt = torso_tilt_deg(pose)
    if tilt is None:
        return Posture.UNKNOWN
    if tilt > LEANING_DEG:
        return Posture.LEANING
    if _arms_crossed(pose):
        return Posture.ARMS_CROSSED
    if _hands_on_hips(pose):
        return Posture.HANDS_ON_HIPS
    return Posture.UPRIGHT


def _in_torso(pose: BodyPose, point: int) -> tuple[float, float]:
    """A point in torso lengths: to the person's left of the spine, and down from the shoulders."""
    torso = pose.torso
    assert torso is not None
    neck, waist = torso
    side = 1.0 if pose.at(LEFT_SHOULDER).real >= pose.at(RIGHT_SHOULDER).real else -1.0
    along = (pose.at(point) - neck) / (waist - neck)
    # Along the spine is the real part; the imaginary one grows towards the left of the picture.
    return -along.imag * side, along.real


def _is_broadside(pose: BodyPose) -> bool:
    """Whether shoulders are wide enough apart in the picture to tell left from right."""
    torso = pose.torso
    if torso is None:
        return False
    apart = pose.at(LEFT_SHOULDER) - pose.at(RIGHT_SHOULDER)
    return hypot(apart.real, apart.imag) >= BROAD / 2 * abs(torso[0] - torso[1])


def _arms_crossed(pose: BodyPose) -> bool:
    """Both wrists before the chest, each beyond the middle or close to it, elbows at the sides and low."""
    if not pose.sees(LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST) or not _is_broadside(pose):
        return False
    left, left_down = _in_torso(pose, LEFT_WRIST)
    right, right_down = _in_torso(pose, RIGHT_WRIST)
    left_elbow, left_elbow_down = _in_torso(pose, LEFT_ELBOW)
    right_elbow, right_elbow_down = _in_torso(pose, RIGHT_ELBOW)
    over = left <= CROSSED_SLACK and right >= -CROSSED_SLACK and left < right
    on_chest = all(CHEST[0] <= down <= CHEST[1] for down in (left_down, right_down))
    elbows_out = left_elbow > left and right_elbow < right
    elbows_low = min(left_elbow_down, right_elbow_down) >= CHEST[0]
    return over and on_chest and elbows_out and elbows_low


CROSSED_SLACK = 0.1
"""Torso lengths by which a wrist may miss the middle: forearms cross before it, wrists come to lie close."""
CHEST = (0.15, 0.95)
"""Torso lengths below the shoulders between which crossed forearms lie."""
AT_HIP = 0.4
ELBOW_OUT = 0.12
"""Torso lengths that an elbow sticks out beyond both wrist and shoulder with a hand on the hip."""


def _hands_on_hips(pose: BodyPose) -> bool:
    """Both wrists at the hips with the elbows sticking out."""
    if not pose.sees(LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST) or not _is_broadside(pose):
        return False
    sides = (
        (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST, LEFT_HIP, 1),
        (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST, RIGHT_HIP, -1),
    )
    for shoulder, elbow, wrist, hip, sign in sides:
        shoulder_out = sign * _in_torso(pose, shoulder)[0]
        elbow_out = sign * _in_torso(pose, elbow)[0]
        wrist_out, wrist_down = _in_torso(pose, wrist)
        hip_out, hip_down = _in_torso(pose, hip)
        if hypot(wrist_out - hip_out, wrist_down - hip_down) > AT_HIP:
            return False
        if elbow_out < max(shoulder_out, sign * wrist_out) + ELBOW_OUT:
            return False
    return True
