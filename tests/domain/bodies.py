"""Bodies of seventeen points, turned and posed, for the rules about poses."""

from math import cos, radians, sin

import numpy as np

from sightline.domain.body_pose import (
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_WRIST,
    NOSE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_WRIST,
    BodyPose,
)

# Across to the person's left, down from the eyes, and forward, in lengths of the torso.
STANDING = np.array(
    [
        (0.0, 0.08, 0.22),
        (0.06, 0.0, 0.18),
        (-0.06, 0.0, 0.18),
        (0.14, 0.03, 0.02),
        (-0.14, 0.03, 0.02),
        (0.33, 0.4, 0.0),
        (-0.33, 0.4, 0.0),
        (0.4, 0.9, 0.0),
        (-0.4, 0.9, 0.0),
        (0.4, 1.35, 0.1),
        (-0.4, 1.35, 0.1),
        (0.2, 1.4, 0.0),
        (-0.2, 1.4, 0.0),
        (0.2, 2.2, 0.02),
        (-0.2, 2.2, 0.02),
        (0.2, 3.0, 0.0),
        (-0.2, 3.0, 0.0),
    ]
)
CROSSED = {LEFT_ELBOW: (0.42, 0.85, 0.1), RIGHT_ELBOW: (-0.42, 0.85, 0.1)} | {
    LEFT_WRIST: (-0.15, 0.8, 0.25),
    RIGHT_WRIST: (0.15, 0.85, 0.25),
}
ON_HIPS = {LEFT_ELBOW: (0.7, 0.95, -0.05), RIGHT_ELBOW: (-0.7, 0.95, -0.05)} | {
    LEFT_WRIST: (0.28, 1.3, 0.05),
    RIGHT_WRIST: (-0.28, 1.3, 0.05),
}


def body(
    facing_deg: float = 0.0,
    *,
    lean_deg: float = 0.0,
    arms: dict[int, tuple[float, float, float]] | None = None,
    height_px: float = 300.0,
    at: tuple[float, float] = (400.0, 100.0),
    hidden: tuple[int, ...] = (),
    seen: float = 0.95,
) -> BodyPose:
    """A body as the camera has it.

    Args:
        facing_deg: 0 towards the camera, 90 towards the right of the picture, 180 away.
        lean_deg: the whole body's lean towards the right of the picture.
        arms: points that lie elsewhere than those of hanging arms.
        hidden: points that are not visible.
    """
    points = STANDING.copy()
    for point, place in (arms or {}).items():
        points[point] = place
    turn = radians(facing_deg)
    across, down, forward = points.T
    # Facing the camera, the person's left is on the right of the picture.
    x = across * cos(turn) + forward * sin(turn)
    y = down
    lean = radians(lean_deg)
    feet = 3.0
    x, y = x * cos(lean) + (feet - y) * sin(lean), feet - (feet - y) * cos(lean) + x * sin(lean)
    scale = height_px / 3.3
    visible = np.full(17, seen)
    visible[[NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR]] = head_seen(facing_deg)
    visible[list(hidden)] = 0.02
    return BodyPose(np.stack([at[0] + scale * x, at[1] + scale * y, visible], axis=1).astype(np.float32))


def head_seen(facing_deg: float) -> list[float]:
    """How visible nose, eyes and ears are; each is seen from about 110 degrees around where it points."""
    points = {NOSE: 0, LEFT_EYE: 25, RIGHT_EYE: -25, LEFT_EAR: 90, RIGHT_EAR: -90}
    seen = []
    for point in (NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR):
        # Turned to the right of the picture, somebody shows the camera their right side.
        off = abs((points[point] + facing_deg + 180) % 360 - 180)
        seen.append(0.95 if off < 100 else 0.6 if off < 112 else 0.03)
    return seen
