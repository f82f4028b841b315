"""Copies with blurred faces: nothing of a face is left but averages, also where a detector missed it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from sightline.errors import EvidenceError, ModelError, PictureWithheld
from sightline.video.blurring import CELLS, BlurPlan, FloatArray, blurred, blurred_once, plan_blurs
from sightline.video.frames_clip import clip_of_frames
from sightline.video.picture import Frame
from sightline.video.released_copy import make_released_copy

WIDE, HIGH, FACE = 192, 128, 40
NOTHING: FloatArray = np.empty((0, 4), np.float32)
MASK = ((0.0, 0.75), (0.25, 0.75), (0.25, 1.0), (0.0, 1.0))


def face_at(number: int) -> tuple[int, int, int, int]:
    """Where the face is in a picture, xyxy pixels: it walks to the right, two pixels a picture."""
    left = 20 + 2 * number
    return left, 30, left + FACE, 30 + FACE


def painted(number: int) -> npt.NDArray[np.uint8]:
    """Grey, and a face of stark noise: that survives coding."""
    picture = np.full((HIGH, WIDE, 3), 110, np.uint8)
    noise = np.random.default_rng(3).integers(0, 2, (FACE // 4, FACE // 4)) * 200 + 20
    left, top, right, bottom = face_at(number)
    picture[top:bottom, left:right] = np.kron(noise, np.ones((4, 4)))[..., None]
    picture[90:120, 150:190] = np.kron(noise, np.ones((4, 4)))[:30, :40, None]  # goods on a shelf
    return picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "walk.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=15, options={"crf": "12", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        for number in range(45):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(painted(number), "rgb24")))
        out.mux(stream.encode(None))
    return path


def looking(*missed: int, seen: list[int] | None = None) -> Callable[[Frame], tuple[FloatArray, FloatArray]]:
    """Finds the face in every picture but some."""

    def look(picture: Frame) -> tuple[FloatArray, FloatArray]:
        assert picture.bgr().shape == (picture.height, picture.width, 3)
        if seen is not None:
            seen.append(picture.index)
        faces = np.array([face_at(picture.index)], np.float32)
        return (NOTHING if picture.index in missed else faces), NOTHING

    return look


def lumas(path: Path) -> list[npt.NDArray[np.int_]]:
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="yuv420p")[: frame.height].astype(int)
            for frame in container.decode(video=0)
        ]


def detail(luma: npt.NDArray[np.int_], box: tuple[int, int, int, int]) -> float:
    """Mean step from pixel to pixel: what a face is recognised by."""
    left, top, right, bottom = box
    part = luma[top:bottom, left:right]
    return float(np.abs(np.diff(part, axis=0)).mean() + np.abs(np.diff(part, axis=1)).mean())


@pytest.mark.parametrize(
    "missed",
    [(), (7,), (0, 1, 2), (42, 43, 44), (10, 11, 12, 13, 14, 15, 16, 17, 18, 19), tuple(range(1, 45, 2))],
    ids=["none", "one", "first", "last", "two thirds of a second", "every other"],
)
def test_face_is_gone_in_every_picture(clip: Path, tmp_path: Path, missed: tuple[int, ...]) -> None:
    seen: list[int] = []
    copy = make_released_copy(clip, "ab" * 32, tmp_path / "out.mp4", (), looking(*missed, seen=seen))

    assert seen == list(range(45)), "every picture is looked at"
    assert (copy.faces_blurred, copy.masks, copy.derived_from, copy.frames) == (True, (), "ab" * 32, 45)
    shown, before = lumas(copy.path), lumas(clip)
    for number, (luma, original) in enumerate(zip(shown, before, strict=True)):
        assert detail(original, face_at(number)) > 25
        assert detail(luma, face_at(number)) < 10, f"picture {number}"
        assert detail(luma, (150, 90, 190, 120)) > 20, "what is no face stays as it is"


def test_masks_are_drawn_beside_it(clip: Path, tmp_path: Path) -> None:
    copy = make_released_copy(clip, "ab" * 32, tmp_path / "out.mp4", (MASK,), looking())
    assert copy.masks == (MASK,)
    assert copy.faces_blurred
    for number, luma in enumerate(lumas(copy.path)):
        assert detail(luma, face_at(number)) < 10
        assert np.abs(luma[100:126, 2:44] - 96).max() <= 6
    assert not make_released_copy(clip, "ab" * 32, tmp_path / "masked.mp4", (MASK,)).faces_blurred


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(ModelError("the runtime failed"), PictureWithheld), (RuntimeError("a bug"), RuntimeError)],
)
def test_a_picture_that_cannot_be_looked_at_leaves_no_file(
    clip: Path, tmp_path: Path, failure: Exception, raised: type[Exception]
) -> None:
    def fails_late(picture: Frame) -> tuple[FloatArray, FloatArray]:
        if picture.index == 30:
            raise failure
        return NOTHING, NOTHING

    with pytest.raises(raised) as told:
        make_released_copy(clip, "ab" * 32, tmp_path / "out.mp4", (MASK,), fails_late)
    assert not list(tmp_path.iterdir())
    if raised is PictureWithheld:
        assert "picture 31 could not be looked at (the runtime failed)" in str(told.value)


def test_a_picture_that_nobody_looked_at_is_not_shown() -> None:
    picture = av.VideoFrame.from_ndarray(painted(0), "rgb24").reformat(format="yuv420p")
    plan = BlurPlan({0: NOTHING}, "till.mp4")
    for pts in (None, 7):
        picture.pts = pts
        with pytest.raises(PictureWithheld, match="nobody looked for faces"):
            plan.blurred(picture)
    picture.pts = 0
    assert (plan.blurred(picture).to_ndarray() == picture.to_ndarray()).all()


def test_faces_with_the_same_averages_become_the_same_picture() -> None:
    """To the last bit: there is nothing in it by which anybody could tell two such faces apart."""
    region = np.array([[16 / WIDE, 16 / HIGH, 96 / WIDE, 96 / HIGH]], np.float32)
    cell = 80 // CELLS
    made = []
    for seed in (1, 2):
        planes = np.full((HIGH * 3 // 2, WIDE), 100, np.uint8)
        values = np.random.default_rng(0).integers(0, 256, (cell, cell), np.uint8).ravel()
        shuffled = np.random.default_rng(seed).permutation
        for row in range(CELLS):
            for column in range(CELLS):
                y, x = 16 + row * cell, 16 + column * cell
                planes[y : y + cell, x : x + cell] = shuffled(values).reshape(cell, cell)
        made.append(av.VideoFrame.from_ndarray(planes, "yuv420p"))
    assert (made[0].to_ndarray() != made[1].to_ndarray()).mean() > 0.15
    assert (blurred(made[0], region).to_ndarray() == blurred(made[1], region).to_ndarray()).all()


def test_regions_reach_over_the_edge_and_are_covered_to_the_last_pixel() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (HIGH * 3 // 2, WIDE), np.uint8)
    picture = av.VideoFrame.from_ndarray(noise, "yuv420p")
    regions = np.array([[-0.5, -0.2, 0.101, 0.11], [0.9, 0.95, 1.4, 1.2], [1.2, 0, 1.4, 1]], np.float32)
    shown = blurred(picture, regions).to_ndarray()[:HIGH].astype(int)
    assert detail(shown, (0, 0, 20, 16)) < 25
    assert detail(shown, (174, 122, WIDE, HIGH)) < 60
    assert (shown[30:100] == noise[30:100]).all(), "what lies outside of the picture covers nothing"
    assert (picture.to_ndarray() == noise).all(), "the decoder's own picture is left alone"


def test_regions_that_overlap_never_bring_anything_back() -> None:
    noise = np.random.default_rng(6).integers(0, 2, (HIGH // 4, WIDE // 4), np.uint8) * 200
    planes = np.full((HIGH * 3 // 2, WIDE), 128, np.uint8)
    planes[:HIGH] = np.kron(noise, np.ones((4, 4), np.uint8))
    picture = av.VideoFrame.from_ndarray(planes, "yuv420p")
    large, small = [0.1, 0.1, 0.9, 0.9], [0.4, 0.4, 0.5, 0.55]
    for both in ([large, small], [small, large]):
        shown = blurred(picture, np.array(both, np.float32)).to_ndarray()[:HIGH].astype(int)
        assert detail(shown, (78, 52, 94, 68)) < 10


def test_odd_formats_are_withheld() -> None:
    with pytest.raises(PictureWithheld, match="format"):
        blurred(av.VideoFrame.from_ndarray(painted(0), "rgb24"), NOTHING)


def test_a_single_picture_is_blurred_as_it_is_found() -> None:
    picture = av.VideoFrame.from_ndarray(painted(0), "rgb24").reformat(format="yuv420p")
    shown = blurred_once(picture, looking(), "a still").to_ndarray()[:HIGH].astype(int)
    assert detail(shown, face_at(0)) < 10
    with pytest.raises(PictureWithheld, match="a still"):
        blurred_once(picture, failing, "a still")


def failing(_picture: Frame) -> tuple[FloatArray, FloatArray]:
    raise ModelError("no")


def test_a_video_without_a_look_and_without_masks_is_no_copy(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no mask"):
        make_released_copy(clip, "ab" * 32, tmp_path / "out.mp4", ())


def test_heads_are_covered_as_faces_are(clip: Path, tmp_path: Path) -> None:
    def look(picture: Frame) -> tuple[FloatArray, FloatArray]:
        return NOTHING, np.array([face_at(picture.index)], np.float32)

    copy = make_released_copy(clip, "ab" * 32, tmp_path / "out.mp4", (), look)
    assert all(detail(luma, face_at(number)) < 10 for number, luma in enumerate(lumas(copy.path)))


def test_a_plan_wants_times() -> None:
    picture = av.VideoFrame.from_ndarray(painted(0), "rgb24").reformat(format="yuv420p")
    picture.pts = None
    with pytest.raises(PictureWithheld, match="picture 1 has no time"):
        plan_blurs([picture], looking(), time_base=Fraction(1, 15), name="x")


def test_frames_of_another_program_are_blurred_before_they_are_kept(tmp_path: Path) -> None:
    given = [{"frame_data": painted(number), "timestamp": number / 15} for number in range(20)]
    made = clip_of_frames(given, tmp_path / "alert.mp4", looking(4, 5))
    assert made.frames == 20
    for number, luma in enumerate(lumas(made.path)):
        assert detail(luma, face_at(number)) < 10, f"picture {number}"
    with pytest.raises(PictureWithheld):
        clip_of_frames(given, tmp_path / "none.mp4", failing)
    assert not (tmp_path / "none.mp4").exists()
