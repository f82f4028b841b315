"""Incidents and footfall to the receivers that speak our earlier protocol (contract 2.4)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from sightline.delivery.reports import ReportSender
from sightline.domain.event import EventKind, Role
from sightline.domain.scope import Scope
from sightline.evidence.couriers.desk import Desk, Matter
from sightline.evidence.couriers.words import INCIDENT_TYPES, local_iso
from sightline.evidence.outbox_worker import Sent
from sightline.store import events, footfall
from sightline.store.events import StoredEvent
from sightline.store.outbox_items import StoredItem

HOUR = timedelta(hours=1)
FOOTFALL_DAYS = 7


class IncidentCourier:
    """The report of an incident, with its clip as the receiver of clips knows it."""

    def __init__(self, desk: Desk, sender: ReportSender) -> None:
        self._desk = desk
        self._sender = sender

    def send(self, item: StoredItem) -> Sent:
        """What is known now; the server's own id, once it gives one, is kept beside ours."""
        matter = self._desk.matter(item)
        document = self._document(matter)
        answer = self._sender.send(document, key=item.key)
        ours = matter.evidence.incident_id if matter.evidence is not None else None
        return Sent(
            action="reported",
            answer={"incident_id": answer.incident_id or ours, "our_incident_id": ours, **answer.facts},
            facts={"incident_id": answer.incident_id or ours, "our_incident_id": ours},
        )

    def _document(self, matter: Matter) -> dict[str, Any]:
        event, venue = matter.require_event(), matter.venue
        unattended = event.kind is EventKind.UNATTENDED
        evidence = self._desk.video_evidence(matter)
        document: dict[str, Any] = {
            "branch_id": venue.branch_id,
            "incident_time": local_iso(event.started_at, venue.zone),
            "reported_location": f"{venue.location} / {event.camera_id}",
            "incident_type": INCIDENT_TYPES[event.kind],
            "status": "Open",
            "image": evidence.get("uploaded_filename") or evidence.get("segment_filename") or "",
            "percentage": round(100 * event.score),
            "vehicle_template": "",
            "unattended_customer": int(unattended),
            "video_evidence": evidence,
            "event_id": event.id,
            "incident_id": matter.evidence.incident_id if matter.evidence is not None else None,
        }
        if unattended:
            with self._desk.database.reading() as connection:
                document |= unattended_facts(connection, event, matter)
        return document


def unattended_facts(connection: Connection, event: StoredEvent, matter: Matter) -> dict[str, Any]:
    """The fields that an unattended customer adds: how long, who else is there, and where."""
    scope = Scope.of(event.venue_id)
    venue_id, camera_id = event.venue_id, event.camera_id
    waits = [
        one
        for one in events.list_events(
            scope,
            connection,
            venue_id=venue_id,
            camera_id=camera_id,
            kind=EventKind.UNATTENDED,
            end=event.ended_at + timedelta(microseconds=1),
            lasting_after=event.started_at,
            ongoing=None,
            counted=True,
        )
        if one.id != event.id
    ]
    waits.append(event)
    confirmed = sum(one.confirmed_at is not None for one in waits)
    customers = {one.track_of(Role.CUSTOMER) for one in waits}
    customers |= footfall.customers_between(
        scope,
        connection,
        venue_id=venue_id,
        camera_id=camera_id,
        start=event.started_at,
        end=event.ended_at,
    )
    seconds = round((event.ended_at - event.started_at).total_seconds(), 2)
    alone_for = (event.ended_at - (event.confirmed_at or event.ended_at)).total_seconds()
    box, attended_s = event.details.get("bounding_box"), event.details.get("last_attended_s")
    zone = matter.venue.zone
    return {
        "unattended_duration_seconds": seconds,
        "unattended_timer_seconds": round(max(0.0, alone_for), 2),
        "unattended_summary": {
            "total_customers": len(customers),
            "unattended_customers": len(waits),
            "confirmed_unattended": confirmed,
            "pending_confirmation": len(waits) - confirmed,
        },
        "unattended_customer_details": [
            {
                "customer_id": event.track_of(Role.CUSTOMER),
                "status": "confirmed" if event.confirmed_at is not None else "pending",
                "bounding_box": [int(side) for side in str(box).split(",")] if box else None,
                "unattended_duration_seconds": seconds,
                "timer_duration_seconds": round(max(0.0, alone_for), 2),
                "first_detected_time": local_iso(event.started_at, zone),
                "last_attended_time": local_iso(event.started_at + timedelta(seconds=attended_s), zone)
                if isinstance(attended_s, int | float)
                else None,
            }
        ],
    }


class FootfallCourier:
    """How many customers were served in the hour of an interaction, and usually are."""

    def __init__(self, desk: Desk, sender: ReportSender) -> None:
        self._desk = desk
        self._sender = sender

    def send(self, item: StoredItem) -> Sent:
        """As of the interaction it is about, so that a late one says the same."""
        matter = self._desk.matter(item)
        event = matter.require_event()
        zone = matter.venue.zone
        local = event.started_at.astimezone(zone)
        hour = local.replace(minute=0, second=0, microsecond=0)
        scope = Scope.of(event.venue_id)
        with self._desk.database.reading() as connection:
            counts = footfall.count_by_hour(
                scope,
                connection,
                venue_id=event.venue_id,
                camera_id=event.camera_id,
                kind=EventKind.INTERACTION,
                start=hour - FOOTFALL_DAYS * 24 * HOUR,
                end=event.started_at + timedelta(microseconds=1),
            )
        now = counts.get(hour, 0)
        answer = self._sender.send(
            {
                "branch_id": matter.venue.branch_id,
                "timestamp": local_iso(event.ended_at, zone),
                "camera_name": event.camera_id,
                "footfall_count_period": "hourly",
                "footfall_type": "customer_staff_interaction",
                "current_value": now,
                "average_value": round(sum(counts.values()) / len(counts), 2) if counts else 0,
                "created_by": "sightline",
            },
            key=item.key,
        )
        return Sent(action="footfall_reported", answer=dict(answer.facts))
