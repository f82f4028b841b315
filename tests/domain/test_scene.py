"""The whole watch of one camera: presence, gaps, time, places where nobody is seen, and its live view."""

from dataclasses import replace
from datetime import timedelta

import pytest
from scripted import LINE, OPENING, Walk, at, cashier, frames, stands, told, watch, zone

from sightline.domain.event import EventKind, Role
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.zone import StaffLine, ZoneKind

QUEUE = zone("line", ZoneKind.QUEUE, 5, 1.5, 8, 3)
SHOP = CameraRules(staff_line=LINE, zones=(QUEUE,))


def visit(track_id: int = 2) -> Walk:
    """Comes in, stands in line, is served, and looks around alone until leaving."""
    return Walk(
        track_id,
        [
            (5, 9, 4.5),
            (10, 6, 2),
            (30, 6, 2),
            (34, 3, 1.4),
            (60, 3, 1.4),
            (66, 8, 4.5),
            (110, 8, 4.5),
            (115, 9.5, 4.5),
        ],
    )


def test_one_visit_is_told_completely() -> None:
    events = watch(SHOP, frames([cashier(), visit()], end=130))
    assert told(events) == [
        ("queue", (2,), pytest.approx(10.3, abs=0.4), pytest.approx(29.9, abs=0.4)),
        ("interaction", (1, 2), 33.2, 60.4),
        ("unattended", (2,), 60.4, 115.0),
    ]


def test_duration_is_capture_time_whatever_the_frame_rate() -> None:
    """Earlier systems divided a number of frames by an assumed rate."""
    for step in (1.0, 0.5, 0.2, 1 / 15):
        events = watch(SHOP, frames([cashier(), stands(2, 9, 4.5, 10, 90)], end=100, step=step))
        assert [event.duration.total_seconds() for event in events] == [pytest.approx(80, abs=step)]


def test_irregular_frames_tell_the_same() -> None:
    shot = frames([cashier(), visit()], end=130, step=0.1)
    thinned = [frame for index, frame in enumerate(shot) if index % 7 not in (1, 2, 5)]
    whole, thin = told(watch(SHOP, shot)), told(watch(SHOP, thinned))
    assert [row[:2] for row in whole] == [row[:2] for row in thin]
    for one, other in zip(whole, thin, strict=True):
        assert other[2:] == (pytest.approx(one[2], abs=0.4), pytest.approx(one[3], abs=0.4))


def test_perspective_does_not_change_the_rules() -> None:
    """The same service far away, where people are a third as tall, is the same event."""
    far = CameraRules(staff_line=StaffLine((0.0, 0.2 / 3), (1.0, 0.2 / 3), "left"))
    near_walks = [cashier(), Walk(2, [(10, 3, 1.4), (40, 3, 1.4)])]
    shot = [
        replace(
            frame,
            people=tuple(
                replace(p, box=(p.box[0] / 3, p.box[1] / 3, p.box[2] / 3, p.box[3] / 3)) for p in frame.people
            ),
        )
        for frame in frames(near_walks, end=60)
    ]
    assert told(watch(far, shot)) == told(watch(CameraRules(staff_line=LINE), frames(near_walks, end=60)))


def test_time_never_goes_backwards() -> None:
    running = ServiceWatch(SHOP)
    later, earlier = frames([cashier()], begin=10, end=10), frames([cashier()], begin=9.8, end=9.8)
    running.see(later[0])
    with pytest.raises(ValueError, match="must not go back in time"):
        running.see(earlier[0])


def test_time_without_a_zone_is_refused() -> None:
    naive = TrackedFrame(captured_at=OPENING.replace(tzinfo=None), width=10, height=10, people=())
    with pytest.raises(ValueError, match="must be aware"):
        ServiceWatch(SHOP).see(naive)


def test_who_stands_in_an_ignored_zone_is_not_seen_at_all() -> None:
    poster = zone("poster", ZoneKind.IGNORE, 7, 3, 10, 5)
    running = ServiceWatch(CameraRules(staff_line=LINE, zones=(poster,)))
    for frame in frames([stands(2, 9, 4.5, 0, 100), stands(3, 5, 4.5, 0, 20)], end=100):
        assert told(running.see(frame)) == []
    assert set(running.roles()) == {3}


def test_footage_that_ends_closes_everything_at_the_last_sighting() -> None:
    running = ServiceWatch(SHOP)
    closed = [
        e for frame in frames([cashier(), stands(2, 3, 1.4, 10, 100)], end=80) for e in running.see(frame)
    ]
    assert closed == []
    assert told(running.finish()) == [("interaction", (1, 2), 10.0, 80.0)]
    assert running.finish() == []


def test_number_that_comes_back_after_being_lost_is_a_new_presence_with_its_old_role() -> None:
    running = ServiceWatch(SHOP)
    walk = Walk(1, [(0, 3, 0.6), (100, 3, 0.6)], gaps=[(30, 60)])
    for frame in frames([walk], end=60.4):
        running.see(frame)
    assert running.present() == {1: Role.STAFF}


def test_present_forgets_who_has_gone_and_roles_do_not() -> None:
    running = ServiceWatch(SHOP)
    for frame in frames([cashier(), stands(2, 9, 4, 0, 20)], end=30):
        running.see(frame)
    assert set(running.present()) == {1}
    assert set(running.roles()) == {1, 2}


def test_person_seen_once_is_nothing() -> None:
    assert watch(SHOP, frames([cashier(), stands(2, 3, 1.4, 10, 10)], end=60)) == []


def test_box_without_height_is_not_a_person() -> None:
    flat = TrackedBox(4, (10, 50, 20, 50), 0.5)
    broken = TrackedBox(5, (10, float("nan"), 20, 50), 0.5)
    running = ServiceWatch(SHOP)
    running.see(TrackedFrame(captured_at=OPENING, width=100, height=100, people=(flat, broken)))
    assert running.roles() == {}


def test_no_frames_are_no_events() -> None:
    assert ServiceWatch(SHOP).finish() == []


def test_change_of_resolution_in_the_middle_changes_nothing() -> None:
    first = frames([cashier(), visit()], end=50)
    second = frames([cashier(), visit()], begin=50.2, end=130, scale=2)
    # Speed across the change is measured once in mixed pixels; the visit's facts stay.
    rows = [row[:2] for row in told(watch(SHOP, first + second))]
    assert ("queue", (2,)) in rows
    assert ("unattended", (2,)) in rows


def test_broken_track_in_the_middle_of_a_service_is_two_interactions_and_no_wait() -> None:
    pieces = [stands(2, 3, 1.4, 10, 30), stands(7, 3, 1.4, 30.6, 60)]
    events = watch(SHOP, frames([cashier(), *pieces], end=80))
    assert told(events) == [("interaction", (1, 2), 10.0, 30.0), ("interaction", (1, 7), 30.6, 60.0)]


def test_broken_track_of_staff_hands_the_customer_over_to_the_new_number() -> None:
    pieces = [cashier(1, end=30), cashier(9, begin=30.6, end=80)]
    events = watch(SHOP, frames([*pieces, stands(2, 3, 1.4, 10, 60)], end=80))
    assert told(events, EventKind.INTERACTION) == [
        ("interaction", (1, 2), 10.0, 30.0),
        ("interaction", (9, 2), 30.6, 60.0),
    ]


def test_events_leave_in_the_order_of_their_ends() -> None:
    walks = [cashier(), stands(2, 3, 1.4, 10, 50), stands(3, 9, 4.5, 5, 60), stands(4, 6, 2, 0, 40)]
    ends = [event.ended_at for event in watch(SHOP, frames(walks, end=60))]
    assert ends == sorted(ends)
    assert ends[-1] == at(60)
    assert len(ends) == 3


def test_defaults_are_those_of_the_contract() -> None:
    rules = CameraRules()
    seconds = [
        rules.interaction.min_duration,
        rules.interaction.start_after,
        rules.interaction.end_after,
        rules.unattended.threshold,
        rules.unattended.confirmation,
        rules.unattended.grace,
        rules.queue.min_duration,
        rules.queue.validation,
    ]
    assert [length.total_seconds() for length in seconds] == [5, 0.5, 2, 30, 30, 15, 8, 3]
    assert (rules.interaction.distance.value, rules.interaction.distance.unit) == (1.2, "heights")
    assert rules.queue.stability == 0.7
    assert rules.lost_after == timedelta(seconds=3)
