"""Clips: byte for byte the source's packets, from the key frame before to the last picture before the end."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from footage_made import STARTED_AT, payloads, turn, write_video

from sightline.domain.footage import RecordedSegment
from sightline.errors import EvidenceError
from sightline.video.clip import CutClip, cut_clip, read_back
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file
from sightline.video.viewing_copy import make_viewing_copy

Made = Callable[[str], Path]


def record(path: Path, folder: Path, segment_s: float = 1.5) -> list[RecordedSegment]:
    with open_file(path) as video, Recorder(folder, recorded_at=STARTED_AT, segment_s=segment_s) as recorder:
        for _ in read_frames(video, recorded_at=STARTED_AT, analysis_fps=1, recorder=recorder):
            pass
    return recorder.segments


def cut(path: Path, folder: Path, start_s: float, end_s: float, segment_s: float = 1.5) -> CutClip:
    footage = record(path, folder, segment_s)
    start, end = STARTED_AT + timedelta(seconds=start_s), STARTED_AT + timedelta(seconds=end_s)
    return cut_clip(footage, folder, start, end, folder / "clips" / "clip.mp4")


def seconds(clip: CutClip) -> tuple[float, float]:
    return (clip.starts_at - STARTED_AT).total_seconds(), (clip.ends_at - STARTED_AT).total_seconds()


def top_level_boxes(path: Path) -> list[bytes]:
    data, boxes, at = path.read_bytes(), [], 0
    while at < len(data):
        boxes.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return boxes


@pytest.mark.parametrize(
    "name", ["h264_b.mp4", "h264_b.ts", "mpeg4.avi", "mjpeg.avi", "raw.h264", "fps2997.mp4"]
)
@pytest.mark.parametrize("segment_s", [0.5, 120])
def test_packets_are_those_of_the_source(made: Made, tmp_path: Path, name: str, segment_s: float) -> None:
    clip = cut(made(name), tmp_path, 1.3, 1.9, segment_s)
    source, copied = payloads(made(name)), payloads(clip.path)
    begins = source.index(copied[0])
    assert copied == source[begins : begins + len(copied)]
    assert clip.frames == len(copied) > 10


@pytest.mark.parametrize("name", ["hevc.mp4", "mpeg4_b.avi"])
def test_open_gop_leaves_out_only_what_nobody_can_decode(made: Made, tmp_path: Path, name: str) -> None:
    clip = cut(made(name), tmp_path, 1.3, 3.1)
    source, copied = payloads(made(name)), payloads(clip.path)
    begins = source.index(copied[0])
    run = source[begins : begins + len(copied) + 3]
    missing = [digest for digest in run if digest not in set(copied)]
    assert [digest for digest in run if digest in set(copied)] == copied  # in order, nothing altered
    assert len([digest for digest in missing if run.index(digest) < 4]) <= 3
    assert decoded_pictures(clip.path) == clip.frames


@pytest.mark.slow
@pytest.mark.parametrize("name", ["supermarket-checkout-cctv.mp4", "corridor-faces-b.avi", "mall-floor.mp4"])
def test_packets_are_those_of_real_footage(shared: Path, tmp_path: Path, name: str) -> None:
    clip = cut(shared / "videos" / name, tmp_path, 1.7, 4.9, segment_s=2)
    source, copied = payloads(shared / "videos" / name), payloads(clip.path)
    begins = source.index(copied[0])
    assert copied == source[begins : begins + len(copied)]


def decoded_pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_span_is_covered_from_the_key_frame_before(made: Made, tmp_path: Path) -> None:
    clip = cut(made("h264_b.mp4"), tmp_path, 1.3, 3.1)
    starts_s, ends_s = seconds(clip)
    assert starts_s <= 1.3
    assert clip.lead_in_s == pytest.approx(1.3 - starts_s)
    assert ends_s >= 3.1
    assert ends_s < 3.1 + 5 / 25
    assert decoded_pictures(clip.path) == clip.frames == round((ends_s - starts_s) * 25)
    assert (clip.gaps, clip.codec, clip.playable_in_browser) == ((), "h264", "yes")


@pytest.mark.parametrize("segment_s", [0.5, 120])
def test_every_picture_of_the_span_is_in_the_clip(made: Made, tmp_path: Path, segment_s: float) -> None:
    """Spans a third of a picture off the grid, so that key frames lie on either side of their start."""
    footage = record(made("h264_b.mp4"), tmp_path, segment_s)
    for number in range(0, 80, 3):
        start = STARTED_AT + timedelta(seconds=number / 25 + 1 / 75)
        end = start + timedelta(seconds=0.6)
        clip = cut_clip(footage, tmp_path, start, end, tmp_path / "clip.mp4")
        assert clip.starts_at <= start
        assert clip.ends_at >= end
        first, last = round((clip.starts_at - STARTED_AT).total_seconds() * 25), number + 15
        assert decoded_pictures(clip.path) == clip.frames >= last - first + 1


def test_start_on_a_key_frame_needs_no_lead_in(made: Made, tmp_path: Path) -> None:
    footage = record(made("h264_b.mp4"), tmp_path)
    clip = cut_clip(footage, tmp_path, footage[1].started_at, footage[1].ended_at, tmp_path / "clip.mp4")
    assert clip.lead_in_s == 0
    assert (clip.starts_at, clip.ends_at) == (footage[1].started_at, footage[1].ended_at)
    assert clip.frames == footage[1].frames


def test_pictures_before_an_open_gop_are_found_in_both_segments(made: Made, tmp_path: Path) -> None:
    footage = record(made("hevc.mp4"), tmp_path)
    between = footage[0].ended_at  # shown before the second segment's key frame, stored after it
    assert between < footage[1].started_at
    clip = cut_clip(footage, tmp_path, between, footage[1].started_at, tmp_path / "clip.mp4")
    assert clip.starts_at <= between
    assert decoded_pictures(clip.path) == clip.frames


def test_file_begins_at_zero_with_its_index_in_front(made: Made, tmp_path: Path) -> None:
    clip = cut(made("h264_b.mp4"), tmp_path, 1.3, 3.1)
    boxes = top_level_boxes(clip.path)
    assert boxes.index(b"moov") < boxes.index(b"mdat")
    assert b"moof" not in boxes
    with av.open(str(clip.path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / 25 for number in range(len(times))])


def test_size_and_checksum_are_those_of_the_file(made: Made, tmp_path: Path) -> None:
    clip = cut(made("h264_b.mp4"), tmp_path, 1, 2)
    assert read_back(clip.path) == (clip.size_bytes, clip.sha256)
    assert cut(made("h264_b.mp4"), tmp_path, 1, 2).sha256 == clip.sha256
    assert [path.name for path in clip.path.parent.iterdir()] == ["clip.mp4"]


def test_gaps_are_told_and_keep_their_length(tmp_path: Path) -> None:
    times = [*range(0, 1000, 40), *range(5000, 6000, 40)]
    path = write_video(tmp_path / "gap.mp4", times_ms=times, options={"bf": "0"})
    clip = cut(path, tmp_path / "rec", 0.5, 5.5)
    ((gone_at, back_at),) = clip.gaps
    assert (back_at - STARTED_AT).total_seconds() == 5
    assert 0.96 <= (gone_at - STARTED_AT).total_seconds() <= 1.01
    with av.open(str(clip.path)) as container:
        assert 5 in [frame.time for frame in container.decode(video=0)]


def test_clip_of_a_turned_video_stays_turned(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "phone.mp4", frames=50), 90)
    clip = cut(path, tmp_path / "rec", 0.5, 1.5)
    assert open_file(clip.path).info.rotation == 90


def test_what_mp4_cannot_carry_goes_into_matroska(made: Made, tmp_path: Path) -> None:
    clip = cut(made("vp8.webm"), tmp_path, 0.1, 0.5)
    assert clip.path.name == "clip.mkv"
    assert (clip.codec, clip.playable_in_browser) == ("vp8", "no")
    assert set(payloads(clip.path)) <= set(payloads(made("vp8.webm")))


def test_span_without_footage_says_what_there_is(made: Made, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"no footage from .*11:31:52.* recorded is .*11:30:52.*11:30:56"):
        cut(made("h264_b.mp4"), tmp_path, 60, 70)
    with pytest.raises(EvidenceError, match="recorded is nothing at all"):
        cut_clip([], tmp_path, STARTED_AT, STARTED_AT + timedelta(seconds=1), tmp_path / "clip.mp4")
    assert not list(tmp_path.glob("clips/*"))


def test_span_must_have_a_length(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="must end after it starts"):
        cut_clip([], tmp_path, STARTED_AT, STARTED_AT, tmp_path / "clip.mp4")


def test_missing_segment_is_named_and_nothing_is_left(made: Made, tmp_path: Path) -> None:
    footage = record(made("h264_b.mp4"), tmp_path)
    (tmp_path / footage[1].path).unlink()
    with pytest.raises(EvidenceError, match=f"{footage[1].path} is missing or unreadable"):
        cut_clip(footage, tmp_path, STARTED_AT, footage[-1].ended_at, tmp_path / "clips" / "clip.mp4")
    assert not list((tmp_path / "clips").iterdir())


def test_changed_picture_format_is_refused(made: Made, tmp_path: Path) -> None:
    before = record(made("h264_b.mp4"), tmp_path / "a")
    after = record(made("h264_odd.mkv"), tmp_path / "b")
    (tmp_path / "b" / after[0].path).rename(tmp_path / "a" / "camera" / "later.mp4")
    shift = before[-1].ended_at - STARTED_AT
    later = RecordedSegment(
        path="camera/later.mp4",
        started_at=after[0].started_at + shift,
        ended_at=after[0].ended_at + shift,
        zero_at=after[0].zero_at + shift,
        codec="h264",
        frames=after[0].frames,
        size_bytes=after[0].size_bytes,
    )
    with pytest.raises(EvidenceError, match="changed its picture format"):
        cut_clip([*before, later], tmp_path / "a", STARTED_AT, later.ended_at, tmp_path / "clip.mp4")
    assert not list(tmp_path.glob("clip*"))


@pytest.mark.parametrize(("name", "size"), [("mpeg4.avi", (160, 120)), ("mjpeg.avi", (160, 90))])
def test_viewing_copy_shows_the_same_pictures_as_h264(
    made: Made, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    clip = cut(made(name), tmp_path, 0.5, 1.5)
    assert clip.playable_in_browser == "no"

    copy = make_viewing_copy(clip, tmp_path / "view.mp4")

    assert (copy.derived_from, copy.frames) == (clip.sha256, clip.frames)
    assert read_back(copy.path) == (copy.size_bytes, copy.sha256)
    info = open_file(copy.path).info
    assert (info.codec, (info.width, info.height), info.first_pts) == ("h264", size, 0)
    assert top_level_boxes(copy.path).index(b"moov") < top_level_boxes(copy.path).index(b"mdat")
    shown, copied = first_picture(clip.path, size), first_picture(copy.path, size)
    assert np.abs(shown - copied).mean() < 5


def test_viewing_copy_of_a_turned_video_is_upright(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "phone.mp4", codec="mpeg4", frames=50), 90)
    clip = cut(path, tmp_path / "rec", 0.5, 1.5)
    copy = make_viewing_copy(clip, tmp_path / "view.mp4")
    info = open_file(copy.path).info
    assert (info.rotation, info.width, info.height) == (0, 120, 160)
    assert np.abs(first_picture(clip.path, (120, 160)) - first_picture(copy.path, (120, 160))).mean() < 5


def first_picture(path: Path, size: tuple[int, int]) -> np.ndarray:
    frame = next(read_frames(open_file(path), recorded_at=STARTED_AT, analysis_fps=None))
    return frame.scaled(*size, "bgr24").astype(int)
