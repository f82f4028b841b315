"""What is known about a simulated recording: everybody's box in every frame, and what happened."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.errors import ConfigError
from sightline.simulate.cast import Role
from sightline.simulate.script import EventKind

FORMAT = "sightline-simulated-truth/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackTruth:
    """One person over the consecutive frames `first_frame` .. `first_frame + N - 1`.

    Attributes:
        boxes: float32 (N, 4), xyxy pixels of the whole body, also of what is hidden, within the picture.
        visible: float32 (N,), share of the body that is seen, 0 behind a wall.
        floor: float32 (N, 2), where the person stands, metres.
    """

    person_id: int
    role: Role
    height_m: float
    first_frame: int
    boxes: npt.NDArray[np.float32]
    visible: npt.NDArray[np.float32]
    floor: npt.NDArray[np.float32]

    @property
    def frames(self) -> range:
        return range(self.first_frame, self.first_frame + len(self.boxes))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTruth:
    """One event of the script; `start` and `end` in seconds from the first frame.

    `staff_id` is None where no staff takes part.
    """

    kind: EventKind
    start: float
    end: float
    customer_id: int
    staff_id: int | None = None

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The truth of one recording. `recorded_at` (aware UTC) is the capture time of frame 0."""

    seed: int
    recorded_at: datetime
    fps: float
    width: int
    height: int
    frames: int
    visitors: int
    tracks: tuple[TrackTruth, ...]
    events: tuple[EventTruth, ...]

    def events_of(self, kind: EventKind | str) -> tuple[EventTruth, ...]:
        return tuple(event for event in self.events if event.kind == kind)

    def at(self, seconds: float) -> datetime:
        """Capture time of a moment of the scenario."""
        return self.recorded_at + timedelta(seconds=seconds)

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values; `from_document` gives an equal truth back."""
        return {
            "format": FORMAT,
            "seed": self.seed,
            "recorded_at": self.recorded_at.isoformat(),
            "fps": self.fps,
            "width": self.width,
            "height": self.height,
            "frames": self.frames,
            "visitors": self.visitors,
            "events": [self._event_document(event) for event in self.events],
            "tracks": [_track_document(track) for track in self.tracks],
        }

    def _event_document(self, event: EventTruth) -> dict[str, Any]:
        return {
            "kind": event.kind.value,
            "start": event.start,
            "end": event.end,
            "started_at": self.at(event.start).isoformat(),
            "ended_at": self.at(event.end).isoformat(),
            "staff_id": event.staff_id,
            "customer_id": event.customer_id,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Truth":
        return cls(
            seed=document["seed"],
            recorded_at=datetime.fromisoformat(document["recorded_at"]),
            fps=document["fps"],
            width=document["width"],
            height=document["height"],
            frames=document["frames"],
            visitors=document["visitors"],
            events=tuple(_read_event(entry) for entry in document["events"]),
            tracks=tuple(_read_track(entry) for entry in document["tracks"]),
        )


def _read_event(entry: dict[str, Any]) -> EventTruth:
    return EventTruth(
        kind=EventKind(entry["kind"]),
        start=entry["start"],
        end=entry["end"],
        customer_id=entry["customer_id"],
        staff_id=entry["staff_id"],
    )


def _track_document(track: TrackTruth) -> dict[str, Any]:
    return {
        "person_id": track.person_id,
        "role": track.role.value,
        "height_m": track.height_m,
        "first_frame": track.first_frame,
        "boxes": np.round(track.boxes.astype(np.float64), 1).tolist(),
        "visible": np.round(track.visible.astype(np.float64), 2).tolist(),
        "floor": np.round(track.floor.astype(np.float64), 2).tolist(),
    }


def _read_track(entry: dict[str, Any]) -> TrackTruth:
    return TrackTruth(
        person_id=entry["person_id"],
        role=Role(entry["role"]),
        height_m=entry["height_m"],
        first_frame=entry["first_frame"],
        boxes=np.array(entry["boxes"], dtype=np.float32).reshape(-1, 4),
        visible=np.array(entry["visible"], dtype=np.float32),
        floor=np.array(entry["floor"], dtype=np.float32).reshape(-1, 2),
    )


def load_truth(path: Path) -> Truth:
    """Read a `truth.json`.

    Raises:
        ConfigError: missing, unreadable or of another format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"cannot read the truth file {path}: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ConfigError(f"{path} is not a truth file of the simulator ({FORMAT})")
    try:
        return Truth.from_document(document)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is damaged: {error!r}") from error
