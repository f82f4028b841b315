"""Where heads are covered, and whether small faces are looked for where people are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from vision_scenes import picture

from sightline.domain.detection import Detections
from sightline.errors import ModelError
from sightline.vision.crop import Crop
from sightline.vision.faces import Faces
from sightline.vision.heads import FACE_MARGIN, HeadFinder, heads_of, parts_of
from sightline.vision.picture import Picture

FloatArray = npt.NDArray[np.float32]


def array(*boxes: Sequence[float]) -> FloatArray:
    return np.array(boxes, np.float32).reshape(-1, 4)


class SeenPeople:
    """Finds the same people in every picture."""

    name, note, parallel, needs_every_picture, batch = "scripted", "", 1, False, 1

    def __init__(self, *boxes: Sequence[float]) -> None:
        self._boxes = array(*boxes)

    def detect(self, _picture: Picture) -> Detections:
        return Detections(self._boxes, np.ones(len(self._boxes), np.float32))

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        return [self.detect(one) for one in pictures]

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name}


class SeenFaces:
    """Answers by the size of what it is shown: in pixels of that crop, moved to where the crop was."""

    def __init__(self, by_size: dict[tuple[int, int], FloatArray]) -> None:
        self._by_size = by_size
        self.shown: list[tuple[int, int]] = []

    def detect(self, crops: Sequence[Crop]) -> list[Faces]:
        answers = []
        for crop in crops:
            size = (crop.picture.width, crop.picture.height)
            self.shown.append(size)
            boxes = self._by_size.get(size, array())
            marks = np.zeros((len(boxes), 5, 2), np.float32)
            answers.append(Faces(boxes, np.ones(len(boxes), np.float32), marks).moved(crop.offset))
        return answers


def finder(people: SeenPeople, faces: SeenFaces | None) -> HeadFinder:
    return HeadFinder(people, faces)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("box", "holds"),
    [
        pytest.param((100, 100, 200, 400), (100, 100, 200, 160), id="standing"),
        pytest.param((100, 100, 300, 380), (100, 100, 300, 220), id="cut off at the waist"),
        pytest.param((100, 100, 300, 150), (100, 100, 300, 150), id="a head at the lower edge"),
    ],
)
def test_a_head_is_the_upper_end_of_a_person(box: tuple[float, ...], holds: tuple[float, ...]) -> None:
    (head,) = heads_of(array(box))
    assert head[0] <= holds[0]
    assert head[1] < holds[1], "boxes end at the hair"
    assert head[2] >= holds[2]
    assert head[3] >= holds[3]
    assert head[3] <= box[3]


def test_nobody_has_no_head() -> None:
    assert heads_of(array()).shape == (0, 4)
    found = finder(SeenPeople(), SeenFaces({})).find(picture(320, 240))
    assert (found.faces.shape, found.heads.shape) == ((0, 4), (0, 4))


def test_faces_have_a_margin_and_heads_are_covered_beside_them() -> None:
    faces = SeenFaces({(640, 480): array((110, 110, 130, 140))})
    found = finder(SeenPeople((100, 100, 160, 460)), faces).find(picture(640, 480))
    assert found.faces == pytest.approx(
        array(
            (110 - 20 * FACE_MARGIN, 110 - 30 * FACE_MARGIN, 130 + 20 * FACE_MARGIN, 140 + 30 * FACE_MARGIN)
        )
    )
    assert len(found.heads) == 1
    assert faces.shown == [(640, 480)], "who shows a face is not looked at again"


def test_small_people_without_a_face_are_looked_at_enlarged() -> None:
    # 40 x 100 with a tenth of 100 on each side: 60 x 120, shown at 256 / 120.
    scale = 256 / 120
    enlarged = (round(60 * scale), 256)
    faces = SeenFaces({enlarged: array((20 * scale, 15 * scale, 30 * scale, 30 * scale))})
    found = finder(SeenPeople((300, 200, 340, 300), (10, 10, 150, 400)), faces).find(picture(640, 480))
    assert faces.shown == [(640, 480), enlarged], "who is large is not"
    margin = np.array([10, 15, 10, 15], np.float32) * FACE_MARGIN
    wanted = array((290 + 20, 190 + 15, 290 + 30, 190 + 30)) + margin * (-1, -1, 1, 1)
    assert found.faces == pytest.approx(wanted, abs=0.2)


def test_in_large_pictures_people_are_looked_for_in_parts_too() -> None:
    """Who is seen in a part is where the part is; a box at its upper border is no head, but one at the
    picture's is."""

    class InParts(SeenPeople):
        def detect(self, picture: Picture) -> Detections:
            found = array() if picture.width == 1280 else array((100, 0, 140, 90), (200, 50, 240, 140))
            return Detections(found, np.ones(len(found), np.float32))

    heads = finder(InParts(), SeenFaces({})).find(picture(1280, 720)).heads
    lefts = sorted({round(float(x)) for x in heads[:, 0]})
    assert lefts == [100, 200, 576 + 100, 576 + 200]
    assert len(heads) == 2 * 2 + 2 * 1
    assert finder(InParts(), SeenFaces({})).find(picture(960, 540)).heads.shape == (2, 4)
    for left, top, right, bottom in parts_of(1281, 723):
        assert 0 <= left < right <= 1281
        assert 0 <= top < bottom <= 723
        assert not any(side % 2 for side in (left, top, right, bottom))


def test_without_a_face_model_half_of_a_person_is_covered() -> None:
    found = finder(SeenPeople((100, 100, 200, 400)), None).find(picture(640, 480))
    assert len(found.faces) == 0
    assert found.heads[0, 3] >= 250


def test_a_model_that_fails_is_not_nobody() -> None:
    class Broken(SeenPeople):
        def detect(self, _picture: Picture) -> Detections:
            raise ModelError("failed")

    with pytest.raises(ModelError):
        finder(Broken(), None).find(picture(64, 64))
