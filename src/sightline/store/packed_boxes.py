"""Boxes of people as bytes: all times, then all tracks, then all left edges and so on, deflated.

A busy minute takes some ten kilobytes.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from sightline.domain.seen_boxes import SeenBox

SCALE = 10_000
"""Edges are stored in ten thousandths of the picture."""
_MILLISECOND = timedelta(milliseconds=1)


def pack(begins_at: datetime, boxes: Sequence[SeenBox]) -> bytes:
    """Boxes as bytes; no box begins before `begins_at` or more than a minute later."""
    if not boxes:
        return b""
    after = np.array([(one.at - begins_at) // _MILLISECOND for one in boxes], "<u2")
    tracks = np.array([one.track_id for one in boxes], "<i4")
    edges = np.clip(np.array([one.box for one in boxes]) * SCALE, 0, SCALE).round().astype("<u2")
    return zlib.compress(after.tobytes() + tracks.tobytes() + edges.T.tobytes(), 6)


def unpack(begins_at: datetime, packed: bytes) -> tuple[SeenBox, ...]:
    """The boxes of `pack`; times to the millisecond."""
    if not packed:
        return ()
    content = zlib.decompress(packed)
    count = len(content) // 14
    after = np.frombuffer(content, "<u2", count)
    tracks = np.frombuffer(content, "<i4", count, 2 * count)
    edges = np.frombuffer(content, "<u2", 4 * count, 6 * count).reshape(4, count).T / SCALE
    return tuple(
        SeenBox(begins_at + int(ms) * _MILLISECOND, int(number), (box[0], box[1], box[2], box[3]))
        for ms, number, box in zip(after, tracks, edges.tolist(), strict=True)
    )


def packed_edges(packed: bytes) -> npt.NDArray[np.float64]:
    """The boxes alone, float64 (N, 4), xyxy in shares of the picture: for adding up many stretches."""
    if not packed:
        return np.empty((0, 4))
    content = zlib.decompress(packed)
    count = len(content) // 14
    edges = np.frombuffer(content, "<u2", 4 * count, 6 * count).reshape(4, count).T
    shares: npt.NDArray[np.float64] = edges / SCALE
    return shares
