"""Live cameras on a disk that is too small: does retention work, does evidence stay, is it said once?

    python benchmarks/camera_disk.py [--size-mb 110] [--minutes 6]        (as root: it mounts a tmpfs)

Two cameras show a simulated shop; the data folder lies on a tmpfs that is soon full. At the end: the disk's
use over time beside the share it may have, recordings removed, alerts raised, and whether every sealed clip
is there and verifies. Evidence is never removed for space: a disk too small for the clips alone fills up.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sightline.cli.bench_output import machine
from sightline.domain.scope import Scope
from sightline.simulate import simulate
from sightline.store.alerts import list_alerts
from sightline.testing.camera_footage import camera_footage
from sightline.testing.live_site import VENUE, LiveSite, missing_pictures
from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing

FPS = 15
SHARE = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size-mb", type=int, default=110)
    parser.add_argument("--minutes", type=float, default=6)
    asked = parser.parse_args()
    if rtsp_server_missing():
        raise SystemExit(rtsp_server_missing())
    with tempfile.TemporaryDirectory(prefix="sightline-small-disk-") as name:
        work, disk = Path(name), Path(name) / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={asked.size_mb}m", "tmpfs", str(disk)]
        if subprocess.run(mount, check=False).returncode:
            raise SystemExit("a tmpfs cannot be mounted here; run this as root")
        try:
            result = run(work, disk, asked.minutes)
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=False)
    print(json.dumps(result, indent=2, default=str))
    sys.exit(1 if result["broken"] else 0)


def run(work: Path, disk: Path, minutes: float) -> dict[str, Any]:
    shop = simulate(work / "shop", seed=3, minutes=1)
    footage = camera_footage(shop.video, work / "streams", fps=FPS, seconds=60 * minutes + 120)
    used: list[float] = []
    with RtspServer({"/camera1": footage, "/camera2": footage}) as server:
        addresses = {path.strip("/"): server.url(path) for path in server.mounts}
        site = LiveSite(disk, addresses, settings={"recording": {"disk_share": SHARE}})
        with site:
            site.wait_until_live()
            began = time.monotonic()
            while time.monotonic() - began < 60 * minutes:
                time.sleep(5)
                total, taken, _ = shutil.disk_usage(disk)
                used.append(round(taken / total, 3))
            last = site.status()
            with site.database.reading() as connection:
                alerts = list_alerts(Scope.of(VENUE), connection, venue_id=VENUE)
            code = site.stop()
            kept = {camera: len(site.segments(camera)) for camera in site.cameras}
            pictures = [
                missing_pictures(site.segments(camera), site.data_dir / "recordings", 1 / FPS)
                for camera in site.cameras
            ]
    command = [sys.executable, "-m", "sightline", "evidence", "verify", "--data-dir", str(site.data_dir)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    clips = len(list((site.data_dir / "segments").rglob("*.mp4")))
    raised = Counter(alert.alert_type for alert in alerts)
    recorded = {camera: status["segments"] for camera, status in last.items()}
    broken = []
    if sum(kept.values()) >= sum(recorded.values()):
        broken.append("nothing was removed: give it more minutes or a smaller disk")
    if raised.get("disk_low") != 1:
        broken.append(f"disk_low was raised {raised.get('disk_low', 0)} times")
    if verified.returncode or not clips:
        broken.append(
            f"evidence: {clips} clips, verify exits {verified.returncode}: {verified.stdout[-300:]}"
        )
    if any(missing for _, missing, _ in pictures):
        broken.append(f"pictures are missing: {pictures}")
    return {
        "machine": machine(),
        "used_share": used,
        "allowed_share": SHARE,
        "recorded_files": recorded,
        "kept_files": kept,
        "alerts": raised,
        "clips": clips,
        "verify": verified.returncode,
        "events": {camera: status["events"] for camera, status in last.items()},
        "exit_code": code,
        "broken": broken,
    }


if __name__ == "__main__":
    main()
