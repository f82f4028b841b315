"""What a site blurs faces with: its person detector, and a face model where one is here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.config.settings import Settings
from sightline.domain.detection import FloatArray
from sightline.errors import ConfigError, ModelError, PictureWithheld

if TYPE_CHECKING:
    from sightline.video.blurring import Look
    from sightline.video.picture import Frame
    from sightline.vision.catalogue import ModelEntry

NO_BLUR = "privacy.blur_faces is on and faces cannot be blurred: no picture leaves"
PEOPLE, FACES, RULE = "people", "faces", "rule"
RULE_NOW = "1"
"""Of what is covered and how. A copy that was made by another one is made anew."""
LEAST_PERSON, LEAST_FACE = 0.2, 0.3
"""Scores from which on it is covered, lower than for counting: a plant that is blurred harms nobody."""
LONGEST = 1280
"""Pictures are searched for faces at up to this size: a face of 12 pixels in 720 rows is found."""


class FaceBlur:
    """Chooses and opens the models. They are opened for each copy anew and held only while it is made: a
    model that was fetched meanwhile counts, and a web process does not keep 100 MB for a rare need.
    """

    def __init__(self, settings: Settings) -> None:
        """`settings` of the site: its detector, its folder and catalogue of models."""
        self._detector = settings.detector
        self._models = settings.models

    def means(self) -> Mapping[str, str]:
        """What a copy made now would be blurred with: names of models, nothing is loaded.

        Returns:
            `people`, `rule`, and `faces` where a face model is here.

        Raises:
            PictureWithheld: there is no detector that sees people who stand still.
        """
        name, _ = self._person_model()
        face_model = self._face_model()
        faces = {FACES: face_model[0].name} if face_model is not None else {}
        return {PEOPLE: name, RULE: RULE_NOW, **faces}

    def open(self) -> Look:
        """Load the models.

        Raises:
            PictureWithheld: one that is here cannot be loaded, or there is none.
        """
        from sightline.vision.heads import HeadFinder
        from sightline.vision.looks import FACE_DETECTOR, load_look
        from sightline.vision.registry import open_detector

        self._person_model()
        face_model = self._face_model()
        chosen = self._detector
        try:
            people = open_detector(
                chosen.name,
                confidence=min(chosen.confidence, LEAST_PERSON),
                runtime=chosen.runtime,
                precision=chosen.precision,
                threads=1,
                find_model=self._find,
            )
            faces = None
            if face_model is not None:
                entry, file = face_model
                bold = entry.model_copy(update={"confidence": min(entry.confidence or 1, LEAST_FACE)})
                faces = load_look(FACE_DETECTOR)(bold, file, longest=LONGEST, threads=1)
        except (ModelError, ConfigError) as error:
            raise PictureWithheld(f"{NO_BLUR} ({error})") from error
        finder = HeadFinder(people, faces)

        def look(picture: Frame) -> tuple[FloatArray, FloatArray]:
            found = finder.find(picture)
            return found.faces, found.heads

        return look

    def _person_model(self) -> tuple[str, Path]:
        from sightline.vision.registry import choose_model

        try:
            name, path = choose_model(self._detector.name, self._find)
        except (ModelError, ConfigError) as error:
            raise PictureWithheld(f"{NO_BLUR} ({error})") from error
        if path is None:
            raise PictureWithheld(
                f"{NO_BLUR} (the built-in detector does not see people who stand still; run:"
                " sightline models pull yolox_nano)"
            )
        return name, path

    def _face_model(self) -> tuple[ModelEntry, Path] | None:
        from sightline.vision.looks import FACE_DETECTOR

        for entry in self._catalogue.values():
            if entry.kind == FACE_DETECTOR and (path := self._find(entry.name)):
                return entry, path
        return None

    @cached_property
    def _catalogue(self) -> Mapping[str, ModelEntry]:
        from sightline.vision.catalogue import load_catalogue

        return load_catalogue(self._models.catalogue)

    def _find(self, name: str) -> Path | None:
        from sightline.vision.catalogue import find_model

        return find_model(name, models_dir=self._models.dir, catalogue=self._catalogue)


def face_blur(settings: Settings) -> FaceBlur | None:
    """What blurs faces, None where the site does not ask for it."""
    return FaceBlur(settings) if settings.privacy.blur_faces else None
