"""Live cameras for a long time: memory, drift of capture time, and events beside those of the recording.

    python benchmarks/camera_soak.py [--minutes 60] [--cameras 2] [--detector builtin]

Cameras show a simulated shop over RTSP. Every 30 s: memory of all processes and how far capture time lies
behind the wall clock. At the end the recorded footage is analysed again as files and its events are compared
with those stored live: equal when no picture was dropped, else matched within 0.5 s.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

from live_events import compare_with_replay, summary
from sightline.cli.bench_output import machine
from sightline.simulate import simulate
from sightline.testing.camera_footage import camera_footage
from sightline.testing.live_site import LiveSite, missing_pictures, resident_mib
from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing

FPS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--detector", default="builtin")
    asked = parser.parse_args()
    if rtsp_server_missing():
        raise SystemExit(rtsp_server_missing())
    with tempfile.TemporaryDirectory(prefix="sightline-soak-") as name:
        work = Path(name)
        shop = simulate(work / "shop", seed=3, minutes=2)
        footage = camera_footage(shop.video, work / "streams", fps=FPS, seconds=60 * asked.minutes + 300)
        with RtspServer({f"/camera{number}": footage for number in range(asked.cameras)}) as server:
            addresses = {path.strip("/"): server.url(path) for path in server.mounts}
            result = soaked(LiveSite(work / "site", addresses, detector=asked.detector), asked.minutes)
    print(json.dumps(result, indent=2, default=str))
    sys.exit(1 if result["broken"] else 0)


def soaked(site: LiveSite, minutes: float) -> dict[str, Any]:
    samples: list[dict[str, Any]] = []
    with site:
        site.wait_until_live()
        began = time.monotonic()
        while time.monotonic() - began < 60 * minutes:
            time.sleep(30)
            lags = [status.get("lag_s") or 0.0 for status in site.status().values()]
            samples.append(
                {"rss_mib": resident_mib(site.processes()), "lag_s": max(lags), "least": min(lags)}
            )
            print(f"{time.monotonic() - began:.0f} s {samples[-1]}", file=sys.stderr)
        last = site.status()
        code = site.stop()
        compared = [one for camera in site.cameras for one in compare_with_replay(site, camera, site.folder)]
        pictures = [
            missing_pictures(site.segments(camera), site.data_dir / "recordings", 1 / FPS)
            for camera in site.cameras
        ]
    dropped = sum(status["dropped"] for status in last.values())
    events = summary(compared, 0.5)
    tenth = max(1, len(samples) // 10)
    early = mean(sample["rss_mib"] for sample in samples[tenth : 2 * tenth] or samples)
    late = mean(sample["rss_mib"] for sample in samples[-tenth:])
    drift = max(sample["lag_s"] for sample in samples) - min(sample["least"] for sample in samples)
    broken = []
    if abs(late / early - 1) > 0.05:
        broken.append(f"memory went from {early:.0f} to {late:.0f} MiB")
    if drift > 0.2:
        broken.append(f"capture time moved by {drift:.3f} s against the wall clock")
    if events["only_stored"] or events["only_replayed"] or events["beyond_allowed"]:
        broken.append("events differ from those of the footage")
    if not dropped and events["exact"] != events["paired"]:
        broken.append("no picture was dropped, yet events are not equal")
    if any(missing or holes for _, missing, holes in pictures):
        broken.append(f"recorded pictures missing: {pictures}")
    return {
        "machine": machine(),
        "minutes": minutes,
        "memory_mib": {"second_tenth": early, "last_tenth": late, "ratio": late / early},
        "lag_range_s": drift,
        "dropped": dropped,
        "events": events,
        "pictures": pictures,
        "exit_code": code,
        "broken": broken,
    }


if __name__ == "__main__":
    main()
