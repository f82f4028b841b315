"""Released copies: under a mask nothing is left to see, in any picture; beside it all is as it was."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from footage_made import turn, write_video

from sightline.domain.track import Point
from sightline.errors import EvidenceError
from sightline.video.clip import read_back
from sightline.video.h264_file import upright, write_h264
from sightline.video.released_copy import make_released_copy, masked_blocks

Made = Callable[[str], Path]
Mask = tuple[Point, ...]

PATCH: Mask = ((0.02, 0.55), (0.35, 0.52), (0.3, 0.93), (0.05, 0.98))
TILL: Mask = ((0.6, 0.1), (0.97, 0.05), (0.8, 0.48))
STAR: Mask = ((0.5, 0.1), (0.7, 0.9), (0.1, 0.35), (0.9, 0.35), (0.3, 0.9))
"""A person drew it without lifting the pencil: by the even-odd rule its middle is a hole."""


def planes(path: Path) -> list[np.ndarray]:
    """Y, U and V of every picture as displayed, each at the size of Y; int (3, H, W)."""
    with av.open(str(path)) as container:
        pictures = [upright(frame).reformat(format="yuv444p") for frame in container.decode(video=0)]
    return [picture.to_ndarray().astype(int) for picture in pictures]


def stored_planes(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Y (H, W) and UV (2, H/2, W/2) of every picture, as stored: nothing is scaled on the way."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            high, wide = frame.height, frame.width
            both = frame.to_ndarray(format="yuv420p").astype(int)
            found.append((both[:high], both[high:].reshape(2, high // 2, wide // 2)))
    return found


def touched(mask: Mask, width: int, height: int) -> np.ndarray:
    """Pixels with any of a fine grid of points inside the polygon, by winding number: bool (H, W)."""
    fine = (np.arange(4) + 0.5) / 4
    x = (np.arange(width)[:, None] + fine).ravel()
    y = (np.arange(height)[:, None] + fine).ravel()
    px, py = np.meshgrid(x, y)
    winding = np.zeros(px.shape, int)
    points = [(a * width, b * height) for a, b in mask]
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
        left = (x2 - x1) * (py - y1) - (px - x1) * (y2 - y1)
        winding += ((y1 <= py) & (py < y2) & (left > 0)).astype(int)
        winding -= ((y2 <= py) & (py < y1) & (left < 0)).astype(int)
    return (winding != 0).reshape(height, 4, width, 4).any(axis=(1, 3))


def far_from(blocks: np.ndarray, by: int = 12) -> np.ndarray:
    """Pixels at least `by` away from what is painted: where the encoder has no edge to round off."""
    painted = np.kron(blocks, np.ones((2, 2), bool))
    near = np.pad(painted, by)
    high, wide = painted.shape
    spread = [
        near[y : y + high, x : x + wide] for y in range(0, 2 * by + 1, 2) for x in range(0, 2 * by + 1, 2)
    ]
    return ~np.any(spread, axis=0)


@pytest.mark.parametrize("name", ["h264_b.mp4", "hevc.mp4", "mpeg4_b.avi", "vfr.mp4", "mjpeg.avi"])
def test_nothing_is_left_under_the_masks_of_any_picture(made: Made, tmp_path: Path, name: str) -> None:
    masks = (PATCH, TILL)
    copy = make_released_copy(made(name), "ab" * 32, tmp_path / "out.mp4", masks)

    shown, original = stored_planes(copy.path), planes(made(name))
    assert copy.frames == len(shown) == len(original) > 10
    high, wide = shown[0][0].shape
    beside = far_from(masked_blocks(masks, wide, high))
    inside = touched(PATCH, wide, high) | touched(TILL, wide, high)
    in_chroma = inside.reshape(high // 2, 2, wide // 2, 2).any(axis=(1, 3))
    for number, (luma, chroma) in enumerate(shown):
        assert np.abs(luma[inside] - 96).max() <= 6, f"picture {number}"
        assert np.abs(chroma[:, in_chroma] - 128).max() <= 6, f"picture {number}"
        assert np.abs(luma - original[number][0])[beside].mean() < 2.5, f"picture {number}"
    assert beside.sum() > 1000
    assert max(np.ptp(picture[0][inside]) for picture in original) > 40


def test_copy_says_what_it_is_and_plays_anywhere(made: Made, tmp_path: Path) -> None:
    copy = make_released_copy(made("vfr.mp4"), "ab" * 32, tmp_path / "new" / "out.mp4", [list(PATCH)])
    assert (copy.derived_from, copy.masks) == ("ab" * 32, (PATCH,))
    assert read_back(copy.path) == (copy.size_bytes, copy.sha256)
    assert [path.name for path in copy.path.parent.iterdir()] == ["out.mp4"]
    data = copy.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(copy.path)) as container, av.open(str(made("vfr.mp4"))) as source:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        times = [frame.time for frame in container.decode(video=0)]
        assert times == pytest.approx([frame.time for frame in source.decode(video=0)], abs=0.0006)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_masks_lie_on_the_picture_as_it_is_displayed(tmp_path: Path, degrees: int) -> None:
    path = turn(write_video(tmp_path / "phone.mp4", frames=12), degrees)
    original = planes(path)
    copy = make_released_copy(path, "ab" * 32, tmp_path / "out.mp4", (PATCH,))

    shown = stored_planes(copy.path)
    high, wide = shown[0][0].shape
    assert (wide, high) == ((160, 120) if degrees == 180 else (120, 160))
    beside = far_from(masked_blocks((PATCH,), wide, high))
    inside = touched(PATCH, wide, high)
    for (luma, _), before in zip(shown, original, strict=True):
        assert np.abs(luma[inside] - 96).max() <= 6
        assert np.abs(luma - before[0])[beside].mean() < 2.5


@pytest.mark.parametrize("size", [(161, 91), (162, 90), (33, 35), (16, 16)])
@pytest.mark.parametrize("mask", [PATCH, TILL, STAR, ((0, 0), (1, 0), (1, 1), (0, 1))])
def test_every_pixel_that_a_mask_touches_is_painted(size: tuple[int, int], mask: Mask) -> None:
    wide, high = size[0] // 2 * 2, size[1] // 2 * 2
    painted = np.kron(masked_blocks([mask], wide, high), np.ones((2, 2), bool))
    needed = touched(mask, wide, high)
    for down, over in ((0, 0), (2, 0), (-2, 0), (0, 2), (0, -2)):  # and two pixels around
        moved = np.roll(needed, (down, over), (0, 1))
        moved[: max(0, down)] = moved[:, : max(0, over)] = False
        if down < 0:
            moved[down:] = False
        if over < 0:
            moved[:, over:] = False
        assert not (moved & ~painted).any()
    if wide > 100 and mask in (PATCH, TILL):
        assert painted.sum() < 2 * needed.sum()


def test_sliver_and_corner_are_painted_too() -> None:
    sliver = ((0.2, 0.5), (0.8, 0.5), (0.8, 0.5005))
    assert masked_blocks([sliver], 160, 120)[30, 17:63].all()
    assert masked_blocks([((1, 1), (1, 0.9999), (0.9999, 1))], 160, 120)[-1, -1]


def lossless(path: Path, *parts: tuple[tuple[int, int], str], under: Mask, seed: int) -> Path:
    """H.264 without loss, five pictures of noise for each (size, pixel format); what lies under `under`
    comes from `seed`, the rest is always the same."""
    pieces = []
    for size, pixels in parts:
        inside = touched(under, *size)
        with av.open(str(path), "w", format="h264") as out:
            stream = out.add_stream("libx264", rate=10, options={"bf": "0", "qp": "0", "preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = *size, pixels
            for number in range(5):
                noise = np.random.default_rng(number).integers(0, 256, (3, size[1], size[0]), np.uint8)
                secret = np.random.default_rng((seed, number)).integers(0, 256, noise.shape, np.uint8)
                noise[:, inside] = secret[:, inside]
                out.mux(stream.encode(av.VideoFrame.from_ndarray(noise, "yuv444p").reformat(format=pixels)))
            out.mux(stream.encode(None))
        pieces.append(path.read_bytes())
    path.write_bytes(b"".join(pieces))
    timed = path.with_suffix(".ts")
    with av.open(str(path)) as source, av.open(str(timed), "w", format="mpegts") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            packet.pts = packet.dts = number * 9000
            packet.stream = stream
            out.mux(packet)
    return timed


@pytest.mark.parametrize(
    "parts",
    [
        [((160, 120), "yuv420p")],
        [((161, 91), "yuv444p")],
        [((320, 240), "yuv420p"), ((64, 48), "yuv420p")],
        [((48, 64), "yuv420p"), ((160, 120), "yuv420p")],
        [((32, 24), "yuv420p"), ((640, 480), "yuv420p")],
    ],
    ids=["even", "odd", "smaller later", "larger later", "much larger later"],
)
def test_pictures_that_differ_under_the_mask_only_reach_the_encoder_as_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: list[tuple[tuple[int, int], str]]
) -> None:
    """To the last bit. The files cannot be compared: x264 does not always decide alike on noise."""

    def watched(pictures: Iterable[av.VideoFrame], *arguments: Any, **named: Any) -> int:
        def watch() -> Iterator[av.VideoFrame]:
            for picture in pictures:
                pixels = picture.to_ndarray()
                seen[-1].update(pixels.tobytes())
                luma = pixels[: picture.height]
                assert (luma[touched(mask, picture.width, picture.height)] == 96).all()
                yield picture

        return write_h264(watch(), *arguments, **named)

    seen: list[Any] = []
    monkeypatch.setattr("sightline.video.h264_file.write_h264", watched)
    sources = [lossless(tmp_path / f"{seed}.h264", *parts, under=TILL, seed=seed) for seed in (1, 2)]
    for mask in (TILL, PATCH):
        for path in sources:
            seen.append(hashlib.sha256())
            copy = make_released_copy(path, "ab" * 32, path.with_suffix(".mp4"), (mask,))
            assert copy.frames == 5 * len(parts)
    digests = [one.hexdigest() for one in seen]
    assert digests[0] == digests[1]
    assert digests[2] != digests[3], "the videos do differ where no mask lies"


@pytest.mark.parametrize(
    ("masks", "says"),
    [
        ((), "there is no mask"),
        ((((0, 0), (1, 1)),), "at least 3 points"),
        ((((0, 0), (1, 1), (1.1, 0)),), "from 0 to 1"),
        ((((0, 0), (1, 1), (float("nan"), 0)),), "from 0 to 1"),
    ],
)
def test_what_is_no_mask_releases_nothing(
    made: Made, tmp_path: Path, masks: tuple[Mask, ...], says: str
) -> None:
    with pytest.raises(EvidenceError, match=says):
        make_released_copy(made("h264_b.mp4"), "ab" * 32, tmp_path / "out.mp4", masks)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_cannot_be_masked_leaves_no_file(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def fails_late(picture: av.VideoFrame) -> av.VideoFrame:
        calls.append(1)
        if len(calls) == 9:
            raise EvidenceError("this picture cannot be put upright")
        return upright(picture)

    monkeypatch.setattr("sightline.video.h264_file.upright", fails_late)
    with pytest.raises(EvidenceError, match="cannot be put upright"):
        make_released_copy(made("h264_b.mp4"), "ab" * 32, tmp_path / "out.mp4", (PATCH,))
    assert len(calls) == 9
    assert not list(tmp_path.iterdir())


def test_video_that_is_turned_by_a_slant_is_not_released(tmp_path: Path) -> None:
    path = write_video(tmp_path / "slanted.mp4", frames=5)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    slant = [0xB505, 0xB505, 0, -0xB505, 0xB505, 0, 0, 0, 0x40000000]  # 45 degrees
    data[at : at + 36] = b"".join(cell.to_bytes(4, "big", signed=True) for cell in slant)
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match="only quarter turns"):
        make_released_copy(path, "ab" * 32, tmp_path / "out.mp4", (PATCH,))
    assert [one.name for one in tmp_path.iterdir()] == ["slanted.mp4"]


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a video")
    with pytest.raises(EvidenceError, match=r"clip\.mp4: cannot be read"):
        make_released_copy(tmp_path / "clip.mp4", "ab" * 32, tmp_path / "out.mp4", (PATCH,))
    assert [one.name for one in tmp_path.iterdir()] == ["clip.mp4"]


def test_no_pictures_are_no_file(tmp_path: Path) -> None:
    assert write_h264([], tmp_path / "none.mp4", rate=Fraction(5), time_base=Fraction(1, 1000)) == 0
    assert not list(tmp_path.iterdir())
