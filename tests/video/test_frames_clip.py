"""Pictures that came singly become a clip with their times."""

import base64
import resource
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from sightline.errors import EvidenceError
from sightline.video import frames_clip
from sightline.video.clip import read_back
from sightline.video.frames_clip import clip_of_frames

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEST = timezone(timedelta(hours=-7))


def pixels(shade: int, width: int = 160, height: int = 120) -> np.ndarray:
    """One grey with a red square at the top left, BGR."""
    image = np.full((height, width, 3), shade, np.uint8)
    image[: height // 4, : height // 4] = (0, 0, 255)
    return image


def jpeg(shade: int, width: int = 160, height: int = 120) -> bytes:
    return cv2.imencode(".jpg", pixels(shade, width, height))[1].tobytes()


def base64_jpeg(shade: int, width: int = 160, height: int = 120) -> str:
    return base64.b64encode(jpeg(shade, width, height)).decode()


def shown(path: Path) -> list[tuple[float, int]]:
    """(seconds, grey at the bottom right) of each picture."""
    with av.open(str(path)) as container:
        return [
            (float(frame.time or 0), round(frame.to_ndarray(format="bgr24")[-20:, -20:].mean() / 10) * 10)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize(
    "times",
    [
        [NOON, NOON + timedelta(seconds=0.4), NOON + timedelta(seconds=2)],
        ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.400+01:00", "2026-03-01T12:00:02+00:00"],
        ["2026-03-01T12:00:00", "2026-03-01T12:00:00.4", "2026-03-01T12:00:02"],
        [NOON.timestamp(), NOON.timestamp() + 0.4, (NOON + timedelta(seconds=2)).astimezone(WEST)],
        [5, 5.4, np.float64(7)],
    ],
    ids=["datetimes", "ISO", "ISO without offset", "mixed", "seconds"],
)
def test_times_of_the_frames_are_those_of_the_pictures(tmp_path: Path, times: list[Any]) -> None:
    data = [base64_jpeg(50), jpeg(100), pixels(150)]
    frames: list[dict[str, Any]] = [
        {"frame_data": one, "timestamp": at, "frame_count": 9} for one, at in zip(data, times, strict=True)
    ]
    clip = clip_of_frames(frames, tmp_path / "new" / "alert.mp4")

    assert shown(clip.path) == [(0, 50), (0.4, 100), (2, 150)]
    assert (clip.frames, clip.duration_s) == (3, 2.4)
    assert read_back(clip.path) == (clip.size_bytes, clip.sha256)
    assert [one.name for one in clip.path.parent.iterdir()] == ["alert.mp4"]


def test_file_plays_anywhere_and_lasts_as_long_as_said(tmp_path: Path) -> None:
    frames = [{"frame_data": pixels(40 + number), "timestamp": number / 10} for number in range(30)]
    clip = clip_of_frames(frames, tmp_path / "a.mp4")
    data = clip.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(stream.duration * stream.time_base) == pytest.approx(clip.duration_s) == 3.0
        first = next(container.decode(video=0)).to_ndarray(format="bgr24")
    blue, green, red = first[5:20, 5:20].mean(axis=(0, 1))
    assert red > 220 > 40 > max(blue, green)


def test_frames_are_put_in_order_and_apart(tmp_path: Path) -> None:
    times = [3.0, 1.0, 1.0, 1.0001, 2.0]
    frames: list[dict[str, Any]] = [
        {"frame_data": pixels(30 * (number + 1)), "timestamp": at} for number, at in enumerate(times)
    ]
    clip = clip_of_frames(frames, tmp_path / "a.mp4")
    assert shown(clip.path) == [(0, 60), (0.001, 90), (0.002, 120), (1, 150), (2, 30)]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([None] * 4, [0, 0.2, 0.4, 0.6]),
        ([None, None, 10, None], [0, 0.2, 0.4, 0.6]),
        ([10, None, 12, None], [0, 0.2, 2, 2.2]),
    ],
)
def test_missing_times_follow_five_a_second(
    tmp_path: Path, times: list[float | None], expected: list[float]
) -> None:
    frames: list[dict[str, Any]] = [
        {"frame_data": pixels(40 * (number + 1)), "timestamp": at} for number, at in enumerate(times)
    ]
    del frames[-1]["timestamp"]
    clip = clip_of_frames(frames, tmp_path / "a.mp4")
    assert shown(clip.path) == [(at, 40 * (number + 1)) for number, at in enumerate(expected)]


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    clip = clip_of_frames([{"frame_data": base64_jpeg(90), "timestamp": NOON}], tmp_path / "a.mp4")
    assert (shown(clip.path), clip.duration_s) == ([(0, 90)], 0.2)


def test_other_sizes_are_fitted_into_the_first_with_black_beside(tmp_path: Path) -> None:
    sizes = [(160, 120), (320, 240), (160, 90), (60, 120), (31, 17), (1, 1)]
    clip = clip_of_frames([{"frame_data": pixels(200, *size)} for size in sizes], tmp_path / "a.mp4")
    with av.open(str(clip.path)) as container:
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    assert {picture.shape for picture in pictures} == {(120, 160)}
    assert pictures[1][60, -20:].min() > 170
    wide, narrow = pictures[2], pictures[3]
    assert (wide[:10].max(), wide[-10:].max()) < (40, 40)
    assert wide[60, 100:].min() > 170
    assert (narrow[:, :45].max(), narrow[:, -45:].max()) < (40, 40)
    assert narrow[100, 60:100].min() > 170


@pytest.mark.parametrize("size", [(161, 91), (1, 1), (3, 200)])
def test_odd_sizes_become_even(tmp_path: Path, size: tuple[int, int]) -> None:
    clip = clip_of_frames([{"frame_data": pixels(90, *size)}] * 2, tmp_path / "a.mp4")
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        assert stream.width == max(2, size[0] // 2 * 2)
        assert stream.height == max(2, size[1] // 2 * 2)
        assert sum(1 for _ in container.decode(stream)) == 2


def test_data_addresses_and_line_breaks_are_base64_too(tmp_path: Path) -> None:
    text = "data:image/jpeg;base64," + "\r\n".join(base64_jpeg(90)[at : at + 76] for at in range(0, 9999, 76))
    array = np.asfortranarray(pixels(120))[:, ::-1]
    clip = clip_of_frames([{"frame_data": text.rstrip()}, {"frame_data": array}], tmp_path / "a.mp4")
    assert clip.frames == 2


def noise_jpeg() -> bytes:
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


def bomb() -> bytes:
    """A small JPEG that says it is 60,000 pixels wide and high."""
    data = bytearray(jpeg(10))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = (60_000).to_bytes(2, "big") * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"frame_data": "%%%"}, "frame 2 is not base64"),
        ({"frame_data": "é"}, "frame 2 is not base64"),
        ({"frame_data": base64.b64encode(b"hello").decode()}, "frame 2 is not a JPEG"),
        ({"frame_data": b"\x89PNG\r\n"}, "frame 2 is not a JPEG"),
        ({"frame_data": b""}, "frame 2 is not a JPEG"),
        ({"frame_data": jpeg(10)[:200]}, "frame 2 (cannot be decoded|is a JPEG without a picture)"),
        ({"frame_data": b"\xff\xd8" + bytes(500)}, "frame 2 (cannot be decoded|is a JPEG without a picture)"),
        ({"frame_data": noise_jpeg()[:9_000]}, "frame 2 cannot be decoded"),
        ({"frame_data": bomb()}, "frame 2 cannot be decoded, or has over"),
        ({}, "frame 2 has no frame_data"),
        ({"frame_data": None}, "frame 2 has no frame_data"),
        ({"frame_data": 7}, "frame 2 has no frame_data"),
        ({"frame_data": np.zeros((4, 4), np.uint8)}, r"frame 2 is an array \(4, 4\) of uint8"),
        ({"frame_data": np.zeros((4, 4, 3), np.float32)}, r"frame 2 is an array \(4, 4, 3\) of float32"),
        ({"frame_data": np.zeros((0, 4, 3), np.uint8)}, r"frame 2 is an array \(0, 4, 3\)"),
        ({"frame_data": pixels(1), "timestamp": "yesterday"}, "frame 2 has a timestamp that is not ISO 8601"),
        ({"frame_data": pixels(1), "timestamp": float("nan")}, "frame 2 has a timestamp that is no time"),
        ({"frame_data": pixels(1), "timestamp": True}, "frame 2 has a timestamp that is no time"),
        ({"frame_data": pixels(1), "timestamp": [1]}, "frame 2 has a timestamp that is no time"),
        ({"frame_data": pixels(1), "timestamp": 1e6}, "the frames lie 1000000 s apart"),
        ("text", "frame 2 is not an object"),
    ],
)
def test_what_cannot_be_shown_is_named_and_leaves_nothing(tmp_path: Path, bad: Any, says: str) -> None:
    good: dict[str, Any] = {"frame_data": pixels(90), "timestamp": 0}
    with pytest.raises(EvidenceError, match=says):
        clip_of_frames([good, bad, good], tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


def test_frame_is_named_by_its_number_as_given_not_as_shown(tmp_path: Path) -> None:
    frames: list[dict[str, Any]] = [
        {"frame_data": pixels(90), "timestamp": 5},
        {"frame_data": "%", "timestamp": 1},
    ]
    with pytest.raises(EvidenceError, match="frame 2 is not base64"):
        clip_of_frames(frames, tmp_path / "a.mp4")


def test_too_many_too_few_and_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EvidenceError, match="no frames"):
        clip_of_frames([], tmp_path / "a.mp4")
    with pytest.raises(EvidenceError, match="2000 frames at most, got 2001"):
        clip_of_frames([{"frame_data": pixels(90)}] * 2001, tmp_path / "a.mp4")
    monkeypatch.setattr(frames_clip, "LARGEST_JPEG_BYTES", 500)
    for data in (jpeg(5), base64_jpeg(5)):
        with pytest.raises(EvidenceError, match="frame 1 is too large; 500 bytes"):
            clip_of_frames([{"frame_data": data}], tmp_path / "a.mp4")
    monkeypatch.setattr(frames_clip, "MOST_PIXELS", 160 * 119)
    with pytest.raises(EvidenceError, match="frame 1 is too large; 19040 pixels"):
        clip_of_frames([{"frame_data": pixels(5)}], tmp_path / "a.mp4")
    monkeypatch.setattr(frames_clip, "LARGEST_JPEG_BYTES", 50_000)
    with pytest.raises(EvidenceError, match="frame 1 cannot be decoded, or has over 19040 pixels"):
        clip_of_frames([{"frame_data": jpeg(5)}], tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


class Watched(list[dict[str, Any]]):
    """Frames that note how much memory the process has whenever one is taken."""

    def __init__(self, frames: list[dict[str, Any]]) -> None:
        super().__init__(frames)
        self.resident: list[int] = []

    def __getitem__(self, place: Any) -> Any:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.resident.append(pages * resource.getpagesize())
        return super().__getitem__(place)


def test_pictures_are_decoded_one_by_one(tmp_path: Path) -> None:
    """200 pictures that take 180 MB when decoded, given as JPEG of a few kB."""
    frames = Watched([{"frame_data": jpeg(90, 960, 640)}] * 200)
    clip = clip_of_frames(frames, tmp_path / "a.mp4")
    assert clip.frames == len(frames.resident) == 200
    assert frames.resident[-1] - frames.resident[0] < 60_000_000
