"""Security incidents, told as small stories. Expected times are exact."""

from collections.abc import Iterable
from datetime import UTC, timedelta

import pytest
from scripted import LINE, OPENING, Walk, at, cashier, frames, stands, told, watch, zone

from sightline.domain.event import EventKind, Role, ServiceEvent
from sightline.domain.opening_hours import OpeningHours, Span
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.security import SecurityRules
from sightline.domain.zone import Zone, ZoneKind

CLOSED = OpeningHours(UTC, ((),) * 7)
STOREROOM = zone("storeroom", ZoneKind.RESTRICTED, 7, 3, 10, 5)
INSIDE, OUTSIDE = (8.0, 4.0), (5.0, 4.0)


def shop(*zones: Zone, **security: object) -> CameraRules:
    return CameraRules(staff_line=LINE, zones=zones, security=SecurityRules(**security))  # type: ignore[arg-type]


def incidents(rules: CameraRules, walks: Iterable[Walk], end: float = 60) -> list[ServiceEvent]:
    return [one for one in watch(rules, frames(walks, end=end)) if one.kind is EventKind.SECURITY]


def spans(events: Iterable[ServiceEvent]) -> list[tuple[object, tuple[int, ...], float, float]]:
    """(type, tracks, start, end) of each, in seconds."""
    return [
        (one.details["incident_type"], *told([one])[0][1:])
        for one in sorted(events, key=lambda e: e.started_at)
    ]


def only(events: list[ServiceEvent]) -> ServiceEvent:
    (one,) = events
    return one


def on_monday(*span: Span) -> OpeningHours:
    """The day of these stories; they begin at 09:00."""
    return OpeningHours(UTC, (span, *((),) * 6))


# Restricted zones


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(3.0, [], id="exactly the minimum is not longer"),
        pytest.param(3.2, [("restricted_zone", (2,), 10.0, 13.2)], id="longer is an incident"),
    ],
)
def test_longer_than_the_minimum_in_a_restricted_zone_is_an_incident(
    seconds: float, expected: list[object]
) -> None:
    assert spans(incidents(shop(STOREROOM), [stands(2, *INSIDE, 10, 10 + seconds)])) == expected


def test_an_incident_counts_from_the_moment_somebody_went_in_not_from_confirmation() -> None:
    went_in = Walk(
        2, [(0, *OUTSIDE), (10, *OUTSIDE), (10.2, *INSIDE), (30, *INSIDE), (30.2, *OUTSIDE), (40, *OUTSIDE)]
    )
    event = only(incidents(shop(STOREROOM), [went_in]))
    assert spans([event]) == [("restricted_zone", (2,), 10.2, 30.0)]
    assert event.confirmed_at == at(13.2)
    assert event.details == {
        "incident_type": "restricted_zone",
        "zone": "storeroom",
        "risk_level": "MEDIUM",
        "people": 1,
    }


def test_the_minimum_is_a_setting() -> None:
    rules = shop(STOREROOM, min_duration=timedelta(seconds=8))
    assert spans(incidents(rules, [stands(2, *INSIDE, 10, 18)])) == []
    assert spans(incidents(rules, [stands(2, *INSIDE, 10, 18.2)])) == [("restricted_zone", (2,), 10.0, 18.2)]


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        pytest.param(23.0, [(10.0, 40.0)], id="3 s away is the same incident"),
        pytest.param(23.2, [(10.0, 20.0), (23.2, 40.0)], id="longer away ends it where it was last seen"),
    ],
)
@pytest.mark.parametrize("unseen", [True, False])
def test_a_short_absence_does_not_end_an_incident(
    back: float, expected: list[tuple[float, float]], unseen: bool
) -> None:
    if unseen:
        walk = Walk(2, [(10, *INSIDE), (40, *INSIDE)], gaps=[(20, back)])
    else:
        outside = [(20.1, *OUTSIDE), (back - 0.1, *OUTSIDE)]
        walk = Walk(2, [(10, *INSIDE), (20, *INSIDE), *outside, (back, *INSIDE), (40, *INSIDE)])
    assert [row[2:] for row in spans(incidents(shop(STOREROOM), [walk]))] == expected


def test_a_hole_in_the_footage_is_time_that_passes() -> None:
    shot = frames([stands(2, *INSIDE, 0, 60)], end=60, silent=[(10, 20)])
    found = [one for one in watch(shop(STOREROOM), shot) if one.kind is EventKind.SECURITY]
    assert [row[2:] for row in spans(found)] == [(0.0, 10.0), (20.0, 60.0)]


def test_known_staff_may_be_in_a_restricted_zone() -> None:
    clerk = Walk(1, [(0, 8, 0.6), (10, 8, 0.6), (12, *INSIDE), (40, *INSIDE)])
    customer = stands(2, 9, 4, 20, 30)
    assert [row[1] for row in spans(incidents(shop(STOREROOM), [clerk, customer]))] == [(2,)]


def test_with_nothing_drawn_nobody_is_staff() -> None:
    rules = CameraRules(zones=(STOREROOM,))
    clerk = Walk(1, [(0, 8, 0.6), (10, 8, 0.6), (10.2, *INSIDE), (20, *INSIDE)])
    event = only(incidents(rules, [clerk]))
    assert event.score == pytest.approx(0.65), "nothing tells staff from customers: 0.5 + 0.5 * 0.3"


def test_who_turns_out_not_to_be_staff_was_there_since_going_in() -> None:
    """4 s on the staff side make a member of staff, 4 s elsewhere undo it; until then it is no incident."""
    passing = Walk(2, [(0, 8, 0.6), (4, 8, 0.6), (4.2, *INSIDE), (30, *INSIDE)])
    event = only(incidents(shop(STOREROOM), [passing]))
    assert spans([event]) == [("restricted_zone", (2,), 4.2, 30.0)]
    assert event.confirmed_at == at(8.4)


def test_who_becomes_staff_after_the_confirmation_has_been_reported_and_stays_so() -> None:
    back = zone("back", ZoneKind.RESTRICTED, 7, 0, 10, 1)
    crossing = Walk(2, [(0, 8, 2), (8, 8, 2), (8.4, 8, 0.6), (40, 8, 0.6)])
    rules, shot = shop(back), frames([crossing], end=60)
    running = ServiceWatch(rules)
    confirmed = [one for frame in shot for _ in [running.see(frame)] for one in running.take_confirmed()]
    assert running.roles()[2].role is Role.STAFF
    event = only(incidents(rules, [crossing]))
    assert event.participants == only(confirmed).participants
    assert event.participants[0].role is Role.CUSTOMER
    assert event.ended_at == at(40)


def test_every_zone_and_every_person_is_an_incident_of_its_own() -> None:
    office = zone("office", ZoneKind.RESTRICTED, 6, 3, 9, 5)
    found = incidents(shop(STOREROOM, office), [stands(2, *INSIDE, 0, 10), stands(3, 9.5, 4, 5, 15)])
    assert sorted((one.details["zone"], told([one])[0][1]) for one in found) == [
        ("office", (2,)),
        ("storeroom", (2,)),
        ("storeroom", (3,)),
    ]


# After hours


def test_somebody_outside_opening_hours_is_an_incident_only_where_it_is_asked_for() -> None:
    walks = [stands(2, *OUTSIDE, 10, 20)]
    assert incidents(shop(hours=CLOSED), walks) == []
    event = only(incidents(shop(hours=CLOSED, after_hours=True), walks))
    assert spans([event]) == [("after_hours", (2,), 10.0, 20.0)]
    assert (event.confirmed_at, event.details["zone"], event.details["risk_level"]) == (at(13), None, "HIGH")


def test_staff_count_after_hours_too() -> None:
    event = only(incidents(shop(hours=CLOSED, after_hours=True), [cashier(begin=0, end=40)]))
    assert event.participants[0].role is Role.STAFF


def test_the_incident_begins_when_the_shop_closes_and_ends_when_it_opens() -> None:
    stays = [stands(2, *OUTSIDE, 0, 200)]
    hours = on_monday((8 * 60, 9 * 60 + 1), (9 * 60 + 2, 19 * 60))
    found = [
        one
        for one in watch(shop(hours=hours, after_hours=True), frames(stays))
        if one.kind is EventKind.SECURITY
    ]
    assert spans(found) == [("after_hours", (2,), 60.0, 119.8)]


def test_whoever_is_there_it_is_one_incident_while_anybody_is() -> None:
    relay = [stands(2, *OUTSIDE, 10, 20), stands(3, 6, 4, 19, 30), stands(4, 7, 4, 32.8, 50)]
    event = only(incidents(shop(hours=CLOSED, after_hours=True), relay))
    assert spans([event]) == [("after_hours", (2,), 10.0, 50.0)]
    assert event.details["people"] == 2


def test_pieces_of_a_broken_track_add_up_to_one_incident() -> None:
    pieces = [stands(number, *OUTSIDE, 10 + 2 * number, 11 + 2 * number) for number in range(1, 6)]
    assert spans(incidents(shop(hours=CLOSED, after_hours=True), pieces)) == [
        ("after_hours", (3,), 12.0, 21.0)
    ]


def test_those_there_at_the_confirmation_take_part_staff_first() -> None:
    walks = [stands(2, *OUTSIDE, 0, 30), cashier(7, begin=0, end=30), stands(3, 6, 4, 10, 30)]
    event = only(incidents(shop(hours=CLOSED, after_hours=True), walks))
    assert [one.track_id for one in event.participants] == [7, 2]
    assert event.details["people"] == 3


# Loitering


def test_longer_than_allowed_in_one_zone_is_loitering() -> None:
    door = zone("door", ZoneKind.ENTRANCE, 7, 3, 10, 5)
    rules = shop(door, loiter=timedelta(seconds=20))
    assert incidents(rules, [stands(2, *INSIDE, 10, 30)]) == []
    event = only(incidents(rules, [stands(2, *INSIDE, 10, 30.2)]))
    assert spans([event]) == [("loitering", (2,), 10.0, 30.2)]
    assert (event.details["zone"], event.details["risk_level"]) == ("door", "LOW")
    assert event.confirmed_at == at(30)


@pytest.mark.parametrize("kind", ZoneKind)
def test_one_may_loiter_in_the_zones_that_are_for_customers(kind: ZoneKind) -> None:
    drawn = zone("drawn", kind, 7, 3, 10, 5)
    rules = shop(drawn, loiter=timedelta(seconds=20), min_duration=timedelta(minutes=10))
    expected = kind in (ZoneKind.AREA, ZoneKind.SERVICE, ZoneKind.QUEUE, ZoneKind.ENTRANCE)
    assert bool(incidents(rules, [stands(2, *INSIDE, 0, 25)])) is expected


def test_neither_staff_nor_who_goes_on_to_the_next_zone_loiters() -> None:
    one, next_to_it = zone("a", ZoneKind.AREA, 4, 3, 7, 5), zone("b", ZoneKind.AREA, 7, 3, 10, 5)
    clerk = Walk(1, [(0, 8, 0.6), (10, 8, 0.6), (12, *INSIDE), (60, *INSIDE)])
    roaming = Walk(2, [(0, *INSIDE), (15, *INSIDE), (15.2, *OUTSIDE), (30, *OUTSIDE)])
    assert incidents(shop(one, next_to_it, loiter=timedelta(seconds=20)), [clerk, roaming]) == []


def test_stepping_out_for_a_moment_does_not_begin_loitering_anew() -> None:
    area = zone("shelf", ZoneKind.AREA, 7, 3, 10, 5)
    walk = Walk(
        2, [(0, *INSIDE), (15, *INSIDE), (15.2, *OUTSIDE), (17, *OUTSIDE), (17.2, *INSIDE), (25, *INSIDE)]
    )
    found = incidents(shop(area, loiter=timedelta(seconds=20)), [walk])
    assert spans(found) == [("loitering", (2,), 0.0, 25.0)]


# Crowding


def crowd(people: int, begin: float, end: float) -> list[Walk]:
    return [stands(number, 2 + 1.5 * number, 4, begin, end) for number in range(1, people + 1)]


@pytest.mark.parametrize(
    ("people", "seconds", "expected"),
    [
        pytest.param(2, 30.0, [], id="as many as allowed"),
        pytest.param(3, 10.0, [], id="more, for 10 s"),
        pytest.param(3, 10.2, [("crowding", (1, 2, 3), 10.0, 20.2)], id="more, for longer"),
    ],
)
def test_more_people_at_once_than_allowed_is_crowding(
    people: int, seconds: float, expected: list[object]
) -> None:
    assert spans(incidents(shop(crowd=2), crowd(people, 10, 10 + seconds))) == expected


def test_crowding_goes_on_over_a_moment_with_fewer_and_ends_when_they_leave() -> None:
    first, second, third = crowd(3, 0, 60)
    third.gaps = [(5, 8), (30, 40)]
    found = incidents(shop(crowd=2), [first, second, third])
    assert spans(found) == [("crowding", (1, 2, 3), 0.0, 30.0), ("crowding", (1, 2, 3), 40.0, 60.0)]
    assert found[0].confirmed_at == at(10)
    assert found[0].score == pytest.approx(0.9), "3 of 30 s only two were seen"


def test_who_joins_a_crowd_later_is_counted_and_takes_no_part() -> None:
    event = only(incidents(shop(crowd=2), [*crowd(3, 0, 40), stands(9, 9, 4, 20, 40)]))
    assert [one.track_id for one in event.participants] == [1, 2, 3]
    assert event.details["people"] == 4


def test_a_person_whose_number_changes_is_not_two() -> None:
    pieces = [stands(number, 5, 4, 4.8 * number, 4.8 * number + 4.6) for number in range(10)]
    assert incidents(shop(crowd=1), pieces) == []


def test_who_is_on_a_poster_is_nobody() -> None:
    poster = zone("poster", ZoneKind.IGNORE, 7, 3, 10, 5)
    rules = shop(STOREROOM, poster, hours=CLOSED, after_hours=True, crowd=1, loiter=timedelta(seconds=5))
    assert incidents(rules, [stands(2, *INSIDE, 0, 60), stands(3, 9, 4, 0, 60)]) == []


# While it lasts


@pytest.mark.parametrize(
    ("hours", "risk"),
    [
        (OpeningHours.usual(UTC), {"restricted_zone": "MEDIUM", "loitering": "LOW", "crowding": "MEDIUM"}),
        (
            CLOSED,
            {"after_hours": "HIGH", "restricted_zone": "HIGH", "loitering": "MEDIUM", "crowding": "HIGH"},
        ),
    ],
)
def test_the_same_is_riskier_outside_opening_hours(hours: OpeningHours, risk: dict[str, str]) -> None:
    area = zone("shelf", ZoneKind.AREA, 4, 3, 7, 5)
    rules = shop(STOREROOM, area, hours=hours, after_hours=True, crowd=1, loiter=timedelta(seconds=20))
    found = incidents(rules, [stands(2, *INSIDE, 0, 30), stands(3, *OUTSIDE, 0, 30)])
    assert {one.details["incident_type"]: one.details["risk_level"] for one in found} == risk


def test_an_incident_is_told_once_at_its_confirmation_and_ends_as_the_same() -> None:
    rules = shop(STOREROOM, hours=CLOSED, after_hours=True)
    running, told_at, ended = ServiceWatch(rules), [], []
    for frame in frames([stands(2, *INSIDE, 10, 30)], end=60):
        ended += running.see(frame)
        told_at += [(frame.captured_at, one) for one in running.take_confirmed()]
    final = {one.details["incident_type"]: one for one in ended if one.kind is EventKind.SECURITY}
    assert [when for when, _ in told_at] == [at(13.2), at(13.2)]
    for when, early in told_at:
        last = final[str(early.details["incident_type"])]
        assert early.ended_at == when < last.ended_at == at(30)
        for same in ("kind", "started_at", "participants", "confirmed_at", "details"):
            assert getattr(early, same) == getattr(last, same), same


def test_what_is_over_before_anybody_asks_is_not_told_as_going_on() -> None:
    running = ServiceWatch(shop(STOREROOM))
    back_again = Walk(
        2, [(0, *INSIDE), (10, *INSIDE), (10.2, *OUTSIDE), (19.8, *OUTSIDE), (20, *INSIDE), (22, *INSIDE)]
    )
    for frame in frames([back_again], end=22):
        running.see(frame)
    assert running.take_confirmed() == []
    running.finish()
    assert running.take_confirmed() == []


def test_what_may_become_an_incident_is_open_since_its_start() -> None:
    hours = on_monday((8 * 60, 9 * 60 + 1))
    running, since = ServiceWatch(shop(hours=hours, after_hours=True)), {}
    for frame in frames([cashier(begin=0, end=90)], end=100):
        running.see(frame)
        since[(frame.captured_at - OPENING).total_seconds()] = running.open_since()
    assert since[59.8] is None, "established staff wait for nobody"
    assert [since[t] for t in (60, 62, 90, 93)] == [at(60)] * 4
    assert since[93.2] is None


def test_established_staff_in_a_restricted_zone_are_nothing_to_wait_for() -> None:
    running = ServiceWatch(shop(zone("back", ZoneKind.RESTRICTED, 0, 0, 10, 1)))
    for frame in frames([cashier(begin=0, end=40)], end=40):
        running.see(frame)
    assert running.open_since() is None
