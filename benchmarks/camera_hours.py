"""Twelve hours of a live camera in minutes: what can be compressed in time honestly.

    python benchmarks/camera_hours.py [--hours 12]

Tracks, rules and reports know no clock but capture time, so hours of them can be run as fast as the machine
allows: detections of a simulated shop (its true boxes at 5 a second), round after round, go through what a
live camera runs (`LiveWatch`, which forgets what is over) and through what a recording runs (tracker and
`ServiceWatch`, which keeps all). Compared: events, one by one. Measured: resident memory by the hour.

The clock that dates the packets is run beside it: packets of a camera whose clock is 200 ppm fast, sent with
random delays, for the same hours; compared with the time at which they were taken.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from sightline.cli.bench_output import machine
from sightline.domain.detection import Detections
from sightline.domain.event import ServiceEvent
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedFrame
from sightline.domain.zone import StaffLine
from sightline.pipeline.event_accuracy import true_tracks
from sightline.pipeline.live_watch import LiveWatch
from sightline.simulate import script_shop
from sightline.testing.live_site import resident_mib
from sightline.tracking.registry import open_tracker
from sightline.video.live_clock import LiveClock

ROUND = timedelta(minutes=5)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Picture:
    """What the watch asks of a frame."""

    captured_at: datetime
    width: int
    height: int


def detections_of(hours: float) -> Iterator[tuple[Picture, Detections]]:
    """Boxes of everybody in sight, five times a second."""
    truth = script_shop(seed=4, minutes=ROUND.total_seconds() / 60)
    once = []
    for frame in true_tracks(truth, 5):
        boxes = np.array([person.box for person in frame.people], np.float32).reshape(-1, 4)
        once.append((frame, Detections(boxes, np.full(len(boxes), 0.9, np.float32))))
    begun = once[0][0].captured_at
    for number in range(int(timedelta(hours=hours) / ROUND)):
        for frame, found in once:
            at = START + number * ROUND + (frame.captured_at - begun)
            yield Picture(at, frame.width, frame.height), found


def rules() -> CameraRules:
    return CameraRules(
        staff_line=StaffLine((0.0, 0.45), (1.0, 0.45), "left"), lost_after=open_tracker().memory
    )


def as_recording(hours: float) -> list[ServiceEvent]:
    """Events of the same hours, nothing forgotten."""
    tracker, watch = open_tracker(), ServiceWatch(rules())
    events: list[ServiceEvent] = []
    for picture, found in detections_of(hours):
        people = tuple(tracker.update(picture.captured_at, found))
        events += watch.see(
            TrackedFrame(
                captured_at=picture.captured_at, width=picture.width, height=picture.height, people=people
            )
        )
    return events + watch.finish()


def as_live(hours: float) -> tuple[list[ServiceEvent], list[float]]:
    """Events of a live camera, and its memory at the end of each hour."""
    events: list[ServiceEvent] = []
    memory: list[float] = []
    watch = LiveWatch(rules=rules(), tracker=open_tracker, on_report=lambda told: events.extend(told.events))
    for number, (picture, found) in enumerate(detections_of(hours), start=1):
        watch.take(picture, found)  # type: ignore[arg-type]
        if number % 18_000 == 0:
            memory.append(round(resident_mib([os.getpid()]), 1))
            print(f"{number // 18_000} h: {memory[-1]} MiB, {len(events)} events", file=sys.stderr)
    watch.finish()
    return events, memory


def clock_error_s(hours: float, ppm: float) -> float:
    """The largest error of capture time against the time at which the picture was taken."""
    chance = random.Random(7)
    now = 0.0
    clock = LiveClock(
        Fraction(1, 90_000),
        monotonic=lambda: now,
        wall=lambda: START + timedelta(seconds=now),
        half_picture_ticks=3_000,
    )
    worst, settled = 0.0, False
    for number in range(int(hours * 3600 * 15)):
        taken_s, pts = number / 15, round(number / 15 * (1 + ppm / 1e6) * 90_000)
        now = max(now, taken_s + 0.02 + chance.expovariate(1 / 0.01))
        clock.arrived(pts)
        settled = settled or clock.settled
        if not settled:
            continue
        if number % 150 == 0:
            clock.renew()
        worst = max(worst, abs((clock.at(pts) - START).total_seconds() - taken_s))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=float, default=12)
    asked = parser.parse_args()
    live, memory = as_live(asked.hours)
    recorded = as_recording(asked.hours)
    result: dict[str, Any] = {
        "machine": machine(),
        "hours": asked.hours,
        "events_live": len(live),
        "events_recorded": len(recorded),
        "equal": live == recorded,
        "memory_mib_by_hour": memory,
        "last_over_second_hour": memory[-1] / memory[1] if len(memory) > 2 else None,
        "clock_error_s": {f"{ppm:+} ppm": clock_error_s(asked.hours, ppm) for ppm in (0, 200, -200)},
    }
    print(json.dumps(result, indent=2))
    sys.exit(0 if result["equal"] else 1)


if __name__ == "__main__":
    main()
