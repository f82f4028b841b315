"""Running again over the same footage: which event keeps which id."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import at

from sightline.domain.matching import StoredSpan, match_ongoing, match_rerun


def span(
    event_id: str, begin: float, end: float, people: tuple[int, ...] = (1, 2), kind: str = "queue"
) -> StoredSpan:
    return StoredSpan(event_id, kind, at(begin), at(end), frozenset(people))


def test_the_same_run_keeps_every_id() -> None:
    old = [span("a", 0, 10), span("b", 5, 15), span("c", 5, 15, kind="unattended"), span("d", 20, 20)]
    assert match_rerun(old, list(reversed(old))) == {0: "d", 1: "c", 2: "b", 3: "a"}


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [
        pytest.param(5, 15, True, id="exactly half of both"),
        pytest.param(5.1, 15.1, False, id="less than half"),
        pytest.param(0, 20, True, id="half of the longer"),
        pytest.param(0, 21, False, id="swallowed by a much longer one"),
        pytest.param(2, 4, False, id="a small piece of it"),
        pytest.param(30, 40, False, id="elsewhere"),
    ],
)
def test_overlap_is_measured_on_the_longer_of_the_two(begin: float, end: float, kept: bool) -> None:
    assert match_rerun([span("a", 0, 10)], [span("", begin, end)]) == ({0: "a"} if kept else {})


def test_another_kind_is_another_event() -> None:
    assert match_rerun([span("a", 0, 10)], [span("", 0, 10, kind="interaction")]) == {}


def test_of_two_over_the_same_span_the_same_people_keep_the_id() -> None:
    old = [span("a", 0, 10, (1, 2)), span("b", 0, 10, (1, 3))]
    new = [span("", 0, 9, (1, 3)), span("", 0, 10, (1, 2))]
    assert match_rerun(old, new) == {0: "b", 1: "a"}


def test_split_event_leaves_its_id_to_the_larger_part_only() -> None:
    assert match_rerun([span("a", 0, 10)], [span("", 0, 4), span("", 4, 10)]) == {1: "a"}


def test_best_total_wins_over_the_first_best() -> None:
    """Greedy would give a to the first and leave b without a successor."""
    old = [span("a", 0, 10, (1,)), span("b", 4, 14, (2,))]
    new = [span("", 2, 12, (3,)), span("", 0, 9, (4,))]
    assert match_rerun(old, new) == {0: "b", 1: "a"}


def test_instant_events_match_at_their_instant() -> None:
    old = [span("a", 3, 3), span("b", 60, 60)]
    assert match_rerun(old, [span("", 3, 3), span("", 60.4, 60.4), span("", 90, 90)]) == {0: "a", 1: "b"}


def test_nothing_old_or_nothing_new_is_no_match() -> None:
    assert match_rerun([], [span("", 0, 1)]) == {}
    assert match_rerun([span("a", 0, 1)], []) == {}


SPANS = st.lists(
    st.builds(
        lambda begin, length, who: (begin, begin + length, who),
        st.integers(0, 60),
        st.integers(0, 30),
        st.integers(1, 3),
    ),
    max_size=12,
)


@given(SPANS, SPANS)
def test_match_is_one_to_one_and_every_pair_overlaps_by_half(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]
) -> None:
    old = [span(str(number), begin, end, (who,)) for number, (begin, end, who) in enumerate(before)]
    new = [span("", begin, end, (who,)) for begin, end, who in after]
    kept = match_rerun(old, new)
    assert len(set(kept.values())) == len(kept)
    for place, event_id in kept.items():
        (a0, a1, _), (b0, b1, _) = before[int(event_id)], after[place]
        a1, b1 = max(a1, a0 + 1), max(b1, b0 + 1)
        assert min(a1, b1) - max(a0, b0) >= 0.5 * max(a1 - a0, b1 - b0)


@given(SPANS, st.floats(-0.4, 0.4))
def test_slightly_different_run_still_finds_all(before: list[tuple[int, int, int]], by: float) -> None:
    old = [span(str(number), begin, end, (number,)) for number, (begin, end, _) in enumerate(before)]
    shift = timedelta(seconds=by)
    new = [StoredSpan("", s.kind, s.started_at + shift, s.ended_at + shift, s.people) for s in old]
    assert match_rerun(old, new) == {number: str(number) for number in range(len(old))}


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [
        pytest.param(0, 300, True, id="the whole of it, of which the beginning was told"),
        pytest.param(30, 300, True, id="half of what was told"),
        pytest.param(30.1, 300, False, id="less than half of what was told"),
        pytest.param(0, 30, True, id="shorter than what was told"),
        pytest.param(70, 90, False, id="afterwards"),
    ],
)
def test_what_was_told_while_it_lasted_is_known_by_its_beginning(
    begin: float, end: float, kept: bool
) -> None:
    assert match_ongoing([span("a", 0, 60)], [span("", begin, end)]) == ({0: "a"} if kept else {})
    assert match_ongoing([span("a", 0, 60)], [span("", begin, end, kind="unattended")]) == {}


def test_of_several_that_went_on_at_once_the_nearest_start_is_the_same_one_to_one() -> None:
    ongoing = [span("a", 0, 80), span("b", 20, 80)]
    new = [span("", 21, 150), span("", 1, 200), span("", 2, 90)]
    assert match_ongoing(ongoing, new) == {0: "b", 1: "a"}
