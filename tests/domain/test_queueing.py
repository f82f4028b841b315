"""Waiting in line, told as small stories. Walks are continuous; stillness is known to half a second."""

import pytest
from scripted import LINE, Walk, cashier, frames, stands, told, watch, zone

from sightline.domain.event import EventKind
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

QUEUE = zone("line", ZoneKind.QUEUE, 4.5, 1.5, 9, 3)
TILL = zone("till", ZoneKind.SERVICE, 2.0, 1.0, 4.0, 2.0)
SHOP = CameraRules(staff_line=LINE, zones=(QUEUE,))
COUNTER_ONLY = CameraRules(staff_line=LINE, zones=(TILL,))
TOLD = EventKind.QUEUE
HALF_A_SECOND = 0.5


def queues(track_id: int, begin: float, end: float, x: float = 5.0) -> Walk:
    """Walks in at 0.8 body heights a second, stands from `begin` to `end`, and walks out of the zone."""
    return Walk(track_id, [(begin - 4, x, 5.2), (begin, x, 2.0), (end, x, 2.0), (end + 4, x, 5.2)])


def near(seconds: float) -> object:
    return pytest.approx(seconds, abs=HALF_A_SECOND)


def test_queueing_runs_from_the_first_to_the_last_still_moment() -> None:
    events = watch(SHOP, frames([cashier(), queues(2, 10, 40)], end=60))
    assert told(events, TOLD) == [("queue", (2,), near(10), near(40))]
    assert events[0].details == {"zone": "line", "place_in_line": 1, "line_length": 1, "stability": 1.0}


def test_track_that_begins_in_line_queued_from_its_first_sighting_to_its_last() -> None:
    assert told(watch(SHOP, frames([stands(2, 5, 2, 10, 40)], end=60))) == [("queue", (2,), 10.0, 40.0)]


@pytest.mark.parametrize(
    ("seconds", "events"),
    [pytest.param(7.8, 0, id="just too short"), pytest.param(8.0, 1, id="exactly the minimum")],
)
def test_shorter_than_the_minimum_is_no_event(seconds: float, events: int) -> None:
    assert len(told(watch(SHOP, frames([stands(2, 5, 2, 10, 10 + seconds)], end=60)), TOLD)) == events


def test_walking_through_the_zone_is_not_queueing() -> None:
    strolls = Walk(2, [(0, 4.6, 2), (10, 8.6, 2), (20, 4.6, 2), (30, 8.6, 2)])
    assert told(watch(SHOP, frames([strolls], end=60)), TOLD) == []


def test_standing_elsewhere_is_not_queueing() -> None:
    assert told(watch(SHOP, frames([stands(2, 5, 4, 0, 25)], end=60)), TOLD) == []


def test_box_jitter_is_not_movement() -> None:
    """Ten percent of a body height to and fro from frame to frame is 0.5 body heights a second."""
    shaky = Walk(2, [(10, 5, 2), (40, 5, 2)], jitter=(0.0, 0.1, -0.05, 0.05, -0.1))
    assert told(watch(SHOP, frames([shaky], end=60)), TOLD) == [("queue", (2,), near(10), 40.0)]


def test_step_forward_does_not_end_the_stay() -> None:
    steps = [(10, 7, 2), (20, 7, 2), (21.2, 6, 2), (35, 6, 2), (36.2, 5, 2), (60, 5, 2)]
    assert told(watch(SHOP, frames([Walk(2, steps)], end=80)), TOLD) == [("queue", (2,), 10.0, 60.0)]


def test_leaving_the_place_ends_it_at_the_last_queueing_moment() -> None:
    steps = [(10, 5, 2), (30, 5, 2), (30.2, 5, 4), (60, 5, 4)]
    assert told(watch(SHOP, frames([Walk(2, steps)], end=80)), TOLD) == [("queue", (2,), 10.0, near(29.8))]


def test_everyone_in_line_has_a_place() -> None:
    line = [queues(2, 10, 40, x=5), queues(3, 15, 60, x=6), queues(4, 20, 80, x=7), queues(5, 50, 90, x=8)]
    events = [e for e in watch(SHOP, frames(line, end=100)) if e.kind is TOLD]
    places = {
        e.participants[0].track_id: (e.details["place_in_line"], e.details["line_length"]) for e in events
    }
    assert places == {2: (1, 1), 3: (2, 2), 4: (3, 3), 5: (3, 3)}


def test_line_that_stands_there_at_the_first_frame_is_ordered_by_the_way_to_the_service() -> None:
    drawn = CameraRules(staff_line=LINE, zones=(QUEUE, TILL))
    line = [stands(9, 5, 2, 0, 30), stands(3, 6, 2, 0, 40), stands(5, 7, 2, 0, 50)]
    events = [e for e in watch(drawn, frames([cashier(), *line], end=60)) if e.kind is TOLD]
    places = {
        e.participants[0].track_id: (e.details["place_in_line"], e.details["line_length"]) for e in events
    }
    assert places == {9: (1, 3), 3: (2, 3), 5: (3, 3)}


def test_staff_never_queue() -> None:
    tidies = Walk(1, [(0, 5, 0.6), (10, 5, 0.6), (11, 5, 2), (40, 5, 2), (41, 5, 0.6), (60, 5, 0.6)])
    assert watch(SHOP, frames([tidies], end=60)) == []


def test_waiting_near_the_service_while_another_is_served_is_queueing() -> None:
    served = Walk(2, [(5, 3, 1.4), (35, 3, 1.4), (36, 3, 4.5), (40, 9, 4.5)])
    waits = stands(3, 4.5, 1.9, 10, 60)
    events = watch(COUNTER_ONLY, frames([cashier(), served, waits], end=60))
    assert told(events, TOLD) == [("queue", (3,), 10.0, near(35.5))]
    assert next(e for e in events if e.kind is TOLD).details["zone"] == "till"


def test_waiting_near_the_service_while_nobody_is_served_is_not_queueing() -> None:
    events = watch(COUNTER_ONLY, frames([cashier(), stands(3, 4.5, 1.9, 10, 60)], end=60))
    assert told(events) == [("unattended", (3,), 10.0, 60.0)]


def test_customer_who_is_served_does_not_queue() -> None:
    pair = [stands(2, 2.7, 1.4, 5, 60), stands(3, 3.3, 1.4, 5, 60)]
    assert told(watch(COUNTER_ONLY, frames([cashier(), *pair], end=60)), TOLD) == []


def test_where_a_queue_is_drawn_only_who_steps_up_to_the_service_waits_outside_of_it() -> None:
    drawn = CameraRules(staff_line=LINE, zones=(TILL, zone("line", ZoneKind.QUEUE, 7, 3, 9, 4)))
    served = stands(2, 3, 1.4, 5, 60)
    looks_at_goods, steps_up = stands(3, 4.8, 2, 10, 60), stands(4, 4.3, 1.9, 10, 60)
    events = watch(drawn, frames([cashier(), served, looks_at_goods, steps_up], end=60))
    assert told(events, TOLD) == [("queue", (4,), 10.0, 60.0)]


def test_length_of_every_line_is_known_while_it_lasts() -> None:
    running = ServiceWatch(SHOP)
    lengths = []
    for frame in frames([queues(2, 10, 40, x=5), queues(3, 20, 60, x=6)], end=70):
        running.see(frame)
        lengths.append(running.lines_now()[0].length)
    assert [lengths[5 * second] for second in (5, 15, 25, 50, 69)] == [0, 1, 2, 1, 0]


def test_queue_needs_no_second_call_to_be_complete() -> None:
    """Earlier systems waited for a confirmation that nobody called."""
    events = watch(SHOP, frames([stands(2, 5, 2, 0, 200)], end=200))
    assert told(events) == [("queue", (2,), 0.0, 200.0)]


@pytest.mark.parametrize("fps", [1, 2, 5, 30])
def test_any_frame_rate_tells_the_same_queue(fps: int) -> None:
    events = watch(SHOP, frames([queues(2, 10, 40)], end=60, step=1 / fps))
    (row,) = told(events, TOLD)
    assert row[2] == pytest.approx(10, abs=max(1 / fps, 0.6))
    assert row[3] == pytest.approx(40, abs=max(1 / fps, 0.6))


def test_away_for_longer_than_a_step_forward_is_another_stay() -> None:
    steps = [(10, 5, 2), (30, 5, 2), (30.2, 5, 4), (36, 5, 4), (36.2, 5, 2), (60, 5, 2)]
    rows = told(watch(SHOP, frames([Walk(2, steps)], end=80)), TOLD)
    assert rows == [("queue", (2,), 10.0, near(29.8)), ("queue", (2,), near(37), 60.0)]


def test_stop_and_go_is_not_standing_in_line() -> None:
    """Half a second of rest after every three body heights: far below 70 % of any three seconds."""
    steps = [(0.0, 4.6, 2.0)]
    for lap in range(12):
        steps += [
            (4.0 * lap + 3, 8.6 if lap % 2 == 0 else 4.6, 2),
            (4.0 * lap + 4, 8.6 if lap % 2 == 0 else 4.6, 2),
        ]
    assert told(watch(SHOP, frames([Walk(2, steps)], end=48)), TOLD) == []
