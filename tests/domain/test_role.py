"""Staff or customer, told as small stories about one person's life before the camera."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import LINE, Walk, frames, stands, zone

from sightline.domain.event import Role
from sightline.domain.role import RoleDecision, RoleEvidence
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind

STEP = timedelta(seconds=0.2)


def life(*stretches: tuple[bool | None, float]) -> RoleDecision:
    """The role after stretches of (on the staff side, seconds), at five sightings a second."""
    evidence = RoleEvidence()
    evidence.see(timedelta(), stretches[0][0])
    for side, seconds in stretches:
        for _ in range(round(seconds * 5)):
            evidence.see(STEP, side)
    return evidence.decision()


@pytest.mark.parametrize(
    ("stretches", "role"),
    [
        pytest.param([(False, 0.6)], Role.UNKNOWN, id="too young to tell"),
        pytest.param([(True, 1.2)], Role.UNKNOWN, id="behind the line, but hardly seen"),
        pytest.param([(False, 1.2)], Role.CUSTOMER, id="in front for a second"),
        pytest.param([(True, 2.0)], Role.STAFF, id="behind the line from the start"),
        pytest.param(
            [(False, 10), (True, 4), (False, 10)], Role.CUSTOMER, id="crosses the line for a moment"
        ),
        pytest.param([(False, 10), (True, 4)], Role.CUSTOMER, id="still beyond the line"),
        pytest.param([(False, 60), (True, 19)], Role.CUSTOMER, id="beyond it long, not yet too long"),
        pytest.param([(False, 60), (True, 21)], Role.STAFF, id="stays where no customer stays"),
        pytest.param([(True, 3), (False, 5)], Role.CUSTOMER, id="came in past the line"),
        pytest.param([(True, 8), (False, 60)], Role.STAFF, id="established staff on the shop floor"),
        pytest.param([(True, 8), (False, 200)], Role.CUSTOMER, id="overwhelming evidence to the contrary"),
        pytest.param([(True, 8), (False, 100), (True, 1), (False, 100)], Role.STAFF, id="back in between"),
    ],
)
def test_role_follows_the_life_of_the_track(stretches: list[tuple[bool, float]], role: Role) -> None:
    assert life(*stretches).role is role


def test_reason_is_a_sentence_with_the_figures() -> None:
    assert life((True, 60), (False, 20)).reason == "behind the staff line for 75% of 80 s"
    assert life((False, 190), (True, 10)).reason == "in front of the staff line for 95% of 200 s"
    assert life((True, 8), (False, 60)).reason == "was behind the staff line for 8 s before walking out"
    assert life((False, 60), (True, 25)).reason == "stayed behind the staff line for 25 s without a break"


def test_without_line_or_zone_everybody_is_a_customer_of_low_confidence() -> None:
    decision = life((None, 60))
    assert decision == RoleDecision(Role.CUSTOMER, 0.3, "no staff line or zone is drawn")


def test_confidence_grows_with_life_and_with_agreement() -> None:
    assert life((False, 2)).confidence < life((False, 12)).confidence == pytest.approx(1)
    assert life((False, 20), (True, 10)).confidence == pytest.approx(2 / 3, abs=0.01)
    assert life((True, 8), (False, 60)).confidence == pytest.approx(0.7)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.2, 30)), min_size=1, max_size=8))
def test_confidence_is_a_share_and_unknown_is_none_of_it(stretches: list[tuple[bool, float]]) -> None:
    decision = life(*stretches)
    assert 0 <= decision.confidence <= 1
    assert (decision.role is Role.UNKNOWN) == (decision.confidence == 0)


def roles_of(rules: CameraRules, *walks: Walk, end: float = 60) -> dict[int, Role]:
    running = ServiceWatch(rules)
    for frame in frames(walks, end=end):
        running.see(frame)
    return {track: decision.role for track, decision in running.roles().items()}


def test_customer_who_crosses_the_line_stays_a_customer() -> None:
    crossing = Walk(7, [(0, 8, 4), (10, 5, 1.4), (12, 5, 0.6), (15, 5, 0.6), (17, 5, 1.4), (60, 8, 4)])
    assert roles_of(CameraRules(staff_line=LINE), crossing) == {7: Role.CUSTOMER}


def test_foot_point_that_jitters_on_the_line_does_not_flicker() -> None:
    """Exactly on the line, 3 % of a body height to and fro: the side of the first sighting holds."""
    edge = zone("staff", ZoneKind.STAFF, 0, 0, 5, 4)
    outside = Walk(1, [(0, 5.01, 2), (60, 5.01, 2)], jitter=(0.0, -0.03, 0.02, -0.03))
    inside = Walk(2, [(0, 4.99, 3), (60, 4.99, 3)], jitter=(0.0, 0.03, -0.02, 0.03))
    assert roles_of(CameraRules(zones=(edge,)), outside, inside) == {1: Role.CUSTOMER, 2: Role.STAFF}


def test_gap_in_the_footage_proves_nothing() -> None:
    """Seen for one second behind the line, then nothing for a minute, then in front."""
    running = ServiceWatch(CameraRules(staff_line=LINE))
    early = frames([stands(1, 3, 0.6, 0, 1)], end=1)
    late = frames([stands(1, 3, 2.0, 61, 65)], begin=61, end=65)
    for frame in early + late:
        running.see(frame)
    assert running.roles()[1].role is Role.CUSTOMER
