"""What a feed makes of a stream: gaps with their true times, new connections, a disk that is full.

The streams are files, read in a made-up time: an hour passes in no time.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest
from footage_made import write_video
from scripted_camera import FPS, NOON, PLAIN, S, Script, Told
from small_disks import mounted

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.errors import ConfigError
from sightline.video.decode import LiveDecoder
from sightline.video.feed import CameraFeed
from sightline.video.reconnect import ReconnectPause
from sightline.video.recorder import Recorder
from sightline.video.replay import read_footage
from sightline.video.stream import LiveStream, StreamLost


@pytest.fixture(scope="session")
def ten_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feed") / "ten.mp4"
    return write_video(path, frames=10 * FPS, gop=FPS, options=PLAIN)


@pytest.fixture(scope="session")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feed") / "smaller.mp4"
    return write_video(path, frames=3 * FPS, gop=FPS, size=(96, 64), options=PLAIN)


def after(second: float, value: float) -> Callable[[float], float]:
    """0 before that second of the file, `value` from it on."""
    return lambda s: value if s >= second else 0.0


def test_a_lost_connection_is_a_gap_from_the_end_of_its_last_picture(ten_seconds: Path) -> None:
    told = Told(Script(ten_seconds, ending=GapReason.STALLED, dead_s=5), Script(ten_seconds)).run()
    # 10 s of pictures; 5 s until that is noticed, counted from the last picture's beginning.
    assert told.gaps == [("stalled", 10.0, 4.96), ("ended", 24.96, None)]
    assert told.opened[0].ended_at is None
    assert replace(told.closed[0], ended_at=None) == told.opened[0]
    counts = told.feed.counts
    assert (counts.sessions, counts.packets, counts.gaps) == (2, 500, 2)
    assert counts.state == "lost"
    assert counts.trouble is GapReason.UNREACHABLE
    assert counts.last_packet_at == NOON + 24.96 * S


def test_what_was_missed_before_the_start_is_a_gap_but_not_for_a_new_camera(ten_seconds: Path) -> None:
    known = Told(Script(ten_seconds), last_seen_at=NOON - 60 * S).run()
    assert known.gaps[0] == ("not_running", -60.0, 60.0)
    new = Told(StreamLost(GapReason.UNREACHABLE, "off"), Script(ten_seconds)).run()
    assert new.gaps == [("ended", 10.0, None)]


def test_the_first_reason_of_a_gap_stands_and_the_last_failure_is_in_the_counts(ten_seconds: Path) -> None:
    told = Told(
        Script(ten_seconds),
        StreamLost(GapReason.UNREACHABLE, "off"),
        StreamLost(GapReason.NOT_FOUND, "moved"),
    ).run()
    assert told.gaps == [("ended", 10.0, None)]
    assert told.feed.counts.trouble is GapReason.UNREACHABLE


def test_footage_that_was_skipped_without_a_lost_connection_is_a_gap(ten_seconds: Path) -> None:
    told = Told(Script(ten_seconds, pts=after(4, 3), late=after(4, 3))).run()
    assert told.gaps == [("stalled", 4.0, 3.0), ("ended", 13.0, None)]
    assert told.feed.counts.sessions == 1


def test_packets_that_come_late_but_complete_are_no_gap(ten_seconds: Path) -> None:
    def burst(s: float) -> float:
        return max(0.0, 7.5 - s) if s >= 4 else 0.0

    told = Told(Script(ten_seconds, late=burst)).run()
    assert told.gaps == [("ended", 10.0, None)]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, -2.0, 2.5])
def test_a_camera_clock_that_jumps_ends_the_connection(ten_seconds: Path, jump_s: float) -> None:
    told = Told(Script(ten_seconds, pts=after(6, jump_s)), Script(ten_seconds)).run()
    assert told.gaps[0] == ("time_jump", 6.0, 0.0)
    assert told.feed.counts.sessions == 2


def test_pictures_that_stay_late_are_dated_anew_by_another_connection(tmp_path: Path) -> None:
    minute = write_video(
        tmp_path / "minute.mp4", frames=45 * FPS, gop=FPS, size=(64, 48), options={"bf": "0"}
    )
    told = Told(Script(minute, late=after(5, 3)), Script(minute)).run()
    reason, started_s, length_s = told.gaps[0]
    assert reason == "time_jump"
    assert 34 <= started_s <= 37
    assert length_s == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize("by_s", [-1800, -5, 5, 1800])
def test_setting_the_clock_of_this_machine_ends_the_connection(ten_seconds: Path, by_s: int) -> None:
    def set_clock(number: int) -> None:
        if number == 100:
            told.clock.set_by += by_s * S

    told = Told(Script(ten_seconds, before=set_clock), Script(ten_seconds))
    told.run()
    reason, started_s, length_s = told.gaps[0]
    assert (reason, started_s) == ("clock_changed", 4.0)
    assert length_s == pytest.approx(max(0, by_s), abs=0.1)
    assert told.feed.counts.last_packet_at == NOON + (14 + by_s) * S


def test_another_format_is_told_and_is_a_gap_only_when_it_costs_a_second(
    ten_seconds: Path, smaller: Path
) -> None:
    changed = GapReason.FORMAT_CHANGED
    quick = Told(Script(ten_seconds, ending=changed, dead_s=0.4), Script(smaller)).run()
    assert quick.sizes == [(160, 120), (96, 64)]
    assert quick.gaps == [("ended", 13.36, None)]
    slow = Told(Script(ten_seconds, ending=changed, dead_s=1.4), Script(smaller)).run()
    assert slow.gaps[0] == ("format_changed", 10.0, 1.36)
    failing = Told(
        Script(ten_seconds, ending=changed), StreamLost(GapReason.UNREACHABLE, "off"), Script(smaller)
    ).run()
    assert failing.opened[0].reason is changed


def test_files_follow_the_connections_and_begin_with_key_frames(
    tmp_path: Path, ten_seconds: Path, smaller: Path
) -> None:
    segments: list[RecordedSegment] = []
    recorder = Recorder(tmp_path, name="till", segment_s=4, on_segment=segments.append)
    told = Told(Script(ten_seconds, dead_s=3), Script(smaller), recorder=recorder).run()
    lengths = [(segment.ended_at - segment.started_at) / S for segment in segments]
    assert lengths == [4.0, 4.0, 2.0, 3.0]
    assert [segment.started_at - NOON for segment in segments] == [0 * S, 4 * S, 8 * S, 12.96 * S]
    assert told.feed.counts.recorded_packets == told.feed.counts.packets == 13 * FPS
    for segment in segments:
        with av.open(str(tmp_path / segment.path)) as file:
            packets = [packet for packet in file.demux(video=0) if packet.size]
        assert packets[0].is_keyframe
        assert len(packets) == segment.frames


@pytest.mark.parametrize("wrong_by", [0.003, -0.003])
def test_a_camera_clock_that_is_wrong_is_followed_and_its_files_tell_the_same_times(
    tmp_path: Path, wrong_by: float
) -> None:
    minute = write_video(tmp_path / "minute.mp4", frames=60 * FPS, gop=FPS, size=(64, 48), options=PLAIN)
    segments: list[RecordedSegment] = []
    live: list[datetime] = []
    decoder = LiveDecoder(analysis_fps=None, on_frame=lambda frame: live.append(frame.captured_at))
    recorder = Recorder(tmp_path, name="till", segment_s=5, on_segment=segments.append)

    def wait_for_the_decoder(number: int) -> None:
        until = time.monotonic() + 5
        while number % FPS == 0 and number > FPS and decoder.counts.decoded < number - 2:
            assert time.monotonic() < until
            time.sleep(0.001)

    told = Told(
        Script(minute, pts=lambda s: s * wrong_by, before=wait_for_the_decoder),
        recorder=recorder,
        decoder=decoder,
    )
    told.run()
    with read_footage(segments, tmp_path, analysis_fps=None) as footage:
        again = [frame.captured_at for frame in footage]
    assert decoder.counts.dropped == 0
    # Nothing is late here, so this is how wrong the times are in the end.
    assert abs(told.feed.counts.lag_s or 1.0) < 0.2
    # What is still to be decoded when the camera ends is recorded only.
    assert len(live) >= 59 * FPS
    assert [at - other for at, other in zip(live, again, strict=False) if abs(at - other) > S / 1e6] == []
    assert 0 <= len(again) - len(live) <= FPS
    assert live == sorted(live)
    assert len(segments) >= 10
    assert told.gaps[0][0] == "ended"


def test_nothing_before_the_first_key_frame_is_used(ten_seconds: Path, tmp_path: Path) -> None:
    told = Told(Script(ten_seconds))
    inner = told._open

    def joined_late(address: str, *, transport: str) -> LiveStream:
        stream = inner(address, transport=transport)
        packets = stream.packets()
        stream.packets = lambda: itertools.islice(packets, 10, None)  # type: ignore[method-assign]
        return stream

    told.feed._open_with = joined_late
    told.run()
    assert told.feed.counts.packets == 9 * FPS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB, where we may mount one."""
    with mounted(tmp_path / "small", "512k") as folder:
        yield folder


def test_a_full_disk_pauses_the_recording_until_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    noise = noisy_video(tmp_path / "noise.mp4", seconds=40)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(300 << 10))
    segments: list[RecordedSegment] = []
    recorder = Recorder(small_disk, name="till", segment_s=2, on_segment=segments.append)
    paused: list[bool] = []

    def make_room(number: int) -> None:
        if number == 12 * FPS:
            paused.append(told.feed.counts.recording_paused)
            filler.unlink()
            for segment in segments:
                (small_disk / segment.path).unlink()
        if number > 12 * FPS and number % FPS == 0:  # retention
            for segment in segments[:-1]:
                (small_disk / segment.path).unlink(missing_ok=True)

    told = Told(Script(noise, before=make_room), recorder=recorder)
    told.run()
    assert told.said == ["disk full", "again"]
    assert paused == [True]
    counts = told.feed.counts
    assert counts.packets == 40 * FPS
    assert 20 * FPS < counts.recorded_packets < 36 * FPS
    assert not counts.recording_paused
    assert counts.disk_full == 1
    assert segments[-1].ended_at == NOON + 40 * S
    assert told.gaps == [("ended", 40.0, None)]


def test_an_unexpected_error_is_told_without_the_address_and_the_camera_is_tried_again(
    tmp_path: Path, ten_seconds: Path
) -> None:
    failed: list[int] = []

    def fail_once(_segment: RecordedSegment) -> None:
        if not failed:
            failed.append(1)
            raise RuntimeError("rtsp://admin:secret@camera")

    recorder = Recorder(tmp_path, name="till", segment_s=4, on_segment=fail_once)
    told = Told(Script(ten_seconds), Script(ten_seconds), recorder=recorder).run()
    assert len(told.said) == 1
    assert told.said[0].startswith("till: unexpected RuntimeError in fail_once")
    assert "secret" not in told.said[0]
    assert told.feed.counts.sessions == 2
    assert told.feed.counts.last_packet_at is not None


def test_a_missing_secret_is_a_camera_that_cannot_be_used_for_now() -> None:
    asked: list[int] = []

    def address() -> str:
        asked.append(1)
        raise ConfigError("the password of till is not set; set SIGHTLINE_PASSWORD_TILL")

    opened: list[Gap] = []
    feed = CameraFeed(
        address,
        name="till",
        recorder=None,
        decoder=None,
        last_seen_at=NOON,
        on_gap_open=opened.append,
        on_gap_closed=lambda _gap: None,
    )
    feed.start()
    time.sleep(0.3)
    assert feed.counts.trouble is GapReason.UNUSABLE
    assert "not set" in feed.counts.trouble_detail
    begun = time.monotonic()
    assert feed.stop()
    assert time.monotonic() - begun < 0.5
    assert (len(asked), len(opened)) == (1, 1)


def test_short_outages_are_tried_often_and_long_ones_less_and_less() -> None:
    pause = ReconnectPause(lambda: 0.5)

    def again(now: float, **how: object) -> float:
        values = {"live_s": 0.0, "last_arrival": None, "hopeless": False} | how
        return pause.after(GapReason.UNREACHABLE, now=now, **values)  # type: ignore[arg-type]

    assert again(100.0, live_s=60.0, last_arrival=99.0) == 0
    assert again(100.1) == 0.5
    assert again(109.0) == pytest.approx(10 / 7)
    assert again(999.0) == 30.0
    assert again(999.0, hopeless=True) == 30.0
    # A connection that breaks at once is no reason to begin anew.
    assert again(1099.0, live_s=0.5, last_arrival=1099.0) == 30.0
    assert again(1200.0, live_s=5.0, last_arrival=1200.0) == 0


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_a_refused_password_waits_a_minute_at_least(jitter: float) -> None:
    pause = ReconnectPause(lambda: jitter)
    waits = [
        pause.after(GapReason.UNAUTHORIZED, now=now, live_s=live_s, last_arrival=now - 5, hopeless=False)
        for now, live_s in ((10.0, 0.0), (70.0, 0.0), (130.0, 30.0))
    ]
    assert all(60 <= wait_s <= 72 for wait_s in waits)


def noisy_video(path: Path, seconds: int) -> Path:
    """Some 30 kB a second, because noise cannot be compressed."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuvj420p"
        for _ in range(seconds * FPS):
            pixels = random.integers(0, 255, (32, 48, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(stream.encode(None))
    return path
