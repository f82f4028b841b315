"""What people's looks add to where they stand: staff without a line, surer staff, and no flapping."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import LINE, frames, stands

from sightline.domain.event import EventKind, Role
from sightline.domain.role import RoleDecision, RoleEvidence, StaffCue
from sightline.domain.scene import CameraRules, ServiceWatch

STEP = timedelta(seconds=0.5)
WEARS, WEARS_NOT = "wears the staff's colours in 5 of 6 looks", "does not wear the staff's colours"


def cue(likelihood: float, looks: int = 6, *, kind: str = "uniform", reason: str = "") -> StaffCue:
    return StaffCue(kind, likelihood, looks, reason or (WEARS if likelihood >= 0.5 else WEARS_NOT))


def life(side: bool | None, seconds: float, *cues: StaffCue) -> RoleEvidence:
    """Somebody who stays on one side; the cues come one by one, the last one stays."""
    evidence = RoleEvidence()
    evidence.see(timedelta(), side)
    for number in range(round(seconds * 2)):
        evidence.see(STEP, side, cues[number] if number < len(cues) else None)
    return evidence


def role(side: bool | None, seconds: float, *cues: StaffCue) -> RoleDecision:
    return life(side, seconds, *cues).decision()


def test_who_wears_the_uniform_is_staff_without_a_line() -> None:
    assert role(None, 10, cue(0.9)) == RoleDecision(Role.STAFF, pytest.approx(0.9), WEARS)
    assert role(None, 2, cue(0.9)).confidence == pytest.approx(0.6 * 0.9)


def test_who_does_not_wear_it_is_a_customer_with_a_confidence_of_its_own() -> None:
    assert role(None, 10, cue(0.1)) == RoleDecision(Role.CUSTOMER, pytest.approx(0.9), WEARS_NOT)
    assert role(None, 10, cue(0.55)).role is Role.CUSTOMER


@pytest.mark.parametrize("looks", [0, 2])
def test_too_few_looks_decide_nothing_and_that_is_said(looks: int) -> None:
    decision = role(None, 10, cue(1.0, looks))
    assert (decision.role, decision.confidence) == (Role.CUSTOMER, 0.3)
    assert decision.reason == (
        "no staff line or zone is drawn, and their clothes were seen well in fewer than 3 pictures"
    )
    assert role(True, 10, cue(0.0, looks)) == role(True, 10)


def test_line_and_uniform_together_are_surer_than_either() -> None:
    both, line, worn = role(True, 10, cue(0.7)), role(True, 10), role(None, 10, cue(0.7))
    assert both.role is Role.STAFF
    assert line.confidence == 1  # nothing to add there
    assert both.reason == f"{line.reason}, and {WEARS}"
    both, line = role(True, 4, cue(0.7)), role(True, 4)
    assert both.confidence > max(line.confidence, worn.confidence * 0.7)
    both, line = role(False, 4, cue(0.1)), role(False, 4)
    assert (both.role, both.reason) == (Role.CUSTOMER, f"{line.reason}, and {WEARS_NOT}")
    assert both.confidence > line.confidence


def test_a_coat_over_the_uniform_makes_no_customer_of_who_stands_behind_the_line() -> None:
    assert role(True, 10, cue(0.0)) == role(True, 10)
    assert life(True, 10, cue(0.0)).is_established


def test_uniform_in_front_of_the_line_is_staff_by_looks_alone() -> None:
    evidence = life(False, 10, cue(0.9))
    assert evidence.decision() == RoleDecision(Role.STAFF, pytest.approx(0.9), WEARS)
    assert evidence.stay == timedelta()


def test_who_is_staff_by_looks_is_established_after_five_seconds() -> None:
    assert not life(None, 4.5, cue(0.9)).is_established
    assert life(None, 5, cue(0.9)).is_established
    assert not life(None, 60, cue(0.5)).is_established


def test_between_the_bounds_the_role_stays_what_it_was() -> None:
    assert role(None, 10, cue(0.6), cue(0.41)).role is Role.STAFF
    assert role(None, 10, cue(0.59), cue(0.41)).role is Role.CUSTOMER
    assert role(None, 10, cue(0.6), cue(0.39), cue(0.59)).role is Role.CUSTOMER
    assert role(None, 10, cue(0.6), cue(0.39), cue(0.6)).role is Role.STAFF


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40))
def test_looks_that_go_on_change_a_role_seldom(single: list[float]) -> None:
    """As running means: each change of role needs half as many looks again as all before it."""
    evidence, changes, before = RoleEvidence(), [], False
    for number in range(len(single)):
        mean = sum(single[: number + 1]) / (number + 1)
        evidence.see(STEP, None, cue(mean, number + 1))
        if evidence.is_staff != before:
            changes.append(number + 1)
            before = evidence.is_staff
    for earlier, later in pairwise(changes):
        assert later >= earlier * 1.5 - 1e-6


@given(st.sampled_from([None, True, False]), st.floats(0, 1), st.integers(0, 9), st.integers(0, 40))
def test_confidence_is_a_share_and_only_the_unknown_have_none(side, likelihood, looks, halves) -> None:
    decision = role(side, halves / 2, cue(likelihood, looks))
    assert 0 <= decision.confidence <= 1
    assert (decision.role is Role.UNKNOWN) == (decision.confidence == 0)
    assert decision.reason


def test_two_cues_that_say_staff_are_surer_together() -> None:
    joined = cue(0.8).joined(cue(0.7, 4, kind="enrolled", reason="looks like Ana (enrolled), 0.83"))
    assert joined.kind == "uniform and enrolled"
    assert joined.likelihood == pytest.approx(0.56 / (0.56 + 0.06))
    assert joined.reason == f"{WEARS}, and looks like Ana (enrolled), 0.83"


def test_of_two_cues_that_differ_the_one_that_says_staff_counts() -> None:
    ana = cue(0.9, kind="enrolled")
    assert cue(0.1).joined(ana) == ana
    assert cue(0.9).joined(cue(0.0, kind="enrolled")) == cue(0.9)
    assert cue(0.4).joined(cue(0.45, kind="enrolled")).likelihood == 0.45
    assert cue(0.1).joined(cue(0.9, 2, kind="enrolled")) == cue(0.1)
    assert cue(0.1, 2).joined(ana) == ana
    assert cue(0.1).joined(None) == cue(0.1)


def test_served_by_somebody_who_only_wears_the_uniform() -> None:
    """No line, no zone: without cues the cashier is a customer whom nobody attends to."""
    walks = (stands(1, 3, 2, 0, 40), stands(2, 3.5, 2, 10, 30))
    looks = {1: cue(0.9), 2: cue(0.0)}

    def told(cues: dict[int, StaffCue]) -> list[tuple[EventKind, int]]:
        watch = ServiceWatch(CameraRules())
        shot = frames(walks, end=40)
        events = [event for one in shot for event in watch.see(one, cues)] + watch.finish()
        return [(event.kind, event.participants[0].track_id) for event in events]

    assert told(looks) == [(EventKind.INTERACTION, 1)]
    assert told({}) == [(EventKind.UNATTENDED, 1)]


def test_staff_by_looks_walk_past_the_line_without_waiting_there() -> None:
    watch = ServiceWatch(CameraRules(staff_line=LINE))
    for one in frames([stands(1, 5, 3, 0, 100)], end=100):
        assert watch.see(one, {1: cue(0.9)}) == []
    assert watch.waiting() == []
    assert watch.present() == {1: Role.STAFF}
