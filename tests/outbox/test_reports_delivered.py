"""Clips that go to a receiver by HTTP, incidents that are reported: what arrives, and in which order."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evidence_site import EVENTS, SCOPE, VENUE, service_event
from outbox_site import OutboxSite

from sightline.analytics.video_evidence import VideoEvidence
from sightline.domain.event import EventKind, Role
from sightline.domain.outbox import Channel, ItemState, RetryRhythm
from sightline.store import alerts
from sightline.store.events import list_events
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault, one_after_another
from sightline.testing.receiver_shelf import Arrival

SiteWith = Callable[..., OutboxSite]


def http_site(site_with: SiteWith, receiver: Receiver, **delivery: object) -> OutboxSite:
    evidence = {"to": "http", "url": receiver.upload_url, "public_base_url": receiver.files_url}
    return site_with(
        delivery={
            "evidence": evidence,
            "incidents": {"url": receiver.incident_url},
            "footfall": {"url": receiver.footfall_url},
            **delivery,
        }
    )


def by_path(receiver: Receiver, path: str) -> dict[str, Arrival]:
    return {one.key: one for one in receiver.arrivals if one.path == path}


def test_every_clip_arrives_once_with_its_bytes(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    site.conclude()
    site.seal()
    left = site.drain()
    assert (left.waiting, left.dead) == (0, 0)
    uploads = by_path(receiver, "/upload")
    sealed = {one.event_id: one for one in site.evidence()}
    assert set(uploads) == {f"{event_id}:final" for event_id in sealed}
    for event_id, one in sealed.items():
        arrived = uploads[f"{event_id}:final"]
        assert arrived.sha256 == one.parts[0].sha256
        assert arrived.name == one.parts[0].file_name


def test_an_incident_is_reported_in_the_words_of_the_contract(
    site_with: SiteWith, receiver: Receiver
) -> None:
    site = http_site(site_with, receiver)
    site.conclude(
        service_event(EventKind.INTERACTION, 6, 14, (1, Role.STAFF), (2, Role.CUSTOMER)),
    )
    site.seal()
    site.drain()
    event = site.event(EventKind.INTERACTION)
    (report,) = by_path(receiver, "/incident").values()
    (upload,) = by_path(receiver, "/upload").values()
    (evidence,) = site.evidence()
    document = report.document
    assert report.key == f"{event.id}:final"
    assert document["branch_id"] == "B7"
    assert document["incident_time"] == "2025-10-25T13:30:06.000+02:00"
    assert document["reported_location"] == "1 rue Haute / till"
    assert document["incident_type"] == "customer_staff_interaction"
    assert (document["status"], document["vehicle_template"]) == ("Open", "")
    assert (document["percentage"], document["unattended_customer"]) == (80, 0)
    assert document["image"] == upload.stored_name
    assert document["video_evidence"] == {
        "segment_filename": evidence.parts[0].file_name,
        "uploaded_filename": upload.stored_name,
        "video_url": document["video_evidence"]["video_url"],
        "incident_id": evidence.incident_id,
        "upload_timestamp": document["video_evidence"]["upload_timestamp"],
    }
    assert document["video_evidence"]["video_url"].startswith(receiver.base_url)


def confirmed_wait() -> object:
    from dataclasses import replace

    from evidence_site import at

    wait = service_event(EventKind.UNATTENDED, 5, 25, (3, Role.CUSTOMER))
    return replace(wait, confirmed_at=at(15), details={"bounding_box": "1,2,30,40"})


def test_a_confirmed_wait_tells_how_long_who_else_and_where(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    site.conclude(confirmed_wait(), service_event(EventKind.UNATTENDED, 10, 20, (4, Role.CUSTOMER)))  # type: ignore[arg-type]
    site.seal()
    site.drain()
    (report,) = by_path(receiver, "/incident").values()
    document = report.document
    assert document["incident_type"] == "unattended_customer"
    assert document["unattended_customer"] == 1
    assert document["unattended_duration_seconds"] == 20
    assert document["unattended_timer_seconds"] == 10
    assert document["unattended_summary"] == {
        "total_customers": 2,
        "unattended_customers": 2,
        "confirmed_unattended": 1,
        "pending_confirmation": 1,
    }
    (customer,) = document["unattended_customer_details"]
    assert customer["customer_id"] == 3
    assert customer["status"] == "confirmed"
    assert customer["bounding_box"] == [1, 2, 30, 40]
    assert customer["first_detected_time"] == "2025-10-25T13:30:05.000+02:00"
    assert len(by_path(receiver, "/upload")) == 2, "the clip of the unconfirmed one is kept, too"


def test_footfall_counts_the_hour_as_of_its_interaction(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    site.conclude(
        service_event(EventKind.INTERACTION, 6, 14, (1, Role.STAFF), (2, Role.CUSTOMER)),
        service_event(EventKind.INTERACTION, 20, 28, (1, Role.STAFF), (3, Role.CUSTOMER)),
    )
    site.seal()
    site.drain()
    reports = sorted(by_path(receiver, "/footfall").values(), key=lambda one: one.document["timestamp"])
    assert [one.document["current_value"] for one in reports] == [1, 2]
    assert [one.document["average_value"] for one in reports] == [1, 2]
    assert reports[0].document | {"timestamp": "", "current_value": 0, "average_value": 0} == {
        "branch_id": "B7",
        "timestamp": "",
        "camera_name": "till",
        "footfall_count_period": "hourly",
        "footfall_type": "customer_staff_interaction",
        "current_value": 0,
        "average_value": 0,
        "created_by": "sightline",
    }


def test_the_events_video_is_told_only_as_far_as_it_is_true(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    site.conclude(EVENTS[0])
    site.seal()
    (evidence,) = site.evidence()

    def told() -> dict[str, object]:
        with site.small.database.reading() as connection:
            events = list_events(SCOPE, connection, venue_id=VENUE)
            video = VideoEvidence(site.small.segments_dir, UTC).of(SCOPE, connection, events)
        return video[events[0].id]

    assert set(told()) == {"segment_filename", "video_url"}
    site.drain()
    after = told()
    assert list(after) == [
        "segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp",
    ]  # fmt: skip
    assert str(after["incident_id"]).startswith("server-"), "the server's own id takes the place of ours"
    assert evidence.incident_id.startswith("incident_")


def test_running_again_sends_nothing_twice(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    for _ in range(2):
        site.conclude()
        site.seal()
        site.drain()
    assert all(one.times == 1 for one in receiver.arrivals)
    assert len(by_path(receiver, "/upload")) == len(EVENTS)


def test_footage_that_was_replaced_is_sent_under_a_key_of_its_own(
    site_with: SiteWith, receiver: Receiver
) -> None:
    site = http_site(site_with, receiver)
    site.conclude(service_event(EventKind.QUEUE, 20, 30, (4, Role.CUSTOMER)))
    site.seal()
    site.drain()
    site.conclude(service_event(EventKind.QUEUE, 20, 33, (4, Role.CUSTOMER)))
    site.seal()
    site.drain()
    event = site.event(EventKind.QUEUE)
    new = next(one for one in site.evidence() if one.state == "sealed")
    assert set(by_path(receiver, "/upload")) == {f"{event.id}:final", f"{event.id}:final:{new.id[:8]}"}
    assert set(by_path(receiver, "/incident")) == set(by_path(receiver, "/upload"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault.ERROR_500, Fault.TOO_MANY, Fault.RESET, Fault.SUCCESS_FALSE, Fault.WRONG_HASH,
        Fault.SHORT_COPY, Fault.TRUNCATED, Fault.STORED_THEN_RESET,
    ],
)  # fmt: skip
def test_whatever_goes_wrong_twice_goes_well_the_third_time(
    site_with: SiteWith, receiver: Receiver, fault: Fault
) -> None:
    receiver.plan = one_after_another(fault, fault)
    receiver.reset_after = 500
    site = http_site(site_with, receiver, incidents={}, footfall={})
    site.conclude(EVENTS[0])
    site.seal()
    left = site.drain()
    assert (left.waiting, left.dead) == (0, 0)
    (evidence,) = site.evidence()
    (arrived,) = by_path(receiver, "/upload").values()
    assert arrived.sha256 == evidence.parts[0].sha256
    assert "uploaded" in site.ledger_actions(evidence.id)


def test_a_wrong_hash_is_an_incident_of_its_own_until_the_copy_is_right(
    site_with: SiteWith, receiver: Receiver
) -> None:
    receiver.plan = one_after_another(Fault.WRONG_HASH)
    site = http_site(site_with, receiver, incidents={}, footfall={})
    site.conclude(EVENTS[0])
    site.seal()
    site.drain()
    (evidence,) = site.evidence()
    assert site.ledger_actions(evidence.id)[-2:] == ["copy_differs", "uploaded"]
    with site.small.database.reading() as connection:
        (alert,) = alerts.list_alerts(SCOPE, connection)
    assert (alert.alert_type, alert.subject) == ("integrity_failure", evidence.id)
    assert alert.cleared_at is not None


def test_a_clip_altered_on_the_disk_does_not_leave(site_with: SiteWith, receiver: Receiver) -> None:
    site = http_site(site_with, receiver)
    site.conclude(EVENTS[0])
    site.seal()
    (evidence,) = site.evidence()
    clip = site.small.clips / evidence.parts[0].file_name
    content = bytearray(clip.read_bytes())
    content[len(content) // 2] ^= 1
    clip.chmod(0o644)
    clip.write_bytes(content)
    site.drain()
    assert by_path(receiver, "/upload") == {}
    (upload,) = site.items(Channel.UPLOAD)
    assert upload.state is ItemState.DEAD
    assert "sealed" in str(upload.last_error)
    with site.small.database.reading() as connection:
        (alert,) = alerts.list_alerts(SCOPE, connection)
    assert alert.alert_type == "integrity_failure"
    assert by_path(receiver, "/incident"), "the incident is reported all the same"


def test_a_receiver_that_refuses_is_not_asked_again(site_with: SiteWith, receiver: Receiver) -> None:
    receiver.plan = lambda _number, path, _key: Fault.REFUSED if path == "/upload" else None
    site = http_site(site_with, receiver, incidents={}, footfall={})
    site.conclude(EVENTS[0])
    site.seal()
    left = site.drain()
    assert (left.waiting, left.dead) == (0, 1)
    assert len(receiver.asked) == 1
    (evidence,) = site.evidence()
    assert site.ledger_actions(evidence.id)[-1] == "given_up"
    assert (site.small.clips / evidence.parts[0].file_name).exists()


def test_after_the_last_pause_it_is_given_up_and_a_retry_sends_it(
    site_with: SiteWith, receiver: Receiver
) -> None:
    from sightline.store import outbox

    site = http_site(site_with, receiver, incidents={}, footfall={})
    site.conclude(EVENTS[0])
    site.seal()
    receiver.go_down()
    left = site.drain(rhythm=RetryRhythm(pauses=(timedelta(milliseconds=1),) * 2))
    assert (left.waiting, left.dead) == (0, 1)
    receiver.come_back()
    with site.small.database.transaction() as connection:
        assert outbox.retry_items(SCOPE, connection, now=datetime.now(UTC)) == 1
    left = site.drain()
    assert (left.waiting, left.dead) == (0, 0)
    assert len(by_path(receiver, "/upload")) == 1


def test_a_slow_receiver_holds_up_nobody_else(site_with: SiteWith, receiver: Receiver) -> None:
    """The upload hangs; the webhook of the same event goes once its patience is over, others at once."""
    with Receiver() as other:
        receiver.plan = lambda _number, path, _key: Fault.NO_ANSWER if path == "/upload" else None
        site = http_site(
            site_with, receiver, incidents={}, footfall={}, webhooks=[{"url": f"{other.base_url}/hook"}]
        )
        site.conclude(EVENTS[0])
        site.seal()
        with site.small.database.transaction() as connection:
            # Thirty seconds later, as it were.
            connection.exec_driver_sql("UPDATE outbox SET patient_until = 0 WHERE channel = 'webhook'")
        worker = site.worker()
        worker.drain(3.0)
        assert [one.path for one in other.arrivals] == ["/hook"]
        document = other.arrivals[0].document
        assert set(document["video_evidence"]) == {"segment_filename", "video_url"}


def test_nothing_that_was_sent_or_logged_holds_a_key(
    site_with: SiteWith, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "pl4nted-k3y")
    receiver.plan = lambda _number, _path, _key: Fault.REFUSED
    site = http_site(site_with, receiver)
    site = site_with(
        delivery={"evidence": {"to": "http", "url": receiver.upload_url, "api_key": "env:SHOP_KEY"}}
    )
    site.conclude(EVENTS[0])
    site.seal()
    site.drain()
    (item,) = site.items(Channel.UPLOAD)
    assert item.state is ItemState.DEAD
    assert "pl4nted-k3y" not in json.dumps([str(item.last_error), repr(item)])
    raw = (site.data_dir / "sightline.db").read_bytes()
    assert b"pl4nted-k3y" not in raw


def test_a_program_reports_an_incident_and_waits_for_it(site_with: SiteWith, receiver: Receiver) -> None:
    from sightline.incident_reporting import report_video_segment_incident

    site = http_site(site_with, receiver)
    site.conclude(EVENTS[0])
    site.seal()
    event = site.event(EventKind.INTERACTION)
    told = report_video_segment_incident(event.id, site=site.site)
    assert told["success"]
    assert told["video_evidence"]["incident_id"].startswith("server-")
    assert told["video_evidence"]["video_url"].startswith(receiver.base_url)
    assert report_video_segment_incident(event.id, site=site.site) == told
    assert all(one.times == 1 for one in receiver.arrivals)


def test_a_report_that_does_not_arrive_says_why_and_stays(site_with: SiteWith, receiver: Receiver) -> None:
    from sightline.incident_reporting import report_video_segment_incident

    site = http_site(site_with, receiver)
    site.conclude(EVENTS[0])
    site.seal()
    event = site.event(EventKind.INTERACTION)
    receiver.go_down()
    told = report_video_segment_incident(event.id, site=site.site, timeout_s=3)
    assert not told["success"]
    assert "waiting" in told["error"], told
    receiver.come_back()
    site.drain(rhythm=RetryRhythm(pauses=(timedelta(milliseconds=5),) * 9))
    with site.small.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due_at = 0")
    site.drain()
    assert report_video_segment_incident(event.id, site=site.site)["success"]
    unknown = report_video_segment_incident("nothing", site=site.site)
    assert not unknown["success"]
