"""Interactions between staff and customers, as small stories at a counter. Expected times are exact."""

from datetime import timedelta

import pytest
from scripted import LINE, OPENING, Walk, at, cashier, frames, told, watch, zone

from sightline.domain.event import EventKind, Role
from sightline.domain.interaction import Distance, InteractionRule
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

SHOP = CameraRules(staff_line=LINE)
TOLD = EventKind.INTERACTION


def comes_to_the_counter(track_id: int, begin: float, end: float, x: float = 3.0) -> Walk:
    """Appears at the counter out of nothing, 0.8 body heights from the cashier, and is gone as fast."""
    return Walk(track_id, [(begin, x, 1.4), (end, x, 1.4), (end + 0.2, x, 3.0), (end + 10, x, 3.0)])


def test_interaction_runs_from_the_first_to_the_last_close_moment() -> None:
    events = watch(SHOP, frames([cashier(), comes_to_the_counter(2, 10, 40)], end=60))
    assert told(events) == [("interaction", (1, 2), 10.0, 40.0)]
    assert events[0].duration == timedelta(seconds=30)
    assert [person.role for person in events[0].participants] == [Role.STAFF, Role.CUSTOMER]


def test_end_is_reported_once_apart_for_longer_than_the_hysteresis() -> None:
    running = ServiceWatch(SHOP)
    closed = {}
    for frame in frames([cashier(), comes_to_the_counter(2, 10, 40)], end=60):
        for event in running.see(frame):
            closed[told([event])[0]] = (frame.captured_at - OPENING).total_seconds()
    assert closed == {("interaction", (1, 2), 10.0, 40.0): pytest.approx(42.4)}


@pytest.mark.parametrize(
    ("seconds", "events"),
    [pytest.param(4.8, 0, id="just too short"), pytest.param(5.0, 1, id="exactly the minimum")],
)
def test_shorter_than_the_minimum_is_no_event(seconds: float, events: int) -> None:
    assert len(watch(SHOP, frames([cashier(), comes_to_the_counter(2, 10, 10 + seconds)], end=60))) == events


@pytest.mark.parametrize(
    ("apart_s", "spans"),
    [
        pytest.param(1.8, [(10.0, 60.0)], id="a step back is the same service"),
        pytest.param(2.6, [(10.0, 30.0), (32.6, 60.0)], id="away for longer is another service"),
    ],
)
def test_short_parting_does_not_end_it(apart_s: float, spans: list[tuple[float, float]]) -> None:
    back = 30 + apart_s
    steps = [(10, 3, 1.4), (30, 3, 1.4), (30.1, 3, 3), (back - 0.1, 3, 3), (back, 3, 1.4), (60, 3, 1.4)]
    events = watch(SHOP, frames([cashier(), Walk(2, steps)], end=60))
    assert told(events, TOLD) == [("interaction", (1, 2), *span) for span in spans]


def test_passing_the_counter_for_an_instant_starts_nothing() -> None:
    """Close for 0.4 s every 3 s: never long enough to start, however often."""
    steps = [(0.0, 3.0, 3.0)]
    for begin in range(10, 40, 3):
        steps += [(begin, 3, 3), (begin + 0.1, 3, 1.4), (begin + 0.5, 3, 1.4), (begin + 0.6, 3, 3)]
    assert told(watch(SHOP, frames([cashier(), Walk(2, steps)], end=60)), TOLD) == []


def test_customer_who_is_out_of_sight_for_a_moment_is_still_being_served() -> None:
    hidden = Walk(2, [(10, 3, 1.4), (40, 3, 1.4)], gaps=[(20, 22.9)])
    assert told(watch(SHOP, frames([cashier(), hidden], end=60))) == [("interaction", (1, 2), 10.0, 40.0)]


def test_lost_customer_ends_it_at_the_last_sighting() -> None:
    lost = Walk(2, [(10, 3, 1.4), (40, 3, 1.4)], gaps=[(20, 23.5)])
    assert told(watch(SHOP, frames([cashier(), lost], end=60))) == [
        ("interaction", (1, 2), 10.0, 20.0),
        ("interaction", (1, 2), 23.6, 40.0),
    ]


def test_staff_who_walk_away_from_a_hidden_customer_end_it() -> None:
    leaving = Walk(1, [(0, 3, 0.6), (30, 3, 0.6), (31, 6, 0.6), (60, 6, 0.6)])
    hidden = Walk(2, [(10, 3, 1.4), (60, 3, 1.4)], gaps=[(29.9, 32.5)])
    events = told(watch(SHOP, frames([leaving, hidden], end=60)), TOLD)
    assert events == [("interaction", (1, 2), 10.0, 29.8)]


def test_one_member_of_staff_serves_two_customers_at_once() -> None:
    pair = [comes_to_the_counter(2, 10, 40, x=2.8), comes_to_the_counter(3, 15, 30, x=3.3)]
    assert told(watch(SHOP, frames([cashier(), *pair], end=60))) == [
        ("interaction", (1, 2), 10.0, 40.0),
        ("interaction", (1, 3), 15.0, 30.0),
    ]


def test_colleague_who_stands_by_is_not_another_service() -> None:
    colleague = Walk(5, [(0, 8, 0.6), (18, 8, 0.6), (20, 3.8, 0.6), (60, 3.8, 0.6)])
    events = watch(SHOP, frames([cashier(), colleague, comes_to_the_counter(2, 10, 50)], end=60))
    assert told(events, TOLD) == [("interaction", (1, 2), 10.0, 50.0)]


def test_colleague_who_passes_nearer_for_a_moment_does_not_take_over() -> None:
    passing = Walk(5, [(0, 8, 0.6), (18, 8, 0.9), (20, 3, 0.99), (23, 3, 0.99), (25, 8, 0.9), (60, 8, 0.6)])
    served = Walk(2, [(10, 3.2, 1.6), (50, 3.2, 1.6)])
    events = watch(SHOP, frames([cashier(), passing, served], end=60))
    assert told(events, TOLD) == [("interaction", (1, 2), 10.0, 50.0)]


def test_change_of_staff_starts_a_new_interaction() -> None:
    relieved = Walk(1, [(0, 3, 0.6), (30, 3, 0.6), (30.1, 9, 0.6), (80, 9, 0.6)])
    successor = Walk(5, [(0, 7, 0.6), (31, 7, 0.6), (31.1, 3, 0.6), (80, 3, 0.6)])
    events = watch(SHOP, frames([relieved, successor, comes_to_the_counter(2, 10, 60)], end=80))
    assert told(events, TOLD) == [
        ("interaction", (1, 2), 10.0, 30.0),
        ("interaction", (5, 2), 31.2, 60.0),
    ]


def test_customer_in_the_queue_zone_is_waiting_not_served() -> None:
    drawn = CameraRules(staff_line=LINE, zones=(zone("line", ZoneKind.QUEUE, 2, 1.2, 9, 2),))
    events = watch(drawn, frames([cashier(), comes_to_the_counter(2, 10, 40)], end=60))
    assert told(events, TOLD) == []


def test_pair_is_still_watched_after_the_start_so_the_end_is_the_real_one() -> None:
    """Earlier systems emptied their pairs at the start and ended every clip by a timer."""
    for seconds in (20, 90, 170):
        events = watch(SHOP, frames([cashier(), comes_to_the_counter(2, 10, 10 + seconds)], end=199))
        assert told(events, TOLD) == [("interaction", (1, 2), 10.0, 10.0 + seconds)]


def test_served_customer_is_known_although_the_staff_came_in_from_the_shop_floor() -> None:
    """The role is found at second 25; the service had begun at 12."""
    comes_in = Walk(1, [(0, 9, 4), (5, 3, 1.5), (5.2, 3, 0.6), (60, 3, 0.6)])
    events = watch(SHOP, frames([comes_in, comes_to_the_counter(2, 7, 40)], end=60))
    assert told(events, TOLD) == [("interaction", (1, 2), 7.0, 40.0)]


def test_customer_who_turns_out_to_be_staff_was_not_served_by_a_colleague() -> None:
    """Talks with a colleague in front of the counter, then works behind it."""
    new = Walk(5, [(0, 3, 1.3), (4, 3, 1.3), (4.2, 3.5, 0.6), (60, 3.5, 0.6)])
    assert told(watch(SHOP, frames([cashier(), new], end=60))) == []


def test_calm_close_service_scores_higher_than_a_restless_distant_one() -> None:
    calm = watch(SHOP, frames([cashier(), Walk(2, [(10, 3, 1.2), (40, 3, 1.2)])], end=45))[0]
    steps = [(10.0, 2.5, 1.5)] + [(10.0 + i, 2.5 + (i % 2), 1.5) for i in range(1, 31)]
    restless = next(e for e in watch(SHOP, frames([cashier(), Walk(2, steps)], end=45)) if e.kind is TOLD)
    assert calm.score == pytest.approx(1.0, abs=0.01)
    assert 0 < restless.score < 0.8
    assert calm.details["mean_distance_body_heights"] == pytest.approx(0.6)


def test_pixels_are_accepted_as_the_distance() -> None:
    near = CameraRules(staff_line=LINE, interaction=InteractionRule(distance=Distance.parse("90px")))
    assert len(watch(near, frames([cashier(), comes_to_the_counter(2, 10, 40)], end=60))) == 1
    nearer = CameraRules(staff_line=LINE, interaction=InteractionRule(distance=Distance.parse("70px")))
    assert told(watch(nearer, frames([cashier(), comes_to_the_counter(2, 10, 40)], end=60)), TOLD) == []


@pytest.mark.parametrize(
    ("setting", "distance"),
    [
        (1.2, Distance(1.2)),
        ("1.5", Distance(1.5)),
        ("650px", Distance(650, "px")),
        (" 80 PX ", Distance(80, "px")),
    ],
)
def test_distance_is_read_from_the_setting(setting: float | str, distance: Distance) -> None:
    assert Distance.parse(setting) == distance


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("2 m", "needs a calibrated camera"),
        ("far", r"cannot read the distance 'far'; write body heights \(1.2\) or pixels \(650px\)"),
        ("-3px", "must be above 0"),
        ("nan", "must be above 0"),
    ],
)
def test_unreadable_distance_names_the_way_out(setting: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Distance.parse(setting)


def test_body_height_is_robust_against_boxes_cut_short_for_a_moment() -> None:
    """Feet hidden behind a basket every third frame: half a box. The pair stays one interaction."""

    class Cut(Walk):
        def box(self, t: float, index: int, scale: float):  # type: ignore[no-untyped-def]
            self.height = 0.5 if index % 3 == 0 else 1.0
            return super().box(t, index, scale)

    far = Cut(2, [(10, 3, 1.7), (40, 3, 1.7)])
    assert told(watch(SHOP, frames([cashier(), far], end=60)), TOLD) == [("interaction", (1, 2), 10.0, 40.0)]
    assert at(0) == OPENING


def test_colleagues_behind_the_counter_are_no_interaction_before_the_role_of_one_is_known() -> None:
    """Came in from the shop floor, worked beside the cashier for 15 s, went on tidying: not served."""
    new = Walk(
        5,
        [(0, 9, 4), (40, 9, 4), (44, 3.5, 1.2), (44.2, 3.5, 0.6), (59, 3.5, 0.6), (61, 9, 0.6), (90, 9, 0.6)],
    )
    assert told(watch(SHOP, frames([cashier(), new], end=90)), TOLD) == []


def test_customer_whose_feet_flicker_over_the_line_is_served_all_the_same() -> None:
    leans = Walk(2, [(10, 3, 2.5), (12, 3, 1.3), (16, 3, 1.3)])
    stops = list(leans.stops)
    for second in range(17, 45, 4):
        stops += [(second, 3, 0.9), (second + 1.4, 3, 0.9), (second + 1.5, 3, 1.2), (second + 3.5, 3, 1.2)]
    stops += [(47, 3, 1.2), (48, 3, 3.0), (60, 3, 3.0)]
    (row,) = told(watch(SHOP, frames([cashier(), Walk(2, stops)], end=60)), TOLD)
    assert row == ("interaction", (1, 2), pytest.approx(11.2, abs=0.4), pytest.approx(47.4, abs=0.4))
