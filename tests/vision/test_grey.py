"""People in grey, whom the test for shadows takes parts of."""

import numpy as np
import pytest

from sightline.vision.background import Mask
from sightline.vision.blobs import Labelled
from sightline.vision.grey import Feet, with_grey
from sightline.vision.stature import Stature


class Always60(Stature):
    """Everybody is 60 pixels tall."""

    known = True

    def __init__(self) -> None:
        super().__init__(120)

    def at_head(self, head: float) -> float:  # noqa: ARG002
        return 60.0


def painted(*boxes: tuple[int, int, int, int]) -> Mask:
    mask = np.zeros((120, 100), np.uint8)
    for x1, y1, x2, y2 in boxes:
        mask[y1:y2, x1:x2] = 255
    return mask


TRUNK, HEAD, THIGHS = (40, 30, 60, 50), (46, 20, 54, 30), (42, 50, 58, 56)


@pytest.mark.parametrize(
    ("shaded", "added"),
    [
        pytest.param(HEAD, HEAD, id="grey hair"),
        pytest.param(THIGHS, THIGHS, id="grey trousers"),
        pytest.param((38, 68, 75, 84), None, id="a shadow around the feet"),
        pytest.param((75, 30, 95, 60), None, id="a shadow beside them"),
        pytest.param((49, 20, 51, 30), None, id="a speck above"),
    ],
)
def test_what_cannot_be_shadow_is_somebody(
    shaded: tuple[int, int, int, int], added: tuple[int, int, int, int] | None
) -> None:
    mask = painted(TRUNK)
    whole = with_grey(mask, Labelled(mask).blobs, painted(shaded), Always60())
    assert (whole == painted(TRUNK, *([added] if added else []))).all()


@pytest.mark.parametrize(
    ("sure_to", "changed_to", "feet"),
    [
        pytest.param(70, 90, 80, id="legs in grey, then a shadow"),
        pytest.param(84, 90, 84, id="longer than expected"),
        pytest.param(70, 75, 75, id="shorter than expected"),
        pytest.param(70, 70, 70, id="no shadow"),
    ],
)
def test_feet_are_where_expected_as_far_as_pictures_allow(sure_to: int, changed_to: int, feet: float) -> None:
    mask = painted((40, 20, 60, sure_to))
    found = Feet(mask, painted((40, sure_to, 60, changed_to))).of(40, 60, 20, 60, sure_to)
    assert found == feet
