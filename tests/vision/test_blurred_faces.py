"""Real faces in released copies: not found again, not known again, not even where they had been missed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from people_labels import frames_of
from vision_scenes import NOON

from sightline.config.settings import Settings
from sightline.domain.covering import grown
from sightline.domain.overlap import pairwise_iou
from sightline.evidence.face_blur import FaceBlur
from sightline.video.blurring import FloatArray
from sightline.video.picture import Frame
from sightline.video.released_copy import make_released_copy
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import whole
from sightline.vision.face_alignment import aligned
from sightline.vision.face_detection import FaceDetector
from sightline.vision.face_embedding import FaceEmbedder
from sightline.vision.faces import Faces
from sightline.vision.heads import FACE_MARGIN
from sightline.vision.looks import LookModels
from sightline.vision.picture import ArrayPicture

pytestmark = pytest.mark.slow

Image = npt.NDArray[np.uint8]
LARGE = 45
"""Pixels high; from here on a face differs from others by more than its blur."""
STRETCHES = {
    "corridor": ("corridor-faces-a.avi", range(150, 166), 15),
    "till": ("supermarket-checkout-cctv.mp4", range(46, 51), 7),
}


@dataclass(frozen=True)
class Stretch:
    """A few seconds of a real video, coded again with little loss, and the faces in each picture."""

    clip: Path
    pictures: list[Image]
    faces: list[Faces]


@pytest.fixture(scope="module")
def models(shared: Path) -> LookModels:
    return LookModels(load_catalogue(), lambda name: find_model(name, models_dir=shared / "models"))


@pytest.fixture(scope="module")
def detector(models: LookModels) -> FaceDetector:
    return models.face_detector("scrfd_2.5g_bnkps", longest=1280)


@pytest.fixture(scope="module")
def embedder(models: LookModels) -> FaceEmbedder:
    return models.face_embedder("mobilefacenet")


@pytest.fixture(scope="module")
def stretches(
    shared: Path, detector: FaceDetector, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Stretch]:
    folder, made = tmp_path_factory.mktemp("stretches"), dict[str, Stretch]()

    def stretch(name: str) -> Stretch:
        if name not in made:
            video, frames, fps = STRETCHES[name]
            path = folder / f"{name}.mp4"
            with av.open(str(path), "w") as out:
                stream = out.add_stream("libx264", rate=fps, options={"crf": "8", "preset": "ultrafast"})
                for number, image in frames_of(shared, video, frames):
                    if number == frames[0]:
                        stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
                    out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
                out.mux(stream.encode(None))
            pictures = shown(path)
            made[name] = Stretch(path, pictures, faces_in(detector, pictures))
        return made[name]

    return stretch


def shown(path: Path) -> list[Image]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def faces_in(detector: FaceDetector, pictures: Sequence[Image]) -> list[Faces]:
    return [detector.detect([whole(ArrayPicture(picture, NOON))])[0] for picture in pictures]


def vectors_at(embedder: FaceEmbedder, picture: Image, faces: Faces) -> FloatArray:
    """Of what lies where these faces were."""
    crop = whole(ArrayPicture(picture, NOON))
    return embedder.vectors([aligned(crop, marks) for marks in faces.landmarks])


def check_nobody_is_known(
    stretch: Stretch, copy: Path, detector: FaceDetector, embedder: FaceEmbedder, *, at_least: int
) -> None:
    pictures = shown(copy)
    assert len(pictures) == len(stretch.pictures)
    threshold = load_catalogue()["mobilefacenet"].confidence
    assert threshold is not None
    faces, alike, different = 0, [0.0], [0.0]
    left = faces_in(detector, pictures)
    for number, (before, after, seen) in enumerate(
        zip(stretch.pictures, pictures, stretch.faces, strict=True)
    ):
        if not len(seen):
            continue
        faces += len(seen)
        overlap = pairwise_iou(seen.boxes, left[number].boxes)
        assert overlap.max(initial=0) == 0, f"picture {number}: a face is found where one was"
        own, blurred = vectors_at(embedder, before, seen), vectors_at(embedder, after, seen)
        likeness = own @ blurred.T
        alike += likeness.diagonal().tolist()
        different += likeness[~np.eye(len(seen), dtype=bool)].tolist()
        large = seen.boxes[:, 3] - seen.boxes[:, 1] >= LARGE
        assert (likeness.diagonal()[large] < threshold).all(), f"picture {number}: somebody is known again"
    assert faces >= at_least
    # Small faces are smears to begin with, all of which are alike for a network: but not each its own.
    assert np.mean(alike) <= np.mean(different) + 0.1


@pytest.mark.parametrize(("name", "at_least"), [("corridor", 13), ("till", 3)])
def test_no_face_is_left_in_what_leaves(
    stretches: Callable[[str], Stretch],
    shared: Path,
    detector: FaceDetector,
    embedder: FaceEmbedder,
    tmp_path: Path,
    name: str,
    at_least: int,
) -> None:
    stretch = stretches(name)
    settings = Settings.model_validate(
        {
            "privacy": {"blur_faces": True},
            "models": {"dir": str(shared / "models")},
            "detector": {"name": "yolox_nano"},
        }
    )
    blur = FaceBlur(settings)
    assert blur.means()["faces"] == "scrfd_2.5g_bnkps"
    copy = make_released_copy(stretch.clip, "ab" * 32, tmp_path / "out.mp4", (), blur.open())
    check_nobody_is_known(stretch, copy.path, detector, embedder, at_least=at_least)
    beside = [
        np.abs(a.astype(int) - b).mean() for a, b in zip(stretch.pictures, shown(copy.path), strict=True)
    ]
    assert max(beside) < 40, "it is still a video"


@pytest.mark.parametrize("blind", [(1,), (2, 3, 4, 5)], ids=["one of six", "four of six"])
def test_faces_that_are_missed_now_and_then_are_covered_all_the_same(
    stretches: Callable[[str], Stretch],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    tmp_path: Path,
    blind: tuple[int, ...],
) -> None:
    """No person detector helps here, and the face detector is blind in some pictures of six."""
    stretch = stretches("corridor")

    def look(picture: Frame) -> tuple[FloatArray, FloatArray]:
        nothing = np.empty((0, 4), np.float32)
        missed = picture.index % 6 in blind
        return (nothing if missed else grown(stretch.faces[picture.index].boxes, FACE_MARGIN)), nothing

    copy = make_released_copy(stretch.clip, "ab" * 32, tmp_path / "out.mp4", (), look)
    check_nobody_is_known(stretch, copy.path, detector, embedder, at_least=13)
