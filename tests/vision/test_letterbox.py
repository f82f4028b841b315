"""A picture goes into the network's input and boxes come back out where they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision_scenes import NOON, picture

from sightline.vision.letterbox import PAD_GREY, Letterbox, Placement
from sightline.vision.picture import ArrayPicture

SIDES = st.integers(8, 4000)


@given(SIDES, SIDES, st.sampled_from([(640, 640), (416, 416), (640, 384)]), st.booleans())
def test_the_corners_of_the_placement_come_back_as_the_corners_of_the_picture(
    width: int, height: int, room: tuple[int, int], centred: bool
) -> None:
    placement = Placement.fit((width, height), room, centred=centred)
    left, top = placement.left, placement.top
    shown = np.array([[left, top, left + placement.width, top + placement.height]], np.float32)
    assert placement.undo(shown) == pytest.approx(np.array([[0, 0, width, height]]), abs=1e-2)
    assert left >= 0
    assert left + placement.width <= room[0]
    assert top >= 0
    assert top + placement.height <= room[1]


@given(SIDES, SIDES)
def test_one_side_is_filled_and_the_aspect_kept_to_half_a_pixel(width: int, height: int) -> None:
    placement = Placement.fit((width, height), (640, 640), centred=True)
    assert max(placement.width, placement.height) == 640
    scale = min(640 / width, 640 / height)
    assert abs(placement.width - max(1.0, width * scale)) <= 0.5 + 1e-9
    assert abs(placement.height - max(1.0, height * scale)) <= 0.5 + 1e-9


def test_yolo_input_is_centred_rgb_in_0_to_1() -> None:
    bgr = np.zeros((50, 100, 3), np.uint8)
    bgr[:] = (10, 20, 30)
    box = Letterbox(64, 64, centred=True, pixels="rgb24", gain=1 / 255)
    placement = box.fill(ArrayPicture(bgr, NOON))
    assert (placement.left, placement.top, placement.width, placement.height) == (0, 16, 64, 32)
    assert box.blob[0, :, 16, 5] == pytest.approx(np.array([30, 20, 10]) / 255)
    assert box.blob[0, :, 15, 5] == pytest.approx(np.full(3, PAD_GREY / 255))


def test_yolox_input_is_top_left_bgr_in_0_to_255() -> None:
    bgr = np.zeros((50, 100, 3), np.uint8)
    bgr[:] = (10, 20, 30)
    box = Letterbox(64, 64, centred=False, pixels="bgr24", gain=1.0)
    box.fill(ArrayPicture(bgr, NOON))
    assert box.blob[0, :, 0, 0].tolist() == [10, 20, 30]
    assert box.blob[0, :, 32, 0].tolist() == [PAD_GREY] * 3


def test_a_picture_of_another_shape_leaves_nothing_of_the_last_one() -> None:
    box = Letterbox(64, 64, centred=True, pixels="rgb24", gain=1.0)
    box.fill(picture(100, 50, grey=200))
    box.fill(picture(50, 100, grey=10))
    assert sorted(np.unique(box.blob).tolist()) == [10, PAD_GREY]
