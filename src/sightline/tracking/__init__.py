"""Detections become tracks: the same person keeps one id over the frames of one camera."""

from sightline.tracking.protocol import Tracker
from sightline.tracking.registry import open_tracker

__all__ = ["Tracker", "open_tracker"]
