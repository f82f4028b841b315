"""The clip of a security incident to an outside analyser, which may veto it."""

from sqlalchemy import Connection

from sightline.delivery.analyzer import IncidentAnalyzer
from sightline.domain.assessment import undecided
from sightline.domain.scope import Scope
from sightline.errors import AlteredFile, DeliveryRefused
from sightline.evidence.couriers.desk import Desk, consignment_of, sealed_parts
from sightline.evidence.couriers.upload import Clock, wall_clock
from sightline.evidence.couriers.words import incident_facts, local_iso
from sightline.evidence.outbox_worker import Sent
from sightline.evidence.outgoing import NO_INCIDENT
from sightline.store import outbox
from sightline.store.outbox_items import StoredItem


class AnalyzerCourier:
    """Asks once: whatever is no clear answer is `undecided`, and the incident goes its way."""

    def __init__(self, desk: Desk, analyzer: IncidentAnalyzer, *, clock: Clock = wall_clock) -> None:
        self._desk = desk
        self._analyzer = analyzer
        self._clock = clock

    def send(self, item: StoredItem) -> Sent:
        """Its word; a veto cancels whatever still waits of the event."""
        matter = self._desk.matter(item)
        event = matter.require_event()
        clip = matter.require_clip()
        released = self._desk.released(clip, sealed_parts(clip)[0])
        context = {
            "event_id": event.id,
            "venue_id": event.venue_id,
            "camera_id": event.camera_id,
            "incident_type": incident_facts(event).incident_type,
            "start": local_iso(event.started_at, matter.venue.zone),
            "people": len(event.participants),
            "score": event.score,
        }
        try:
            assessment = self._analyzer.look(consignment_of(released), context, key=item.key)
        except AlteredFile:
            raise
        except DeliveryRefused as error:  # a wrong key or address: said so, and the incident goes its way
            assessment = undecided(str(error))

        def cancel_if_vetoed(connection: Connection) -> None:
            if assessment.verdict == NO_INCIDENT:
                reason = "the analyser says that it is no incident"
                outbox.cancel_items(
                    Scope.of(item.venue_id), connection, reason, now=self._clock(), event_id=event.id
                )

        return Sent(
            action="assessed",
            answer=assessment.document(),
            facts={"verdict": assessment.verdict, "sha256": [released.sha256]},
            store=cancel_if_vetoed,
        )
