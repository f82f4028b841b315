"""A shop whose footage is recorded and whose events are concluded: all that comes before sealing, for real.

For `sightline bench delivery`, for `benchmarks/`, and for whoever wants many clips without a camera.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.store import recordings, runs, venues
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.replacement import replace_events
from sightline.store.runs import StoredRun
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

VENUE, CAMERA = "corner_shop", "till"
FPS = 10
SCOPE = Scope.of(VENUE)


def write_noise(
    path: Path, *, seconds: int, width: int = 160, height: int = 96, options: dict[str, str] | None = None
) -> None:
    """Grey noise that does not compress, a key frame every two seconds.

    Args:
        options: of libx264; `{"qp": "0"}` for the largest file there can be.
    """
    chance = np.random.default_rng(1)
    pictures = chance.integers(0, 256, (4, height * 3 // 2, width), np.uint8)
    pictures[:, height:] = 128
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", **(options or {})})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 2 * FPS
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(np.roll(pictures[number % 4], number, axis=1), "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def record(database: Database, recordings_dir: Path, video: Path, opening: datetime) -> timedelta:
    """Record a video as the camera's footage from `opening` on; how long it is."""
    recorder = Recorder(recordings_dir, recorded_at=opening, name=f"{VENUE}/{CAMERA}", segment_s=60)
    with recorder:
        for _ in read_frames(open_file(video), recorded_at=opening, analysis_fps=1, recorder=recorder):
            pass
    with database.transaction() as connection:
        venues.ensure_venue(SCOPE, connection, VENUE, timezone="Europe/Paris")
        venues.ensure_camera(SCOPE, connection, VENUE, CAMERA, source_label=video.name)
        recordings.put_segments(SCOPE, connection, VENUE, CAMERA, recorder.segments)
    return _end(recorder.segments) - opening


def conclude(
    database: Database, opening: datetime, length: timedelta, *, events: int, event: timedelta, rule: ClipRule
) -> None:
    """Interactions spread evenly over the footage, each with its claim to a clip.

    Args:
        event: how long each is; clips are longer by what `rule` says.
    """
    first, last = opening + rule.pre, opening + length - rule.post - event
    told = [
        ServiceEvent(
            kind=EventKind.INTERACTION,
            started_at=(started_at := first + (last - first) * number / max(1, events - 1)),
            ended_at=started_at + event,
            participants=(
                Participant(2 * number + 1, Role.STAFF, 0.9, "counter"),
                Participant(2 * number + 2, Role.CUSTOMER, 0.9, "counter"),
            ),
            score=0.8,
        )
        for number in range(events)
    ]
    with database.transaction() as connection:
        runs.replace_run(SCOPE, connection, _run(opening, length), ())
        replace_events(
            SCOPE,
            connection,
            venue_id=VENUE,
            camera_id=CAMERA,
            run_id="recorded",
            span=(opening, opening + length),
            events=told,
            rule=rule,
        )


def _end(segments: Sequence[RecordedSegment]) -> datetime:
    return max(segment.ended_at for segment in segments)


def _run(opening: datetime, length: timedelta) -> StoredRun:
    return StoredRun(
        id="recorded",
        venue_id=VENUE,
        camera_id=CAMERA,
        source_name="till.mp4",
        source_sha256="ab" * 32,
        recorded_at=opening,
        recorded_until=opening + length,
        recorded_at_source="option",
        started_at=opening,
        finished_at=opening + length,
        software="sightline measurement",
        analysis={"detector": "scripted", "tracker": "botsort", "fps": 1},
        frames=1,
        analysed_frames=1,
        warnings=(),
        visitors={"count": 0, "low": 0, "high": 0},
    )
