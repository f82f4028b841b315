"""How somebody behaved during each stay: told by the pictures of that stay, and by no other."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Bearing, Behavior
from sightline.domain.manner import Manner, manner_of_each
from sightline.domain.track_looks import TimedBearing
from sightline.domain.zone_stays import ZoneStay

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEARINGS = st.builds(
    Bearing,
    orientation=st.floats(-1, 1),
    posture=st.sampled_from(Posture),
    speed=st.floats(0, 2),
    score=st.floats(0, 100),
    behavior=st.sampled_from(Behavior),
)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def stay(begin: float, end: float) -> ZoneStay:
    return ZoneStay("shelf", at(begin), at(end))


def bearing(
    score: float = 60.0,
    orientation: float = 0.5,
    posture: Posture = Posture.UPRIGHT,
    behavior: Behavior = Behavior.BROWSING,
) -> Bearing:
    return Bearing(orientation, posture, 0.1, score, behavior)


def standing(*postures: Posture) -> Posture | None:
    return Manner.of([bearing(posture=one) for one in postures]).posture


def doing(*behaviors: Behavior) -> Behavior | None:
    return Manner.of([bearing(behavior=one) for one in behaviors]).behavior


def test_a_stay_is_the_mean_of_its_pictures() -> None:
    told = Manner.of([bearing(40, -1.0), bearing(90, 0.5), bearing(80, 0.8)])
    assert told.score == pytest.approx(70)
    assert told.orientation == pytest.approx(0.1)


@settings(max_examples=50, deadline=None)
@given(st.lists(BEARINGS, min_size=1, max_size=40))
def test_what_is_told_of_a_stay_is_never_beyond_its_pictures(bearings: list[Bearing]) -> None:
    told = Manner.of(bearings)
    scores, ways = [one.score for one in bearings], [one.orientation for one in bearings]
    assert told.score is not None
    assert told.orientation is not None
    assert 0 <= told.score <= 100
    assert min(scores) - 1e-9 <= told.score <= max(scores) + 1e-9
    assert min(ways) - 1e-9 <= told.orientation <= max(ways) + 1e-9
    assert abs(told.orientation) <= 1
    behaviors = Counter(one.behavior for one in bearings)
    assert behaviors[told.behavior] == max(behaviors.values())
    postures = Counter(one.posture for one in bearings if one.posture is not Posture.UNKNOWN)
    if postures:
        assert postures[told.posture] == max(postures.values())
    else:
        assert told.posture is Posture.UNKNOWN


@settings(max_examples=50, deadline=None)
@given(st.lists(BEARINGS, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_pictures_does_not_matter(bearings: list[Bearing], dice) -> None:  # type: ignore[no-untyped-def]
    mixed = list(bearings)
    dice.shuffle(mixed)
    assert Manner.of(mixed) == Manner.of(bearings)


def test_a_known_posture_goes_before_any_number_of_unknown_ones() -> None:
    assert standing(Posture.UNKNOWN, Posture.UNKNOWN, Posture.LEANING) is Posture.LEANING
    assert standing(Posture.UNKNOWN, Posture.UNKNOWN) is Posture.UNKNOWN


def test_of_equals_the_first_listed_is_told() -> None:
    assert standing(Posture.HANDS_ON_HIPS, Posture.LEANING) is Posture.LEANING
    assert standing(Posture.ARMS_CROSSED, Posture.LEANING, Posture.ARMS_CROSSED) is Posture.ARMS_CROSSED
    assert doing(Behavior.PASSING, Behavior.BROWSING, Behavior.WAITING) is Behavior.WAITING
    assert doing(Behavior.PASSING, Behavior.WAITING, Behavior.ENGAGED) is Behavior.ENGAGED
    assert doing(Behavior.ENGAGED, Behavior.PASSING, Behavior.PASSING) is Behavior.PASSING


def test_a_stay_without_a_picture_that_told_has_no_manner() -> None:
    stays = [stay(0, 10), stay(10, 20), stay(30, 40)]
    shown = [TimedBearing(at(second), bearing()) for second in (3, 25, 41)]
    assert manner_of_each(stays, shown) == [Manner.of([bearing()]), Manner(), Manner()]
    assert Manner() == Manner(None, None, None, None)
    assert manner_of_each(stays, ()) == [Manner()] * 3
    assert manner_of_each((), shown) == []


@pytest.mark.parametrize(
    ("second", "place"),
    [
        pytest.param(-0.001, None, id="before the first"),
        pytest.param(0, 0, id="as it begins"),
        pytest.param(9.999, 0, id="just before the next"),
        pytest.param(10, 1, id="in the picture in which one ends and the next begins"),
        pytest.param(20, 1, id="in its last picture"),
        pytest.param(20.001, None, id="lost"),
        pytest.param(30, 2, id="the only picture of a stay"),
    ],
)
def test_a_picture_tells_of_the_stay_it_was_taken_in(second: float, place: int | None) -> None:
    told = manner_of_each([stay(0, 10), stay(10, 20), stay(30, 30)], [TimedBearing(at(second), bearing(12))])
    assert [one.score for one in told] == [12 if number == place else None for number in range(3)]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=8, unique=True).map(sorted),
    st.lists(st.tuples(st.integers(-5, 55), st.floats(0, 100)), max_size=30),
)
def test_pictures_of_one_unbroken_presence_each_count_once(
    marks: list[int], shown: list[tuple[int, float]]
) -> None:
    stays = [stay(begin, end) for begin, end in pairwise(marks)]
    told = manner_of_each(stays, [TimedBearing(at(second), bearing(score)) for second, score in shown])
    last = len(stays) - 1
    for number, (begin, end) in enumerate(pairwise(marks)):
        scores = [
            score for second, score in shown if begin <= second < end or (number == last and second == end)
        ]
        wanted = pytest.approx(sum(scores) / len(scores)) if scores else None
        assert told[number].score == wanted
