"""What the analysis of a live stream gets to see: the right pictures, no more decoding than need be."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from footage_made import write_video

from sightline.domain.footage import RecordedSegment
from sightline.video.decode import DecodeCounts, LiveDecoder
from sightline.video.live_pictures import LivePictures, StreamForm
from sightline.video.motion_gate import MotionGate
from sightline.video.picture import Frame, UInt8Array
from sightline.video.recorder import Recorder
from sightline.video.replay import read_footage
from sightline.video.timeline import CaptureClock, PacketTimes

NOON = datetime(2026, 3, 1, 12, 0, 0, 10_007, tzinfo=UTC)
FPS = 10


def packets_of(path: Path) -> Iterator[tuple[Packet[VideoStream], VideoStream, CaptureClock]]:
    """Packets as a feed passes them on, captured from NOON on."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        time_base = stream.time_base or Fraction(1, 90_000)
        clock = CaptureClock(recorded_at=NOON, first_pts=0, time_base=time_base)
        times = PacketTimes(time_base, 1)
        for packet in container.demux(stream):
            if packet.size:
                times.repair(packet)
                yield packet, stream, clock


class Watching:
    """Live pictures of a file, and what came out."""

    def __init__(self, analysis_fps: float | None = 5, gate: MotionGate | None = None) -> None:
        self.frames: list[Frame] = []
        self.views: list[tuple[UInt8Array, datetime]] = []
        self.counts = DecodeCounts()
        self.pictures = LivePictures(
            analysis_fps,
            deliver=self.frames.append,
            gate=gate,
            on_view=lambda gray, at: self.views.append((gray, at)),
            counts=self.counts,
        )

    def watch(
        self,
        path: Path,
        before: Callable[[datetime], None] = lambda _at: None,
        recorder: Recorder | None = None,
    ) -> None:
        begun = False
        for packet, stream, clock in packets_of(path):
            if not begun:
                begun = True
                self.pictures.begin(StreamForm.of(stream, stream.average_rate or Fraction(25)))
                if recorder is not None:
                    recorder.begin(stream, clock)
            assert packet.pts is not None
            captured_at = clock.at(packet.pts)
            before(captured_at)
            if recorder is not None:
                recorder.write(packet)
            self.pictures.take(packet, captured_at)
        self.pictures.finish()
        if recorder is not None:
            recorder.close()

    @property
    def times(self) -> list[datetime]:
        return [frame.captured_at for frame in self.frames]


def write_room(path: Path, seconds: int, appears_at_s: float | None = None, gop_s: float = 1.0) -> Path:
    """A room in which nothing moves, until somebody walks in."""
    rng = np.random.default_rng(5)
    room = np.repeat(rng.integers(60, 160, (18, 32, 1), dtype=np.uint8), 10, axis=0).repeat(10, axis=1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"bf": "0", "crf": "18", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.gop_size = round(gop_s * FPS)
        for number in range(seconds * FPS):
            image = np.repeat(room, 3, axis=2)
            if appears_at_s is not None and number >= appears_at_s * FPS:
                left = 20 + round(40 * (number / FPS - appears_at_s)) % 260
                image[60:160, left : left + 40] = 250
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("recipe", "analysis_fps"),
    [
        ({"options": {"bf": "3", "b-pyramid": "normal"}, "frames": 100}, 5),
        ({"options": {"bf": "3"}, "frames": 100}, 7.5),
        ({"options": {"bf": "0"}, "frames": 100}, None),
        ({"codec": "libx265", "options": {"x265-params": "log-level=none:open-gop=0"}, "frames": 75}, 4),
        ({"fps": Fraction(30000, 1001), "frames": 90}, 30),
    ],
)
def test_the_recording_gives_the_pictures_that_were_analysed_live(
    tmp_path: Path, recipe: dict[str, object], analysis_fps: float | None
) -> None:
    video = write_video(tmp_path / "camera.mp4", **recipe)  # type: ignore[arg-type]
    segments: list[RecordedSegment] = []
    live = Watching(analysis_fps)
    live.watch(video, recorder=Recorder(tmp_path / "rec", segment_s=1, on_segment=segments.append))

    with read_footage(segments, tmp_path / "rec", analysis_fps=analysis_fps) as replayed:
        again = [frame.captured_at for frame in replayed]

    assert len(segments) >= 2
    assert len(again) == len(live.times)
    assert max(abs(one - other) for one, other in zip(again, live.times, strict=True)) <= timedelta(
        microseconds=1
    )
    if analysis_fps == 5:
        assert live.counts.decoded <= 90  # pictures nobody refers to were not decoded


def test_a_still_picture_repeats_the_detections_and_is_looked_at_again_every_two_seconds(
    tmp_path: Path,
) -> None:
    room = write_room(tmp_path / "room.mp4", 8)
    watching = Watching(5, MotionGate())
    watching.watch(room)

    looked = [frame.captured_at for frame in watching.frames if not frame.still]
    assert len(watching.frames) == 40
    assert watching.counts.gated_still == 40 - len(looked)
    assert 4 <= len(looked) <= 5
    steps = [after - before for before, after in itertools.pairwise(looked)]
    assert all(timedelta(seconds=2) <= step <= timedelta(seconds=2.2) for step in steps)


def test_while_nobody_is_in_sight_only_key_frames_are_decoded(tmp_path: Path) -> None:
    room = write_room(tmp_path / "room.mp4", 20)
    watching = Watching(5, MotionGate())
    watching.pictures.quiet = True
    watching.watch(room)

    # 3 s until it is known how often key frames come and that nothing stirs, then one picture a second.
    assert watching.counts.decoded <= 3 * FPS + 20
    assert watching.counts.keys_only >= 15 * FPS
    resting = [frame for frame in watching.frames if frame.captured_at > NOON + timedelta(seconds=5)]
    looked = [frame for frame in resting if not frame.still]
    assert 7 <= len(looked) <= 8  # the heartbeat
    assert len(resting) >= 14


def test_the_first_step_into_view_is_seen_though_only_key_frames_were_decoded(tmp_path: Path) -> None:
    room = write_room(tmp_path / "room.mp4", 14, appears_at_s=10.3)
    watching = Watching(5, MotionGate())
    watching.pictures.quiet = True
    watching.watch(room)

    seen = [frame.captured_at - NOON for frame in watching.frames if frame.captured_at > NOON + timedelta(10)]
    slots = [frame for frame in watching.frames if timedelta(seconds=10.2) < frame.captured_at - NOON]
    walking = [frame for frame in slots if frame.captured_at - NOON < timedelta(seconds=13)]
    assert seen == []
    assert len(walking) >= 13
    assert not any(frame.still for frame in walking)
    assert walking[0].captured_at - NOON < timedelta(seconds=10.5)
    assert watching.times == sorted(set(watching.times))
    bright = walking[1].bgr()
    assert (bright[70:150, 20:80] > 230).any()


def test_the_gate_wakes_as_soon_as_somebody_is_in_sight(tmp_path: Path) -> None:
    room = write_room(tmp_path / "room.mp4", 12)
    watching = Watching(5, MotionGate())
    wake_at = NOON + timedelta(seconds=8.5)

    def before(captured_at: datetime) -> None:
        watching.pictures.quiet = captured_at < wake_at

    watching.watch(room, before)
    after = [at for at in watching.times if at >= NOON + timedelta(seconds=8)]
    assert len(after) == 20
    assert watching.counts.keys_only >= 4 * FPS


def test_key_frames_that_come_seldom_leave_the_gate_awake(tmp_path: Path) -> None:
    room = write_room(tmp_path / "room.mp4", 16, gop_s=3)
    watching = Watching(5, MotionGate())
    watching.pictures.quiet = True
    watching.watch(room)
    assert watching.counts.keys_only == 0
    assert len(watching.frames) == 80


def test_a_small_gray_picture_comes_every_five_seconds(tmp_path: Path) -> None:
    watching = Watching(5)
    watching.watch(write_room(tmp_path / "room.mp4", 12))
    assert [gray.shape for gray, _ in watching.views] == [(90, 160)] * 3
    steps = [(at - NOON).total_seconds() for _, at in watching.views]
    assert steps == pytest.approx([0, 5, 10], abs=0.21)


def test_a_damaged_packet_costs_its_pictures_only(tmp_path: Path) -> None:
    video = write_video(tmp_path / "camera.mp4", frames=100, gop=25, options={"bf": "0"})
    watching = Watching(None)
    for number, (packet, stream, clock) in enumerate(packets_of(video)):
        if number == 0:
            watching.pictures.begin(StreamForm.of(stream, Fraction(25)))
        assert packet.pts is not None
        if number == 40:
            broken = Packet(b"\0\0\0\4" + b"\x65" * 4)
            broken.pts, broken.dts = packet.pts, packet.dts
            watching.pictures.take(broken, clock.at(packet.pts))
            continue
        watching.pictures.take(packet, clock.at(packet.pts))
    watching.pictures.finish()
    assert watching.counts.damaged > 0
    assert watching.times[-1] == NOON + timedelta(seconds=99 / 25)
    assert len(watching.times) >= 75


@pytest.mark.parametrize(("gop", "goes_on_after_s"), [(25, 7), (100, 8)])
def test_when_decoding_cannot_keep_up_the_newest_pictures_win_and_the_lost_ones_are_counted(
    tmp_path: Path, gop: int, goes_on_after_s: int
) -> None:
    options = {"bf": "0", "sc_threshold": "0"}
    video = write_video(tmp_path / "camera.mp4", frames=250, gop=gop, options=options)
    go_on, waiting, times = threading.Event(), threading.Event(), []

    def slow(frame: Frame) -> None:
        times.append(frame.captured_at)
        waiting.set()
        go_on.wait(10)

    decoder = LiveDecoder(analysis_fps=5, on_frame=slow, name="till")
    for number, (packet, stream, clock) in enumerate(packets_of(video)):
        if number == 0:
            decoder.begin(stream, fps=Fraction(25))
        assert packet.pts is not None
        decoder.offer(packet, clock.at(packet.pts))
        if number == 0:
            assert waiting.wait(5)
    go_on.set()
    last = NOON + timedelta(seconds=9.8)
    wait_for(lambda: times[-1] >= last)
    assert decoder.stop()
    assert 20 <= decoder.counts.dropped <= 45
    assert len(times) + decoder.counts.dropped == 50
    assert NOON + timedelta(seconds=goes_on_after_s) <= times[1] <= NOON + timedelta(seconds=9.02)


def test_an_error_in_one_picture_is_told_and_the_next_key_frame_goes_on(tmp_path: Path) -> None:
    video = write_video(tmp_path / "camera.mp4", frames=70, gop=25, options={"bf": "0"})
    times: list[datetime] = []
    said: list[str] = []

    def fragile(frame: Frame) -> None:
        times.append(frame.captured_at)
        if len(times) == 3:
            raise RuntimeError("no")

    decoder = LiveDecoder(analysis_fps=5, on_frame=fragile, on_trouble=said.append, name="till")
    for number, (packet, stream, clock) in enumerate(packets_of(video)):
        if number == 0:
            decoder.begin(stream, fps=Fraction(25))
        assert packet.pts is not None
        decoder.offer(packet, clock.at(packet.pts))
        if number == 12:
            wait_for(lambda: len(said) == 1)
    wait_for(lambda: bool(times) and times[-1] >= NOON + timedelta(seconds=2.6))
    assert decoder.stop()
    assert said == ["till: a picture was lost to RuntimeError: no"]
    assert len(times) >= 9


def test_the_thread_ends_with_stop_and_not_before(tmp_path: Path) -> None:
    video = write_video(tmp_path / "camera.mp4", frames=5)
    before = threading.active_count()
    decoder = LiveDecoder(analysis_fps=5, on_frame=lambda _frame: None)
    assert decoder.stop()
    decoder = LiveDecoder(analysis_fps=5, on_frame=lambda _frame: None)
    for _, stream, _ in packets_of(video):
        decoder.begin(stream, fps=Fraction(25))
    assert threading.active_count() == before + 1
    assert decoder.stop()
    assert decoder.stop()
    assert threading.active_count() == before


def wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(timeout_s * 100)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen in time")
