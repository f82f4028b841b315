"""What sealing a clip costs: 20 seconds out of two minutes of 1080p H.264.

    python benchmarks/clip.py [VIDEO] [--rounds 5] [--json]

In each round, over the same span (a new one each round) and in turn:

- sealed: `EvidenceSealer.seal_all` for one wanted piece of evidence: packets copied, fsync, read back, SHA-256,
  manifest, Ed25519 signature, database, ledger;
- copy: the bare packet copy of the span with PyAV (seek, demux, mux), no fsync and no hash; the yardstick, the
  aim is a ratio of at most 3;
- ffmpeg: the same with the ffmpeg program (`-c copy`), where there is one; its start is included;
- encoded: the span decoded and encoded again with libx264, preset medium (PyAV); the aim is at most 1/50.

Printed are medians in milliseconds and the median of the ratios of each round. The first round warms up and
does not count.
"""

import argparse
import json
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np

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
FPS, BIT_RATE, SIZE = 25, 5_000_000, (1920, 1080)


def make_video(path: Path, seconds: float) -> Path:
    """A textured wall that a camera pans over, with a bright block that moves: libx264 ultrafast, 5 Mbit/s."""
    width, height = SIZE
    noise = np.random.default_rng(1).integers(0, 256, (height // 4 + 32, width // 4 + 80), np.uint8)
    wall = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    wall = cv2.normalize(wall, None, 30, 200, cv2.NORM_MINMAX)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", BIT_RATE
        stream.codec_context.gop_size = 2 * FPS
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        for number in range(round(seconds * FPS)):
            left, top = int(150 + 150 * np.sin(number / 40)), int(60 + 60 * np.cos(number / 55))
            planes[:height] = wall[top : top + height, left : left + width]
            planes[400:800, number * 6 % (width - 200) :][:, :200] = 235
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


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
    where = {"venue_id": CAMERA[0], "camera_id": CAMERA[1]}
    around = timedelta(seconds=AROUND_S)
    with database.transaction() as connection:
        event = add_event(SCOPE, connection, **where, happened=happened)
        rule, footage = ClipRule(pre=around, post=around), (AT, AT + timedelta(seconds=footage_s))
        want_evidence(SCOPE, connection, event, rule=rule, footage=footage)


def copied(video: Path, start_s: float, clip_s: float, target: Path) -> None:
    """The packets from the key frame at or before the start up to the end, and nothing else."""
    with av.open(str(video)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        source.seek(int((stream.start_time or 0) + start_s / stream.time_base), stream=stream)
        first: int | None = None
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            if float(packet.pts * stream.time_base) >= start_s + clip_s:
                break
            first = packet.dts if first is None else first
            packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, copy
            container.mux(packet)


def copied_by_ffmpeg(program: str, video: Path, start_s: float, clip_s: float, target: Path) -> None:
    span = ["-ss", f"{start_s:.3f}", "-i", str(video), "-t", f"{clip_s:.3f}"]
    subprocess.run([program, "-v", "error", "-y", *span, "-an", "-c", "copy", str(target)], check=True)


def encoded(video: Path, start_s: float, clip_s: float, target: Path) -> None:
    """Every picture of the span decoded and encoded again, with the encoder's defaults."""
    with av.open(str(video)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        encoder = container.add_stream("libx264", rate=stream.average_rate, options={"preset": "medium"})
        encoder.width, encoder.height, encoder.pix_fmt = stream.width, stream.height, "yuv420p"
        source.seek(int((stream.start_time or 0) + start_s / stream.time_base), stream=stream)
        number = 0
        for frame in source.decode(stream):
            if frame.time is None or frame.time < start_s:
                continue
            if frame.time >= start_s + clip_s:
                break
            frame.pts, frame.time_base, number = number, 1 / stream.average_rate, number + 1
            container.mux(encoder.encode(frame))
        container.mux(encoder.encode(None))
