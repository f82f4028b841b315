"""How a live camera is, as numbers for `/metrics` and words for people."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from sightline.pipeline.camera_book import Latency
from sightline.pipeline.inference import SlotCounts
from sightline.video.feed import FeedCounts
from sightline.video.live_pictures import DecodeCounts
from sightline.vision.view_check import ViewState

RATE_OVER_S = 10.0


class GapTally:
    """Number and length of interruptions; several streams of a camera may be away at once. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._away = 0
        self._since = 0.0
        self._before_s = 0.0

    def opened(self) -> None:
        """A stream is away."""
        with self._lock:
            self._count += 1
            self._away += 1
            if self._away == 1:
                self._since = monotonic()

    def closed(self) -> None:
        """It is back."""
        with self._lock:
            self._away = max(0, self._away - 1)
            if self._away == 0:
                self._before_s += monotonic() - self._since

    @property
    def count(self) -> int:
        return self._count

    @property
    def seconds(self) -> float:
        """Altogether, the present one included."""
        with self._lock:
            return self._before_s + (monotonic() - self._since if self._away else 0.0)


class PacketRate:
    """Packets per second over the last 10 s."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, packets: int) -> None:
        """The counter as of now; about once a second."""
        now = monotonic()
        self._seen.append((now, packets))
        while len(self._seen) > 2 and self._seen[1][0] <= now - RATE_OVER_S:
            self._seen.popleft()

    @property
    def fps(self) -> float:
        seen = list(self._seen)
        if len(seen) < 2 or seen[-1][0] <= seen[0][0]:
            return 0.0
        return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def camera_status(
    *,
    feeds: Sequence[FeedCounts],
    decoded: DecodeCounts,
    slot: SlotCounts,
    late: int,
    latency: Latency,
    events: int,
    gaps: GapTally,
    fps_in: float,
    recorded: tuple[int, int, str | None],
    size: tuple[int, int] | None,
    last_analysed_at: datetime | None,
    view: ViewState,
    recovering: bool,
    looks: Mapping[str, Any] | None = None,
    people: Mapping[str, int] | None = None,
    lines: Sequence[Mapping[str, str | int]] = (),
) -> dict[str, Any]:
    """JSON values; all keys are always there. Numbers count from the camera's last start.

    Keys:
        state: `starting` (no picture yet), `running`, `gap`, `failed` (see `detail`).
        detail: one sentence when it is not running, else empty; never a password.
        fps_in: packets per second of the analysed stream, over the last 10 s.
        packets, bytes: received, all streams; recorded_packets, recorded_bytes, segments: in whole files.
        decoded: pictures out of the decoder. analysed: watched; of them inferred were looked at by the
            detector, repeated got the last detections, because nothing had changed.
        dropped: pictures that should have been analysed and had no time; late: out of order; failed: errors.
        gaps, gap_s: interruptions and their length altogether.
        latency_p50_s, latency_p95_s, latency_max_s: from the picture that concluded an event to its commit;
            null before the first. latency_count: events measured. events: stored.
        lag_s: arrival minus capture of the last packet, null before the first.
        last_packet_at, last_analysed_at: capture times, ISO or null.
        width, height, codec: of the analysed pictures and the recorded files, null before the first.
        view: `ok`, `covered`, `blinded`, `moved`.
        recording: `on`, `paused` (no room on the disk).
        recovering: whether the end of a killed run is being analysed again.
        looks: who looks closer at its people, see `Looks.status`; null where nobody is asked to.
        people: in view now, see `LiveWatch.people_now`; null before the first picture.
        lines: who came in and went out over each line drawn to count over, see `LineCount.document`.
    """
    record, detect = feeds[0], feeds[-1]
    failed = next((one for one in feeds if one.state != "live"), None)
    state = "running"
    if failed is not None:
        state = "starting" if failed.state == "connecting" else "gap"
    return {
        "state": state,
        "detail": failed.trouble_detail if failed is not None else "",
        "fps_in": round(fps_in, 2),
        "packets": sum(one.packets for one in feeds),
        "bytes": sum(one.bytes for one in feeds),
        "recorded_packets": record.recorded_packets,
        "recorded_bytes": recorded[1],
        "segments": recorded[0],
        "decoded": decoded.decoded,
        "analysed": slot.handled,
        "inferred": slot.inferred,
        "repeated": slot.repeated,
        "dropped": slot.dropped + decoded.dropped,
        "late": late,
        "failed": slot.failed,
        "inference_s": round(slot.busy_s, 3),
        "waiting_s": round(slot.waited_s, 3),
        "gaps": gaps.count,
        "gap_s": round(gaps.seconds, 1),
        "latency_p50_s": _rounded(latency.p50_s),
        "latency_p95_s": _rounded(latency.p95_s),
        "latency_max_s": _rounded(latency.max_s),
        "latency_count": latency.count,
        "events": events,
        "lag_s": _rounded(detect.lag_s),
        "last_packet_at": record.last_packet_at.isoformat() if record.last_packet_at else None,
        "last_analysed_at": last_analysed_at.isoformat() if last_analysed_at else None,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "codec": recorded[2],
        "view": view.value,
        "recording": "paused" if record.recording_paused else "on",
        "recovering": recovering,
        "looks": dict(looks) if looks is not None else None,
        "people": dict(people) if people is not None else None,
        "lines": [dict(line) for line in lines],
    }


def failed_status(detail: str) -> dict[str, Any]:
    """The status of a camera that could not be started: all numbers are 0."""
    status = camera_status(
        feeds=[FeedCounts(trouble_detail=detail)],
        decoded=DecodeCounts(),
        slot=SlotCounts(),
        late=0,
        latency=Latency(0, None, None, None),
        events=0,
        gaps=GapTally(),
        fps_in=0.0,
        recorded=(0, 0, None),
        size=None,
        last_analysed_at=None,
        view=ViewState.OK,
        recovering=False,
    )
    return status | {"state": "failed"}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
