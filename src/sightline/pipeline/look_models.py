"""The models that look closer at people, opened once in a process; one that is missing is off and says so."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.errors import ConfigError, ModelError
from sightline.pipeline.look_sampling import FACE_SIDE_PX, LookCosts
from sightline.vision.looks import FACE_ATTRIBUTES, FACE_DETECTOR, FACE_EMBEDDING, POSE, LookModels

if TYPE_CHECKING:
    from sightline.pipeline.face_looks import FaceLook
    from sightline.vision.pose import PoseModel

FACE_MODELS = (FACE_DETECTOR, FACE_ATTRIBUTES, FACE_EMBEDDING)
ON, OFF = "on", "off"
FACES, KNOWN_AGAIN, POSES = "faces", "known_again", "poses"
WITHOUT = {
    FACES: "nobody's face is looked at",
    KNOWN_AGAIN: "nobody is known again by their face",
    POSES: "how people behave is not looked at",
}
USUAL_MS = {FACE_DETECTOR: 11.0, FACE_EMBEDDING: 2.5, FACE_ATTRIBUTES: 0.2, POSE: 46.0}
"""What a call costs of a model whose entry in the catalogue does not say."""
FACE_CRAFT_MS, POSE_CRAFT_MS = 2.0, 6.0
"""What a look costs beside the models: cutting crops and scaling them, reading the answer; aligning a face
and judging how good a view it is. Of poses for a whole call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLooks:
    """What the settings ask for.

    Attributes:
        demographics: age and gender are to be told.
        reid: people are to be known again.
        poses: so is how they behave.
    """

    demographics: bool = False
    reid: bool = False
    poses: bool = False

    @property
    def faces(self) -> bool:
        return self.demographics or self.reid


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLooks:
    """What can be looked at.

    Attributes:
        faces, pose: None where they are not looked at.
        state: of faces, known_again and poses: on, off, or the sentence why not although it is asked for.
        nominal_ms: what one call costs, by kind of model.
        any_size: whether a smaller crop costs the face detector less.
        facts: name and sha256 of each model, by what it is for.
    """

    faces: "FaceLook | None"
    pose: "PoseModel | None"
    state: Mapping[str, str]
    nominal_ms: Mapping[str, float]
    any_size: bool
    facts: Mapping[str, str | int | float]

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that is asked for and off."""
        return tuple(dict.fromkeys(text for text in self.state.values() if text not in (ON, OFF)))

    def costs(self, picture_ms: float) -> LookCosts:
        """What looks cost, where an analysed picture costs `picture_ms`."""
        ms = self.nominal_ms
        return LookCosts(
            picture=picture_ms,
            face=ms[FACE_DETECTOR] if self.faces is not None else None,
            any_size=self.any_size,
            found_face=FACE_CRAFT_MS + ms.get(FACE_EMBEDDING, 0.0) + ms.get(FACE_ATTRIBUTES, 0.0),
            pose_call=ms[POSE] + POSE_CRAFT_MS if self.pose is not None else None,
            people_a_call=self.pose.group if self.pose is not None else 1,
        )


@dataclass(slots=True)
class _Opening:
    """What comes to be known while models are opened, see `OpenLooks`."""

    models: LookModels
    nominal_ms: dict[str, float] = field(default_factory=dict)
    any_size: bool = True
    facts: dict[str, str | int | float] = field(default_factory=dict)

    def note(self, kind: str, facts: Mapping[str, str | int | float]) -> None:
        """A model of this kind is open."""
        entry, _ = self.models.choose(kind)
        self.nominal_ms[kind] = entry.cost_ms or USUAL_MS[kind]
        if kind == FACE_DETECTOR:
            self.any_size = entry.input is None
        self.facts[kind] = facts["name"]
        self.facts[f"{kind} sha256"] = facts["sha256"]


class SiteLooks:
    """The models of one process, for all its cameras and recordings. Safe to use from several threads.

    Args:
        models: how they are opened.
    """

    def __init__(self, models: LookModels, wanted: WantedLooks) -> None:
        self.wanted = wanted
        self._models = models
        self._guard = threading.Lock()
        self._opened: OpenLooks | None = None

    def open(self) -> OpenLooks:
        """What can be looked at. The first call opens the models; one that cannot be opened is off."""
        with self._guard:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> OpenLooks:
        wanted, opening = self.wanted, _Opening(self._models)
        asked = {FACES: wanted.faces, KNOWN_AGAIN: wanted.reid, POSES: wanted.poses}
        state = {what: ON if is_asked else OFF for what, is_asked in asked.items()}
        faces = self._open_faces(opening, state) if wanted.faces else None
        pose = self._open_pose(opening, state) if wanted.poses else None
        return OpenLooks(
            faces=faces,
            pose=pose,
            state=state,
            nominal_ms=opening.nominal_ms,
            any_size=opening.any_size,
            facts=opening.facts,
        )

    def _open_faces(self, opening: _Opening, state: dict[str, str]) -> "FaceLook | None":
        """Without a vector there is still age and gender; without an age nobody may be known again."""
        from sightline.pipeline.face_looks import FaceLook

        embedder = None
        try:
            if self.wanted.reid:
                embedder = self._models.face_embedder()
        except (ModelError, ConfigError) as error:
            state[KNOWN_AGAIN] = f"{WITHOUT[KNOWN_AGAIN]}: {error}"
            if not self.wanted.demographics:
                state[FACES] = OFF
                return None
        try:
            detector = self._models.face_detector(longest=FACE_SIDE_PX)
            attributes = self._models.face_attributes()
        except (ModelError, ConfigError) as error:
            state[FACES] = f"{WITHOUT[FACES]}: {error}"
            state[KNOWN_AGAIN] = state[FACES] if self.wanted.reid else OFF
            return None
        opening.note(FACE_DETECTOR, detector.facts())
        opening.note(FACE_ATTRIBUTES, attributes.facts())
        if embedder is not None:
            opening.note(FACE_EMBEDDING, embedder.facts())
        return FaceLook(detector, attributes, embedder)

    def _open_pose(self, opening: _Opening, state: dict[str, str]) -> "PoseModel | None":
        try:
            pose = self._models.pose()
        except (ModelError, ConfigError) as error:
            state[POSES] = f"{WITHOUT[POSES]}: {error}"
            return None
        opening.note(POSE, pose.facts())
        return pose
