"""Live cameras under SIGKILL: how much of the recording is missing, and is every begun event closed?

    python benchmarks/camera_kills.py [--kills 50] [--cameras 3] [--detector builtin] [--between 2 20]

Cameras show a simulated shop over RTSP while `sightline serve` records and analyses them. At random moments
either the camera process or the whole program is killed; the supervisor, or we, start it again. At the end:

- last picture: for each kill and camera, how long before the kill the recording ends (allowed: 1 s);
- pictures missing inside what was recorded (allowed: none);
- every run is finished, and its events are those of its recorded footage analysed again: equal kinds, start
  and end within 0.5 s (the picture queue may have been dropped at the kill), none missing, none more;
- no `.part` file, nothing left `wanted`, `evidence verify` finds all as sealed.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from live_events import compare_with_replay, runs_of, summary
from sightline.cli.bench_output import machine
from sightline.simulate import simulate
from sightline.testing.camera_footage import camera_footage
from sightline.testing.live_site import VENUE, LiveSite, missing_pictures
from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing

ALLOWED_EVENT_ERROR_S = 0.5
ALLOWED_LOSS_S = 1.0
FPS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--detector", default="builtin")
    parser.add_argument("--between", type=float, nargs=2, default=(2, 20), help="seconds from kill to kill")
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    if rtsp_server_missing():
        raise SystemExit(rtsp_server_missing())
    with tempfile.TemporaryDirectory(prefix="sightline-camera-kills-") as name:
        work = Path(name)
        shop = simulate(work / "shop", seed=3, minutes=2)
        footage = camera_footage(
            shop.video, work / "streams", fps=FPS, seconds=(asked.between[1] + 20) * asked.kills + 600
        )
        with RtspServer({f"/camera{number}": footage for number in range(asked.cameras)}) as server:
            addresses = {path.strip("/"): server.url(path) for path in server.mounts}
            result = killed_again_and_again(
                LiveSite(work / "site", addresses, detector=asked.detector), asked
            )
    print(json.dumps(result, indent=2, default=str))
    sys.exit(1 if result["broken"] else 0)


def killed_again_and_again(site: LiveSite, asked: argparse.Namespace) -> dict[str, Any]:
    chance = random.Random(asked.seed)
    moments: list[tuple[str, datetime]] = []
    site.start()
    site.wait_until_live()
    for number in range(asked.kills):
        time.sleep(chance.uniform(*asked.between))
        whole = number % 3 == 2
        moments.append(("the program" if whole else "a camera process", datetime.now(UTC)))
        if whole:
            site.kill()
            site.start()
        else:
            os.kill(site.camera_processes()[-1], signal.SIGKILL)
        _wait_until_seen_since(site, moments[-1][1])
    time.sleep(30)
    code = site.stop()
    site.start()  # recovery of the last run, and sealing of what was still wanted
    site.wait_until_live()
    time.sleep(30)
    codes = [code, site.stop()]
    return _result(site, moments, codes)


def _wait_until_seen_since(site: LiveSite, moment: datetime) -> None:
    site.wait(
        lambda one: all(
            (seen := one.status().get(camera, {}).get("last_analysed_at"))
            and datetime.fromisoformat(seen) > moment
            for camera in one.cameras
        ),
        timeout_s=90,
        what="cameras after a kill",
    )


def _result(site: LiveSite, moments: list[tuple[str, datetime]], codes: list[int]) -> dict[str, Any]:
    recordings = site.data_dir / "recordings"
    losses, missing, unfinished = [], 0, 0
    compared = []
    for camera in site.cameras:
        segments = site.segments(camera)
        _, lost, _ = missing_pictures(segments, recordings, 1 / FPS)
        missing += lost
        for _, moment in moments:
            before = [segment.ended_at for segment in segments if segment.started_at < moment]
            last = max(before, default=moment)
            losses.append(max(0.0, (moment - last).total_seconds()))
        unfinished += sum(run.finished_at is None for run in runs_of(site, camera))
        compared += compare_with_replay(site, camera, site.folder)
    events = summary(compared, ALLOWED_EVENT_ERROR_S)
    verify = subprocess.run(
        [sys.executable, "-m", "sightline", "evidence", "verify", "--data-dir", str(site.data_dir)],
        capture_output=True,
        text=True,
        check=False,
    )
    parts = [path.name for path in recordings.rglob("*.part")]
    states = _evidence_states(site)
    broken = []
    if max(losses, default=0) > ALLOWED_LOSS_S:
        broken.append(f"up to {max(losses):.2f} s of recording missing before a kill")
    if missing:
        broken.append(f"{missing} pictures missing inside recorded stretches")
    if unfinished or parts or states.get("wanted"):
        broken.append(f"left over: {unfinished} runs, parts {parts}, evidence {states}")
    if events["only_stored"] or events["only_replayed"] or events["beyond_allowed"]:
        broken.append("events differ from those of the footage")
    if verify.returncode:
        broken.append(f"evidence verify exits {verify.returncode}: {verify.stdout[-500:]}")
    if any(codes):
        broken.append(f"orderly stops ended with {codes}")
    return {
        "machine": machine(),
        "kills": Counter(what for what, _ in moments),
        "loss_before_kill_s": {"max": max(losses), "mean": sum(losses) / len(losses)},
        "missing_pictures": missing,
        "events": events,
        "evidence": states,
        "verify": verify.returncode,
        "broken": broken,
    }


def _evidence_states(site: LiveSite) -> dict[str, int]:
    from sqlalchemy import func, select

    from sightline.store.tables import evidence

    with site.database.reading() as connection:
        query = select(evidence.c.state, func.count()).where(evidence.c.venue_id == VENUE)
        return {row[0]: row[1] for row in connection.execute(query.group_by(evidence.c.state))}


if __name__ == "__main__":
    main()
