"""The models that look closer at people, by their kind in the catalogue: faces, age, poses, appearance.

A table of strings, as in `registry`, so that listing the choices imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sightline.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from sightline.vision.appearance import AppearanceModel
    from sightline.vision.catalogue import ModelEntry
    from sightline.vision.face_attributes import FaceAttributeModel
    from sightline.vision.face_detection import FaceDetector
    from sightline.vision.face_embedding import FaceEmbedder
    from sightline.vision.pose import PoseModel
    from sightline.vision.runtime import Precision, Runtime

FACE_DETECTOR, FACE_EMBEDDING, FACE_ATTRIBUTES = "face detector", "face embedding", "age and gender"
POSE, APPEARANCE = "pose", "appearance"

LOOKS = {
    FACE_DETECTOR: "sightline.vision.face_detection:FaceDetector",
    FACE_EMBEDDING: "sightline.vision.face_embedding:FaceEmbedder",
    FACE_ATTRIBUTES: "sightline.vision.face_attributes:FaceAttributeModel",
    POSE: "sightline.vision.pose:PoseModel",
    APPEARANCE: "sightline.vision.appearance:AppearanceModel",
}


class LookModels:
    """Opens the models of one site.

    Each opener takes the name of a model, or `auto` for the first of its kind in the catalogue whose file is
    here, and raises ConfigError for a name that is not of this kind or a runtime that is not installed, and
    ModelError for a file that is missing, damaged or of another layout.
    """

    def __init__(
        self,
        catalogue: Mapping[str, ModelEntry],
        find_model: Callable[[str], Path | None],
        *,
        runtime: Runtime = "auto",
        precision: Precision = "f32",
        threads: int = 1,
    ) -> None:
        """What is known, and how to compute it.

        Args:
            catalogue: see `load_catalogue`.
            find_model: tells where the file of a named model is.
            runtime, precision, threads: see `Network`.
        """
        self._catalogue = catalogue
        self._find_model = find_model
        self._how = {"runtime": runtime, "precision": precision, "threads": threads}

    def face_detector(self, name: str = "auto", *, longest: int = 640) -> FaceDetector:
        """Faces with landmarks; `longest`: see `FaceDetector`."""
        return cast("FaceDetector", self._open(FACE_DETECTOR, name, longest=longest))

    def face_embedder(self, name: str = "auto") -> FaceEmbedder:
        """Vectors of aligned faces."""
        return cast("FaceEmbedder", self._open(FACE_EMBEDDING, name))

    def face_attributes(self, name: str = "auto") -> FaceAttributeModel:
        """Age and gender of faces."""
        return cast("FaceAttributeModel", self._open(FACE_ATTRIBUTES, name))

    def pose(self, name: str = "auto") -> PoseModel:
        """Seventeen points of each person."""
        return cast("PoseModel", self._open(POSE, name))

    def appearance(self, name: str = "auto") -> AppearanceModel:
        """Vectors of people's clothes."""
        return cast("AppearanceModel", self._open(APPEARANCE, name))

    def choose(self, kind: str, wanted: str = "auto") -> tuple[ModelEntry, Path]:
        """The entry and file of the model that would be opened.

        Raises:
            ConfigError: the name is not in the catalogue, or of a model of another kind.
            ModelError: no file of it is here.
        """
        known = [entry for entry in self._catalogue.values() if entry.kind == kind]
        names = ", ".join(entry.name for entry in known)
        if wanted != "auto":
            if wanted not in self._catalogue:
                raise ConfigError(f"unknown model {wanted!r}; of the kind {kind!r} are {names or 'none'}")
            if self._catalogue[wanted].kind != kind:
                other = self._catalogue[wanted].kind
                raise ConfigError(f"the model {wanted} is of the kind {other!r}, not {kind!r}; take {names}")
            known = [self._catalogue[wanted]]
        for entry in known:
            if path := self._find_model(entry.name):
                return entry, path
        if wanted != "auto":
            raise ModelError(f"the model {wanted} is not here; run: sightline models pull {wanted}")
        if not known:
            raise ModelError(f"the catalogue has no model of the kind {kind!r}")
        raise ModelError(
            f"no model of the kind {kind!r} is here; fetch one of {names}:"
            f" sightline models pull {known[0].name}"
        )

    def _open(self, kind: str, wanted: str, **more: Any) -> Any:
        entry, path = self.choose(kind, wanted)
        return load_look(kind)(entry, path, **self._how, **more)


def load_look(kind: str) -> Any:
    """The adapter class behind a kind of `LOOKS`."""
    module, _, attribute = LOOKS[kind].partition(":")
    return getattr(import_module(module), attribute)
