"""A feed at a real RTSP server that is killed, frozen, restarted and refuses the password."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.testing.rtsp_server import RtspServer, TestPicture
from sightline.video.decode import LiveDecoder
from sightline.video.feed import CameraFeed
from sightline.video.picture import Frame
from sightline.video.recorder import Recorder
from sightline.video.replay import read_footage
from sightline.video.stream import LiveStream, open_stream

Rtsp = Callable[..., RtspServer]
SECOND = timedelta(seconds=1)
BIG = TestPicture(width=320, height=240, fps=15, gop=15)
SMALL = TestPicture(width=192, height=144, fps=15, gop=15)


class Camera:
    """A feed of `address` with all that came of it; stops with its `with` block."""

    def __init__(
        self,
        address: str,
        folder: Path | None = None,
        *,
        decoded: bool = True,
        last_seen_at: datetime | None = None,
        segment_s: float = 2,
    ) -> None:
        self.frames: list[tuple[float, datetime, tuple[int, int]]] = []
        self.opened: list[Gap] = []
        self.closed: list[Gap] = []
        self.segments: list[RecordedSegment] = []
        self.sizes: list[tuple[int, int]] = []
        self.said: list[str] = []
        self.attempts: list[float] = []
        recorder = None
        if folder is not None:
            recorder = Recorder(folder, name="v/till", segment_s=segment_s, on_segment=self.segments.append)
        self.decoder = (
            LiveDecoder(analysis_fps=5, on_frame=self._see, on_trouble=self.said.append) if decoded else None
        )
        self.feed = CameraFeed(
            lambda: address,
            name="till",
            recorder=recorder,
            decoder=self.decoder,
            last_seen_at=last_seen_at,
            on_gap_open=self.opened.append,
            on_gap_closed=self.closed.append,
            on_format=lambda width, height: self.sizes.append((width, height)),
            on_trouble=self.said.append,
            open_with=self._open,
        )

    def _open(self, address: str, *, transport: str) -> LiveStream:
        self.attempts.append(time.monotonic())
        return open_stream(address, transport=transport)

    def _see(self, frame: Frame) -> None:
        self.frames.append((time.monotonic(), frame.captured_at, (frame.width, frame.height)))

    def __enter__(self) -> Camera:
        self.feed.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.feed.stop()

    def first_frame_after(self, at: float, *, within_s: float = 5) -> float:
        """Seconds from `at` (monotonic) to the first frame after it."""
        wait_for(lambda: bool(self.frames) and self.frames[-1][0] > at, within_s)
        return next(seen for seen, _, _ in self.frames if seen > at) - at

    def is_live(self) -> bool:
        return self.feed.counts.state == "live"


def wait_for(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def seconds_off(one: datetime, other: datetime) -> float:
    return abs((one - other) / SECOND)


def left_open() -> tuple[int, list[str]]:
    """File descriptors and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), sorted(thread.name for thread in threading.enumerate())


@pytest.mark.slow
def test_the_recording_gives_the_very_pictures_that_were_analysed_live(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp({"/camera": BIG})
    before = left_open()
    started = time.monotonic()
    with Camera(server.url(), tmp_path) as camera:
        assert camera.first_frame_after(started) < 3
        time.sleep(3)
        server.freeze()  # shorter than a stall, and nothing is lost by it
        time.sleep(2.5)
        server.thaw()
        time.sleep(3)
        counts = camera.feed.counts
    with read_footage(camera.segments, tmp_path, analysis_fps=5) as footage:
        again = [frame.captured_at for frame in footage]

    live = [captured_at for _, captured_at, _ in camera.frames]
    assert len(live) > 40
    assert len(again) - len(live) in (0, 1)  # the last picture may not have been decoded before the stop
    off = [abs(one - other) for one, other in zip(again, live, strict=False)]
    assert max(off) <= timedelta(microseconds=1)
    assert camera.opened == []
    assert counts.sessions == 1
    assert counts.lag_s is not None
    assert abs(counts.lag_s) < 0.5
    recorded = sum(segment.frames for segment in camera.segments)
    assert recorded == camera.feed.counts.packets == camera.feed.counts.recorded_packets
    assert camera.decoder is not None
    assert camera.decoder.counts.dropped == 0
    assert left_open() == before


@pytest.mark.slow
def test_a_killed_camera_that_returns_with_another_size_is_back_soon(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp({"/camera": BIG})
    before = left_open()
    with Camera(server.url(), tmp_path) as camera:
        wait_for(camera.is_live)
        time.sleep(2.2)
        killed_at = datetime.now(UTC)
        server.kill()
        time.sleep(3)
        server.restart({"/camera": SMALL})
        back, back_at = time.monotonic(), datetime.now(UTC)
        assert camera.first_frame_after(back) < 3
        time.sleep(1)
    assert camera.sizes == [(320, 240), (192, 144)]
    assert camera.frames[-1][2] == (192, 144)
    (gap,) = camera.closed
    assert gap.reason is GapReason.ENDED
    assert seconds_off(gap.started_at, killed_at) < 1
    assert gap.ended_at is not None
    assert seconds_off(gap.ended_at, back_at) < 2.5
    assert camera.said == []
    assert left_open() == before


@pytest.mark.slow
def test_a_frozen_camera_is_a_stall_from_its_last_picture_on(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp({"/camera": BIG})
    with Camera(server.url(), tmp_path) as camera:
        wait_for(camera.is_live)
        time.sleep(1.5)
        frozen, frozen_at = time.monotonic(), datetime.now(UTC)
        server.freeze()
        wait_for(lambda: bool(camera.opened), 8)
        assert time.monotonic() - frozen < 6
        assert camera.feed.counts.state == "lost"
        assert sum(segment.frames for segment in camera.segments) == camera.feed.counts.packets
        server.thaw()
        thawed, thawed_at = time.monotonic(), datetime.now(UTC)
        assert camera.first_frame_after(thawed) < 3
    (gap,) = camera.closed
    assert gap.reason is GapReason.STALLED
    assert seconds_off(gap.started_at, frozen_at) < 1
    assert gap.ended_at is not None
    assert seconds_off(gap.ended_at, thawed_at) < 2


def test_a_refused_password_is_tried_once_and_never_told(rtsp: Rtsp) -> None:
    server = rtsp({"/camera": BIG}, user="guard", password="right")
    address = server.url().replace("right", "wrong-secret")
    with Camera(address, last_seen_at=datetime.now(UTC) - 5 * SECOND) as camera:
        wait_for(lambda: camera.feed.counts.trouble is GapReason.UNAUTHORIZED)
        time.sleep(1.5)
        assert len(camera.attempts) == 1
        assert camera.feed.counts.state == "connecting"
        told = f"{camera.opened} {camera.feed.counts} {camera.said}"
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    assert "wrong-secret" not in told
    assert [gap.reason for gap in camera.opened] == [GapReason.NOT_RUNNING]


def test_stopping_while_a_frozen_camera_does_not_answer_publishes_what_there_is(
    rtsp: Rtsp, tmp_path: Path
) -> None:
    server = rtsp({"/camera": BIG})
    camera = Camera(server.url(), tmp_path)
    camera.feed.start()
    wait_for(camera.is_live)
    time.sleep(1)
    server.freeze()
    time.sleep(0.3)
    begun = time.monotonic()
    assert not camera.feed.stop(timeout_s=1.2)
    assert time.monotonic() - begun < 2
    assert sum(segment.frames for segment in camera.segments) == camera.feed.counts.packets > 10
    assert camera.feed.stop(timeout_s=6)
    assert list(tmp_path.rglob("*.part")) == []


def test_a_feed_that_waits_for_a_frozen_camera_to_answer_can_be_stopped(rtsp: Rtsp) -> None:
    server = rtsp({"/camera": BIG})
    server.freeze()
    before = left_open()
    feed = CameraFeed(
        server.url,
        name="till",
        recorder=None,
        decoder=None,
        on_gap_open=lambda _gap: None,
        on_gap_closed=lambda _gap: None,
        open_with=functools.partial(open_stream, open_timeout_s=1.5),
    )
    feed.start()
    time.sleep(0.3)
    assert feed.stop(timeout_s=4)
    assert left_open() == before


def test_one_stream_is_recorded_and_another_one_analysed(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp({"/main": BIG, "/sub": SMALL})
    with (
        Camera(server.url("/main"), tmp_path, decoded=False) as recorded,
        Camera(server.url("/sub")) as analysed,
    ):
        wait_for(lambda: len(analysed.frames) >= 10)
    assert analysed.frames[0][2] == (192, 144)
    assert recorded.frames == []
    assert analysed.segments == []
    assert recorded.segments
    assert analysed.feed.counts.recorded_packets == 0
    # Two streams of one camera, each dated by itself: they agree.
    span = recorded.segments[0].started_at, recorded.segments[-1].ended_at
    assert span[0] - SECOND < analysed.frames[0][1] < span[1]


def test_the_time_before_the_start_is_a_gap(rtsp: Rtsp) -> None:
    server = rtsp({"/camera": BIG})
    last_seen_at = datetime.now(UTC) - 90 * SECOND
    with Camera(server.url(), last_seen_at=last_seen_at) as camera:
        wait_for(lambda: bool(camera.closed))
    (gap,) = camera.closed
    assert (gap.started_at, gap.reason) == (last_seen_at, GapReason.NOT_RUNNING)
    assert gap.ended_at is not None
    assert seconds_off(gap.ended_at, datetime.now(UTC)) < 4
