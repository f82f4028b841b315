"""What the loops ask of those who look closer at people; implementations are chosen by the wiring."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sightline.domain.role import StaffCue
from sightline.domain.track import TrackedBox
from sightline.domain.track_looks import TrackLooks
from sightline.video.picture import Frame


class Looks(Protocol):
    """Looks closer at the tracks of one camera and one run: faces, poses. See docs/design/identity.md."""

    def see(
        self,
        frame: Frame,
        people: Sequence[TrackedBox],
        in_queue: Collection[int],
        others: Sequence[TrackedBox] = (),
    ) -> None:
        """Take the people of one picture, staff left out; chooses for itself whom to look at.

        Args:
            frame: with its pixels, which are not kept.
            in_queue: track numbers of those who stand in a `queue` zone.
            others: staff and those who do not count. Nobody looks at them, but a face may be theirs.
        """
        ...

    def take(self, track_id: int) -> TrackLooks:
        """What is known of a track that is over; nothing of it is kept."""
        ...

    def finish(self) -> None:
        """Wait until all that was taken has been looked at: the footage has ended."""
        ...

    def facts(self) -> Mapping[str, str | int | float]:
        """The models, by what they are for."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """One sentence for each thing that is asked for and cannot be looked at."""
        ...

    def status(self) -> Mapping[str, Any]:
        """How it goes, as JSON values.

        Keys:
            faces, known_again, poses: `on`, `off`, or the sentence why not although it is asked for.
            faces_looked_at, poses_looked_at: people looked at. let_go: there was no time for them. failed: a
                model failed on them.
            busy_s: time the looks took, seconds. share: of the time since the start.
        """
        ...


class StaffCues(Protocol):
    """Looks at what people of one camera wear, as part of the loop: the same footage gives the same roles."""

    def see(self, frame: Frame, people: Sequence[TrackedBox]) -> Mapping[int, StaffCue]:
        """Those of whom this picture tells something new, by track number."""
        ...

    def forget(self, track_id: int) -> None:
        """The track is over."""
        ...

    def facts(self) -> Mapping[str, str | int | float]:
        """What shapes the cues."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """One sentence for each thing that is asked for and cannot be looked at."""
        ...
