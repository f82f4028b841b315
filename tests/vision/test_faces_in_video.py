"""Three people of a real corridor: told apart, with their gender and age, by the files as published."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from people_labels import frames_of
from vision_scenes import NOON

from sightline.domain.detection import FloatArray
from sightline.domain.face_votes import FaceVotes, is_face_enough
from sightline.domain.overlap import pairwise_iou
from sightline.domain.templates import Template, TemplateIndex
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import cut, whole
from sightline.vision.face_alignment import GOOD_FACE, aligned, quality
from sightline.vision.looks import LookModels
from sightline.vision.picture import ArrayPicture

VIDEO = "corridor-faces-a.avi"
FRAMES = range(0, 571, 16)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class SeenFace:
    vector: FloatArray
    quality: float
    age: float
    male: float


@pytest.fixture(scope="module")
def models(shared: Path) -> LookModels:
    return LookModels(load_catalogue(), lambda name: find_model(name, models_dir=shared / "models"))


@pytest.fixture(scope="module")
def seen(shared: Path, models: LookModels) -> list[SeenFace]:
    """All faces large and sure enough, in the order of the video."""
    detector, embedder = models.face_detector(longest=480), models.face_embedder()
    attributes = models.face_attributes()
    found = []
    for _, image in frames_of(shared, VIDEO, FRAMES):
        crop = whole(ArrayPicture(image, NOON))
        (faces,) = detector.detect([crop])
        for box, score, landmarks in zip(faces.boxes, faces.scores, faces.landmarks, strict=True):
            if not is_face_enough(score, box[2] - box[0], box[3] - box[1]):
                continue
            face = aligned(crop, landmarks)
            told = attributes.look([attributes.shown(crop, box)])
            judged = quality(crop, face, box, landmarks, float(score)).overall
            vector = embedder.vectors([face])[0]
            found.append(SeenFace(vector, judged, float(told.ages[0]), float(told.male[0])))
    return found


def grouped(faces: list[SeenFace], threshold: float) -> dict[str, list[SeenFace]]:
    """As identity does it: the best template at or above the threshold, else a new person."""
    index, groups, templates = TemplateIndex("mobilefacenet", 128), {}, {}
    for face in faces:
        (match,) = index.best("mobilefacenet", face.vector[None], threshold=threshold)
        owner = match.owner if match else f"person {len(groups) + 1}"
        kept = templates.get(owner)
        templates[owner] = (
            kept.with_face("mobilefacenet", face.vector)
            if kept
            else Template.begin("mobilefacenet", face.vector)
        )
        index.put(owner, templates[owner])
        groups.setdefault(owner, []).append(face)
    return groups


def test_good_faces_are_three_people_at_the_threshold_of_the_catalogue(seen: list[SeenFace]) -> None:
    good = [face for face in seen if face.quality >= GOOD_FACE]
    assert len(good) >= 40
    assert len(good) >= 0.7 * len(seen)
    groups = grouped(good, load_catalogue()["mobilefacenet"].confidence or 0)
    assert len(groups) == 3
    genders, ages = {}, {}
    for owner, faces in groups.items():
        votes = FaceVotes()
        for face in faces:
            votes.see(age=face.age, male=face.male, quality=face.quality)
        genders[owner] = votes.gender.label
        ages[owner] = float(np.median([face.age for face in faces]))
        assert votes.may_be_known_again
    assert genders == {"person 1": "F", "person 2": "F", "person 3": "M"}
    assert all(20 <= age <= 50 for age in ages.values()), ages


def test_what_quality_leaves_out_is_what_goes_astray(seen: list[SeenFace]) -> None:
    """Profiles and blurs lie far from the face's own person; good faces do not."""
    poor = [face for face in seen if face.quality < GOOD_FACE]
    good = [face for face in seen if face.quality >= GOOD_FACE]
    assert poor
    centres = [
        np.mean([face.vector for face in group], axis=0, dtype=np.float32)
        for group in grouped(good, 0.5).values()
    ]
    near = [max(float(face.vector @ c) / float(np.linalg.norm(c)) for c in centres) for face in good]
    far = [max(float(face.vector @ c) / float(np.linalg.norm(c)) for c in centres) for face in poor]
    assert np.median(far) < np.median(near) - 0.15


def test_both_detectors_find_the_same_faces_in_the_picture_and_in_a_crop(
    shared: Path, models: LookModels
) -> None:
    ((_, image),) = frames_of(shared, VIDEO, [432])
    picture = ArrayPicture(image, NOON)
    large = models.face_detector("scrfd_2.5g_bnkps")
    small = models.face_detector("scrfd_500m_bnkps")
    (reference,) = large.detect([whole(picture)])
    assert len(reference) == 3
    (other,) = small.detect([whole(picture)])
    assert len(other) == 3
    assert np.all(pairwise_iou(reference.boxes, other.boxes).max(axis=1) > 0.7)
    # A crop around each face, as wide as shoulders.
    boxes = [
        (x1 - (x2 - x1), y1 - 0.4 * (y2 - y1), x2 + (x2 - x1), y2 + 2 * (y2 - y1))
        for x1, y1, x2, y2 in reference.boxes
    ]
    for detector in (large, small):
        for crop, box, landmarks in zip(
            detector.detect(cut(picture, boxes)), reference.boxes, reference.landmarks, strict=True
        ):
            overlap = pairwise_iou(crop.boxes, box[None])[:, 0]
            assert overlap.max() > 0.7
            off = np.abs(crop.landmarks[overlap.argmax()] - landmarks).max()
            assert off < 0.12 * (box[3] - box[1])


def test_clothes_tell_the_three_apart(shared: Path, models: LookModels) -> None:
    """The same person a moment later is nearer than the others of the same moment."""
    appearance = models.appearance()
    boxes = {"left": (0, 150, 180, 480), "middle": (180, 320, 330, 480)}
    vectors = {}
    for index, image in frames_of(shared, VIDEO, [432, 438]):
        crops = cut(ArrayPicture(image, NOON), boxes.values())
        for name, vector in zip(boxes, appearance.vectors(crops), strict=True):
            vectors[name, index] = vector
    for name, other in (("left", "middle"), ("middle", "left")):
        same = float(vectors[name, 432] @ vectors[name, 438])
        different = float(vectors[name, 432] @ vectors[other, 432])
        assert same > different + 0.1
