"""Which deliveries an event needs, and that telling it twice adds nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from evidence_site import CAMERA, VENUE, at, service_event

from sightline.domain.event import EventKind, Role
from sightline.domain.outbox import PATIENCE, USUAL_RHYTHM, Channel
from sightline.evidence.outgoing import ALERT_WITHIN, DeliveryPlan, outgoing_items
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence

EVERYTHING = DeliveryPlan(
    upload="http",
    incidents=True,
    footfall=True,
    hosted=True,
    analyzer=True,
    mqtt=True,
    mail=True,
    recipients=lambda _venue, kind: ("boss@shop.example",) if kind in ("unattended", "security") else (),
    webhooks=("a", "b"),
    apprise=("phone",),
)
MACHINES = {Channel.WEBHOOK, Channel.MQTT}
SOON = at(60)


def event(kind: EventKind, *, confirmed: bool = False, ongoing: bool = False) -> StoredEvent:
    happened = service_event(kind, 5, 25, (3, Role.CUSTOMER))
    stored = StoredEvent.of(
        happened, event_id="e1", venue_id=VENUE, camera_id=CAMERA, run_id="run-1", created_at=at(26)
    )
    return replace(stored, confirmed_at=at(15) if confirmed else None, ongoing=ongoing)


def evidence(*, stage: str = "final", state: str = "sealed") -> StoredEvidence:
    return StoredEvidence(
        id=f"{stage}-evidence",
        event_id="e1",
        venue_id=VENUE,
        camera_id=CAMERA,
        incident_id="incident_1",
        reason="unattended",
        wanted_from=at(0),
        wanted_until=at(30),
        state=state,
        created_at=at(26),
        stage=stage,
    )


def channels(one: StoredEvent, clip: StoredEvidence, plan: DeliveryPlan = EVERYTHING) -> set[Channel]:
    return {item.channel for item in outgoing_items(plan, one, clip, now=SOON)}


def test_an_interaction_is_uploaded_reported_and_counted_and_nobody_is_alarmed() -> None:
    told = channels(event(EventKind.INTERACTION), evidence())
    assert told == {Channel.UPLOAD, Channel.INCIDENT, Channel.FOOTFALL} | MACHINES


def test_a_queue_is_uploaded_and_reported() -> None:
    assert channels(event(EventKind.QUEUE), evidence()) == {Channel.UPLOAD, Channel.INCIDENT} | MACHINES


def test_a_wait_that_was_never_confirmed_alarms_nobody() -> None:
    assert channels(event(EventKind.UNATTENDED), evidence()) == {Channel.UPLOAD} | MACHINES


def test_a_confirmed_wait_alarms() -> None:
    told = channels(event(EventKind.UNATTENDED, confirmed=True), evidence())
    assert (
        told == {Channel.UPLOAD, Channel.INCIDENT, Channel.HOSTED, Channel.MAIL, Channel.APPRISE} | MACHINES
    )


def test_only_security_goes_to_the_analyser_and_first() -> None:
    told = outgoing_items(EVERYTHING, event(EventKind.SECURITY, confirmed=True), evidence(), now=SOON)
    assert told[0].channel is Channel.ANALYZER
    assert [item.step for item in told] == sorted(item.step for item in told)


def test_machines_are_told_at_the_confirmation_and_at_the_end_people_once() -> None:
    going_on = event(EventKind.UNATTENDED, confirmed=True, ongoing=True)
    first = outgoing_items(EVERYTHING, going_on, evidence(stage="provisional"), now=SOON)
    last = outgoing_items(EVERYTHING, replace(going_on, ongoing=False), evidence(), now=SOON)
    keys = {(item.channel, item.destination): item.key for item in first}
    for item in last:
        people = item.channel in (Channel.MAIL, Channel.HOSTED, Channel.APPRISE)
        assert item.key == ("e1" if people else "e1:final"), item.channel
        assert keys[item.channel, item.destination] == "e1"
    assert {item.chain for item in last} == {"e1:final"}


def test_without_a_clip_there_is_nothing_to_upload_but_all_is_told() -> None:
    told = channels(event(EventKind.SECURITY, confirmed=True), evidence(state="missing"))
    assert told == {Channel.INCIDENT, Channel.MAIL, Channel.APPRISE} | MACHINES


def test_nobody_is_woken_for_a_recording_of_last_month() -> None:
    late = SOON + ALERT_WITHIN + timedelta(hours=1)
    told = outgoing_items(EVERYTHING, event(EventKind.SECURITY, confirmed=True), evidence(), now=late)
    assert {item.channel for item in told} == {Channel.ANALYZER, Channel.UPLOAD, Channel.INCIDENT} | MACHINES


@pytest.mark.parametrize("kind", list(EventKind))
def test_a_site_without_receivers_sends_nothing(kind: EventKind) -> None:
    plan = DeliveryPlan()
    assert plan.is_empty
    assert channels(event(kind, confirmed=True), evidence(), plan) == set()


def test_reports_are_as_patient_as_it_takes_alerts_for_half_a_minute() -> None:
    told = outgoing_items(EVERYTHING, event(EventKind.UNATTENDED, confirmed=True), evidence(), now=SOON)
    patience = {item.channel: item.patience for item in told}
    assert patience[Channel.INCIDENT] is None
    assert patience[Channel.MAIL] == PATIENCE


def test_the_usual_rhythm_is_the_contracts() -> None:
    """3 quick attempts 5 s apart, then growing pauses for 3 days."""
    five = timedelta(seconds=5)
    assert [USUAL_RHYTHM.after(1), USUAL_RHYTHM.after(2)] == [five, five]
    pauses = list(USUAL_RHYTHM.pauses[2:])
    assert pauses == sorted(pauses)
    assert timedelta(days=3) <= sum(USUAL_RHYTHM.pauses, timedelta()) <= timedelta(days=3, hours=6)
    assert USUAL_RHYTHM.after(len(USUAL_RHYTHM.pauses) + 1) is None


def test_a_receiver_may_ask_for_a_longer_pause_within_reason() -> None:
    assert USUAL_RHYTHM.after(1, 60) == timedelta(seconds=60)
    assert USUAL_RHYTHM.after(1, 1) == timedelta(seconds=5)
    assert USUAL_RHYTHM.after(1, 1e9) == USUAL_RHYTHM.longest_asked
    assert USUAL_RHYTHM.after(1, -5) == timedelta(seconds=5)
