"""How a network wants its picture and how its answer is read, recognised from the network itself."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sightline.domain.detection import FloatArray
from sightline.errors import ModelError

PERSON_WORDS = ("person", "people", "pedestrian", "human")
"""What models of different homes call class 0 of COCO."""

FINEST_TO_COARSEST = (8, 16, 32)
"""Strides of the three grids that both families predict on, in the order of their rows."""


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What one run of a model on a blank picture told about it.

    Attributes:
        file: for messages.
        width, height: input pixels.
        outputs: shape of each output.
        metadata: key and value texts kept in the file.
    """

    file: str
    width: int
    height: int
    outputs: tuple[tuple[int, ...], ...]
    metadata: Mapping[str, str]

    @property
    def cells(self) -> int:
        """How many grid cells of all strides the input has: one prediction each."""
        return sum((self.height // stride) * (self.width // stride) for stride in FINEST_TO_COARSEST)

    def person_class(self, classes: int) -> int:
        """Index of the person class among `classes`; 0, as in COCO, when the file names none.

        Raises:
            ModelError: the file names its classes and a person is not among them.
        """
        names = self._class_names()
        for index, name in names.items():
            if name.lower() in PERSON_WORDS and index < classes:
                return index
        if names:
            known = ", ".join(list(names.values())[:5])
            raise ModelError(f"{self.file}: this model finds no people, it knows {known}; take another model")
        return 0

    def _class_names(self) -> dict[int, str]:
        try:
            names = ast.literal_eval(self.metadata.get("names", "{}"))
        except (ValueError, SyntaxError):  # written by an exporter of another kind
            return {}
        if isinstance(names, Sequence) and not isinstance(names, str):
            names = dict(enumerate(names))
        return {int(index): str(name) for index, name in names.items()} if isinstance(names, dict) else {}


class Layout(Protocol):
    """One family of networks.

    Attributes:
        centred, pixels, gain: how the picture is laid into the input (see `Letterbox`).
        confidence: score below which this family's answers are mostly wrong; used when none is asked for.
        nms_iou: overlap above which two boxes are taken for one person.
    """

    centred: bool
    pixels: Literal["rgb24", "bgr24"]
    gain: float
    confidence: float
    nms_iou: float

    @classmethod
    def recognise(cls, traits: ModelTraits) -> "Layout | None":
        """This layout set up for the model, or None when the model is of another family."""
        ...

    def refuse(self, blank_answer: Sequence[FloatArray], traits: ModelTraits) -> None:
        """Raise ModelError when the answer to a blank picture shows that values would be misread."""
        ...

    def people(self, answer: Sequence[FloatArray], confidence: float) -> tuple[FloatArray, FloatArray]:
        """Candidates before suppression: xyxy boxes (N, 4) in input pixels, and scores (N,)."""
        ...
