"""Waits that are told while they last, and what becomes of them. Expected times are exact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from scripted import LINE, Walk, at, cashier, frames, stands, watch
from test_properties import END, footage
from test_properties import SHOP as BUSY_SHOP

from sightline.domain.event import EventKind, Role, ServiceEvent
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedFrame
from sightline.domain.unattended import UnattendedRule
from sightline.store.event_ids import event_ids

SHOP = CameraRules(staff_line=LINE)
QUICK = CameraRules(
    staff_line=LINE,
    unattended=UnattendedRule(threshold=timedelta(seconds=3), confirmation=timedelta(seconds=1)),
)
AWAY, COUNTER = (8.0, 4.0), (3.0, 1.4)


def moves(track_id: int, *stays: tuple[float, float, tuple[float, float]]) -> Walk:
    return Walk(track_id, [(t, *place) for begin, end, place in stays for t in (begin, end)])


def id_of(event: ServiceEvent) -> str:
    return next(event_ids("shop", "till", event))


@dataclass
class Story:
    """What a watch said about footage, asked after each frame."""

    confirmed: list[tuple[datetime, ServiceEvent]] = field(default_factory=list)
    withdrawn: list[tuple[datetime, ServiceEvent]] = field(default_factory=list)
    finished: list[ServiceEvent] = field(default_factory=list)

    @classmethod
    def of(cls, rules: CameraRules, shot: Sequence[TrackedFrame], *, finish: bool = True) -> "Story":
        story, running = cls(), ServiceWatch(rules)
        for frame in shot:
            story.finished += running.see(frame)
            story.ask(running, frame.captured_at)
        if finish:
            story.finished += running.finish()
            story.ask(running, shot[-1].captured_at)
        return story

    def ask(self, running: ServiceWatch, now: datetime) -> None:
        self.confirmed += [(now, event) for event in running.take_confirmed()]
        self.withdrawn += [(now, event) for event in running.take_withdrawn()]


def test_a_confirmed_wait_is_told_once_from_its_start_and_ends_as_the_same_event() -> None:
    shot = frames([cashier(), stands(2, *AWAY, 10, 100)], end=120)
    story = Story.of(SHOP, shot)
    ((when, so_far),) = story.confirmed
    assert (when, so_far.started_at, so_far.ended_at, so_far.confirmed_at) == (at(70), at(10), at(70), at(70))
    box = so_far.details["bounding_box"]
    assert dict(so_far.details) == {
        "ended_by": None,
        "short_attentions": 0,
        "bounding_box": box,
        "last_attended_s": None,
    }
    (seen,) = (who for one in shot if one.captured_at == at(70) for who in one.people if who.track_id == 2)
    assert box == ",".join(str(round(side)) for side in seen.box)
    assert [(one.track_id, one.role) for one in so_far.participants] == [(2, Role.CUSTOMER)]
    (finished,) = story.finished
    assert id_of(so_far) == id_of(finished)
    assert (finished.ended_at, finished.details["ended_by"]) == (at(100), "left")
    assert story.withdrawn == []


def test_a_wait_that_is_not_confirmed_is_not_told() -> None:
    assert Story.of(SHOP, frames([cashier(), stands(2, *AWAY, 10, 69.8)], end=120)).confirmed == []


def test_attention_over_the_due_moment_defers_the_telling() -> None:
    glanced = moves(2, (10, 65, AWAY), (65.2, 75, COUNTER), (75.2, 120, AWAY))
    ((when, so_far),) = Story.of(SHOP, frames([cashier(), glanced], end=130)).confirmed
    assert so_far.confirmed_at == at(75)
    assert at(75) < when <= at(78)  # the short attention is over 2 s after its last close moment


def test_two_waits_of_one_customer_are_told_each() -> None:
    again = moves(2, (0, 70, AWAY), (70.2, 90, COUNTER), (90.2, 170, AWAY))
    story = Story.of(SHOP, frames([cashier(), again], end=180))
    waits = [one for one in story.finished if one.kind is EventKind.UNATTENDED]
    assert [id_of(one) for _, one in story.confirmed] == [id_of(one) for one in waits]
    assert len(waits) == 2


def test_a_customer_who_turns_out_to_be_staff_is_withdrawn_at_that_moment() -> None:
    """70 s on the shop floor, alone; then behind the counter for good."""
    comes_in = moves(1, (0, 70, AWAY), (70.2, 120, (3, 0.6)))
    story = Story.of(SHOP, frames([comes_in], end=120))
    assert [when for when, _ in story.confirmed] == [at(60)]
    ((when, gone),) = story.withdrawn
    assert at(90) <= when <= at(91)
    assert id_of(gone) == id_of(story.confirmed[0][1])
    assert story.finished == []


def test_staff_on_the_shop_floor_are_not_told_to_wait() -> None:
    tidies = moves(1, (0, 10, (3, 0.6)), (10.2, 150, AWAY))
    assert Story.of(SHOP, frames([tidies], end=150)).confirmed == []


def test_staff_after_all_a_customer_is_told_again() -> None:
    """Withdrawn while taken for staff, and the same event again once that proves wrong."""
    rules = QUICK
    there_and_back = moves(2, (0, 6, AWAY), (6.2, 27, (3, 0.6)), (27.2, 480, AWAY))
    story = Story.of(rules, frames([there_and_back], end=480))
    tellings = [id_of(one) for _, one in story.confirmed]
    assert len(tellings) == 2
    assert len(set(tellings)) == 1
    assert [id_of(one) for _, one in story.withdrawn] == tellings[:1]
    assert [id_of(one) for one in story.finished] == tellings[:1]


def test_attention_by_somebody_known_as_staff_late_shortens_what_was_told() -> None:
    """From 40 s on with somebody who proves to be staff at 82 s: alone from 0 to 40 s only."""
    customer = stands(2, 3.0, 1.4, 0, 120)
    late = moves(1, (40, 62, (3.4, 1.4)), (62.2, 120, (3.2, 0.6)))
    story = Story.of(SHOP, frames([customer, late], end=120))
    ((when, so_far),) = story.confirmed
    finished = next(one for one in story.finished if one.kind is EventKind.UNATTENDED)
    assert (when, so_far.ended_at) == (at(60), at(60))
    assert (finished.ended_at, finished.confirmed_at) == (at(40), None)
    assert id_of(finished) == id_of(so_far)
    assert story.withdrawn == []


def test_attention_known_late_that_began_early_withdraws_what_was_told() -> None:
    """With somebody who proves to be staff at 82 s almost from the beginning: nobody ever waited."""
    customer = stands(2, 3.0, 1.4, 0, 120)
    late = moves(1, (5, 62, (3.4, 1.4)), (62.2, 120, (3.2, 0.6)))
    story = Story.of(SHOP, frames([customer, late], end=120))
    assert [one.participants[0].track_id for _, one in story.confirmed] == [2, 1]
    assert story.withdrawn == [(at(82.2), one) for _, one in story.confirmed]
    assert {one.kind for one in story.finished} == {EventKind.INTERACTION}


def test_exactly_the_threshold_is_not_told_because_it_may_still_be_nothing() -> None:
    rules = CameraRules(staff_line=LINE, unattended=UnattendedRule(confirmation=timedelta()))
    exact = Story.of(rules, frames([cashier(), stands(2, *AWAY, 10, 40)], end=60))
    assert (exact.confirmed, exact.withdrawn, exact.finished) == ([], [], [])
    longer = Story.of(rules, frames([cashier(), stands(2, *AWAY, 10, 41)], end=60))
    assert [when for when, _ in longer.confirmed] == [at(40.2)]


def test_what_nobody_asks_for_is_not_kept() -> None:
    running = ServiceWatch(SHOP)
    for frame in frames([cashier(), stands(2, *AWAY, 10, 100)], end=120):
        running.see(frame)
    assert running.take_confirmed() == running.take_withdrawn() == running.ongoing() == []
    assert running._told._told == {}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(footage())
def test_telling_changes_no_event_and_everything_told_is_concluded_or_withdrawn(walks: list[Walk]) -> None:
    rules = CameraRules(
        zones=BUSY_SHOP.zones,
        staff_line=BUSY_SHOP.staff_line,
        unattended=UnattendedRule(threshold=timedelta(seconds=8), confirmation=timedelta(seconds=4)),
    )
    shot = frames(walks, end=END)
    story = Story.of(rules, shot)
    assert story.finished == watch(rules, shot)
    finished = {id_of(one) for one in story.finished}
    open_now: set[str] = set()
    for _, kind, event in sorted(
        [(when, 1, one) for when, one in story.confirmed] + [(when, 0, one) for when, one in story.withdrawn],
        key=lambda row: row[:2],
    ):
        if kind:
            assert id_of(event) not in open_now, "told twice"
            open_now.add(id_of(event))
        else:
            open_now.remove(id_of(event))
    assert open_now <= finished
    confirmed = {id_of(one) for one in story.finished if one.confirmed_at is not None}
    assert confirmed <= {id_of(one) for _, one in story.confirmed}
