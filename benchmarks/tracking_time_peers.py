"""What a frame costs the trackers of the package `trackers`; for `tracking_time.py`, in their environment.

Input: the rows of `tracking_time.peers_ms`, as numpy saves them. Output: milliseconds by tracker, as JSON.
"""

import io
import json
import sys
from statistics import median
from time import thread_time_ns

import numpy as np
import supervision
import trackers

PEERS = {"peer SORT": "SORTTracker", "peer ByteTrack": "ByteTrackTracker", "peer BoT-SORT": "BoTSORTTracker"}


def frame_ms(tracker: "trackers.BaseTracker", rows: np.ndarray) -> float:
    spent = []
    for number in range(int(rows[-1, 0]) + 1):
        now = rows[rows[:, 0] == number].astype(np.float32)
        detections = supervision.Detections(
            xyxy=now[:, 1:5], confidence=now[:, 5], class_id=np.zeros(len(now), np.int64)
        )
        began = thread_time_ns()
        tracker.update(detections)
        spent.append((thread_time_ns() - began) / 1e6)
    return median(spent)


if __name__ == "__main__":
    crowd = np.load(io.BytesIO(sys.stdin.buffer.read()))
    print(json.dumps({name: frame_ms(getattr(trackers, kind)(), crowd) for name, kind in PEERS.items()}))
