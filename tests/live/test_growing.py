"""Clips cut from a file that is still being recorded are those that are cut from it afterwards."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest
from footage_made import payloads, write_video

from sightline.domain.footage import RecordedSegment
from sightline.errors import EvidenceError, SourceRejected
from sightline.testing.rtsp_server import RtspServer, TestPicture
from sightline.video import growing
from sightline.video.clip import CutClip, cut_clip
from sightline.video.feed import CameraFeed
from sightline.video.growing import footage_until, growing_segment
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock

NOON = datetime(2026, 3, 2, 12, 0, 0, 123457, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
VENUE, CAMERA = "shop", "till"

RECIPES: dict[str, dict[str, object]] = {
    "h264.mp4": {"options": {"bf": "0", "sc_threshold": "0"}, "fps": 20, "gop": 40, "frames": 130},
    "h264_b.mp4": {"options": {"bf": "3"}, "fps": Fraction(30000, 1001), "gop": 45, "frames": 150},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}, "frames": 75},
    "mjpeg.avi": {"codec": "mjpeg", "frames": 40, "fps": 15},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("sources")

    def made(name: str) -> Path:
        path = folder / name
        if not path.exists():
            write_video(path, **RECIPES[name])  # type: ignore[arg-type]
        return path

    return made


def recording(
    source: Path, folder: Path, told: list[RecordedSegment], segment_s: float = 60
) -> Iterator[int]:
    """Record as a live camera does; hands over after each packet, and closes at the end."""
    recorder = Recorder(folder, name=f"{VENUE}/{CAMERA}", segment_s=segment_s, on_segment=told.append)
    with av.open(str(source)) as container, recorder:
        stream = container.streams.video[0]
        clock = CaptureClock(
            recorded_at=NOON, first_pts=stream.start_time or 0, time_base=stream.time_base or Fraction(1)
        )
        recorder.begin(stream, clock)
        packets = [packet for packet in container.demux(stream) if packet.size]
        for number, packet in enumerate(packets, start=1):
            if packet.dts is None:
                packet.dts = packet.pts
            recorder.write(packet)
            yield number


def packets(path: Path) -> list[tuple[object, ...]]:
    """All there is to know of the packets of a clip. Its header alone may differ, in a guessed bit rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        head = (stream.time_base, stream.duration, stream.codec_context.extradata)
        return [
            (*head, packet.pts, packet.dts, packet.duration, packet.is_keyframe, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


@pytest.mark.parametrize("name", list(RECIPES))
def test_clip_from_the_growing_file_is_the_clip_from_the_finished_one(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    """Byte for byte, at every moment of the recording, up to the last picture that is said to be there."""
    told: list[RecordedSegment] = []
    early: list[tuple[CutClip, list[tuple[object, ...]]]] = []
    seen = 0
    for written in recording(source(name), tmp_path, told):
        found = growing_segment(tmp_path, VENUE, CAMERA)
        if found is None or found.frames == seen:
            continue
        assert seen < found.frames < written + 1
        assert found.path.endswith(".mp4.part")
        seen = found.frames
        for since in (5.0, 0.7):
            start = max(found.started_at, found.ended_at - timedelta(seconds=since))
            if start < found.ended_at:
                clip = cut_clip([found], tmp_path, start, found.ended_at, tmp_path / "clip.mp4")
                early.append((clip, packets(clip.path)))
    assert len(early) >= 4
    assert growing_segment(tmp_path, VENUE, CAMERA) is None
    for before, written_before in early:
        after = cut_clip(told, tmp_path, before.wanted_from, before.wanted_to, tmp_path / "clip.mp4")
        assert packets(after.path) == written_before
        assert after.frames == before.frames
        assert abs(after.starts_at - before.starts_at) <= MICROSECOND
        assert abs(after.ends_at - before.ends_at) <= MICROSECOND


@pytest.mark.parametrize("name", list(RECIPES))
def test_growing_file_is_there_a_second_after_its_pictures(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    told: list[RecordedSegment] = []
    shown: list[tuple[int, datetime | None]] = []
    for written in recording(source(name), tmp_path, told):
        found = growing_segment(tmp_path, VENUE, CAMERA)
        shown.append((written, found.ended_at if found else None))
    fps = told[0].frames / (told[0].ended_at - told[0].started_at).total_seconds()
    for written, ended_at in shown:
        taken_s = written / fps
        if taken_s > 1.4:
            assert ended_at is not None
            assert taken_s - (ended_at - NOON).total_seconds() < 1.4


@pytest.mark.parametrize("name", ["h264.mp4", "h264_b.mp4"])
def test_torn_last_fragment_is_left_out_and_left_alone(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    told: list[RecordedSegment] = []
    for _ in recording(source(name), tmp_path, told):
        pass
    finished = tmp_path / told[0].path
    whole, originals = finished.read_bytes(), payloads(source(name))
    finished.unlink()
    part = finished.with_name(finished.name + ".part")
    counts = set()
    for length in sorted({*random.Random(1).sample(range(len(whole)), 60), 0, 7, len(whole) - 1}):
        part.write_bytes(whole[:length])
        found = growing_segment(tmp_path, VENUE, CAMERA)
        assert part.stat().st_size == length
        if found is None:
            continue
        assert found.size_bytes <= length
        counts.add(found.frames)
        if found.frames > 1:
            cut_clip([found], tmp_path, found.started_at, found.ended_at, tmp_path / "clip.mp4")
            copied = payloads(tmp_path / "clip.mp4")
            assert copied == originals[: len(copied)]
            assert found.frames - 5 <= len(copied) <= found.frames
    assert len(counts) > 4


def test_nothing_grows_where_nothing_is_recorded(tmp_path: Path) -> None:
    assert growing_segment(tmp_path, VENUE, CAMERA) is None
    assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, NOON + timedelta(seconds=1)) is None
    folder = tmp_path / VENUE / CAMERA
    folder.mkdir(parents=True)
    (folder / "holiday.mp4.part").write_bytes(b"x")
    (folder / "20260302T120000.123457Z.mp4.part").write_bytes(b"")
    assert growing_segment(tmp_path, VENUE, CAMERA) is None
    assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, NOON + timedelta(seconds=1)) is None


def test_matroska_waits_until_it_is_finished(tmp_path: Path) -> None:
    path = write_video(tmp_path / "old.webm", codec="libvpx", frames=50, gop=25)
    told: list[RecordedSegment] = []
    end = NOON + timedelta(seconds=0.5)
    for _ in recording(path, tmp_path, told):
        assert growing_segment(tmp_path, VENUE, CAMERA) is None
        assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, end) is None
    assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, end) is not None
    finished = tmp_path / told[0].path
    finished.rename(finished.with_name(finished.name + ".part"))  # what a kill leaves
    later = finished.with_name(f"{NOON + timedelta(seconds=9):%Y%m%dT%H%M%S.%fZ}.mp4.part")
    later.write_bytes(b"")
    assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, end) is None


def test_files_that_nobody_has_told_of_yet_are_part_of_the_footage(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    """At each moment of a recording in files of two seconds, with none, some or all of them told of."""
    told: list[RecordedSegment] = []
    path = source("h264.mp4")
    reached = 0
    for written in recording(path, tmp_path, told, segment_s=1):
        if written % 13:
            continue
        for known in ([], told[:1], told):
            for end_s in (0.5, 2, 3.3, written / 20 - 1.2, written / 20):
                end = NOON + timedelta(seconds=max(0.1, end_s))
                found = footage_until(tmp_path, VENUE, CAMERA, list(known), NOON, end)
                if found is None:
                    assert end > NOON + timedelta(seconds=written / 20 - 1.2)
                    continue
                reached += 1
                assert len({one.path for one in found}) == len(found)
                clip = cut_clip(found, tmp_path, NOON, end, tmp_path / "clip.mp4")
                assert payloads(clip.path) == payloads(path)[: clip.frames]
                assert clip.frames == max(1, round((end - NOON) / timedelta(seconds=1) * 20 + 0.4999))
    assert reached > 80
    assert len(told) == 4


def test_footage_around_the_span_is_not_looked_at(source: Callable[[str], Path], tmp_path: Path) -> None:
    told: list[RecordedSegment] = []
    steps = recording(source("h264.mp4"), tmp_path, told, segment_s=1)
    for _ in range(95):
        next(steps)
    folder = tmp_path / VENUE / CAMERA
    for name in ("20260302T100000.000000Z.mp4", "20260302T130000.000000Z.mp4"):
        (folder / name).write_bytes(b"not a video")
    shutil.copy(folder / Path(told[0].path).name, folder / "20260302T110000.000000Z.mp4")
    end = NOON + timedelta(seconds=4.2)
    found = footage_until(tmp_path, VENUE, CAMERA, told, NOON + timedelta(seconds=3), end)
    assert found is None, "a file of a clock that was set back later says nothing of this span"
    for _ in range(10):
        next(steps)
    assert footage_until(tmp_path, VENUE, CAMERA, told, NOON + timedelta(seconds=3), end) is not None
    steps.close()  # type: ignore[attr-defined]
    with pytest.raises(SourceRejected, match="no picture in it"):
        footage_until(tmp_path, VENUE, CAMERA, [], NOON - timedelta(hours=1), end)


def test_pictures_before_a_gap_are_complete_when_the_next_file_has_begun(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    told: list[RecordedSegment] = []
    for _ in recording(source("h264.mp4"), tmp_path, told):
        pass
    end = told[0].ended_at + timedelta(seconds=3)
    assert footage_until(tmp_path, VENUE, CAMERA, [], NOON, end) is None
    later = tmp_path / VENUE / CAMERA / f"{end + timedelta(seconds=5):%Y%m%dT%H%M%S.%fZ}.mp4.part"
    later.write_bytes(b"")
    (found,) = footage_until(tmp_path, VENUE, CAMERA, [], NOON, end) or []
    assert found.path == told[0].path


def test_file_that_is_renamed_between_look_and_open_is_found_again(
    source: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[RecordedSegment] = []
    steps = recording(source("h264.mp4"), tmp_path, told)
    for _ in range(100):
        next(steps)
    listed, names = growing._names, []

    def rename_after_listing(folder: Path) -> list[str]:
        found = listed(folder)
        names.append(found)
        steps.close()  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(growing, "_names", rename_after_listing)
    found = footage_until(tmp_path, VENUE, CAMERA, [], NOON, NOON + timedelta(seconds=3))
    assert [one.path for one in found or []] == [told[0].path]
    assert [name.endswith(".part") for (name,) in names] == [True, False]


def test_clip_of_a_growing_file_needs_no_name_once_it_is_open(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    told: list[RecordedSegment] = []
    steps = recording(source("h264.mp4"), tmp_path, told)
    for _ in range(100):
        next(steps)
    found = growing_segment(tmp_path, VENUE, CAMERA)
    assert found is not None
    steps.close()  # type: ignore[attr-defined]
    with pytest.raises(EvidenceError, match="missing or unreadable"):
        cut_clip([found], tmp_path, NOON, found.ended_at, tmp_path / "clip.mp4")


def test_clips_cut_while_files_come_and_go_are_all_whole(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    """A recorder that writes in another thread, a file every twentieth of a second."""
    path = source("h264.mp4")
    told: list[RecordedSegment] = []
    over, at = threading.Event(), [0]

    def record() -> None:
        try:
            for written in recording(path, tmp_path, told, segment_s=1):
                at[0] = written
                time.sleep(0.008)
        finally:
            over.set()

    thread = threading.Thread(target=record)
    thread.start()
    originals = payloads(path)
    cut = missed = 0
    while not over.is_set():
        end = NOON + timedelta(seconds=max(0.3, at[0] / 20 - random.Random(cut).random() * 2))
        found = footage_until(tmp_path, VENUE, CAMERA, told[: max(0, len(told) - 1)], NOON, end)
        if found is None:
            continue
        try:
            clip = cut_clip(found, tmp_path, NOON, end, tmp_path / "clip.mp4")
        except EvidenceError as error:
            assert "missing or unreadable" in str(error)  # noqa: PT017  renamed meanwhile: looked at again
            missed += 1
            continue
        cut += 1
        assert payloads(clip.path) == originals[: clip.frames]
        assert clip.ends_at >= end
    thread.join()
    assert cut > 15
    assert missed < cut


def test_clip_of_a_real_camera_is_there_about_a_second_after_its_end(
    rtsp: Callable[..., RtspServer], tmp_path: Path
) -> None:
    server = rtsp({"/camera": TestPicture(width=192, height=144, fps=15, gop=15)})
    segments: list[RecordedSegment] = []
    feed = CameraFeed(
        server.url,
        name="till",
        recorder=Recorder(tmp_path, name=f"{VENUE}/{CAMERA}", segment_s=60, on_segment=segments.append),
        decoder=None,
        on_gap_open=lambda _gap: None,
        on_gap_closed=lambda _gap: None,
    )
    feed.start()
    try:
        until = time.monotonic() + 15
        while (first := growing_segment(tmp_path, VENUE, CAMERA)) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        end = datetime.now(UTC)
        while (found := footage_until(tmp_path, VENUE, CAMERA, [], first.started_at, end)) is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        late_s = (datetime.now(UTC) - end).total_seconds()
        clip = cut_clip(found, tmp_path, first.started_at, end, tmp_path / "clip.mp4")
        early = packets(clip.path)
    finally:
        assert feed.stop()
    assert late_s < 2  # 1.0 on a quiet machine
    cut_clip(segments, tmp_path, first.started_at, end, tmp_path / "clip.mp4")
    assert packets(tmp_path / "clip.mp4") == early
