"""What sealing a clip costs: 20 seconds out of two minutes of 1080p H.264.

    python benchmarks/clip.py [VIDEO] [--rounds 5]

In each round, over the same span (a new one each round) and in turn:

- sealed: `EvidenceSealer.seal_all` for one wanted piece of evidence: packets copied, fsync, read back,
  SHA-256, manifest, Ed25519 signature, database, ledger;
- copy: the bare packet copy of the span with PyAV (seek, demux, mux), no fsync, no hash: the yardstick; the
  aim is a ratio of at most 3;
- ffmpeg: the same with the ffmpeg program (`-c copy`), where there is one; its start is included;
- encoded: the span decoded and encoded again with libx264, preset medium (PyAV); the aim is at most 1/50.
Printed are medians in milliseconds and the median of each round's ratios; a first round warms up.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from made_footage import make_video
from plain_clips import copied, copied_by_ffmpeg, encoded
from sightline.cli.bench_output import machine
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.evidence.sealing import EvidenceSealer
from sightline.evidence.site_key import site_signer
from sightline.store.claims import want_evidence
from sightline.store.clips import ClipRule
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.events import add_event
from sightline.store.recordings import put_segments
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CAMERA = ("shop", "till")
SCOPE = Scope.site()
AROUND_S = 5


def record(video: Path, recordings: Path, database: Database) -> None:
    """The footage as an analysis leaves it: recorded segments, and their rows."""
    with open_file(video) as source, Recorder(recordings, recorded_at=AT, name="/".join(CAMERA)) as recorder:
        for _ in read_frames(source, recorded_at=AT, analysis_fps=0.1, recorder=recorder):
            pass
    with database.transaction() as connection:
        ensure_venue(SCOPE, connection, CAMERA[0], timezone="UTC")
        ensure_camera(SCOPE, connection, *CAMERA, source_label=video.name)
        put_segments(SCOPE, connection, *CAMERA, recorder.segments)


def want(database: Database, start_s: float, clip_s: float, footage_s: float) -> None:
    """An event whose clip is to be [start_s, start_s + clip_s] of the footage."""
    happened = ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=AT + timedelta(seconds=start_s + AROUND_S),
        ended_at=AT + timedelta(seconds=start_s + clip_s - AROUND_S),
        participants=(Participant(1, Role.CUSTOMER, 0.9, "zone"),),
        score=0.8,
    )
    around = timedelta(seconds=AROUND_S)
    with database.transaction() as connection:
        event = add_event(SCOPE, connection, venue_id=CAMERA[0], camera_id=CAMERA[1], happened=happened)
        rule, footage = ClipRule(pre=around, post=around), (AT, AT + timedelta(seconds=footage_s))
        want_evidence(SCOPE, connection, event, rule=rule, footage=footage)


def measure(video: Path, work: Path, *, clip_s: float, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round, the warm-up left out."""
    with open_file(video) as source:
        footage_s = source.info.duration_s or 0.0
    if not 2 * AROUND_S <= clip_s <= footage_s:
        raise SystemExit(
            f"a clip must have {2 * AROUND_S} to {footage_s:.1f} s (all of {video}), not {clip_s}"
        )
    database = open_database(sqlite_url(work / "sightline.db"))
    record(video, work / "recordings", database)
    sealer = EvidenceSealer(
        database,
        SCOPE,
        recordings_dir=work / "recordings",
        segments_dir=work / "segments",
        signer=site_signer(database, SCOPE, work / "keys"),
        software="sightline benchmark",
    )
    program = shutil.which("ffmpeg")
    laps: dict[str, list[float]] = {"sealed": [], "copy": [], "ffmpeg": [], "encoded": []}
    starts = random.Random(20260302)
    for number in range(rounds + 1):
        start_s = round(starts.uniform(0, footage_s - clip_s), 3)
        want(database, start_s, clip_s, footage_s)
        ways: dict[str, Callable[[], Any]] = {
            "sealed": partial(sealer.seal_all, *CAMERA),
            "copy": partial(copied, video, start_s, clip_s, work / "copy.mp4"),
        }
        if program is not None:
            ways["ffmpeg"] = partial(copied_by_ffmpeg, program, video, start_s, clip_s, work / "ffmpeg.mp4")
        if number:  # beside so much work no warming up would show
            ways["encoded"] = partial(encoded, video, start_s, clip_s, work / "encoded.mp4")
        for name, way in ways.items():
            began = time.perf_counter()
            answer = way()
            if number:
                laps[name].append(time.perf_counter() - began)
            if name == "sealed" and [one.state for one in answer] != ["sealed"]:
                raise SystemExit(f"sealing {start_s} s of {video} answered {answer}")
    return {name: times for name, times in laps.items() if times}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", help="H.264 of two minutes; without it one is made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clip-s", type=float, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        work = Path(folder)
        video = asked.video or make_video(work / "made.mp4", seconds=120)
        laps = measure(video, work, clip_s=asked.clip_s, rounds=asked.rounds)
    ratios = {
        f"sealed/{name}": median(a / b for a, b in zip(laps["sealed"], times, strict=True))
        for name, times in list(laps.items())[1:]
    }
    document = {
        "bench": "clip",
        "machine": machine(),
        "video": video.name,
        "clip_s": asked.clip_s,
        "rounds": asked.rounds,
        "milliseconds": {name: round(1000 * median(times), 2) for name, times in laps.items()},
        "ratios": {name: round(ratio, 4) for name, ratio in ratios.items()},
        "aims": {"sealed/copy": 3, "sealed/encoded": 0.02},
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
