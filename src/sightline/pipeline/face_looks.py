"""The faces of one track: found in crops of a person, the best few kept, and what they tell together."""

from dataclasses import dataclass, field

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.domain.face_votes import FaceVotes, is_face_enough
from sightline.domain.templates import Template
from sightline.vision.crop import Crop
from sightline.vision.face_alignment import GOOD_FACE, aligned, quality
from sightline.vision.face_attributes import FaceAttributeModel
from sightline.vision.face_detection import FaceDetector
from sightline.vision.face_embedding import FaceEmbedder
from sightline.vision.faces import face_of_each

KEPT = 5
"""Faces of a track that count: more of the same face say nothing new."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """One face, as numbers.

    Attributes:
        quality: 0..1.
        vector: (D,), of length 1; None where nobody is to be known again, and of a face that is not good.
    """

    quality: float
    age: float
    male: float
    vector: FloatArray | None = field(default=None, repr=False)


@dataclass(slots=True)
class BestFaces:
    """The best faces of one track; of equal ones the first."""

    _faces: list[SeenFace] = field(default_factory=list)

    def is_among(self, quality: float) -> bool:
        """Whether a face of this quality would be kept."""
        return quality > 0 and (len(self._faces) < KEPT or quality > self._faces[-1].quality)

    def add(self, face: SeenFace) -> None:
        """Keep it, in place of the worst when there are enough."""
        if self.is_among(face.quality):
            self._faces = sorted([*self._faces, face], key=lambda one: -one.quality)[:KEPT]

    def votes(self) -> FaceVotes:
        """What they say of age and gender."""
        votes = FaceVotes()
        for face in self._faces:
            votes.see(age=face.age, male=face.male, quality=face.quality)
        return votes

    def template(self, model: str) -> Template | None:
        """The mean of the good ones; `model` made their vectors."""
        template = None
        for face in self._faces:
            if face.vector is not None:
                template = (
                    template.with_face(model, face.vector) if template else Template.begin(model, face.vector)
                )
        return template


class FaceLook:
    """Looks for the face of one person in one crop.

    Args:
        embedder: None where nobody is to be known again.
    """

    def __init__(
        self, detector: FaceDetector, attributes: FaceAttributeModel, embedder: FaceEmbedder | None
    ) -> None:
        self.detector, self.attributes, self.embedder = detector, attributes, embedder

    def see(self, crop: Crop, people: FloatArray, best: BestFaces) -> SeenFace | None:
        """The face of the first of some people, if it is there, large enough and better than those kept.

        Args:
            crop: shows the upper part of that person.
            people: float32 (N, 4), xyxy pixels of the whole picture: the person, then everybody else whose
                face may be in the crop.

        Raises:
            ModelError: a model failed on it.
        """
        (faces,) = self.detector.detect([crop])
        place = face_of_each(faces, people)[0]
        if place is None:
            return None
        box, score, landmarks = faces.boxes[place], float(faces.scores[place]), faces.landmarks[place]
        if not is_face_enough(score, box[2] - box[0], box[3] - box[1]):
            return None
        face = aligned(crop, landmarks)
        judged = quality(crop, face, box, landmarks, score).overall
        if not best.is_among(judged):
            return None
        told = self.attributes.look([self.attributes.shown(crop, box)])
        vector = None
        if self.embedder is not None and judged >= GOOD_FACE:
            vector = self.embedder.vectors([face])[0]
            if not np.any(vector):
                vector = None  # a vector without length points nowhere
        return SeenFace(judged, float(told.ages[0]), float(told.male[0]), vector)
