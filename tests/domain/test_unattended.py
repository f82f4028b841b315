"""Customers left alone, told as small stories. Expected times are exact."""

from datetime import timedelta

import pytest
from scripted import LINE, OPENING, Walk, at, cashier, frames, stands, told, watch, zone

from sightline.domain.event import EventKind
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

SHOP = CameraRules(staff_line=LINE)
LINED = CameraRules(staff_line=LINE, zones=(zone("line", ZoneKind.QUEUE, 5, 1.5, 8, 3),))
TOLD = EventKind.UNATTENDED
AWAY, COUNTER = (8.0, 4.0), (3.0, 1.4)


def moves(track_id: int, *stays: tuple[float, float, tuple[float, float]]) -> Walk:
    """Stays of (from, to, place), with a jump of 0.1 s between them."""
    return Walk(track_id, [(t, *place) for begin, end, place in stays for t in (begin, end)])


@pytest.mark.parametrize(
    ("seconds", "events"),
    [
        pytest.param(30.0, [], id="exactly the threshold is not longer"),
        pytest.param(30.2, [("unattended", (2,), 10.0, 40.2)], id="longer is an event"),
    ],
)
def test_longer_than_the_threshold_is_an_event(seconds: float, events: list[object]) -> None:
    assert told(watch(SHOP, frames([cashier(), stands(2, *AWAY, 10, 10 + seconds)], end=60))) == events


def test_wait_counts_from_the_moment_first_alone_not_from_confirmation() -> None:
    event = watch(SHOP, frames([cashier(), stands(2, *AWAY, 10, 100)], end=120))[0]
    assert told([event]) == [("unattended", (2,), 10.0, 100.0)]
    assert event.confirmed_at == at(70)
    assert event.duration == timedelta(seconds=90)
    assert event.details["ended_by"] == "left"


def test_wait_between_threshold_and_confirmation_is_counted_and_unconfirmed() -> None:
    event = watch(SHOP, frames([cashier(), stands(2, *AWAY, 10, 69)], end=120))[0]
    assert event.confirmed_at is None


def test_attention_that_reaches_the_grace_ended_the_wait_where_it_began() -> None:
    served = moves(2, (10, 50, AWAY), (50.2, 70, COUNTER))
    events = watch(SHOP, frames([cashier(), served], end=90))
    assert told(events, TOLD) == [("unattended", (2,), 10.0, 50.2)]
    assert next(e for e in events if e.kind is TOLD).details["ended_by"] == "attention"


def test_short_attention_does_not_reset_the_wait() -> None:
    glanced = moves(2, (10, 30, AWAY), (30.2, 40, COUNTER), (40.2, 60, AWAY))
    events = watch(SHOP, frames([cashier(), glanced], end=90))
    assert told(events, TOLD) == [("unattended", (2,), 10.0, 60.0)]
    assert next(e for e in events if e.kind is TOLD).details["short_attentions"] == 1


def test_alone_again_after_attention_is_a_new_wait() -> None:
    again = moves(2, (10, 30, COUNTER), (30.2, 70, AWAY))
    assert told(watch(SHOP, frames([cashier(), again], end=90)), TOLD) == [("unattended", (2,), 30.0, 70.0)]


def test_attention_that_goes_on_when_the_customer_leaves_ended_the_wait() -> None:
    quick = moves(2, (10, 50, AWAY), (50.2, 60, COUNTER))
    assert told(watch(SHOP, frames([cashier(), quick], end=90)), TOLD) == [("unattended", (2,), 10.0, 50.2)]


def test_customer_never_served_was_never_attended() -> None:
    """Earlier systems stamped everybody as attended at first sight."""
    running = ServiceWatch(SHOP)
    for frame in frames([cashier(), stands(2, *AWAY, 10, 100)], end=80):
        running.see(frame)
    waits = running.waiting()
    assert [(w.track_id, w.started_at, w.last_attended_at) for w in waits] == [(2, at(10), None)]


def test_confirmed_wait_is_told_while_it_lasts_without_another_call() -> None:
    running = ServiceWatch(SHOP)
    states = {}
    for frame in frames([cashier(), stands(2, *AWAY, 10, 100)], end=80):
        running.see(frame)
        for wait in running.waiting():
            states[(frame.captured_at - OPENING).total_seconds()] = (wait.exceeded, wait.confirmed_at)
    assert states[40.0] == (False, None)
    assert states[40.2] == (True, None)
    assert states[69.8] == (True, None)
    assert states[70.0] == (True, at(70))


def test_attention_over_the_due_moment_defers_the_confirmation() -> None:
    glanced = moves(2, (10, 65, AWAY), (65.2, 75, COUNTER), (75.2, 120, AWAY))
    event = next(e for e in watch(SHOP, frames([cashier(), glanced], end=130)) if e.kind is TOLD)
    assert told([event]) == [("unattended", (2,), 10.0, 120.0)]
    assert event.confirmed_at == at(75)


def test_attention_just_before_confirmation_that_lasts_leaves_it_unconfirmed() -> None:
    saved = moves(2, (10, 65, AWAY), (65.2, 90, COUNTER))
    event = next(e for e in watch(SHOP, frames([cashier(), saved], end=130)) if e.kind is TOLD)
    assert told([event]) == [("unattended", (2,), 10.0, 65.2)]
    assert event.confirmed_at is None


def test_time_in_the_queue_is_told_by_the_queue() -> None:
    queued = moves(2, (10, 45, AWAY), (45.2, 80, (6, 2)), (80.2, 115, AWAY))
    events = watch(LINED, frames([cashier(), queued], end=130))
    assert told(events) == [
        ("unattended", (2,), 10.0, pytest.approx(45.7, abs=0.6)),
        ("queue", (2,), pytest.approx(45.7, abs=0.6), pytest.approx(79.7, abs=0.5)),
        ("unattended", (2,), pytest.approx(79.7, abs=0.5), 115.0),
    ]
    queue, before, after = events[1], events[0], events[2]
    assert before.ended_at == queue.started_at
    assert after.started_at == queue.ended_at
    assert before.details["ended_by"] == "queue"


def test_lost_customer_waited_until_the_last_sighting() -> None:
    lost = Walk(2, [(10, *AWAY), (110, *AWAY)], gaps=[(50, 54)])
    assert told(watch(SHOP, frames([cashier(), lost], end=120))) == [
        ("unattended", (2,), 10.0, 50.0),
        ("unattended", (2,), 54.0, 110.0),
    ]


def test_gap_in_the_footage_is_not_waited_through() -> None:
    shot = frames([cashier(), stands(2, *AWAY, 10, 100)], end=100, silent=[(45, 90)])
    assert told(watch(SHOP, shot)) == [("unattended", (2,), 10.0, 45.0)]


def test_staff_alone_behind_the_counter_are_not_unattended() -> None:
    assert watch(SHOP, frames([cashier()], end=200)) == []


def test_wait_of_somebody_who_turns_out_to_be_staff_never_happened() -> None:
    """On the shop floor for 35 s, alone; then behind the counter for good."""
    comes_in = moves(1, (0, 35, AWAY), (35.2, 120, (3, 0.6)))
    assert watch(SHOP, frames([comes_in], end=120)) == []


def test_without_a_staff_line_everybody_waits_and_the_score_says_how_little_is_known() -> None:
    event = watch(CameraRules(), frames([stands(2, *AWAY, 0, 60)], end=60))[0]
    assert event.participants[0].role_reason == "no staff line or zone is drawn"
    assert event.score == pytest.approx(0.65)
