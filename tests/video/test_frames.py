"""Frames at the rate the analysis wants: which ones, when, upright, and nothing left running."""

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from footage_made import STARTED_AT, picture, turn, write_video

from sightline.errors import DiskFull
from sightline.video.frames import read_frames
from sightline.video.picture import Frame
from sightline.video.source import VideoFile, open_file
from sightline.video.timeline import CaptureClock

Made = Callable[[str], Path]


def read(path: Path | VideoFile, fps: float | None = None) -> list[Frame]:
    video = path if isinstance(path, VideoFile) else open_file(path)
    return list(read_frames(video, recorded_at=STARTED_AT, analysis_fps=fps))


def due_pictures(path: Path, fps: float) -> list[tuple[int, bytes]]:
    """The rule in its plainest form, over every picture decoded: (pts, pixels) of those to be analysed."""
    chosen = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        tolerance = 1 / (2 * stream.average_rate)
        first, due = None, 0
        for frame in container.decode(stream):
            first = frame.pts if first is None else first
            since = (frame.pts - first) * stream.time_base
            if since >= due / Fraction(fps) - tolerance:
                chosen.append((frame.pts, bgr(frame)))
                due = math.floor((since + tolerance) * Fraction(fps)) + 1
    return chosen


def bgr(frame: av.VideoFrame) -> bytes:
    scaled = frame.reformat(format="bgr24", interpolation="FAST_BILINEAR", threads=1)
    return scaled.to_ndarray().tobytes()


def reading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read ")]


@pytest.mark.parametrize(
    "name",
    [
        "h264_b.mp4",
        "h264_b.ts",
        "h264_odd.mkv",
        "hevc.mp4",
        "mpeg4_b.avi",
        "mpeg4.avi",
        "mjpeg.avi",
        "vfr.mp4",
        "fps7.mp4",
        "fps2997.mp4",
        "one.mp4",
        "vp8.webm",
    ],
)
@pytest.mark.parametrize("fps", [2, 5, 6.25])
def test_same_frames_as_decoding_everything_and_choosing(made: Made, name: str, fps: float) -> None:
    expected = due_pictures(made(name), fps)
    assert [(frame.pts, frame.bgr().tobytes()) for frame in read(made(name), fps)] == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["art-shop-browsing.mp4", "pets09-s2l1.mp4"])
def test_same_frames_on_real_footage(shared: Path, name: str) -> None:
    path = shared / "videos" / name
    assert [(frame.pts, frame.bgr().tobytes()) for frame in read(path, 5)] == due_pictures(path, 5)


@pytest.mark.parametrize("name", ["h264_b.mp4", "hevc.mp4"])
def test_pictures_nobody_needs_are_not_decoded(made: Made, name: str) -> None:
    video = open_file(made(name))
    frames = read(video, 5)
    assert [frame.index for frame in frames] == list(range(0, 100, 5))
    assert video.counts.skipped >= 10
    assert video.counts.decoded + video.counts.skipped == video.counts.packets == 100
    assert video.counts.chosen == 20


def test_every_frame_when_no_rate_is_asked(made: Made) -> None:
    video = open_file(made("h264_b.mp4"))
    for fps in (None, 25, 60):
        frames = read(video, fps)
        assert [frame.index for frame in frames] == list(range(100))
        assert video.counts.skipped == 0


def test_capture_time_is_the_start_plus_the_pictures_time(made: Made) -> None:
    for name, seconds in (("h264_b.mp4", 1 / 25), ("h264_b.ts", 1 / 25), ("fps2997.mp4", 1001 / 30000)):
        for frame in read(made(name)):
            expected = STARTED_AT + timedelta(seconds=frame.index * seconds)
            assert abs(frame.captured_at - expected) <= timedelta(microseconds=1)


def test_variable_rate_follows_the_clock_and_not_the_count(made: Made) -> None:
    at_ms = [
        (frame.captured_at - STARTED_AT) // timedelta(milliseconds=1) for frame in read(made("vfr.mp4"), 2)
    ]
    assert at_ms == [0, 600, 1000, 1999, 3700]


def test_stream_without_times_is_counted(made: Made) -> None:
    video = open_file(made("raw.h264"))
    frames = read(video, 5)
    assert [frame.index for frame in frames] == list(range(0, 50, 5))
    assert frames[-1].captured_at == STARTED_AT + timedelta(seconds=45 / 25)
    assert video.warnings == ["the file carries no picture times; counted at 25 fps"]


def test_one_picture_is_one_frame(made: Made) -> None:
    (frame,) = read(made("one.mp4"), 5)
    assert (frame.index, frame.captured_at, frame.captured_at.tzinfo) == (0, STARTED_AT, UTC)


def test_portrait_and_odd_sizes_keep_their_shape(made: Made) -> None:
    assert read(made("portrait.mp4"))[0].bgr().shape == (160, 90, 3)
    assert read(made("mjpeg.avi"))[0].bgr().shape == (91, 161, 3)


def test_pixels_come_in_the_order_and_size_asked_for(made: Made) -> None:
    frame = read(made("h264_b.mp4"), 1)[2]
    blue_first, red_first = frame.scaled(80, 64, "bgr24"), frame.scaled(80, 64, "rgb24")
    assert blue_first.shape == (64, 80, 3)
    assert np.abs(blue_first.astype(int) - red_first[..., ::-1]).max() <= 4  # swscale rounds them apart
    assert frame.scaled(80, 64, "gray").shape == (64, 80)
    drawn = picture(frame.index, 160, 120).astype(int)
    assert np.abs(frame.bgr().astype(int) - drawn).mean() < 4


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_video_comes_upright(tmp_path: Path, degrees: int) -> None:
    plain = read(write_video(tmp_path / "plain.mp4", frames=2))[0].bgr()
    frame = read(turn(write_video(tmp_path / "phone.mp4", frames=2), degrees))[0]
    assert np.array_equal(frame.bgr(), np.rot90(plain, -degrees // 90))  # numpy turns counter-clockwise
    assert frame.bgr().shape == (frame.height, frame.width, 3)
    assert frame.scaled(30, 50, "gray").shape == (50, 30)


def test_file_cut_off_in_the_middle_yields_what_is_there(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "cut.mp4", frames=100, options={"bf": "0"}, mux_options={"movflags": "faststart"}
    )
    whole = read(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])

    video = open_file(path)
    frames = read(video)

    assert 20 < len(frames) < 99
    assert [frame.pts for frame in frames] == [frame.pts for frame in whole[: len(frames)]]
    assert video.warnings[0].startswith("cut off after ")
    assert video.warnings[0].endswith(" s of 4.0 s announced")


def test_damaged_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "hurt.mp4", frames=100, options={"bf": "0"})
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in (30, 31):
        at, size = packets[number].pos, packets[number].size
        data[at : at + size] = b"\xff" * size
    path.write_bytes(data)

    video = open_file(path)
    frames = read(video)

    assert {frame.index for frame in frames} == set(range(100)) - {30, 31}
    assert video.counts.damaged == 2
    assert video.warnings == ["2 of 100 pictures are damaged and were skipped"]


def test_reader_never_runs_far_ahead(made: Made) -> None:
    video = open_file(made("h264_b.mp4"))
    frames = read_frames(video, recorded_at=STARTED_AT, analysis_fps=None, ahead=3)
    next(frames)
    time.sleep(0.3)
    assert video.counts.chosen <= 1 + 3 + 1
    video.close()


def test_leaving_early_stops_the_thread(made: Made) -> None:
    for _ in read_frames(open_file(made("h264_b.mp4")), recorded_at=STARTED_AT, analysis_fps=None):
        assert reading_threads()
        break
    assert not reading_threads()


def test_closing_the_file_stops_a_reading_still_held(made: Made) -> None:
    with open_file(made("h264_b.mp4")) as video:
        frames = read_frames(video, recorded_at=STARTED_AT, analysis_fps=None)
        next(frames)
    assert not reading_threads()


class FullDisk:
    """A recorder whose disk is full at the tenth packet."""

    recorded_at = STARTED_AT

    def __init__(self) -> None:
        self.packets = 0

    def begin(self, stream: VideoStream, clock: CaptureClock) -> None:
        assert clock.at(stream.start_time or 0) == STARTED_AT

    def write(self, packet: "Packet[VideoStream]") -> None:
        self.packets += packet.size > 0
        if self.packets == 10:
            raise DiskFull("no space left")


def test_trouble_in_the_thread_reaches_the_caller(made: Made) -> None:
    recorder = FullDisk()
    with pytest.raises(DiskFull, match="no space left"):
        for _ in read_frames(
            open_file(made("h264_b.mp4")), recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder
        ):
            pass
    assert recorder.packets == 10
    assert not reading_threads()


def test_start_must_be_aware_and_the_recorders(made: Made) -> None:
    video = open_file(made("one.mp4"))
    with pytest.raises(ValueError, match="aware"):
        read_frames(video, recorded_at=datetime(2025, 1, 1), analysis_fps=5)  # noqa: DTZ001
    with pytest.raises(ValueError, match="the recorder starts at"):
        read_frames(video, recorded_at=datetime.now(UTC), analysis_fps=5, recorder=FullDisk())
