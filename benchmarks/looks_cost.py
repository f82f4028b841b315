"""What looking closer at people costs: the same footage with faces and poses on and off, one after the other.

    SIGHTLINE_MODELS=/work/shared/models python benchmarks/looks_cost.py --shared /work/shared [--json]

Each footage is watched (decoded, detected, tracked, judged) at 5 pictures a second, in turn without looks and
with age, gender, known again and behaviour all on, `--rounds` times each; the models are open before. What is
printed are ratios within the same run: pictures per second and CPU seconds with looks over those without, the
median over the rounds; the share of the CPU time that the looks took; how many there were in a minute of
footage. Other work on the machine moves pictures per second more than CPU seconds.

Exit code 1 when the median over all footage keeps less than 70 % of the CPU speed.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sightline.cli.bench_output import machine
from sightline.config.settings import Settings
from sightline.domain.scene import CameraRules
from sightline.look_wiring import recorded_looks
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.loop import watch_footage
from sightline.pipeline.track_looks import CloserLooks
from sightline.simulate.recording import simulate
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.vision.picture import Detector
from sightline.wiring import Site, detector_for, tracker_for

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VIDEOS = ("corridor-faces-a.avi", "mall-floor.mp4")
DETECTORS = ("yolo11n", "yolox_nano")
FPS = 5
LEAST = 0.7


@dataclass(frozen=True)
class Watched:
    """One pass over some footage.

    Attributes:
        cpu_s: of the whole process; looks_s: time in the thread that looks.
        seconds: of footage.
    """

    wall_s: float
    cpu_s: float
    pictures: int
    seconds: float
    people: int
    looks_s: float = 0.0
    faces: int = 0
    poses: int = 0


def watch(video: Path, site: Site, detector: Detector) -> Watched:
    """The footage from its first to its last picture."""
    looks = recorded_looks(site, detector.name)
    tracker, rules = tracker_for(site.settings, None, CameraRules())
    wall, cpu = time.perf_counter(), time.process_time()
    with open_file(video) as opened:
        frames = read_frames(opened, recorded_at=NOON, analysis_fps=FPS)
        seen = watch_footage(
            detected_ahead(frames, detector),
            tracker=tracker,
            rules=rules,
            tracks_file=io.StringIO(),
            on_frame=lambda _: None,
            looks=looks,
        )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    counts = looks.counts if isinstance(looks, CloserLooks) else None
    return Watched(
        wall_s=wall,
        cpu_s=cpu,
        pictures=seen.analysed_frames,
        seconds=seen.analysed_frames / FPS,
        people=sum(track.frames for track in seen.tracks),
        looks_s=counts.busy_s if counts is not None else 0.0,
        faces=counts.faces if counts is not None else 0,
        poses=counts.poses if counts is not None else 0,
    )


def compare(video: Path, detector_name: str, rounds: int) -> dict[str, Any]:
    """Ratios of one footage and one detector."""
    off = Site(Settings.model_validate({}), Path(tempfile.gettempdir()))
    on = Site(
        Settings.model_validate({"identity": {"enabled": True}, "behavior": {"enabled": True}}),
        off.data_dir,
    )
    assert on.looks is not None
    for note in on.looks.open().notes:
        raise SystemExit(f"all is to be looked at, but {note}")
    detector = detector_for(off.settings, detector_name)
    pairs = []
    for number in range(rounds):
        sites = (off, on) if number % 2 == 0 else (on, off)
        pair = {site is on: watch(video, site, detector) for site in sites}
        pairs.append((pair[False], pair[True]))
    last = pairs[-1][1]
    minutes = last.seconds / 60
    return {
        "footage": video.stem,
        "detector": detector_name,
        "people_a_picture": round(last.people / last.pictures, 1),
        "speed_kept": round(median(without.wall_s / with_.wall_s for without, with_ in pairs), 3),
        "cpu_speed_kept": round(median(without.cpu_s / with_.cpu_s for without, with_ in pairs), 3),
        "looks_share_of_cpu": round(
            median(max(0.0, with_.cpu_s - without.cpu_s) / with_.cpu_s for without, with_ in pairs), 3
        ),
        "faces_a_minute": round(last.faces / minutes, 1),
        "poses_a_minute": round(last.poses / minutes, 1),
    }


def main() -> int:
    """Measure and print; 1 when looks take too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, help="folder with videos/")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shop-minutes", type=float, default=1.0, help="of a simulated shop")
    parser.add_argument("--detectors", nargs="+", default=list(DETECTORS))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = simulate(Path(folder) / "shop", minutes=args.shop_minutes, seed=7)
        videos = [*(args.shared / "videos" / name for name in VIDEOS), shop.video]
        results = []
        for name in args.detectors:
            for video in videos:
                results.append(compare(video, name, args.rounds))
                if not args.json:
                    print(", ".join(f"{key} {value}" for key, value in results[-1].items()), flush=True)
    kept = median(result["cpu_speed_kept"] for result in results)
    if args.json:
        print(json.dumps({"machine": machine(), "cpu_speed_kept": kept, "results": results}, indent=2))
    else:
        print(f"median speed kept, by CPU time: {kept:.2f}")
    return 0 if kept >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
