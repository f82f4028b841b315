"""What the pipeline needs from a tracker."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from sightline.domain.detection import Detections
from sightline.domain.track import TrackedBox
from sightline.tracking.missing import Merge
from sightline.tracking.resemblance import Look, Mask


class Tracker(Protocol):
    """Gives detections an identity over the frames of one camera and one recording.

    One object per recording: ids count from 1 and are never reused within it.

    Attributes:
        name: the name in the site file.
        memory: how long a track that is no longer seen is kept. After that the person gets a new id, unless
            looks are given and say that it is they.
    """

    name: str
    memory: timedelta

    def update(
        self,
        captured_at: datetime,
        detections: Detections,
        look: Look | None = None,
        at_door: Mask | None = None,
    ) -> list[TrackedBox]:
        """Take the detections of the next frame and return the tracks seen in it.

        Every frame must be passed, also an empty one: time is what ends tracks.

        Args:
            captured_at: aware, not earlier than at the last call; the steps may be irregular.
            detections: what the detector saw, low scores included (from about 0.1), they help to hold a
                track that is already there. Scores outside [0, 1] are clipped.
            look: given where pixels and a model are at hand: what some of the detections look like. Asked
                only where people could be confused, and now and then of each track.
            at_door: bool (N,), which of the detections stand at a door. Who is lost there has left: the id
                ends after a second, and whoever is first seen there is somebody new. None: there is no door.

        Returns:
            One entry for each confirmed track seen in this frame, with the detector's own box and score,
            ordered by id. Tracks that are only predicted are left out.

        Raises:
            ValueError: `captured_at` is earlier than at the last call.
        """
        ...

    @property
    def missing(self) -> Collection[int]:
        """Ids of those who are out of sight for longer than `memory` and may still come back."""
        ...

    def take_merges(self) -> list[Merge]:
        """Who came back under their id since the last call, in that order."""
        ...

    def end_all(self) -> None:
        """End all tracks: nobody keeps their id, or gets it back. Ids go on counting."""
        ...

    def facts(self) -> dict[str, float | str]:
        """Name and parameters, for the manifest: with them the same detections give the same tracks."""
        ...
