"""From a walk to a body: joints of an articulated figure in the room, for many moments at once."""

from enum import IntEnum

import numpy as np

from sightline.simulate.cast import Person
from sightline.simulate.lens import FloatArray
from sightline.simulate.walk import Activity, Motion


class Joint(IntEnum):
    """Left and right are the person's own."""

    HEAD = 0
    CHIN = 1
    NECK = 2
    L_SHOULDER = 3
    R_SHOULDER = 4
    L_ELBOW = 5
    R_ELBOW = 6
    L_WRIST = 7
    R_WRIST = 8
    L_HAND = 9
    R_HAND = 10
    WAIST = 11
    L_HIP = 12
    R_HIP = 13
    L_KNEE = 14
    R_KNEE = 15
    L_ANKLE = 16
    R_ANKLE = 17
    L_TOE = 18
    R_TOE = 19


# Lengths as shares of the body height; anthropometric tables agree on them within a centimetre or two.
_THIGH, _SHANK, _ANKLE, _FOOT = 0.24, 0.235, 0.045, 0.12
_UPPER_ARM, _FOREARM, _HAND = 0.172, 0.15, 0.06
_SHOULDER_UP, _NECK_UP, _CHIN_UP, _HEAD_UP = 0.292, 0.325, 0.345, 0.405  # above the hips
_SHOULDER_OUT, _HIP_OUT = 0.108, 0.052

RADIUS_M = {
    Joint.HEAD: 0.064,
    Joint.L_HAND: 0.024,
    Joint.R_HAND: 0.024,
    Joint.L_SHOULDER: 0.045,
    Joint.R_SHOULDER: 0.045,
    Joint.L_ANKLE: 0.026,
    Joint.R_ANKLE: 0.026,
    Joint.L_TOE: 0.02,
    Joint.R_TOE: 0.02,
    Joint.L_ELBOW: 0.03,
    Joint.R_ELBOW: 0.03,
    Joint.L_HIP: 0.06,
    Joint.R_HIP: 0.06,
}
"""Flesh around the joints that can touch the outline, as shares of the body height."""


def joints(person: Person, motion: Motion, times: FloatArray) -> FloatArray:
    """Room positions (T, len(Joint), 3) in metres of every joint at `times` (T,)."""
    h = person.height_m
    forward = np.concatenate([motion.facing, np.zeros((len(times), 1))], axis=1)
    left = np.stack([-forward[:, 1], forward[:, 0], np.zeros(len(times))], axis=1)
    up = np.array([0.0, 0.0, 1.0])
    body = np.zeros((len(times), len(Joint), 3))

    weight_shift = 0.022 * np.sin(times * 0.55 + person.sway) * (1 - motion.doing[:, Activity.WALK])
    legs = _leg_angles(person, motion)
    drops = [_THIGH * np.cos(thigh) + _SHANK * np.cos(thigh - knee) + _ANKLE for thigh, knee in legs]
    hip_height = np.maximum(*drops) * h
    root = np.concatenate([motion.xy, hip_height[:, None]], axis=1) + left * weight_shift[:, None]
    for (thigh, knee), side, hip in ((legs[0], 1, Joint.L_HIP), (legs[1], -1, Joint.R_HIP)):
        at = root + left * (side * _HIP_OUT * h * person.build) - left * weight_shift[:, None] * 0
        body[:, hip] = at
        at = at + h * _THIGH * _swing(forward, up, thigh)
        body[:, hip + 2] = at
        at = at + h * _SHANK * _swing(forward, up, thigh - knee) - left * (weight_shift * 0.5)[:, None]
        body[:, hip + 4] = at
        flat = forward * np.cos(thigh - knee)[:, None] + up * np.sin(thigh - knee)[:, None] * 0.8
        body[:, hip + 6] = at + h * (_FOOT * flat + (0.02 - _ANKLE) * up)
    _upper_body(body, person, motion, times, root, forward, left)
    return body


def _swing(forward: FloatArray, up: FloatArray, angle: FloatArray) -> FloatArray:
    """Unit vectors that hang down and swing forward by `angle` (T,)."""
    swung: FloatArray = forward * np.sin(angle)[:, None] - up * np.cos(angle)[:, None]
    return swung


def _leg_angles(person: Person, motion: Motion) -> list[tuple[FloatArray, FloatArray]]:
    """(thigh, knee) angles in radians, left then right; one step per pi of phase."""
    reach = 0.42
    step_m = 2 * (_THIGH + _SHANK) * person.height_m * np.sin(reach) * 0.86
    phase = motion.distance / step_m * np.pi + person.sway
    stride = np.clip(motion.speed / 0.8, 0.0, 1.0)
    angles = []
    for offset in (0.0, np.pi):
        thigh = stride * (reach * np.sin(phase + offset) + 0.06)
        knee = 0.05 + stride * (0.08 + 0.95 * np.maximum(0.0, np.cos(phase + offset + 0.35)) ** 1.6)
        angles.append((thigh, knee))
    return angles


def _upper_body(
    body: FloatArray,
    person: Person,
    motion: Motion,
    times: FloatArray,
    root: FloatArray,
    forward: FloatArray,
    left: FloatArray,
) -> None:
    h = person.height_m
    up = np.array([0.0, 0.0, 1.0])
    walking, browsing = motion.doing[:, Activity.WALK], motion.doing[:, Activity.BROWSE]
    lean = 0.05 * walking + browsing * (0.06 + 0.05 * np.sin(times * 0.4 + person.sway))
    lean = lean + 0.04 * motion.doing[:, Activity.SERVE]
    spine = up * np.cos(lean)[:, None] + forward * np.sin(lean)[:, None]
    turn = 0.12 * np.sin(times * 0.33 + 2 * person.sway) * (1 - walking)
    across = left * np.cos(turn)[:, None] + forward * np.sin(turn)[:, None]
    body[:, Joint.WAIST] = root + 0.1 * h * spine
    body[:, Joint.NECK] = root + _NECK_UP * h * spine
    bow = 0.28 * browsing + 0.3 * motion.doing[:, Activity.WAIT] * (np.sin(times * 0.21 + person.sway) > 0)
    head = spine * np.cos(bow)[:, None] + forward * np.sin(bow)[:, None]
    body[:, Joint.CHIN] = body[:, Joint.NECK] + (_CHIN_UP - _NECK_UP) * h * head + forward * 0.012 * h
    body[:, Joint.HEAD] = body[:, Joint.NECK] + (_HEAD_UP - _NECK_UP) * h * head + forward * 0.012 * h
    for side, shoulder in ((1, Joint.L_SHOULDER), (-1, Joint.R_SHOULDER)):
        raise_by, bend, inward = _arm_angles(person, motion, times, side)
        at = root + _SHOULDER_UP * h * spine + across * (side * _SHOULDER_OUT * h * person.build)
        body[:, shoulder] = at
        out = across * (side * 0.1)
        at = at + h * _UPPER_ARM * (_swing(forward, up, raise_by) + out)
        body[:, shoulder + 2] = at
        fore = _swing(forward, up, raise_by + bend) - across * (side * inward)[:, None]
        fore /= np.linalg.norm(fore, axis=1, keepdims=True)
        body[:, shoulder + 4] = at + h * _FOREARM * fore
        body[:, shoulder + 6] = at + h * (_FOREARM + _HAND * 0.75) * fore


def _arm_angles(
    person: Person, motion: Motion, times: FloatArray, side: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How far an arm is raised forward, bent at the elbow, and turned inward, (T,) each."""
    doing = motion.doing
    step_m = 2 * (_THIGH + _SHANK) * person.height_m * np.sin(0.42) * 0.86
    phase = motion.distance / step_m * np.pi + person.sway
    calm = np.sin(times * 0.7 + person.sway + side)
    busy = np.sin(times * 2.1 + person.sway * 3 + side * 1.3)
    reach = np.clip(np.sin(times * 0.75 + person.sway * 2 + side * 1.1) * 2.2 - 0.5, 0.0, 1.0)
    phone = side < 0 and person.sway > np.pi
    raised = {
        Activity.WALK: -side * 0.42 * np.sin(phase),
        Activity.IDLE: 0.12 + 0.05 * calm,
        Activity.BROWSE: 0.15 + 1.05 * reach,
        Activity.WAIT: (0.45 if phone else 0.06) + 0.04 * calm,
        Activity.SERVE: 0.45 + 0.28 * busy,
        Activity.TALK: 0.2 + 0.22 * np.maximum(0.0, busy),
    }
    bent = {
        Activity.WALK: 0.35 + 0.15 * np.sin(phase) * -side,
        Activity.IDLE: 0.5 + 0.1 * calm,
        Activity.BROWSE: 0.5 - 0.1 * reach,
        Activity.WAIT: (1.7 if phone else 0.25) + 0.05 * calm,
        Activity.SERVE: 0.95 + 0.3 * np.sin(times * 1.7 + person.sway + side),
        Activity.TALK: 0.55 + 0.6 * np.maximum(0.0, busy),
    }
    inward = {
        Activity.IDLE: 0.35,
        Activity.WAIT: 0.3 if phone else 0.1,
        Activity.SERVE: 0.25,
        Activity.TALK: 0.15,
    }
    blend = [sum(doing[:, a] * table.get(a, 0.0) for a in Activity) for table in (raised, bent, inward)]
    return np.asarray(blend[0]), np.asarray(blend[1]), np.asarray(blend[2])
