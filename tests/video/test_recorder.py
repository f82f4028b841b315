"""Recording: untouched packets, exact times, whole files, and something playable after a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import pytest
from footage_made import STARTED_AT, nal_units, payloads, silence, write_video

from sightline.domain.footage import RecordedSegment
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

Made = Callable[[str], Path]


def record(
    path: Path, folder: Path, *, segment_s: float = 1.5, name: str = "shop/till"
) -> tuple[Recorder, dict[int, object]]:
    """Record while analysing; the recorder, and the capture time of every frame by its number."""
    with (
        open_file(path) as video,
        Recorder(folder, recorded_at=STARTED_AT, name=name, segment_s=segment_s) as recorder,
    ):
        frames = read_frames(video, recorded_at=STARTED_AT, analysis_fps=None, recorder=recorder)
        return recorder, {frame.index: frame.captured_at for frame in frames}


@pytest.mark.parametrize(
    "name", ["h264_b.mp4", "h264_b.ts", "hevc.mp4", "mpeg4_b.avi", "mjpeg.avi", "vp8.webm", "raw.h264"]
)
def test_every_packet_is_kept_as_it_was(made: Made, tmp_path: Path, name: str) -> None:
    recorder, _ = record(made(name), tmp_path)
    recorded = [digest for segment in recorder.segments for digest in payloads(tmp_path / segment.path)]
    assert recorded == payloads(made(name))
    assert sum(segment.frames for segment in recorder.segments) == len(recorded)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["supermarket-checkout-cctv.mp4", "corridor-faces-b.avi"])
def test_every_packet_of_real_footage_is_kept(shared: Path, tmp_path: Path, name: str) -> None:
    recorder, _ = record(shared / "videos" / name, tmp_path, segment_s=4)
    recorded = [digest for segment in recorder.segments for digest in payloads(tmp_path / segment.path)]
    assert recorded == payloads(shared / "videos" / name)


def test_sei_messages_survive(made: Made, tmp_path: Path) -> None:
    recorder, _ = record(made("h264_b.mp4"), tmp_path)
    with av.open(str(tmp_path / recorder.segments[0].path)) as container:
        first = next(container.demux(video=0))
        assert 6 in {unit[0] & 31 for unit in nal_units(bytes(first))}  # x264 signs its first picture by SEI


@pytest.mark.parametrize(
    "name", ["h264_b.mp4", "h264_b.ts", "hevc.mp4", "mpeg4_b.avi", "fps2997.mp4", "vfr.mp4"]
)
def test_times_in_the_files_give_back_the_capture_times(made: Made, tmp_path: Path, name: str) -> None:
    recorder, captured = record(made(name), tmp_path)
    found = []
    for segment in recorder.segments:
        with av.open(str(tmp_path / segment.path)) as container:
            for packet in container.demux(video=0):
                if packet.size:
                    since = Fraction(packet.pts) * packet.time_base
                    found.append(segment.zero_at + timedelta(microseconds=round(since * 1_000_000)))
    for at, expected in zip(sorted(found), sorted(captured.values()), strict=True):
        assert abs(at - expected) <= timedelta(microseconds=1)


def test_segments_begin_at_key_frames_and_follow_on(made: Made, tmp_path: Path) -> None:
    recorder, _ = record(made("h264_b.mp4"), tmp_path, segment_s=1.5)
    first, second = recorder.segments
    assert first.started_at == STARTED_AT
    assert first.ended_at == second.started_at
    assert second.ended_at == STARTED_AT + timedelta(seconds=4)
    assert first.ended_at - first.started_at >= timedelta(seconds=1.5)
    for segment in recorder.segments:
        assert segment.size_bytes == (tmp_path / segment.path).stat().st_size
        with av.open(str(tmp_path / segment.path)) as container:
            assert next(container.demux(video=0)).is_keyframe


def test_sound_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    with av.open(str(path), "w") as out:
        pictures, sound = out.add_stream("libx264", rate=25), out.add_stream("aac", rate=8000)
        for number in range(10):
            frame = av.VideoFrame(640, 480, "yuv420p")
            frame.pts = number
            out.mux(pictures.encode(frame))
        out.mux(sound.encode(silence()))
        out.mux([*pictures.encode(None), *sound.encode(None)])
    assert open_file(path).info.has_audio

    recorder, _ = record(path, tmp_path / "rec")

    with av.open(str(tmp_path / "rec" / recorder.segments[0].path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_recording_again_replaces_the_same_files(made: Made, tmp_path: Path) -> None:
    first, _ = record(made("h264_b.mp4"), tmp_path)
    (tmp_path / "shop/till/20200101T000000.000000Z.mp4.part").write_bytes(b"left over by a kill")
    again, _ = record(made("h264_b.mp4"), tmp_path)
    assert again.segments == first.segments
    assert sorted(path.name for path in (tmp_path / "shop/till").iterdir()) == [
        Path(segment.path).name for segment in first.segments
    ]
    assert Path(first.segments[0].path).name == "20251025T113052.123456Z.mp4"


def test_gap_in_the_footage_starts_a_new_segment(tmp_path: Path) -> None:
    times = [*range(0, 1000, 40), *range(5000, 6000, 40)]
    path = write_video(tmp_path / "gap.mp4", times_ms=times, gop=25, options={"bf": "0"})
    recorder, _ = record(path, tmp_path / "rec", segment_s=120)
    started = [(segment.started_at - STARTED_AT).total_seconds() for segment in recorder.segments]
    assert started == [0, 5]


def test_finished_segments_are_told_as_they_come(made: Made, tmp_path: Path) -> None:
    told: list[RecordedSegment] = []
    with (
        open_file(made("h264_b.mp4")) as video,
        Recorder(tmp_path, recorded_at=STARTED_AT, segment_s=1, on_segment=told.append) as recorder,
    ):
        for frame in read_frames(video, recorded_at=STARTED_AT, analysis_fps=None, recorder=recorder):
            if frame.index == 90:
                assert len(told) >= 1
    assert told == recorder.segments


@pytest.mark.parametrize("name", ["", "/etc", "../other", "a/../../b"])
def test_name_stays_below_the_recordings(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name must be a folder below"):
        Recorder(tmp_path, recorded_at=STARTED_AT, name=name)


RECORD_SLOWLY = """
import sys, time
from datetime import datetime
from pathlib import Path
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file
source, folder, at = Path(sys.argv[1]), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
with open_file(source) as video, Recorder(folder, recorded_at=at, segment_s=2) as recorder:
    for frame in read_frames(video, recorded_at=at, analysis_fps=None, recorder=recorder, ahead=1):
        print(frame.index, flush=True)
        time.sleep(0.005)
"""


@pytest.mark.slow
def test_kill_leaves_whole_segments_and_a_playable_last_one(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.mp4", frames=500, options={"bf": "2", "sc_threshold": "0"})
    arguments = [
        sys.executable,
        "-c",
        RECORD_SLOWLY,
        str(path),
        str(tmp_path / "rec"),
        STARTED_AT.isoformat(),
    ]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 140:  # in the third segment, 1.6 s after its key frame
                os.kill(process.pid, signal.SIGKILL)
                break
    source = payloads(path)
    files = sorted((tmp_path / "rec/camera").iterdir())
    kept = [digest for file in files for digest in payloads(file)]
    assert [file.suffix for file in files] == [".mp4", ".mp4", ".part"]
    assert kept == source[: len(kept)]
    assert len(kept) >= 125  # at most the last second is missing
    with av.open(str(files[-1]), format="mp4") as container:
        assert sum(1 for _ in container.decode(video=0)) > 10

    again, _ = record(path, tmp_path / "rec", name="camera", segment_s=2)
    assert sorted(file.name for file in (tmp_path / "rec/camera").iterdir()) == [
        Path(segment.path).name for segment in again.segments
    ]
