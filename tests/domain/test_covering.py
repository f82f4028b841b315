"""What is covered in pictures in which a detector missed a face: told as short videos."""

import numpy as np
import numpy.typing as npt
import pytest

from sightline.domain.covering import GAP_S, HOLD_S, covered, grown

FloatArray = npt.NDArray[np.float32]
NOTHING = np.empty((0, 4), np.float32)


def box(x: float, y: float = 50, side: float = 20) -> FloatArray:
    """A face whose middle is at x, y."""
    return np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2], np.float32)


def boxes(*found: FloatArray) -> FloatArray:
    return np.stack(found) if found else NOTHING


def times(count: int, fps: float = 10) -> list[float]:
    return [number / fps for number in range(count)]


def hides(regions: FloatArray, face: FloatArray) -> bool:
    """Whether one of the regions holds all of a face; a hair's breadth is rounding."""
    return any((r[:2] <= face[:2] + 1e-3).all() and (r[2:] >= face[2:] - 1e-3).all() for r in regions)


def test_what_is_found_is_covered_and_nothing_else_where_it_is_found_in_every_picture() -> None:
    found = [boxes(box(10 + 2 * number)) for number in range(12)]
    for regions, faces in zip(covered(times(12), found), found, strict=True):
        assert regions.tolist() == faces.tolist()


@pytest.mark.parametrize("missed", [1, 2, 5, 9])
@pytest.mark.parametrize("step", [0, 3, 15])
def test_a_face_missed_in_between_is_covered_where_it_went(missed: int, step: float) -> None:
    """Up to a second, standing, strolling, and at seven of its widths a second."""
    faces = [box(20 + step * number) for number in range(missed + 8)]
    found = [NOTHING if 4 <= number < 4 + missed else boxes(one) for number, one in enumerate(faces)]
    for number, regions in enumerate(covered(times(len(faces)), found)):
        assert hides(regions, faces[number]), f"picture {number}"


def test_a_face_is_covered_before_it_is_first_found_and_after_it_is_last_found() -> None:
    found = [boxes(box(50)) if 10 <= number < 13 else NOTHING for number in range(24)]
    shown = [hides(regions, box(50)) for regions in covered(times(24), found)]
    held = round(HOLD_S * 10)
    assert shown == [10 - held <= number <= 12 + held for number in range(24)]


@pytest.mark.parametrize("backwards", [False, True])
def test_who_walks_on_is_covered_where_he_would_be(backwards: bool) -> None:
    """Seven of his widths a second, and half a second after the last picture in which he was found."""
    faces = [box(40 + 15 * number) for number in range(12)]
    found = [boxes(face) if number < 7 else NOTHING for number, face in enumerate(faces)]
    if backwards:
        faces, found = faces[::-1], found[::-1]
    for regions, face in zip(covered(times(12), found), faces, strict=True):
        assert hides(regions, face)


def test_a_part_that_is_held_grows_as_fast_as_somebody_walks_away() -> None:
    """Six widths of a head in a second are 1.4 m; the first tenth of it is what a look more would show."""
    found = [boxes(box(50)), NOTHING, NOTHING]
    after = covered(times(3, fps=30), found)
    for number in (1, 2):
        (region,) = after[number]
        width = region[2] - region[0]
        assert width == pytest.approx(20 * (1 + 4 * number / 30), rel=1e-3)


def test_where_few_pictures_come_neighbours_are_covered_all_the_same() -> None:
    found = [NOTHING, boxes(box(50)), NOTHING, NOTHING, NOTHING, NOTHING]
    assert [len(regions) for regions in covered(times(6, fps=1), found)] == [1, 1, 1, 1, 0, 0]


def test_after_a_long_gap_it_is_somebody_new() -> None:
    count = round((GAP_S + 1) * 10) + 2
    found = [boxes(box(50)) if number in (0, count - 1) else NOTHING for number in range(count)]
    regions = covered(times(count), found)
    assert len(regions[count // 2]) == 0


def test_neighbours_do_not_take_each_others_place() -> None:
    """Two side by side; one is missed: her neighbour, found in every picture, is not taken for her."""
    left, right = box(40), box(52)
    found = [boxes(left, right), boxes(right), boxes(right), boxes(left, right)]
    for regions in covered(times(4), found):
        assert hides(regions, left)
        assert hides(regions, right)


@pytest.mark.parametrize("with_neighbour", [False, True], ids=["alone", "beside somebody"])
def test_a_face_found_twice_only_is_covered_on_the_way_between(with_neighbour: bool) -> None:
    """Neither end holds that far; who walks beside her, found in every picture, is not taken for her."""
    faces = [box(20 + 40 * number / 9) for number in range(10)]
    found = []
    for number, face in enumerate(faces):
        here = [face] if number in (0, 9) else []
        found.append(boxes(*here, *([face - np.float32([15, 0, 15, 0])] if with_neighbour else [])))
    for number, regions in enumerate(covered(times(10), found)):
        assert hides(regions, faces[number]), f"picture {number}"


def test_a_face_that_two_are_found_for_is_held_for_both() -> None:
    found = [boxes(box(40)), boxes(box(40), box(90)), NOTHING]
    last = covered(times(3), found)[2]
    assert hides(last, box(40))
    assert hides(last, box(90))


def test_something_of_another_size_is_something_else() -> None:
    found = [boxes(box(50)), NOTHING, NOTHING, NOTHING, boxes(box(50, side=90))]
    regions = covered(times(5), found)
    assert all(hides(one, box(50)) for one in regions)


def test_random_walks_are_covered_in_whatever_pictures_a_detector_misses() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        middles = np.cumsum(rng.uniform(-2, 2, (60, 2)), axis=0) + 200
        faces = [box(x, y) for x, y in middles]
        seen = rng.random(60) < 0.7
        seen[[0, -1]] = True
        found = [boxes(face) if here else NOTHING for face, here in zip(faces, seen, strict=True)]
        for regions, face in zip(covered(times(60, fps=15), found), faces, strict=True):
            assert hides(regions, face)


def test_no_pictures_and_pictures_without_anybody() -> None:
    assert covered([], []) == []
    assert [one.shape for one in covered(times(3), [NOTHING] * 3)] == [(0, 4)] * 3
    with pytest.raises(ValueError, match="2 times for 1 pictures"):
        covered(times(2), [NOTHING])


def test_grown_moves_each_side_by_a_share_of_its_own() -> None:
    assert grown(np.array([10, 10, 20, 30], np.float32), 0.5).tolist() == [5, 0, 25, 40]
    assert grown(NOTHING, 0.5).shape == (0, 4)
