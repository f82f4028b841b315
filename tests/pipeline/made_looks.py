"""Stand-ins for the models that look closer: faces and poses where a test puts them, and faults on demand."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.domain.track import Box, TrackedBox
from sightline.errors import ModelError
from sightline.pipeline.look_models import SiteLooks, WantedLooks
from sightline.pipeline.look_worker import LookWorker
from sightline.pipeline.track_looks import CloserLooks
from sightline.vision.catalogue import load_catalogue
from sightline.vision.crop import Crop
from sightline.vision.face_alignment import SIDE, TEMPLATE
from sightline.vision.face_attributes import FaceAttributes
from sightline.vision.faces import Faces
from sightline.vision.looks import FACE_ATTRIBUTES, FACE_DETECTOR, FACE_EMBEDDING, POSE, LookModels
from sightline.vision.picture import ArrayPicture, ByteArray
from sightline.vision.pose import POINTS, Poses

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RICH_MS = 1e6
NOISE = np.random.default_rng(7).integers(0, 255, (480, 640, 3), np.uint8)
"""Crisp everywhere: a face of it is a good one."""

UPRIGHT = (
    (0, -0.4), (0.04, -0.43), (-0.04, -0.43), (0.07, -0.42), (-0.07, -0.42), (0.12, -0.3), (-0.12, -0.3),
    (0.16, -0.15), (-0.16, -0.15), (0.16, 0), (-0.16, 0), (0.08, 0.02), (-0.08, 0.02),
    (0.08, 0.25), (-0.08, 0.25), (0.08, 0.48), (-0.08, 0.48),
)  # fmt: skip
"""Somebody who faces the camera: points in heights of their box, from its middle."""


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def picture(seconds: float) -> ArrayPicture:
    return ArrayPicture(NOISE, at(seconds))


def person(track_id: int, left: float = 100, top: float = 50, height: float = 400) -> TrackedBox:
    return TrackedBox(track_id, (left, top, left + 0.4 * height, top + height), 0.9)


def face_on(one: TrackedBox, height: float = 70) -> Box:
    """Where the face of a person is."""
    x1, y1, x2, y2 = one.box
    across, down = (x1 + x2) / 2, y1 + 0.1 * (y2 - y1)
    return (across - 0.4 * height, down - height / 2, across + 0.4 * height, down + height / 2)


@dataclass
class MadeModels:
    """What `SiteLooks` opens.

    Attributes:
        faces: xyxy pixels of the whole picture, whichever crop is shown.
        in_profile: every face looks past the camera, and is not a good one.
        turned: everybody has their back to the camera; else they face it.
        age, male: of every face.
        missing: kinds of which there is no model.
        group: people in one call of the pose model.
        calls: how many people each call of the pose model was given.
        before: called before each look, by kind of model.
        opened: kinds, in the order they were opened.
    """

    faces: list[Box] = field(default_factory=list)
    in_profile: bool = False
    turned: bool = False
    age: float = 35.0
    male: float = 0.9
    missing: tuple[str, ...] = ()
    group: int = 4
    calls: list[int] = field(default_factory=list)
    before: Callable[[str], None] = lambda _kind: None
    opened: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def choose(self, kind: str, _wanted: str = "auto") -> tuple[Any, None]:
        return next(entry for entry in load_catalogue().values() if entry.kind == kind), None

    def face_detector(self, *, longest: int) -> Any:
        assert longest == 320
        return self._open(FACE_DETECTOR)

    def face_embedder(self) -> Any:
        return self._open(FACE_EMBEDDING)

    def face_attributes(self) -> Any:
        return self._open(FACE_ATTRIBUTES)

    def pose(self) -> Any:
        return self._open(POSE)

    def _open(self, kind: str) -> Any:
        if kind in self.missing:
            raise ModelError(f"no model of the kind {kind!r} is here")
        self.opened.append(kind)
        return _MadeModel(self, kind)

    def site(self, **wanted: bool) -> SiteLooks:
        return SiteLooks(cast(LookModels, self), WantedLooks(**wanted))

    def looks(
        self,
        worker: LookWorker | None = None,
        *,
        patient: bool = True,
        picture_ms: float = RICH_MS,
        **wanted: bool,
    ) -> CloserLooks:
        return CloserLooks(
            self.site(**wanted),
            worker or LookWorker(),
            picture_ms=picture_ms,
            patient=patient,
            name="shop/till",
        )


@dataclass
class _MadeModel:
    of: MadeModels
    kind: str

    @property
    def name(self) -> str:
        return f"made {self.kind}"

    @property
    def group(self) -> int:
        return self.of.group

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name, "sha256": "00"}

    def _look(self) -> None:
        self.of.threads.add(threading.current_thread().name)
        self.of.before(self.kind)

    def detect(self, crops: Sequence[Crop]) -> list[Faces]:
        self._look()
        found = []
        template = (
            TEMPLATE + np.array([[0, 0], [0, 0], [15, 0], [0, 0], [0, 0]], np.float32) * self.of.in_profile
        )
        for crop in crops:
            left, top = crop.offset
            inside = [
                box
                for box in self.of.faces
                if left <= box[0] and top <= box[1]
                and box[2] <= left + crop.picture.width and box[3] <= top + crop.picture.height
            ]  # fmt: skip
            points = [
                template * np.float32((box[3] - box[1]) / SIDE) + np.array(box[:2], np.float32)
                for box in inside
            ]
            found.append(
                Faces(
                    np.array(inside, np.float32).reshape(-1, 4),
                    np.full(len(inside), 0.9, np.float32),
                    np.array(points, np.float32).reshape(-1, 5, 2),
                )
            )
        return found

    def shown(self, _crop: Crop, _box: FloatArray) -> ByteArray:
        return np.zeros((96, 96, 3), np.uint8)

    def look(self, faces: Sequence[ByteArray]) -> FaceAttributes:
        self._look()
        n = len(faces)
        return FaceAttributes(np.full(n, self.of.age, np.float32), np.full(n, self.of.male, np.float32))

    def vectors(self, faces: Sequence[ByteArray]) -> FloatArray:
        self._look()
        return np.eye(1, 16, dtype=np.float32).repeat(len(faces), axis=0)

    def of_people(self, crops: Sequence[Crop], people: FloatArray) -> list[Poses]:
        assert len(crops) == len(people)
        self.of.calls.append(len(crops))
        self._look()
        found = []
        for x1, y1, x2, y2 in people:
            points = np.ones((1, POINTS, 3), np.float32)
            if self.of.turned:
                points[0, :3, 2] = 0
            points[0, :, :2] = np.array(UPRIGHT) * (-1 if self.of.turned else 1, 1) * (y2 - y1) + (
                (x1 + x2) / 2,
                (y1 + y2) / 2,
            )
            found.append(Poses(np.array([[x1, y1, x2, y2]], np.float32), np.ones(1, np.float32), points))
        return found
