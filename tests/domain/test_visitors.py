"""Counting people behind tracks: whole, broken and fleeting ones."""

from hypothesis import given
from hypothesis import strategies as st
from scripted import LINE, Walk, at, cashier, frames, stands

from sightline.domain.event import Role
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.visitors import TrackSpan, VisitorCount, count_visitors


def track(
    number: int,
    begin: float,
    end: float,
    came: tuple[float, float] = (300, 300),
    went: tuple[float, float] = (300, 300),
    role: Role = Role.CUSTOMER,
    tall: float = 100,
) -> TrackSpan:
    first, last = ((x - 0.2 * tall, y - tall, x + 0.2 * tall, y) for x, y in (came, went))
    return TrackSpan(
        track_id=number,
        role=role,
        started_at=at(begin),
        ended_at=at(end),
        first_box=first,
        last_box=last,
        width=1000,
        height=500,
    )


def test_whole_tracks_leave_no_doubt() -> None:
    people = [track(n, n * 20, n * 20 + 10) for n in range(5)]
    assert count_visitors(people) == VisitorCount(5, 5, 5)


def test_hundred_people_one_after_another_are_a_hundred() -> None:
    """Earlier systems capped the count at the greatest number seen at once."""
    assert count_visitors([track(n, n * 10, n * 10 + 4) for n in range(100)]).count == 100


def test_staff_are_not_visitors() -> None:
    people = [track(1, 0, 50, role=Role.STAFF), track(2, 0, 50, role=Role.CUSTOMER), track(3, 0, 50)]
    assert count_visitors(people) == VisitorCount(2, 2, 2)


def test_track_that_goes_on_where_another_broke_off_lowers_the_low_end() -> None:
    broken = [track(1, 0, 10, went=(400, 300)), track(2, 11, 20, came=(450, 300)), track(3, 22, 30)]
    assert count_visitors(broken[:2]) == VisitorCount(2, 1, 2)
    assert count_visitors(broken) == VisitorCount(3, 1, 3)


def test_who_comes_in_at_the_edge_is_somebody_else() -> None:
    came_in = [track(1, 0, 10, went=(30, 300)), track(2, 10.5, 20, came=(15, 300))]
    assert count_visitors(came_in) == VisitorCount(2, 2, 2)


def test_too_far_too_late_or_too_tall_is_somebody_else() -> None:
    first = track(1, 0, 10)
    for other in (
        track(2, 11, 20, came=(500, 300)),
        track(2, 15.5, 20),
        track(2, 11, 20, tall=170),
        track(2, 9, 20),
    ):
        assert count_visitors([first, other]) == VisitorCount(2, 2, 2)


def test_one_end_explains_one_beginning_only() -> None:
    assert count_visitors([track(1, 0, 10), track(2, 11, 20), track(3, 12, 20)]) == VisitorCount(3, 2, 3)


def test_fleeting_tracks_widen_the_high_end_only() -> None:
    assert count_visitors([track(1, 0, 10), track(2, 30, 30.8)]) == VisitorCount(1, 1, 2)


def test_fleeting_piece_of_a_broken_track_is_nobody_new() -> None:
    assert count_visitors([track(1, 0, 10), track(2, 11, 11.4), track(3, 12, 20)]) == VisitorCount(2, 1, 2)


def test_piece_of_a_staff_track_is_staff_at_the_low_end() -> None:
    people = [track(1, 0, 60, role=Role.STAFF), track(2, 61, 70)]
    assert count_visitors(people) == VisitorCount(1, 0, 1)


def test_nobody_is_zero() -> None:
    assert count_visitors([]) == VisitorCount(0, 0, 0)


def test_watch_hands_out_the_spans_of_its_tracks() -> None:
    running = ServiceWatch(CameraRules(staff_line=LINE))
    walker = Walk(2, [(10, 2, 4), (30, 8, 4)])
    for frame in frames([cashier(end=60), walker, stands(3, 5, 3, 40, 40.4)], end=60):
        running.see(frame)
    spans = {span.track_id: span for span in running.track_spans()}
    assert [spans[n].role for n in (1, 2, 3)] == [Role.STAFF, Role.CUSTOMER, Role.UNKNOWN]
    assert (spans[2].started_at, spans[2].ended_at) == (at(10), at(30))
    assert (spans[2].first_box, spans[2].last_box) == ((180, 300, 220, 400), (780, 300, 820, 400))
    assert count_visitors(list(spans.values())) == VisitorCount(1, 1, 2)


TRACKS = st.lists(
    st.builds(
        lambda begin, length, x, role: (begin, begin + length, x, role),
        st.floats(0, 60),
        st.floats(0, 20),
        st.floats(10, 990),
        st.sampled_from(Role),
    ),
    max_size=12,
)


@given(TRACKS)
def test_low_count_high_are_ordered_and_the_order_of_tracks_does_not_matter(
    rows: list[tuple[float, float, float, Role]],
) -> None:
    people = [
        track(n, begin, end, came=(x, 300), went=(x, 300), role=role)
        for n, (begin, end, x, role) in enumerate(rows)
    ]
    told = count_visitors(people)
    assert 0 <= told.low <= told.count <= told.high <= len(people)
    assert count_visitors(people[::-1]) == told


def test_tracks_of_one_known_person_are_one_visitor() -> None:
    people = [track(1, 0, 10), track(2, 40, 50), track(3, 45, 60), track(4, 70, 70.5)]
    assert count_visitors(people, {1: "ann", 2: "ann"}) == VisitorCount(2, 2, 3)
    assert count_visitors(people, {1: "ann", 2: "ann", 3: "bob"}) == VisitorCount(2, 2, 3)


def test_faces_and_ways_together_lower_the_low_end() -> None:
    """The second track goes on where the first broke off, and the third shows the face of the second."""
    people = [track(1, 0, 10, went=(400, 300)), track(2, 11, 20, came=(450, 300)), track(3, 90, 99)]
    assert count_visitors(people, {2: "ann", 3: "ann"}) == VisitorCount(2, 1, 2)
    assert count_visitors(people, {1: "bob", 2: "ann", 3: "ann"}) == VisitorCount(2, 1, 2)
    staff = [track(1, 0, 10, went=(400, 300), role=Role.STAFF), *people[1:]]
    assert count_visitors(staff, {2: "ann", 3: "ann"}) == VisitorCount(1, 0, 1)


@given(TRACKS, st.lists(st.sampled_from(["ann", "bob", "eve", None]), min_size=12, max_size=12))
def test_with_known_people_low_count_high_are_ordered_and_no_more_than_without(
    rows: list[tuple[float, float, float, Role]], faces: list[str | None]
) -> None:
    people = [
        track(n, begin, end, came=(x, 300), went=(x, 300), role=role)
        for n, (begin, end, x, role) in enumerate(rows)
    ]
    visits = [one for one in people if one.role is not Role.STAFF and one.is_visit]
    owners = {one.track_id: name for one, name in zip(visits, faces, strict=False) if name is not None}
    told, plain = count_visitors(people, owners), count_visitors(people)
    assert told.low <= told.count <= told.high
    assert told.low <= plain.low
    assert told.count <= plain.count
    assert told.high <= plain.high
    unknown = sum(one.track_id not in owners for one in visits)
    assert told.count == unknown + len(set(owners.values()))
    assert count_visitors(people[::-1], owners) == told
