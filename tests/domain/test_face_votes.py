"""Age bracket and gender by vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.face_votes import BRACKETS, FaceVotes, bracket_of, is_face_enough


@pytest.mark.parametrize(
    ("age", "bracket"),
    [
        (0, "0-17"),
        (17.4, "0-17"),
        (17.6, "18-19"),
        (19, "18-19"),
        (20, "20-29"),
        (29.4, "20-29"),
        (30, "30-39"),
        (45, "40-49"),
        (59, "50-59"),
        (60, "60+"),
        (140, "60+"),
    ],
)
def test_brackets_are_those_of_the_contract(age: float, bracket: str) -> None:
    assert bracket_of(age) == bracket
    assert BRACKETS == ("0-17", "18-19", "20-29", "30-39", "40-49", "50-59", "60+")


@pytest.mark.parametrize(
    ("score", "width", "height", "counts"),
    [
        (0.5, 30, 50, True),
        (0.49, 90, 90, False),
        (0.9, 29, 90, False),
        (0.9, 90, 49, False),
    ],
)
def test_a_face_must_be_sure_and_large_enough(score, width, height, counts) -> None:
    assert is_face_enough(score, width, height) is counts


def voted(*faces: tuple[float, float, float]) -> FaceVotes:
    """Age, probability of male, quality of each."""
    votes = FaceVotes()
    for age, male, quality in faces:
        votes.see(age=age, male=male, quality=quality)
    return votes


def test_faces_that_agree_are_believed_and_one_poor_face_is_not() -> None:
    assert voted((34, 0.02, 0.7)).age_bracket.label is None  # 0.7 of 1.2
    assert voted((34, 0.02, 0.3)).gender.label is None
    both = voted((34, 0.02, 0.7), (36, 0.05, 0.6))
    assert both.age_bracket.label == "30-39"
    assert both.age_bracket.confidence == pytest.approx(1.3 / 1.8)
    assert both.gender.label == "F"
    assert both.gender.confidence == pytest.approx((0.7 * 0.98 + 0.6 * 0.95) / 1.8)


def test_good_faces_outweigh_more_poor_ones() -> None:
    votes = voted((25, 0.99, 0.9), (25, 0.99, 0.9), *[(65, 0.1, 0.1)] * 5)
    assert votes.age_bracket.label == "20-29"
    assert votes.gender.label == "M"
    assert votes.faces == 7


def test_a_person_on_the_border_of_two_brackets_has_no_age() -> None:
    votes = voted(*[(28, 0.1, 0.7), (32, 0.1, 0.7)] * 20)
    assert votes.age_bracket.label is None
    assert votes.age_bracket.confidence == pytest.approx(0.5, abs=0.02)
    assert votes.gender.label == "F"


def test_without_a_face_nothing_is_known() -> None:
    for votes in (FaceVotes(), voted((30, 0.5, 0.0))):
        assert votes.faces == 0
        assert (votes.age_bracket.label, votes.age_bracket.confidence) == (None, 0)
        assert (votes.gender.label, votes.gender.confidence) == (None, 0)
        assert not votes.may_be_known_again


def test_a_child_is_never_known_again() -> None:
    assert not voted(*[(12, 0.5, 0.8)] * 10).may_be_known_again
    assert voted(*[(35, 0.5, 0.8)] * 10).may_be_known_again


def test_the_unsure_case_is_decided_for_the_child() -> None:
    """A third each for 0-17, 20-29 and 30-39: the age is unknown, and the person not kept."""
    votes = voted((16, 0.5, 0.6), (25, 0.5, 0.6), (33, 0.5, 0.6))
    assert votes.age_bracket.label is None
    assert not votes.may_be_known_again
    assert voted((16, 0.5, 0.3), (25, 0.5, 0.8), (26, 0.5, 0.8)).may_be_known_again


FACES = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1), st.floats(0, 1)), max_size=30)


@given(FACES)
def test_confidence_is_a_share_and_labels_need_it(faces) -> None:
    votes = voted(*faces)
    for verdict in (votes.age_bracket, votes.gender):
        assert 0 <= verdict.confidence < 1
        assert (verdict.label is not None) is (verdict.confidence >= 0.6)


@given(FACES, st.randoms(use_true_random=False))
def test_the_order_of_the_faces_does_not_matter(faces, random) -> None:
    shuffled = list(faces)
    random.shuffle(shuffled)
    one, other = voted(*faces), voted(*shuffled)
    assert one.gender.confidence == pytest.approx(other.gender.confidence)
    assert one.age_bracket.confidence == pytest.approx(other.age_bracket.confidence)
