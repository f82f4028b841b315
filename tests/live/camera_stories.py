"""A camera with a script of who is seen when, for stories about live cameras.

Also a program: `python camera_stories.py FOLDER ADDRESS...` runs cameras `cam1`, `cam2` ... of the venue
`shop` as a camera process, told on standard input which; for tests that kill it.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av

from sightline.domain.interaction import InteractionRule
from sightline.domain.queueing import QueueRule
from sightline.domain.scene import CameraRules
from sightline.domain.scope import Scope
from sightline.domain.track import Box
from sightline.domain.unattended import UnattendedRule
from sightline.domain.zone import StaffLine
from sightline.logs import set_up_logs
from sightline.pipeline.camera_plan import CameraPlan
from sightline.pipeline.camera_process import run_cameras
from sightline.store import venues
from sightline.store.clips import ClipRule
from sightline.store.database import Database, open_database, sqlite_url
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.video.picture import Frame, Scaler

VENUE = "shop"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FPS = 5
ROUND_S = 20
RULES = CameraRules(
    staff_line=StaffLine((0.3, 0.0), (0.3, 1.0), "right"),
    unattended=UnattendedRule(threshold=timedelta(seconds=3), confirmation=timedelta(seconds=1)),
    interaction=InteractionRule(min_duration=timedelta(seconds=2)),
    queue=QueueRule(),
    lost_after=open_tracker().memory,
)


def standing(left: float, top: float) -> Box:
    return (left, top, left + 30, top + 90)


def who_is_there(at_s: float) -> list[Box]:
    """Every 20 s: staff all the time; a customer alone for 6 s, then served until 13 s."""
    at_s %= ROUND_S
    people = [standing(20, 100)]
    if at_s < 6:
        people.append(standing(200, 20))
    elif at_s < 8:
        share = (at_s - 6) / 2
        people.append(standing(200 - 100 * share, 20 + 80 * share))
    elif at_s < 13:
        people.append(standing(100, 100))
    return people


def picture(at_s: float, *, size: tuple[int, int] = (320, 240), still: bool = False) -> Frame:
    """A gray picture captured so long after NOON."""
    return Frame(
        width=size[0],
        height=size[1],
        captured_at=NOON + timedelta(seconds=at_s),
        index=round(at_s * FPS),
        pts=round(at_s * 90_000),
        rotation=0,
        _decoded=av.VideoFrame(16, 16, "yuv420p"),
        _scaler=Scaler(),
        still=still,
    )


def pictures(seconds: float, *, fps: float = FPS, start_s: float = 0) -> list[Frame]:
    return [picture(start_s + float(Fraction(n) / Fraction(fps))) for n in range(round(seconds * fps))]


def open_shop(folder: Path, cameras: Sequence[str] = ("cam1",)) -> Database:
    """A database with the venue and its cameras."""
    database = open_database(sqlite_url(folder / "sightline.db"))
    with database.transaction() as connection:
        venues.ensure_venue(Scope.site(), connection, VENUE)
        for camera in cameras:
            venues.ensure_camera(Scope.site(), connection, VENUE, camera, source_label=camera)
    return database


def plan(
    folder: Path, camera_id: str, address: Callable[[], str], *, began_at: datetime | None = None
) -> CameraPlan:
    """`began_at`: what the script's seconds count from."""
    return CameraPlan(
        venue_id=VENUE,
        camera_id=camera_id,
        revision="1",
        timezone="UTC",
        shown="rtsp://camera",
        address=address,
        record_address=None,
        transport="tcp",
        rules=RULES,
        analysis_fps=FPS,
        clip_rule=ClipRule(),
        detector=lambda: ScriptedDetector(who_is_there, began_at),
        tracker=open_tracker,
        recordings_dir=folder / "recordings",
        data_dir=folder,
        segment_s=5,
    )


def main(folder: Path, addresses: Sequence[str]) -> int:
    set_up_logs()
    cameras = {f"cam{number + 1}": address for number, address in enumerate(addresses)}
    anchor = folder / "began_at"
    if not anchor.exists():
        anchor.write_text(datetime.now(UTC).isoformat())
    began_at = datetime.fromisoformat(anchor.read_text())
    with open_shop(folder, list(cameras)) as database:
        return run_cameras(
            lambda _, camera: plan(folder, camera, lambda: cameras[camera], began_at=began_at),
            database=database,
            threads=2,
            control=sys.stdin,
            heartbeat=sys.stdout,
        )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
