"""How engaged somebody is, and what that makes of their behaviour. Contract, 1.2."""

from dataclasses import dataclass
from enum import StrEnum

from sightline.domain.body_pose import BodyPose, Posture, orientation, posture
from sightline.domain.presence import STILL_SPEED, WALKING_SPEED
from sightline.domain.stationarity import stationarity
from sightline.domain.stay import FACING, HIGHLY_ENGAGED

ORIENTATION_SHARE, POSTURE_SHARE, STATIONARITY_SHARE, CONFIDENCE_SHARE = 0.35, 0.25, 0.25, 0.15
POSTURE_VALUE = {
    Posture.UPRIGHT: 0.8,
    Posture.LEANING: 1.0,
    Posture.ARMS_CROSSED: 0.4,
    Posture.HANDS_ON_HIPS: 0.3,
    Posture.UNKNOWN: 0.5,
}
IMPATIENT = frozenset({Posture.ARMS_CROSSED, Posture.HANDS_ON_HIPS})


class Behavior(StrEnum):
    """What somebody is doing."""

    ENGAGED = "engaged"
    WAITING = "waiting"
    BROWSING = "browsing"
    PASSING = "passing"


@dataclass(frozen=True, slots=True)
class Bearing:
    """What one picture says about one person.

    Attributes:
        orientation: -1 away .. 1 facing the camera.
        posture: how they stand.
        speed: body heights per second.
        score: engagement, 0..100.
        behavior: what they are doing.
    """

    orientation: float
    posture: Posture
    speed: float
    score: float
    behavior: Behavior


def engagement_score(
    *, orientation: float, posture: Posture, stationarity: float, pose_confidence: float
) -> float:
    """The score, 0..100.

    Args:
        orientation: -1..1; taken as 0..1 from away to facing.
        posture: has a value of its own, 0.3..1.
        stationarity, pose_confidence: 0..1.
    """
    return 100 * (
        ORIENTATION_SHARE * (orientation + 1) / 2
        + POSTURE_SHARE * POSTURE_VALUE[posture]
        + STATIONARITY_SHARE * stationarity
        + CONFIDENCE_SHARE * pose_confidence
    )


def behavior_of(
    *, orientation: float, posture: Posture, speed: float, score: float, in_queue_zone: bool
) -> Behavior:
    """What somebody is doing; `speed` in body heights per second, the rest as in `Bearing`."""
    if speed > WALKING_SPEED:
        return Behavior.PASSING
    if speed >= STILL_SPEED:
        return Behavior.BROWSING
    if score >= HIGHLY_ENGAGED and orientation > FACING:
        return Behavior.ENGAGED
    if in_queue_zone or posture in IMPATIENT:
        return Behavior.WAITING
    return Behavior.BROWSING


def bearing_of(pose: BodyPose | None, speed: float | None, *, in_queue_zone: bool = False) -> Bearing | None:
    """All of it for one person in one picture.

    Args:
        pose: None when none was found.
        speed: body heights per second; None while the track is too young to tell.
        in_queue_zone: whether their feet are in a `queue` zone.

    Returns:
        None without a pose, with one that does not tell which way the person faces, or without a speed: what
        is not known is never averaged in.
    """
    if pose is None or speed is None:
        return None
    facing = orientation(pose)
    if facing is None:
        return None
    stance = posture(pose)
    score = engagement_score(
        orientation=facing,
        posture=stance,
        stationarity=stationarity(speed),
        pose_confidence=pose.confidence,
    )
    doing = behavior_of(
        orientation=facing, posture=stance, speed=speed, score=score, in_queue_zone=in_queue_zone
    )
    return Bearing(facing, stance, speed, score, doing)
