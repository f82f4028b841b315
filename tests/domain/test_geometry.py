"""Distances to polygons and lines, against cases worked out by hand and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.geometry import left_of_line, polygon_area, signed_distances

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float64)
COORDINATE = st.floats(-50, 50, allow_nan=False)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        pytest.param((5, 5), 5.0, id="the middle"),
        pytest.param((9, 5), 1.0, id="near an edge inside"),
        pytest.param((12, 5), -2.0, id="beside an edge"),
        pytest.param((13, 14), -5.0, id="off a corner"),
    ],
)
def test_depth_is_the_way_to_the_nearest_edge(point: tuple[float, float], expected: float) -> None:
    assert signed_distances(np.array([point], np.float64), SQUARE)[0] == pytest.approx(expected)


def test_hollow_of_a_bent_zone_is_outside() -> None:
    bent = np.array([[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [2, 2], [2, 10], [0, 10]], np.float64)
    assert signed_distances(np.array([[5.0, 6.0], [1.0, 6.0]]), bent).tolist() == pytest.approx([-3, 1])


def test_no_points_is_not_an_error() -> None:
    assert signed_distances(np.empty((0, 2)), SQUARE).shape == (0,)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"points must have shape \(N, 2\), got \(3,\)"):
        signed_distances(np.zeros(3), SQUARE)
    with pytest.raises(ValueError, match=r"polygon must have shape .* got \(2, 2\)"):
        signed_distances(np.zeros((1, 2)), SQUARE[:2])


@given(COORDINATE, COORDINATE)
def test_direction_of_drawing_does_not_matter(x: float, y: float) -> None:
    point = np.array([[x, y]])
    assert signed_distances(point, SQUARE)[0] == pytest.approx(
        signed_distances(point, SQUARE[::-1].copy())[0]
    )


@pytest.mark.parametrize(
    ("a", "b", "left_hand"),
    [
        pytest.param((5.0, 0.0), (5.0, 10.0), (8.0, 5.0), id="looking down the picture, left is its right"),
        pytest.param((5.0, 10.0), (5.0, 0.0), (2.0, 5.0), id="looking up the picture, left is its left"),
        pytest.param((0.0, 5.0), (10.0, 5.0), (5.0, 2.0), id="looking right, left is up"),
        pytest.param((10.0, 5.0), (0.0, 5.0), (5.0, 8.0), id="looking left, left is down"),
    ],
)
def test_left_is_the_left_hand_of_somebody_on_the_picture(
    a: tuple[float, float], b: tuple[float, float], left_hand: tuple[float, float]
) -> None:
    points = np.array([left_hand, (10 - left_hand[0], 10 - left_hand[1])])
    assert left_of_line(points, a, b).tolist() == pytest.approx([3, -3])


def test_line_needs_two_points() -> None:
    with pytest.raises(ValueError, match="two different points"):
        left_of_line(np.zeros((1, 2)), (1.0, 1.0), (1.0, 1.0))


def test_area_of_points_on_a_line_is_zero() -> None:
    assert polygon_area(np.array([[0, 0], [1, 1], [2, 2]], np.float64)) == 0
    assert polygon_area(SQUARE) == 100
