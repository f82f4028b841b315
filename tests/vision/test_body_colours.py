"""People told apart by the colours of their clothes."""

from datetime import UTC, datetime

import numpy as np
import pytest

from sightline.vision.body_colours import BodyColours
from sightline.vision.picture import ArrayPicture

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RED, BLUE, BLACK, GREY = (60, 40, 170), (150, 80, 50), (30, 28, 32), (120, 122, 118)
BOXES = np.array([[20 + 100 * n, 20, 80 + 100 * n, 200] for n in range(4)], np.float32)


def street(*people: tuple[tuple[int, int, int], tuple[int, int, int]], light: float = 1.0) -> ArrayPicture:
    """People in tops and trousers of plain cloth, BGR, side by side on grey ground."""
    chance = np.random.default_rng(4)
    picture = np.full((220, 440, 3), 140.0)
    for (x1, y1, x2, y2), (top, legs) in zip(BOXES.astype(int), people, strict=False):
        waist = (y1 + y2) // 2
        picture[y1:waist, x1:x2], picture[waist:y2, x1:x2] = top, legs
    picture = picture * light + chance.normal(0, 6, picture.shape)
    return ArrayPicture(np.clip(picture, 0, 255).astype(np.uint8), NOON)


def test_who_wears_the_same_is_alike_and_who_does_not_is_not() -> None:
    colours = BodyColours()
    vectors = colours.vectors(street((RED, BLACK), (RED, BLACK), (BLUE, BLACK), (RED, GREY)), BOXES)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4))
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > colours.same
    assert max(cosines[0, 2], cosines[0, 3], cosines[2, 3]) < colours.even


def test_a_cloud_changes_little() -> None:
    colours = BodyColours()
    before = colours.vectors(street((RED, BLACK), (BLUE, GREY)), BOXES[:2])
    after = colours.vectors(street((RED, BLACK), (BLUE, GREY), light=0.93), BOXES[:2])
    assert (before * after).sum(axis=1).min() > colours.even
    assert (before @ after.T)[0, 1] < 0.5 * (before @ after.T)[0, 0]


def test_boxes_over_the_edge_and_none_at_all_are_taken() -> None:
    colours = BodyColours()
    beyond = np.array([[-50, -20, 60, 400], [430, 100, 600, 300], [500, 500, 510, 520]], np.float32)
    assert np.linalg.norm(colours.vectors(street((RED, BLUE)), beyond), axis=1) == pytest.approx(np.ones(3))
    assert colours.vectors(street(), BOXES[:0]).shape == (0, 784)
