"""Tracks of a recording that was analysed, what people say of them, and a closer look at their clothes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sightline.domain.detection import FloatArray
from sightline.domain.event import Role
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.errors import ConfigError
from sightline.pipeline.staff_cues import (
    TORSOS_A_PICTURE,
    VECTORS_A_PICTURE,
    VECTORS_A_TRACK,
    Turns,
    vector_of,
)
from sightline.video.frames import read_frames
from sightline.video.picture import Frame
from sightline.video.source import VideoFile
from sightline.vision.appearance import AppearanceModel
from sightline.vision.uniform import torso_of

MARKS = {role.value: role for role in (Role.STAFF, Role.CUSTOMER)}
MOT_COLUMNS = 7


@dataclass(slots=True)
class PictureLooks:
    """What was seen of the clothes of some tracks in one picture, by their numbers.

    Attributes:
        torsos: float32 (N, 3) each, CIELAB.
        vectors: float32 (D,) each, of length 1.
    """

    torsos: dict[int, FloatArray] = field(default_factory=dict)
    vectors: dict[int, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookedAtFootage:
    """The pictures of a recording in which there are tracks, each with what was seen in it."""

    frames: tuple[TrackedFrame, ...]
    looks: tuple[PictureLooks, ...]


def read_tracks(path: Path) -> dict[int, tuple[TrackedBox, ...]]:
    """The tracks of a file that `sightline analyze` wrote, by number of the picture, from 1.

    Raises:
        ConfigError: it is missing, or holds something else.
    """
    found: dict[int, list[TrackedBox]] = defaultdict(list)
    for number, line in enumerate(
        _lines(path, "sightline analyze VIDEO writes it; or name it with --tracks"), 1
    ):
        try:
            columns = [float(part) for part in line.split(",")]
            frame, track_id, left, top, width, height, score = columns[:MOT_COLUMNS]
        except ValueError:
            raise ConfigError(
                f"{path}, line {number}: not frame,track,left,top,width,height,score, as tracks.csv has it"
            ) from None
        box = (left, top, left + width, top + height)
        found[int(frame)].append(TrackedBox(int(track_id), box, score))
    if not found:
        raise ConfigError(f"{path}: there is no track in it")
    return {frame: tuple(people) for frame, people in sorted(found.items())}


def read_marks(path: Path, tracks: Collection[int]) -> dict[int, Role]:
    """What people say of tracks: lines `track,role`, the role staff or customer.

    Args:
        tracks: numbers that there are.

    Raises:
        ConfigError: it is missing, a line says something else, or too few tracks are marked to learn from.
    """
    marks: dict[int, Role] = {}
    for number, line in enumerate(_lines(path, "write lines such as 12,staff and 7,customer"), 1):
        track, _, role = (part.strip() for part in line.partition(","))
        if not track or track.startswith("#") or (number, track) == (1, "track"):
            continue
        if not track.isdecimal() or role not in MARKS:
            raise ConfigError(f"{path}, line {number}: {line!r:.60} is not track,role with staff or customer")
        if int(track) not in tracks:
            raise ConfigError(f"{path}, line {number}: there is no track {track} in the tracks of the video")
        if int(track) in marks:
            raise ConfigError(f"{path}, line {number}: track {track} is marked twice")
        marks[int(track)] = MARKS[role]
    counts = [sum(role is wanted for role in marks.values()) for wanted in MARKS.values()]
    if counts[0] < 2 or counts[1] < 1:
        raise ConfigError(
            f"{path}: {counts[0]} tracks are marked as staff and {counts[1]} as customer; to learn from some"
            " and judge another, mark two of staff and one customer at least"
        )
    return marks


def _lines(path: Path, way_out: str) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"{path}: cannot be read ({reason}); {way_out}") from error


def look_at_tracks(
    video: VideoFile,
    tracks: Mapping[int, tuple[TrackedBox, ...]],
    wanted: Collection[int],
    *,
    recorded_at: datetime,
    appearance: AppearanceModel | None,
    on_frame: Callable[[Frame], None] = lambda _: None,
) -> LookedAtFootage:
    """Look at the clothes of some tracks, as often as an analysis does where only they are in sight.

    Args:
        tracks: by number of the picture, from 1.
        wanted: numbers of the tracks to look at.
        appearance: None: colours only.

    Raises:
        ConfigError: the tracks are of another video.
    """
    torsos, vectors = Turns(TORSOS_A_PICTURE), Turns(VECTORS_A_PICTURE, VECTORS_A_TRACK)
    frames: list[TrackedFrame] = []
    looks: list[PictureLooks] = []
    for frame in read_frames(video, recorded_at=recorded_at, analysis_fps=None):
        on_frame(frame)
        people = tracks.get(frame.index + 1)
        if people is None:
            continue
        seen = PictureLooks()
        for one in torsos.choose(frame.captured_at, people, wanted):
            torso = torso_of(frame, one.box)
            if torso is not None:
                seen.torsos[one.track_id] = torso
        if appearance is not None:
            for one in vectors.choose(frame.captured_at, people, wanted):
                seen.vectors[one.track_id] = vector_of(appearance, frame, one.box)
        frames.append(
            TrackedFrame(captured_at=frame.captured_at, width=frame.width, height=frame.height, people=people)
        )
        looks.append(seen)
    if len(frames) < len(tracks):
        raise ConfigError(
            f"{video.path} has only {len(frames)} of the {len(tracks)} pictures in which there are tracks:"
            " they are of another video; analyze this one, or name its tracks with --tracks"
        )
    return LookedAtFootage(tuple(frames), tuple(looks))
