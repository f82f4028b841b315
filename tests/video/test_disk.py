"""A disk that is full, or refuses: said in one line, and nothing half written stays."""

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from footage_made import STARTED_AT
from small_disks import mounted

from sightline.errors import ConfigError, DiskFull
from sightline.video.clip import cut_clip
from sightline.video.disk import publish, writing
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

Made = Callable[[str], Path]

RECORD_WITH_A_LIMIT = """
import resource, signal, sys
from datetime import datetime
from pathlib import Path
from sightline.errors import DiskFull
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
at = datetime.fromisoformat(sys.argv[3])
try:
    with open_file(Path(sys.argv[1])) as video, Recorder(Path(sys.argv[2]), recorded_at=at) as recorder:
        for frame in read_frames(video, recorded_at=at, analysis_fps=1, recorder=recorder):
            pass
except DiskFull as error:
    print(error)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where we may mount one."""
    with mounted(tmp_path / "small", "256k") as folder:
        yield folder


def noise(path: Path) -> Path:
    """Some 2 MB of video, because noise cannot be compressed."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuvj420p"
        for _ in range(60):
            pixels = random.integers(0, 255, (240, 320, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(stream.encode(None))
    return path


def test_full_disk_stops_the_recording_and_leaves_no_part(small_disk: Path, tmp_path: Path) -> None:
    recorder = Recorder(small_disk, recorded_at=STARTED_AT, segment_s=0.2)
    with (
        open_file(noise(tmp_path / "big.mp4")) as video,
        recorder,
        pytest.raises(DiskFull, match="no space left"),
    ):
        for _ in read_frames(video, recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder):
            pass
    assert recorder.segments
    assert sorted(path.name for path in (small_disk / "camera").iterdir()) == [
        Path(segment.path).name for segment in recorder.segments
    ]


def test_full_disk_stops_the_clip_and_leaves_no_part(small_disk: Path, tmp_path: Path) -> None:
    with (
        open_file(noise(tmp_path / "big.mp4")) as video,
        Recorder(tmp_path, recorded_at=STARTED_AT) as recorder,
    ):
        for _ in read_frames(video, recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder):
            pass
    (segment,) = recorder.segments
    with pytest.raises(DiskFull, match=r"no space left for .*clip\.mp4; free some space"):
        cut_clip([segment], tmp_path, segment.started_at, segment.ended_at, small_disk / "clip.mp4")
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("limit", [100_000, 400], ids=["in the middle", "in the header"])
def test_file_size_limit_is_a_full_disk_too(tmp_path: Path, limit: int) -> None:
    arguments = [str(noise(tmp_path / "big.mp4")), str(tmp_path / "rec"), STARTED_AT.isoformat(), str(limit)]
    done = subprocess.run(
        [sys.executable, "-c", RECORD_WITH_A_LIMIT, *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("no space left for ")
    assert not list((tmp_path / "rec" / "camera").iterdir())


def test_recordings_folder_that_is_a_file_is_a_matter_of_configuration(made: Made, tmp_path: Path) -> None:
    (tmp_path / "rec").write_text("not a folder")
    recorder = Recorder(tmp_path / "rec", recorded_at=STARTED_AT)
    with pytest.raises(ConfigError, match="cannot be written"):
        list(
            read_frames(open_file(made("one.mp4")), recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder)
        )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_every_way_of_having_no_room_is_one_error(tmp_path: Path, number: int) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(b"half")
    with pytest.raises(DiskFull), writing(tmp_path / "a", remove=part):
        raise OSError(number, "no room")
    assert not part.exists()


def test_other_trouble_passes_unchanged_but_cleans_up(tmp_path: Path) -> None:
    part = tmp_path / "a.part"
    part.write_bytes(b"half")
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "a", remove=part):
        raise KeyboardInterrupt
    assert not part.exists()


def test_finished_file_appears_under_its_name(tmp_path: Path) -> None:
    part, target = tmp_path / "a.part", tmp_path / "a"
    target.write_bytes(b"old")
    part.write_bytes(b"new")
    publish(part, target)
    assert target.read_bytes() == b"new"
    assert not part.exists()


def test_disk_without_room_for_a_header_is_noticed_before_anything_is_opened(
    made: Made, small_disk: Path, tmp_path: Path
) -> None:
    (small_disk / "fill").write_bytes(bytes(200 * 1024))
    recorder = Recorder(small_disk, recorded_at=STARTED_AT)
    with pytest.raises(DiskFull, match="no space left"):
        list(
            read_frames(open_file(made("one.mp4")), recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder)
        )
    assert not list((small_disk / "camera").iterdir())
