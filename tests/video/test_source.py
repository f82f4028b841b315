"""What a file says about itself, and one clear line for each way it can be unusable."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from footage_made import silence, turn, write_video

from sightline.errors import SourceRejected
from sightline.video.source import list_videos, open_file

Made = Callable[[str], Path]


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=8000)
        out.mux(stream.encode(silence()))
        out.mux(stream.encode(None))
    return path


def test_plain_file_is_described(made: Made) -> None:
    info = open_file(made("h264_b.mp4")).info
    assert (info.codec, info.coded_width, info.coded_height, info.fps) == ("h264", 160, 120, 25)
    assert (info.width, info.height, info.rotation) == (160, 120, 0)
    assert info.duration_s == 4
    assert (info.frames, info.has_audio, info.first_pts, info.timed) == (100, False, 0, True)


def test_rate_is_an_exact_fraction(made: Made) -> None:
    assert open_file(made("fps2997.mp4")).info.fps == Fraction(30000, 1001)


def test_transport_stream_starts_at_its_own_first_time(made: Made) -> None:
    info = open_file(made("h264_b.ts")).info
    assert info.first_pts == 7200
    assert info.time_base == Fraction(1, 90_000)


def test_raw_stream_is_known_to_carry_no_times(made: Made) -> None:
    info = open_file(made("raw.h264")).info
    assert not info.timed
    assert info.duration_s is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_flag_turns_the_displayed_size(tmp_path: Path, degrees: int) -> None:
    info = open_file(turn(write_video(tmp_path / "phone.mp4", frames=2), degrees)).info
    assert info.rotation == degrees
    assert (info.coded_width, info.coded_height) == (160, 120)
    assert (info.width, info.height) == ((160, 120) if degrees == 180 else (120, 160))


def test_missing_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match=r"none\.mp4: no such file"):
        open_file(tmp_path / "none.mp4")


def test_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match="is a folder"):
        open_file(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission_is_rejected(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=1)
    path.chmod(0)
    with pytest.raises(SourceRejected, match="Permission denied"):
        open_file(path)


def test_file_below_a_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceRejected, match="cannot be read"):
        open_file(tmp_path / "file" / "a.mp4")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "is empty", id="no byte"),
        pytest.param(b"Dear diary, today a customer asked for tea.\n" * 50, "is not a video", id="text"),
        pytest.param(
            b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nother.ts\n", "is not a video", id="playlist"
        ),
        pytest.param(b"ffconcat version 1.0\nfile other.ts\n", "is not a video", id="list of other files"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a video", id="picture"),
    ],
)
def test_what_is_no_video_is_rejected_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceRejected, match=says) as caught:
        open_file(path)
    assert "\n" not in str(caught.value)


def test_sound_alone_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match="has sound but no picture"):
        open_file(write_sound(tmp_path / "radio.mp4"))


def test_file_cut_before_its_index_is_rejected(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=20)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceRejected, match="its index is missing"):
        open_file(path)


def test_file_with_an_index_but_no_picture_is_rejected(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=20, mux_options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 4])
    with pytest.raises(SourceRejected, match="no picture in it"):
        open_file(path)


def test_folder_is_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("ch10.mp4", "ch2.MP4", "notes.txt", ".hidden.mp4", "ch1.avi"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "sub.mp4").mkdir()
    assert [path.name for path in list_videos(tmp_path)] == ["ch1.avi", "ch2.MP4", "ch10.mp4"]


def test_one_file_is_its_own_list(made: Made) -> None:
    assert list_videos(made("one.mp4")) == [made("one.mp4")]


def test_folder_without_video_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceRejected, match="no video in this folder"):
        list_videos(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folder_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir(mode=0)
    with pytest.raises(SourceRejected, match="the folder cannot be read"):
        list_videos(tmp_path / "in")
