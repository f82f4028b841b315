"""What a kill leaves behind becomes footage again."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest
from footage_made import payloads, write_video

from sightline.domain.footage import RecordedSegment
from sightline.errors import SourceRejected
from sightline.video.adoption import adopt_parts, described_segment
from sightline.video.clip import cut_clip
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock

NOON = datetime(2026, 3, 2, 12, 0, 0, 123457, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NAME = "shop/till"
Recorded = tuple[Path, list[RecordedSegment]]

RECIPES: dict[str, dict[str, object]] = {
    "h264.ts": {"options": {"bf": "0", "sc_threshold": "0"}, "container": "mpegts", "fps": 30, "gop": 30},
    "h264_b.mp4": {"options": {"bf": "2", "sc_threshold": "0"}, "fps": Fraction(30000, 1001), "gop": 30},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}, "frames": 60},
    "vp8.webm": {"codec": "libvpx", "frames": 75},
    "mjpeg.avi": {"codec": "mjpeg", "frames": 30, "fps": 15},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("sources")

    def made(name: str) -> Path:
        path = folder / name
        if not path.exists():
            write_video(path, **({"frames": 200} | RECIPES[name]))  # type: ignore[arg-type]
        return path

    return made


def record(source: Path, folder: Path, *, segment_s: float = 60) -> list[RecordedSegment]:
    told: list[RecordedSegment] = []
    recorder = Recorder(folder, name=NAME, segment_s=segment_s, on_segment=told.append)
    with av.open(str(source)) as container, recorder:
        stream = container.streams.video[0]
        time_base = stream.time_base or Fraction(1, 1000)
        recorder.begin(
            stream, CaptureClock(recorded_at=NOON, first_pts=stream.start_time or 0, time_base=time_base)
        )
        for packet in container.demux(stream):
            if packet.size:
                if packet.dts is None:
                    packet.dts = packet.pts
                recorder.write(packet)
    return told


def same(found: RecordedSegment, told: RecordedSegment) -> bool:
    """Equal, but for the microsecond that rounding may cost."""
    times = [(getattr(found, at), getattr(told, at)) for at in ("started_at", "ended_at", "zero_at")]
    return all(abs(a - b) <= MICROSECOND for a, b in times) and found == replace(
        told, started_at=found.started_at, ended_at=found.ended_at, zero_at=found.zero_at
    )


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "vp8.webm"])
def test_described_file_is_what_the_recorder_said(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    told = record(source(name), tmp_path, segment_s=2)
    assert len(told) >= 1
    for segment in told:
        assert same(described_segment(tmp_path, tmp_path / segment.path), segment)


def test_described_matroska_is_right_to_its_milliseconds(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    (told,) = record(source("vp8.webm"), tmp_path)
    found = described_segment(tmp_path, tmp_path / told.path)
    assert (found.codec, found.frames, found.size_bytes, found.started_at) == (
        told.codec,
        told.frames,
        told.size_bytes,
        told.started_at,
    )
    assert abs(found.ended_at - told.ended_at) <= timedelta(milliseconds=2)
    assert abs(found.zero_at - told.zero_at) <= timedelta(milliseconds=1)


def test_part_that_only_lacked_its_new_name_is_adopted_as_told(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    told = record(source("h264_b.mp4"), tmp_path, segment_s=2)
    path = tmp_path / told[1].path
    path.rename(f"{path}.part")
    (found,) = adopt_parts(tmp_path, NAME)
    assert same(found, told[1])
    assert sorted(file.name for file in (tmp_path / NAME).iterdir()) == [
        Path(segment.path).name for segment in told
    ]


@pytest.mark.parametrize("name", ["h264.ts", "h264_b.mp4", "mjpeg.avi"])
def test_part_cut_off_anywhere_keeps_every_whole_fragment(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    (told,) = record(source(name), tmp_path)
    whole, originals = (tmp_path / told.path).read_bytes(), payloads(source(name))
    (tmp_path / told.path).unlink()
    part = tmp_path / f"{told.path}.part"
    kept_before = 0
    for length in sorted({*random.Random(1).sample(range(len(whole)), 30), 0, 7, len(whole) - 1}):
        part.write_bytes(whole[:length])
        adopted = adopt_parts(tmp_path, NAME)
        assert not part.exists()
        kept = 0
        for segment in adopted:
            recorded = payloads(tmp_path / segment.path)
            kept = len(recorded)
            assert recorded == originals[:kept]
            assert segment == described_segment(tmp_path, tmp_path / segment.path)
            assert (segment.frames, segment.started_at) == (kept, told.started_at)
            (tmp_path / segment.path).unlink()
        assert not list((tmp_path / NAME).iterdir())
        assert kept >= kept_before
        assert length == 0 or kept >= len(originals) * length / len(whole) - 45
        kept_before = kept
    assert kept_before == len(originals)


def test_matroska_part_is_kept_up_to_where_it_can_be_read(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    (told,) = record(source("vp8.webm"), tmp_path)
    path = tmp_path / told.path
    whole = path.read_bytes()
    path.unlink()
    Path(f"{path}.part").write_bytes(whole[: len(whole) * 2 // 3])
    (found,) = adopt_parts(tmp_path, NAME)
    assert 30 <= found.frames < told.frames
    assert payloads(tmp_path / found.path)[: found.frames] == payloads(source("vp8.webm"))[: found.frames]
    clip = cut_clip([found], tmp_path, found.started_at, found.ended_at, tmp_path / "clip.mp4")
    assert clip.frames >= found.frames - 1


@pytest.mark.parametrize(
    "content", [b"", b"left over by a kill", bytes(5000)], ids=["empty", "text", "zeros"]
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_part_without_any_picture_is_removed(tmp_path: Path, suffix: str, content: bytes) -> None:
    part = tmp_path / NAME / f"20260302T120000.000000Z{suffix}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    assert adopt_parts(tmp_path, NAME) == []
    assert not part.exists()


def test_what_is_not_ours_is_left_alone(source: Callable[[str], Path], tmp_path: Path) -> None:
    (told,) = record(source("h264.ts"), tmp_path)
    strange = tmp_path / NAME / "holiday.mp4.part"
    shutil.copy(tmp_path / told.path, strange)
    assert adopt_parts(tmp_path, NAME) == []
    assert strange.exists()
    assert adopt_parts(tmp_path, "shop/entrance") == []


def test_adopted_file_does_not_overwrite_other_footage(source: Callable[[str], Path], tmp_path: Path) -> None:
    (told,) = record(source("h264.ts"), tmp_path)
    path = tmp_path / told.path
    shutil.copy(path, f"{path}.part")
    path.write_bytes(b"other footage")
    (found,) = adopt_parts(tmp_path, NAME)
    assert path.read_bytes() == b"other footage"
    assert found.path == f"{NAME}/20260302T120000.123458Z.mp4"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("holiday.mp4", b"", "not named like a recording"),
        ("20260302T120000.000000Z.mp4", b"", "no picture in it"),
        ("20260302T120000.000000Z.mkv", None, "cannot be read"),
    ],
)
def test_file_that_cannot_be_described_is_rejected(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceRejected, match=message):
        described_segment(tmp_path, tmp_path / name)


RECORD_UNTIL_KILLED = """
import sys, time
from datetime import datetime
from pathlib import Path
import av
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock
source, folder, at = sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
recorder = Recorder(folder, name="shop/till", segment_s=2, on_segment=lambda s: print(s.path, flush=True))
with av.open(source) as container:
    stream = container.streams.video[0]
    clock = CaptureClock(recorded_at=at, first_pts=stream.start_time, time_base=stream.time_base)
    recorder.begin(stream, clock)
    for number, packet in enumerate(container.demux(stream)):
        if packet.size:
            recorder.write(packet)
            print(number, flush=True)
            time.sleep(0.001)
"""


@pytest.mark.slow
def test_kill_at_any_moment_costs_the_last_second_at_most(
    source: Callable[[str], Path], tmp_path: Path
) -> None:
    """30 pictures a second, so of what was written at most 30 may be missing, and one at hand."""
    path, rng = source("h264.ts"), random.Random(7)
    originals = payloads(path)
    for attempt in range(8):
        folder = tmp_path / str(attempt)
        at = rng.randrange(5, len(originals) - 5)
        arguments = [sys.executable, "-c", RECORD_UNTIL_KILLED, str(path), str(folder), NOON.isoformat()]
        written, published = -1, []
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "/" in line:
                    published.append(line.strip())
                else:
                    written = int(line)
                if written == at:
                    process.send_signal(signal.SIGKILL)
        adopted = adopt_parts(folder, NAME)
        files = sorted((folder / NAME).iterdir())
        kept = [digest for file in files for digest in payloads(file)]
        assert kept == originals[: len(kept)]
        assert written + 1 - len(kept) <= 31
        assert all(file.suffix == ".mp4" for file in files)
        in_order = [described_segment(folder, file) for file in files]
        assert in_order[-len(adopted) :] == adopted or not adopted
        for segment in in_order:
            number = round((segment.started_at - NOON).total_seconds() * 30)
            assert payloads(folder / segment.path)[0] == originals[number]
