"""Recorded footage read again: the pictures, and the capture times, that the live analysis had."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from footage_made import write_video
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.footage import RecordedSegment
from sightline.video.picture import Frame, Scaler
from sightline.video.recorder import Recorder
from sightline.video.replay import read_footage
from sightline.video.sampling import CaptureSampling
from sightline.video.timeline import CaptureClock

NOON = datetime(2026, 3, 2, 12, 0, 0, 123457, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FPS = Fraction(30000, 1001)


@dataclass
class Watched:
    """What a live camera left: its files, and what the analysis saw of it, decoded as it came."""

    folder: Path
    segments: list[RecordedSegment]
    chosen: list[tuple[datetime, bytes]]


def watch(
    source: Path, folder: Path, *, analysis_fps: float | None, leave_out: range | None = None
) -> Watched:
    """Record with a clock that moves a little with each file, decode and choose as a live feed does.

    `leave_out`: numbers of packets that the camera never sent.
    """
    told: list[RecordedSegment] = []
    chosen: list[tuple[datetime, bytes]] = []
    sampling, scaler = CaptureSampling(analysis_fps, float(1 / FPS)), Scaler()
    recorder = Recorder(folder, name="shop/till", segment_s=2, on_segment=told.append)
    with av.open(str(source)) as container, recorder:
        stream = container.streams.video[0]
        time_base = stream.time_base or Fraction(1, 1000)
        clock = CaptureClock(recorded_at=NOON, first_pts=stream.start_time or 0, time_base=time_base)
        moves = itertools.cycle([0, 50_000, -11_111])

        def renewed() -> CaptureClock:
            nonlocal clock
            moved_at = clock.recorded_at + next(moves) * MICROSECOND
            clock = CaptureClock(recorded_at=moved_at, first_pts=clock.first_pts, time_base=time_base)
            return clock

        recorder.begin(stream, clock, renewed)
        decoder = av.CodecContext.create(stream.codec_context.name, "r")
        decoder.extradata = stream.codec_context.extradata
        for number, packet in enumerate(p for p in container.demux(stream) if p.size):
            if leave_out is not None and number in leave_out:
                continue
            recorder.write(packet)
            for picture in decoder.decode(packet):
                captured_at = clock.at(picture.pts or 0)
                if sampling.chosen(captured_at):
                    gray = scaler.scale(picture, picture.width, picture.height, "gray")
                    chosen.append((captured_at, gray.tobytes()))
    return Watched(folder, told, chosen)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 s without B-pictures, a key frame each second, as cameras send them."""
    return write_video(
        tmp_path_factory.mktemp("camera") / "camera.ts",
        frames=300,
        fps=FPS,
        gop=30,
        options={"bf": "0", "sc_threshold": "0", "tune": "zerolatency"},
        container="mpegts",
    )


@pytest.fixture(scope="module")
def watched(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return watch(source, tmp_path_factory.mktemp("rec"), analysis_fps=5)


def seen(frames: list[Frame]) -> list[tuple[datetime, bytes]]:
    return [
        (frame.captured_at, frame.scaled(frame.width, frame.height, "gray").tobytes()) for frame in frames
    ]


def assert_same_times(found: list[datetime], expected: list[datetime]) -> None:
    assert len(found) == len(expected)
    for at, wanted in zip(found, expected, strict=True):
        assert abs(at - wanted) <= MICROSECOND


@pytest.mark.parametrize("analysis_fps", [5, 7.5, 12, 29, None])
def test_pictures_and_times_are_those_of_the_live_analysis(
    source: Path, tmp_path: Path, analysis_fps: float | None
) -> None:
    live = watch(source, tmp_path, analysis_fps=analysis_fps)
    assert len(live.segments) == 5
    frames = list(read_footage(live.segments, tmp_path, analysis_fps=analysis_fps))
    assert_same_times([frame.captured_at for frame in frames], [at for at, _ in live.chosen])
    assert [pixels for _, pixels in seen(frames)] == [pixels for _, pixels in live.chosen]
    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})


def test_gap_between_files_stays_a_gap(source: Path, tmp_path: Path) -> None:
    live = watch(source, tmp_path, analysis_fps=5, leave_out=range(95, 180))
    frames = list(read_footage(live.segments, tmp_path, analysis_fps=5))
    assert_same_times([frame.captured_at for frame in frames], [at for at, _ in live.chosen])
    steps = [after.captured_at - before.captured_at for before, after in itertools.pairwise(frames)]
    assert timedelta(seconds=2.7) < max(steps) < timedelta(seconds=3.2)


@pytest.mark.parametrize("first", [1, 2, 4])
def test_it_does_not_matter_with_which_file_one_starts(watched: Watched, first: int) -> None:
    frames = list(read_footage(watched.segments[first:], watched.folder, analysis_fps=5))
    began = watched.segments[first].started_at
    expected = [at for at, _ in watched.chosen if at >= began]
    # One slot may lie across the beginning of the file; its first picture is then in the file before.
    found = [frame.captured_at for frame in frames]
    assert_same_times(found[-len(expected) :], expected)
    assert len(found) - len(expected) <= 1


def test_only_the_span_is_given_with_both_its_ends(watched: Watched) -> None:
    start, end = watched.chosen[7][0], watched.chosen[31][0]
    files = watched.segments
    frames = list(read_footage(list(reversed(files)), watched.folder, analysis_fps=5, start=start, end=end))
    assert_same_times([frame.captured_at for frame in frames], [at for at, _ in watched.chosen[7:32]])
    later = start + timedelta(microseconds=2)
    frames = list(read_footage(files, watched.folder, analysis_fps=5, start=later, end=end - 2 * MICROSECOND))
    assert_same_times([frame.captured_at for frame in frames], [at for at, _ in watched.chosen[8:31]])


def test_span_without_footage_gives_nothing(watched: Watched) -> None:
    day = timedelta(days=1)
    assert list(read_footage([], watched.folder, analysis_fps=5)) == []
    assert (
        list(
            read_footage(
                watched.segments, watched.folder, analysis_fps=5, start=NOON + day, end=NOON + 2 * day
            )
        )
        == []
    )


def test_file_that_vanished_is_skipped_and_said(source: Path, tmp_path: Path) -> None:
    live = watch(source, tmp_path, analysis_fps=5)
    gone = live.segments[2]
    (tmp_path / gone.path).unlink()
    with read_footage(live.segments, tmp_path, analysis_fps=5) as reading:
        frames = list(reading)
    before = [at for at, _ in live.chosen if at < gone.started_at]
    after = [at for at, _ in live.chosen if at >= live.segments[3].started_at]
    found = [frame.captured_at for frame in frames]
    assert_same_times(found[: len(before)], before)
    assert_same_times(found[-len(after) :], after)
    assert len(found) - len(before) - len(after) <= 1  # of the slot whose first picture has vanished
    (warning,) = reading.warnings
    assert gone.path in warning
    assert "no such file" in warning


def test_footage_recorded_twice_is_read_once(source: Path, tmp_path: Path) -> None:
    """The clock was set back by 3 s after the first connection: files of both lie over each other."""
    live = watch(source, tmp_path, analysis_fps=5)
    again: list[RecordedSegment] = []
    shifted = NOON + timedelta(seconds=6, milliseconds=311)
    recorder = Recorder(tmp_path, name="shop/till", segment_s=2, on_segment=again.append)
    with av.open(str(source)) as container, recorder:
        stream = container.streams.video[0]
        recorder.begin(
            stream,
            CaptureClock(
                recorded_at=shifted,
                first_pts=stream.start_time or 0,
                time_base=stream.time_base or Fraction(1, 90_000),
            ),
        )
        for packet in container.demux(stream):
            if packet.size:
                recorder.write(packet)
    frames = list(read_footage([*live.segments, *again], tmp_path, analysis_fps=5))
    times = [frame.captured_at for frame in frames]
    assert times == sorted(set(times))
    assert times[-1] > shifted + timedelta(seconds=9)
    assert [at for at, _ in live.chosen][-1] in times


def reading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read footage"]


@pytest.mark.parametrize("how", ["close", "with", "drop"])
def test_leaving_early_stops_the_thread(watched: Watched, how: str) -> None:
    reading = read_footage(watched.segments, watched.folder, analysis_fps=None)
    next(reading)
    assert len(reading_threads()) == 1
    if how == "close":
        reading.close()
        assert list(reading) == []
    elif how == "with":
        with reading:
            next(reading)
    else:
        del reading
    assert reading_threads() == []


def test_stop_ends_the_reading_from_another_thread(watched: Watched) -> None:
    stop = threading.Event()
    frames = []
    for frame in read_footage(watched.segments, watched.folder, analysis_fps=None, stop=stop, ahead=2):
        frames.append(frame)
        if len(frames) == 40:
            threading.Thread(target=stop.set).start()
            time.sleep(0.05)
    assert 40 <= len(frames) <= 45
    assert reading_threads() == []


@given(
    analysis_fps=st.sampled_from([1, 2.5, 5, 7.5, 10]),
    step_us=st.integers(20_000, 70_000),
    first_us=st.integers(0, 10**15),
    skip=st.integers(0, 40),
)
def test_slots_do_not_depend_on_the_first_picture(
    analysis_fps: float, step_us: int, first_us: int, skip: int
) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    times = [epoch + (first_us + number * step_us) * MICROSECOND for number in range(200)]
    whole, later = CaptureSampling(analysis_fps, step_us / 1e6), CaptureSampling(analysis_fps, step_us / 1e6)
    chosen = [at for at in times if whole.chosen(at)]
    chosen_later = [at for at in times[skip:] if later.chosen(at)]
    assert len(chosen) <= 200 * step_us / 1e6 * analysis_fps + 2
    assert set(chosen_later[1:]) == {at for at in chosen if at > chosen_later[0]}


@pytest.mark.parametrize(
    ("analysis_fps", "picture_s", "every"),
    [(None, 0.04, True), (25, 0.04, True), (15, 1 / 15.02, True), (15, 1 / 25, False), (5, 1 / 30, False)],
)
def test_every_picture_is_chosen_where_the_camera_gives_hardly_more(
    analysis_fps: float | None, picture_s: float, every: bool
) -> None:
    assert CaptureSampling(analysis_fps, picture_s).every is every


@pytest.mark.parametrize("wrong", [lambda: CaptureSampling(0, 0.04), lambda: CaptureSampling(5, 0)])
def test_impossible_rates_are_refused(wrong: Callable[[], CaptureSampling]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        wrong()


def test_clock_set_back_does_not_silence_the_analysis() -> None:
    sampling = CaptureSampling(5, 0.04)
    assert sampling.chosen(NOON)
    assert sampling.chosen(NOON - timedelta(hours=1))
    assert not sampling.chosen(NOON - timedelta(hours=1) + MICROSECOND)


def test_pictures_are_whole(watched: Watched) -> None:
    frame = next(read_footage(watched.segments, watched.folder, analysis_fps=5))
    assert frame.bgr().shape == (120, 160, 3)
    assert frame.bgr().dtype == np.uint8
