"""What must hold for the events of any footage, searched for by machine."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted import LINE, OPENING, Walk, frames, told, watch, zone

from sightline.domain.event import EventKind, Role, ServiceEvent
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

SHOP = CameraRules(
    staff_line=LINE,
    zones=(zone("line", ZoneKind.QUEUE, 5, 1.5, 8, 3), zone("till", ZoneKind.SERVICE, 2, 1, 4, 2)),
)
PLACES = [(3.0, 1.4), (3.4, 1.5), (5.5, 2.0), (6.5, 2.0), (8.0, 4.0), (1.0, 4.5), (3.0, 0.6), (6.0, 0.6)]
END = 120
FEW = settings(max_examples=7, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def walk(draw: st.DrawFn, track_id: int) -> Walk:
    """From place to place, one body height a second, with stays, sometimes out of sight."""
    t = draw(st.integers(0, 20))
    stops: list[tuple[float, float, float]] = []
    gaps = []
    for _ in range(draw(st.integers(1, 3))):
        x, y = draw(st.sampled_from(PLACES))
        if stops:
            t += round(max(abs(x - stops[-1][1]), abs(y - stops[-1][2])) + 0.5)
        stops.append((t, x, y))
        t += draw(st.sampled_from([1, 4, 9, 12, 33, 40]))
        stops.append((t, x, y))
        if draw(st.booleans()) and draw(st.booleans()):
            begin = t - draw(st.sampled_from([0.7, 1.9, 5.1]))
            gaps.append((begin, begin + draw(st.sampled_from([0.9, 2.3, 4.7]))))
    return Walk(track_id, stops, gaps)


@st.composite
def footage(draw: st.DrawFn) -> list[Walk]:
    return [draw(walk(number)) for number in range(1, draw(st.integers(2, 4)) + 1)]


def shoot(walks: list[Walk], **how: float) -> list[ServiceEvent]:
    return watch(SHOP, frames(walks, end=END, **how))  # type: ignore[arg-type]


def spans_by_people(events: list[ServiceEvent]) -> dict[object, list[ServiceEvent]]:
    grouped = defaultdict(list)
    for event in events:
        grouped[(event.kind, tuple(p.track_id for p in event.participants))].append(event)
    return grouped


@FEW
@given(footage())
def test_every_event_is_long_enough_and_within_the_sightings_of_its_people(walks: list[Walk]) -> None:
    shot = frames(walks, end=END)
    seen = defaultdict(list)
    for frame in shot:
        for person in frame.people:
            seen[person.track_id].append(frame.captured_at)
    for event in watch(SHOP, shot):
        assert event.ended_at >= event.started_at
        for person in event.participants:
            assert seen[person.track_id][0] <= event.started_at
            assert event.ended_at <= seen[person.track_id][-1]
        if event.kind is EventKind.INTERACTION:
            assert event.duration >= timedelta(seconds=5)
        elif event.kind is EventKind.QUEUE:
            assert event.duration >= timedelta(seconds=8)
        else:
            assert event.duration > timedelta(seconds=30)
            if event.confirmed_at is not None:
                assert event.started_at + timedelta(seconds=60) <= event.confirmed_at <= event.ended_at
        assert 0 <= event.score <= 1


@FEW
@given(footage())
def test_events_of_one_kind_and_the_same_people_never_overlap(walks: list[Walk]) -> None:
    for events in spans_by_people(shoot(walks)).values():
        ordered = sorted(events, key=lambda event: event.started_at)
        for one, other in pairwise(ordered):
            assert one.ended_at <= other.started_at


@FEW
@given(footage())
def test_one_customer_is_served_by_one_at_a_time_and_does_not_wait_and_queue_at_once(
    walks: list[Walk],
) -> None:
    served, alone = defaultdict(list), defaultdict(list)
    for event in shoot(walks):
        customer = event.participants[-1].track_id
        (served if event.kind is EventKind.INTERACTION else alone)[customer].append(event)
    for events in (*served.values(), *alone.values()):
        ordered = sorted(events, key=lambda event: (event.started_at, event.ended_at))
        for one, other in pairwise(ordered):
            assert one.ended_at <= other.started_at


@FEW
@given(footage())
def test_roles_fit_the_events(walks: list[Walk]) -> None:
    for event in shoot(walks):
        roles = [person.role for person in event.participants]
        if event.kind is EventKind.INTERACTION:
            assert roles[0] is Role.STAFF
            assert roles[1] is not Role.STAFF
        else:
            assert Role.STAFF not in roles


@FEW
@given(footage(), st.randoms(use_true_random=False))
def test_order_of_people_in_a_frame_does_not_matter(walks: list[Walk], dice) -> None:  # type: ignore[no-untyped-def]
    shot = frames(walks, end=END)
    shuffled = [replace(f, people=tuple(dice.sample(f.people, len(f.people)))) for f in shot]
    assert watch(SHOP, shuffled) == watch(SHOP, shot)


@FEW
@given(footage(), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_resolution_does_not_matter(walks: list[Walk], scale: float) -> None:
    assert without_boxes(shoot(walks, scale=scale)) == without_boxes(shoot(walks))


def without_boxes(events: list[ServiceEvent]) -> list[ServiceEvent]:
    """Where a customer was last seen is told in pixels, for receivers that have the picture."""
    boxed = [dict(event.details) for event in events]
    for details in boxed:
        details.pop("bounding_box", None)
    return [replace(event, details=details) for event, details in zip(events, boxed, strict=True)]


@FEW
@given(footage(), st.integers(1, 10**8))
def test_time_of_day_does_not_matter(walks: list[Walk], shift: int) -> None:
    by = timedelta(seconds=shift)
    moved = [
        replace(
            event,
            started_at=event.started_at - by,
            ended_at=event.ended_at - by,
            confirmed_at=event.confirmed_at and event.confirmed_at - by,
        )
        for event in shoot(walks, shift=float(shift))
    ]
    assert moved == shoot(walks)


@FEW
@given(footage())
def test_twice_as_many_frames_tell_the_same_within_a_step(walks: list[Walk]) -> None:
    """Short events may fall on either side of their minimum; all others agree to half a second."""
    sparse, dense = shoot(walks), shoot(walks, step=0.1)
    for one, other in ((sparse, dense), (dense, sparse)):
        known = told(other)
        for event in one:
            limit = {EventKind.INTERACTION: 5, EventKind.QUEUE: 8, EventKind.UNATTENDED: 30}[event.kind]
            if event.duration.total_seconds() < limit + 1.5:
                continue
            (row,) = told([event])
            assert any(
                row[:2] == k[:2] and abs(row[2] - k[2]) <= 0.6 and abs(row[3] - k[3]) <= 0.6 for k in known
            ), row


@FEW
@given(footage(), st.integers(0, END))
def test_footage_cut_off_anywhere_tells_what_had_ended_before(walks: list[Walk], cut: int) -> None:
    """What closed while watching is the same, however the footage goes on."""
    whole, running, closed = frames(walks, end=END), ServiceWatch(SHOP), []
    for frame in whole:
        if (frame.captured_at - OPENING).total_seconds() > cut:
            break
        closed += running.see(frame)
    assert closed == watch(SHOP, whole)[: len(closed)]
