"""A tiny recording and who is in it: 80 s, one member of staff, two customers, one event of each kind.

Also a program: `python small_shop.py FOLDER` analyses it, for tests that kill it half way.
"""

import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from footage_made import write_video
from small_shop_people import START, who_is_there

from sightline.domain.scene import CameraRules
from sightline.domain.zone import StaffLine, Zone, ZoneKind
from sightline.pipeline.recording import Means, Recording
from sightline.pipeline.results import Analysis, AnalysisResult
from sightline.store.clips import ClipRule
from sightline.store.database import open_database, sqlite_url
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.video.recording_time import RecordingStart

SECONDS = 80
RULES = CameraRules(
    zones=(Zone("line", ZoneKind.QUEUE, ((0.7, 0.5), (1.0, 0.5), (1.0, 1.0), (0.7, 1.0))),),
    staff_line=StaffLine((0.3, 0.0), (0.3, 1.0), "right"),
)


def make_video(path: Path) -> Path:
    write_video(path, frames=SECONDS * 10, fps=10, size=(320, 240), gop=20)
    return path


def analysis(folder: Path, *, rules: CameraRules = RULES) -> Analysis:
    return Analysis(
        means=Means(
            database=open_database(sqlite_url(folder / "data" / "sightline.db")),
            recordings_dir=folder / "data" / "recordings",
            detector=ScriptedDetector(who_is_there),
            tracker=open_tracker(),
            rules=rules,
            clip_rule=ClipRule(longest=timedelta(seconds=30)),
            analysis_fps=5,
        ),
        data_dir=folder / "data",
        segments_dir=folder / "data" / "segments",
        keys_dir=folder / "data" / "keys",
        out=folder / "out",
        roles_drawn=True,
    )


def recording(video: Path) -> Recording:
    return Recording(
        path=video,
        venue_id="shop",
        camera_id="till",
        zone=ZoneInfo("Europe/Paris"),
        start=RecordingStart(at=START, source="given"),
        duration_s=SECONDS,
    )


def analyse(folder: Path, *, rules: CameraRules = RULES) -> AnalysisResult:
    return analysis(folder, rules=rules).run(recording(folder / "shop.mp4"), on_frame=lambda _: None)


if __name__ == "__main__":
    analyse(Path(sys.argv[1]))
