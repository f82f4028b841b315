"""HOTA, IDF1 and MOTA, on tracks whose figures can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from sightline.errors import ConfigError
from sightline.tracking.mot_truth import compare, read_truth
from sightline.tracking.scores import Tally, tally

FRAMES = range(1, 11)
PEDESTRIAN, REFLECTION = 1, 12


def standing(person: int, frame: int, *, kind: int | None = None) -> list[float]:
    row = [frame, person, 100 * person, 50, 40, 100, 1]
    return row if kind is None else [*row, kind, 1]


def line(track: int, person: int, frame: int, *, right: float = 0) -> str:
    """A track that lies on a person, `right` pixels beside."""
    return f"{frame},{track},{100 * person + right},50,40,100,0.9,-1,-1,-1\n"


BOTH = np.array([standing(person, frame) for frame in FRAMES for person in (1, 2)], float)


def judged(lines: list[str], truth: np.ndarray = BOTH) -> Tally:
    return tally(compare(truth, lines, FRAMES))


def test_tracks_that_are_right_have_all_of_it() -> None:
    scored = judged([line(7 + person, person, frame) for frame in FRAMES for person in (1, 2)])
    assert (scored.hota, scored.idf1, scored.mota, scored.switches) == pytest.approx((100, 100, 100, 0))


def test_numbers_swapped_half_way_are_two_switches_and_half_an_identity() -> None:
    """Each person shares 5 of 10 boxes with each track: association 5 / (10 + 10 - 5)."""
    lines = [
        line(person if frame <= 5 else 3 - person, person, frame) for frame in FRAMES for person in (1, 2)
    ]
    scored = judged(lines)
    assert (scored.switches, scored.mota, scored.idf1) == pytest.approx((2, 90, 50))
    assert scored.hota == pytest.approx(100 * np.sqrt(1 / 3))


def test_a_person_nobody_tracks_is_missed_and_a_track_on_nobody_is_false() -> None:
    lines = [line(1, 1, frame) for frame in FRAMES] + [line(2, 5, frame) for frame in range(1, 5)]
    scored = judged(lines)
    assert (scored.missed, scored.false, scored.switches) == (10, 4, 0)
    assert (scored.mota, scored.idf1) == pytest.approx((30, 200 * 10 / 34))


def test_no_track_at_all_is_nothing_right() -> None:
    scored = judged([])
    assert (scored.hota, scored.idf1, scored.mota, scored.missed) == (0, 0, 0, 20)


def test_a_number_that_comes_back_after_a_gap_is_no_switch_and_another_one_is() -> None:
    back = [line(1, 1, frame) for frame in (1, 2, 9, 10)]
    assert judged(back, BOTH[BOTH[:, 1] == 1]).switches == 0
    assert judged([*back[:2], *(line(2, 1, frame) for frame in (9, 10))], BOTH[BOTH[:, 1] == 1]).switches == 1


def test_a_pair_goes_on_though_a_second_track_lies_a_little_nearer() -> None:
    lines = [line(1, 1, frame, right=4) for frame in FRAMES] + [line(2, 1, frame) for frame in range(2, 11)]
    assert judged(lines, BOTH[BOTH[:, 1] == 1]).switches == 0


def test_a_box_beside_the_person_counts_up_to_its_overlap() -> None:
    """10 of 40 pixels beside: overlap 30 of 50, so found at 12 of the 19 levels and by MOTA."""
    scored = judged([line(person, person, frame, right=10) for frame in FRAMES for person in (1, 2)])
    assert (scored.hota, scored.mota) == pytest.approx((100 * 12 / 19, 100))


def test_who_is_tracked_on_a_reflection_is_neither_right_nor_wrong() -> None:
    truth = np.array(
        [standing(1, frame, kind=PEDESTRIAN) for frame in FRAMES]
        + [standing(2, frame, kind=REFLECTION) for frame in FRAMES]
    )
    truth = truth[np.argsort(truth[:, 0], kind="stable")]
    scored = judged([line(person, person, frame) for frame in FRAMES for person in (1, 2)], truth)
    assert (scored.boxes, scored.tracked, scored.mota) == (10, 10, 100)


def test_figures_of_several_sequences_are_those_of_their_boxes_together() -> None:
    right = judged([line(person, person, frame) for frame in FRAMES for person in (1, 2)])
    both = Tally.together([right, judged([])])
    assert (both.boxes, both.mota, both.idf1) == pytest.approx((40, 50, 200 * 20 / 60))


def test_a_truth_that_cannot_be_read_is_refused_and_none_is_none(tmp_path: Path) -> None:
    assert read_truth(tmp_path) is None
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "gt.txt").write_text("a,b")
    with pytest.raises(ConfigError, match="no truth in MOTChallenge format"):
        read_truth(tmp_path)
