"""The recorder under a live camera: connections come and go, clocks are set, disks are full."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from footage_made import payloads, write_video
from small_disks import mounted

from sightline.domain.footage import RecordedSegment
from sightline.errors import DiskFull
from sightline.video.clip import cut_clip
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 s of a camera at 25 fps with a key frame each second, start codes and 90 kHz as RTSP has them."""
    path = tmp_path_factory.mktemp("camera") / "camera.ts"
    return write_video(path, frames=300, options={"bf": "0", "sc_threshold": "0"}, container="mpegts")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB, where we may mount one."""
    with mounted(tmp_path / "small", "512k") as folder:
        yield folder


def noise(path: Path, *, frames: int) -> Path:
    """Some 2 kB in every picture, because noise cannot be compressed; a key frame each second."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w", format="mpegts") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.gop_size = 64, 48, "yuv420p", 25
        for _ in range(frames):
            pixels = random.integers(0, 255, (48, 64, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(stream.encode(None))
    return path


def clock_at(started_at: datetime, stream: VideoStream) -> CaptureClock:
    return CaptureClock(
        recorded_at=started_at,
        first_pts=stream.start_time or 0,
        time_base=stream.time_base or Fraction(1, 90_000),
    )


def watch(
    recorder: Recorder,
    source: Path,
    *,
    started_at: datetime = NOON,
    clock_for_new_file: Callable[[CaptureClock], CaptureClock] | None = None,
    on_packet: Callable[[Packet[VideoStream]], None] | None = None,
    packets: int = 10_000,
) -> dict[str, datetime]:
    """One connection, from begin to finish_file; the capture time of each packet by its bytes."""
    captured = {}
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        clock = clock_at(started_at, stream)

        def renewed() -> CaptureClock:
            nonlocal clock
            if clock_for_new_file is not None:
                clock = clock_for_new_file(clock)
            return clock

        recorder.begin(stream, clock, renewed)
        for number, packet in enumerate(container.demux(stream)):
            if number == packets:
                break
            if packet.size:
                recorder.write(packet)
                captured[bytes(packet).hex()] = clock.at(packet.pts or 0)
                if on_packet is not None:
                    on_packet(packet)
    recorder.finish_file()
    return captured


def times_in(folder: Path, segment: RecordedSegment) -> list[datetime]:
    with av.open(str(folder / segment.path)) as container:
        return [
            segment.zero_at + round(Fraction(packet.pts or 0) * packet.time_base * 1_000_000) * MICROSECOND
            for packet in container.demux(video=0)
            if packet.size
        ]


def test_reconnecting_goes_on_in_new_files_with_the_new_picture_size(camera: Path, tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", frames=50, size=(320, 240), options={"bf": "0"})
    told: list[RecordedSegment] = []
    recorder = Recorder(tmp_path / "rec", name="shop/till", segment_s=10, on_segment=told.append)
    watch(recorder, camera)
    back_at = NOON + timedelta(seconds=20)
    watch(recorder, other, started_at=back_at)
    recorder.close()

    assert [segment.started_at for segment in told] == [NOON, NOON + timedelta(seconds=10), back_at]
    assert [segment.ended_at - segment.started_at for segment in told] == [
        timedelta(seconds=10),
        timedelta(seconds=2),
        timedelta(seconds=2),
    ]
    assert [Path(segment.path).name for segment in told] == [
        "20260302T120000.123456Z.mp4",
        "20260302T120010.123456Z.mp4",
        "20260302T120020.123456Z.mp4",
    ]
    recorded = [digest for segment in told for digest in payloads(tmp_path / "rec" / segment.path)]
    assert recorded == payloads(camera) + payloads(other)
    with av.open(str(tmp_path / "rec" / told[-1].path)) as container:
        assert container.streams.video[0].width == 320


def test_segment_is_told_only_once_it_stands_under_its_name(camera: Path, tmp_path: Path) -> None:
    there: list[tuple[bool, bool]] = []

    def told(segment: RecordedSegment) -> None:
        path = tmp_path / segment.path
        there.append((path.stat().st_size == segment.size_bytes, Path(f"{path}.part").exists()))

    watch(Recorder(tmp_path, segment_s=2, on_segment=told), camera)
    assert there == [(True, False)] * 6


def test_clock_that_moves_between_files_stands_still_within_each(camera: Path, tmp_path: Path) -> None:
    """The times in every file give back those the analysis used, though each file has its own offset."""
    told: list[RecordedSegment] = []

    def moved(clock: CaptureClock) -> CaptureClock:
        return CaptureClock(
            recorded_at=clock.recorded_at + timedelta(microseconds=12_345),
            first_pts=clock.first_pts,
            time_base=clock.time_base,
        )

    captured = watch(
        Recorder(tmp_path, segment_s=2, on_segment=told.append), camera, clock_for_new_file=moved
    )
    assert [segment.started_at - NOON for segment in told] == [
        timedelta(seconds=2 * number, microseconds=12_345 * (number + 1)) for number in range(6)
    ]
    found = [at for segment in told for at in times_in(tmp_path, segment)]
    for at, expected in zip(found, captured.values(), strict=True):
        assert abs(at - expected) <= MICROSECOND


@pytest.mark.parametrize("move_us", [50_000, -36_000], ids=["forward", "nine tenths of a picture back"])
def test_clip_across_files_whose_clock_moved_has_every_picture(
    camera: Path, tmp_path: Path, move_us: int
) -> None:
    told: list[RecordedSegment] = []

    def moved(clock: CaptureClock) -> CaptureClock:
        at = clock.recorded_at + timedelta(microseconds=move_us)
        return CaptureClock(recorded_at=at, first_pts=clock.first_pts, time_base=clock.time_base)

    watch(Recorder(tmp_path, segment_s=2, on_segment=told.append), camera, clock_for_new_file=moved)
    clip = cut_clip(told, tmp_path, told[0].started_at, told[-1].ended_at, tmp_path / "clip.mp4")
    assert payloads(clip.path) == payloads(camera)
    assert clip.gaps == ()
    assert abs(clip.ends_at - told[-1].ended_at) <= MICROSECOND


def test_part_left_by_a_kill_stays(camera: Path, tmp_path: Path) -> None:
    left = tmp_path / "camera" / "20260302T115950.000000Z.mp4.part"
    left.parent.mkdir()
    left.write_bytes(b"footage of a killed recorder")
    watch(Recorder(tmp_path), camera, packets=50)
    assert left.read_bytes() == b"footage of a killed recorder"


def test_clock_set_back_never_overwrites_other_footage(camera: Path, tmp_path: Path) -> None:
    told: list[RecordedSegment] = []
    recorder = Recorder(tmp_path, segment_s=60, on_segment=told.append)
    watch(recorder, camera, packets=50)
    (tmp_path / "camera" / "20260302T120000.123457Z.mp4.part").write_bytes(b"left by a kill")
    before = (tmp_path / told[0].path).read_bytes()
    watch(recorder, camera, packets=100)
    assert [Path(segment.path).name for segment in told] == [
        "20260302T120000.123456Z.mp4",
        "20260302T120000.123458Z.mp4",
    ]
    assert [segment.started_at for segment in told] == [NOON, NOON]
    assert (tmp_path / told[0].path).read_bytes() == before


def test_packet_is_unchanged_afterwards(camera: Path, tmp_path: Path) -> None:
    """It goes to the decoder next."""
    with av.open(str(camera)) as container:
        stream = container.streams.video[0]
        expected = [
            (p.pts, p.dts, p.duration, p.time_base, bytes(p)) for p in container.demux(stream) if p.size
        ]
    seen: list[object] = []
    streams = set()

    def look(packet: Packet[VideoStream]) -> None:
        seen.append((packet.pts, packet.dts, packet.duration, packet.time_base, bytes(packet)))
        streams.add(packet.stream.index)

    watch(Recorder(tmp_path), camera, on_packet=look)
    assert seen == expected
    assert streams == {0}


def test_packets_with_finer_times_than_their_stream_keep_them(camera: Path, tmp_path: Path) -> None:
    """A stream without times of its own: packets are dated by arrival, whatever the stream announces."""
    source = write_video(tmp_path / "slow.mp4", frames=20, options={"bf": "0"})
    told: list[RecordedSegment] = []
    recorder = Recorder(tmp_path / "rec", on_segment=told.append)
    fine = Fraction(1, 1_000_000)
    clock = CaptureClock(recorded_at=NOON, first_pts=7_000_000, time_base=fine)
    times = [7_000_000 + number * 66_667 + number % 3 for number in range(20)]
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        recorder.begin(stream, clock, fps=Fraction(15))
        for pts, packet in zip(times, (p for p in container.demux(stream) if p.size), strict=True):
            packet.time_base = fine
            packet.pts = packet.dts = pts
            packet.duration = 0
            recorder.write(packet)
            assert packet.time_base == fine
    recorder.close()
    (segment,) = told
    assert times_in(tmp_path / "rec", segment) == [
        NOON + timedelta(microseconds=pts - 7_000_000) for pts in times
    ]
    assert segment.ended_at == clock.at(times[-1] + 66_667)


def test_full_disk_costs_the_open_file_and_the_next_key_frame_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    source = noise(tmp_path / "noise.ts", frames=250)
    filler = small_disk / "filler"
    told: list[RecordedSegment] = []
    recorder = Recorder(small_disk, segment_s=1, on_segment=told.append)
    full = 0
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        recorder.begin(stream, clock_at(NOON, stream))
        for number, packet in enumerate(p for p in container.demux(stream) if p.size):
            if number == 60:
                filler.write_bytes(bytes(shutil.disk_usage(small_disk).free))
            if number == 130:
                filler.unlink()
                for segment in told:
                    (small_disk / segment.path).unlink()
            try:
                recorder.write(packet)
            except DiskFull:
                full += 1
    recorder.close()
    assert full >= 2  # once in the middle of a file, then with each key frame that wanted a new one
    started = [(segment.started_at - NOON).total_seconds() for segment in told]
    assert started == [0, 1, 6, 7, 8, 9]
    assert [segment.frames for segment in told] == [25] * 6
    assert not list(small_disk.glob("camera/*.part"))


def test_weeks_of_files_leave_nothing_in_memory_and_no_file_open(camera: Path, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, segment_s=1)
    watch(recorder, camera)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (names only)
    for hour in range(1, 6):
        watch(recorder, camera, started_at=NOON + timedelta(hours=hour))
    assert recorder.segments == []
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert len(list((tmp_path / "camera").iterdir())) == 72
