"""A shop with known truth: a scenario by seed, its video, and what really happened in it."""

from sightline.simulate.cast import Role
from sightline.simulate.recording import SimulatedShop, simulate
from sightline.simulate.script import EventKind
from sightline.simulate.staging import script_shop
from sightline.simulate.truth import EventTruth, TrackTruth, Truth, load_truth

__all__ = [
    "EventKind",
    "EventTruth",
    "Role",
    "SimulatedShop",
    "TrackTruth",
    "Truth",
    "load_truth",
    "script_shop",
    "simulate",
]
