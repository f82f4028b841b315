"""What must hold for the security incidents of any footage, searched for by machine."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted import LINE, Walk, at, frames, watch, zone

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.opening_hours import OpeningHours
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.security import CROWD_FOR, IncidentType, SecurityRules
from sightline.domain.track import TrackedFrame
from sightline.domain.zone import ZoneKind
from sightline.store.event_ids import event_ids

CLOSES_S = 60
RULES = CameraRules(
    staff_line=LINE,
    zones=(
        zone("storeroom", ZoneKind.RESTRICTED, 7, 3, 10, 5),
        zone("office", ZoneKind.RESTRICTED, 6, 2, 9, 5),
        zone("shop", ZoneKind.AREA, 0, 1, 10, 5),
    ),
    security=SecurityRules(
        hours=OpeningHours(UTC, (((8 * 60, 9 * 60 + 1),), *((),) * 6)),
        after_hours=True,
        loiter=timedelta(seconds=20),
        crowd=1,
    ),
)
SECURITY = RULES.security
MINIMUM = {
    "after_hours": SECURITY.min_duration,
    "restricted_zone": SECURITY.min_duration,
    "loitering": SECURITY.loiter or timedelta(),
    "crowding": CROWD_FOR,
}
PLACES = [(8.0, 4.0), (6.5, 4.0), (9.5, 4.5), (3.0, 4.0), (1.0, 2.0), (6.0, 0.6), (8.0, 0.6)]
END = 120
FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def walk(draw: st.DrawFn, track_id: int) -> Walk:
    """Stays of some seconds at places inside and outside the zones, sometimes out of sight."""
    t = draw(st.integers(0, 70))
    stops: list[tuple[float, float, float]] = []
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(PLACES))
        stops.append((t, *place))
        t += draw(st.sampled_from([1, 2, 4, 9, 12, 25]))
        stops.append((t, *place))
        t += draw(st.integers(1, 4))
    begins = draw(st.lists(st.floats(0, END), max_size=3))
    return Walk(
        track_id, stops, [(begin, begin + draw(st.sampled_from([0.7, 2.3, 4.7]))) for begin in begins]
    )


@st.composite
def footage(draw: st.DrawFn) -> list[Walk]:
    return [draw(walk(number)) for number in range(1, draw(st.integers(1, 4)) + 1)]


def incidents(events: Iterable[ServiceEvent]) -> list[ServiceEvent]:
    return [one for one in events if one.kind is EventKind.SECURITY]


def subject(one: ServiceEvent) -> tuple[object, ...]:
    """What an incident is about: type and zone, and who where it is about one person."""
    kind = one.details["incident_type"]
    about_one = kind in ("restricted_zone", "loitering")
    return (kind, one.details["zone"], one.participants[0].track_id if about_one else None)


def in_order(events: Iterable[ServiceEvent]) -> list[ServiceEvent]:
    return sorted(events, key=lambda one: (one.started_at, *map(str, subject(one))))


@FEW
@given(footage())
def test_an_incident_is_longer_than_its_minimum_and_of_people_who_are_seen_in_it(walks: list[Walk]) -> None:
    shot = frames(walks, end=END)
    seen = defaultdict(set)
    for frame in shot:
        for person in frame.people:
            seen[person.track_id].add(frame.captured_at)
    for one in incidents(watch(RULES, shot)):
        minimum = MINIMUM[str(one.details["incident_type"])]
        assert one.duration > minimum
        assert one.confirmed_at is not None
        assert one.started_at + minimum <= one.confirmed_at <= one.ended_at
        assert 0 < one.score <= 1
        for person in one.participants:
            assert any(one.started_at <= when <= one.ended_at for when in seen[person.track_id])


@FEW
@given(footage())
def test_incidents_about_the_same_never_overlap_and_lie_further_apart_than_a_gap(walks: list[Walk]) -> None:
    about = defaultdict(list)
    for one in incidents(watch(RULES, frames(walks, end=END))):
        about[subject(one)].append(one)
    for events in about.values():
        for one, other in pairwise(in_order(events)):
            assert other.started_at - one.ended_at > RULES.lost_after


def stretches(moments: Sequence[datetime], minimum: timedelta) -> list[tuple[datetime, datetime]]:
    """What a person with a list of moments and a pencil would write down."""
    found: list[list[datetime]] = []
    for moment in moments:
        if found and moment - found[-1][1] <= RULES.lost_after:
            found[-1][1] = moment
        else:
            found.append([moment, moment])
    return [(first, last) for first, last in found if last - first > minimum]


@FEW
@given(footage())
def test_crowds_and_people_after_hours_are_what_the_frames_say(walks: list[Walk]) -> None:
    shot = frames(walks, end=END)
    crowded = [frame.captured_at for frame in shot if len(frame.people) > 1]
    after = [frame.captured_at for frame in shot if frame.people and frame.captured_at >= at(CLOSES_S)]
    found = defaultdict(list)
    for one in in_order(incidents(watch(RULES, shot))):
        found[one.details["incident_type"]].append((one.started_at, one.ended_at))
    assert found[IncidentType.CROWDING] == stretches(crowded, CROWD_FOR)
    assert found[IncidentType.AFTER_HOURS] == stretches(after, SECURITY.min_duration)


def live(shot: list[TrackedFrame]) -> tuple[list[ServiceEvent], list[ServiceEvent]]:
    """What is told at confirmations, and what is over in the end."""
    running = ServiceWatch(RULES)
    confirmed, ended = [], []
    for frame in shot:
        ended += running.see(frame)
        confirmed += running.take_confirmed()
    return incidents(confirmed), incidents(ended + running.finish())


def first_id(one: ServiceEvent) -> str:
    return next(event_ids("shop", "till", one))


@FEW
@given(footage())
def test_each_is_told_once_while_it_lasts_and_no_two_have_the_same_id(walks: list[Walk]) -> None:
    confirmed, ended = live(frames(walks, end=END))
    told, over = [first_id(one) for one in confirmed], [first_id(one) for one in ended]
    assert sorted(told) == sorted(over)
    assert len(set(over)) == len(over)


@FEW
@given(footage(), st.integers(0, END))
def test_footage_cut_off_anywhere_tells_what_had_ended_before(walks: list[Walk], cut: int) -> None:
    whole, running, closed = frames(walks, end=END), ServiceWatch(RULES), []
    for frame in whole:
        if frame.captured_at > at(cut):
            break
        closed += running.see(frame)
    assert incidents(closed) == incidents(watch(RULES, whole))[: len(incidents(closed))]


@FEW
@given(footage(), st.integers(10, 100))
def test_ending_all_in_a_hole_gives_what_the_next_picture_would_give(walks: list[Walk], hole: int) -> None:
    shot = frames(walks, end=END, silent=[(hole, hole + 4)])
    running, events, before = ServiceWatch(RULES), [], shot[0].captured_at
    for frame in shot:
        if frame.captured_at - before > RULES.lost_after:
            events += running.finish()
        events += running.see(frame)
        before = frame.captured_at
    assert in_order(incidents(events + running.finish())) == in_order(incidents(watch(RULES, shot)))


@FEW
@given(footage(), st.randoms(use_true_random=False))
def test_order_of_people_in_a_frame_does_not_matter(walks: list[Walk], dice) -> None:  # type: ignore[no-untyped-def]
    shot = frames(walks, end=END)
    shuffled = [replace(f, people=tuple(dice.sample(f.people, len(f.people)))) for f in shot]
    assert incidents(watch(RULES, shuffled)) == incidents(watch(RULES, shot))


@FEW
@given(footage(), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_resolution_does_not_matter(walks: list[Walk], scale: float) -> None:
    assert incidents(watch(RULES, frames(walks, end=END, scale=scale))) == incidents(
        watch(RULES, frames(walks, end=END))
    )


@FEW
@given(footage())
def test_twice_as_many_frames_tell_the_same_within_a_step(walks: list[Walk]) -> None:
    """Incidents near their minimum may fall to either side, breaks near the longest that is bridged, too."""
    sparse, dense = (incidents(watch(RULES, frames(walks, end=END, step=step))) for step in (0.2, 0.1))
    for one, other in ((sparse, dense), (dense, sparse)):
        for event in one:
            if event.duration < MINIMUM[str(event.details["incident_type"])] + timedelta(seconds=1):
                continue
            assert any(
                subject(event) == subject(known)
                and abs(event.started_at - known.started_at) <= timedelta(seconds=0.4)
                and abs(event.ended_at - known.ended_at) <= timedelta(seconds=0.4)
                for known in other
            ), (subject(event), event.started_at, event.ended_at)
