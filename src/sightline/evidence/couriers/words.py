"""An event in the words of those who are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

from sightline.domain.event import EventKind
from sightline.domain.outbox import Channel
from sightline.evidence.couriers.desk import Matter
from sightline.store.events import StoredEvent

INCIDENT_TYPES = {
    EventKind.UNATTENDED: "unattended_customer",
    EventKind.INTERACTION: "customer_staff_interaction",
    EventKind.QUEUE: "queue",
    EventKind.SECURITY: "security",
}
"""What a kind of event is called at the receiver of incidents."""

_USUAL_RISK = {EventKind.UNATTENDED: "MEDIUM", EventKind.SECURITY: "HIGH"}

Assessed = Literal["none", "confirmed", "undecided"]
_ASSESSMENTS: Mapping[str, Assessed] = {"incident": "confirmed", "undecided": "undecided"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """What is held of an incident: by our rule, or by an outside analyser that has looked at the clip.

    Attributes:
        risk_level: LOW, MEDIUM or HIGH.
        confidence: 0..1.
        assessment: `confirmed` or `undecided` by an analyser; `none` where none was asked.
    """

    incident_type: str
    risk_level: str
    confidence: float
    analysis: str | None
    assessment: Assessed


def incident_facts(event: StoredEvent, assessed: Mapping[str, Any] | None = None) -> IncidentFacts:
    """What the rule says, and over it what an analyser said, where it did.

    Args:
        assessed: the document of an `Assessment`.
    """
    details, word = event.details, assessed or {}
    confidence = word.get("confidence")
    verdict = word.get("verdict")
    return IncidentFacts(
        incident_type=str(
            word.get("incident_type") or details.get("incident_type") or INCIDENT_TYPES[event.kind]
        ),
        risk_level=str(
            word.get("risk_level") or details.get("risk_level") or _USUAL_RISK.get(event.kind, "LOW")
        ),
        confidence=event.score if confidence is None else float(confidence),
        analysis=word.get("analysis"),
        assessment=_ASSESSMENTS.get(str(verdict), "none"),
    )


def event_document(matter: Matter, video_evidence: dict[str, Any]) -> dict[str, Any]:
    """An event for programs: webhooks and MQTT. Times are ISO 8601 in the venue's zone."""
    event, zone = matter.require_event(), matter.venue.zone
    facts = incident_facts(event, matter.answer_of(Channel.ANALYZER))
    return {
        "type": f"event.{'ongoing' if event.ongoing else 'finished'}",
        "event_id": event.id,
        "venue_id": event.venue_id,
        "camera_id": event.camera_id,
        "kind": event.kind.value,
        "incident_type": facts.incident_type,
        "risk_level": facts.risk_level,
        "assessment": facts.assessment,
        "start": local_iso(event.started_at, zone),
        "end": None if event.ongoing else local_iso(event.ended_at, zone),
        "duration_s": round((event.ended_at - event.started_at).total_seconds(), 3),
        "confirmed": event.confirmed_at is not None,
        "score": event.score,
        "people": [{"track_id": who.track_id, "role": who.role.value} for who in event.participants],
        "video_evidence": video_evidence,
    }


def local_iso(at: datetime, zone: tzinfo) -> str:
    """ISO 8601 with the venue's offset."""
    return at.astimezone(zone).isoformat(timespec="milliseconds")


_SENTENCES = {
    "en": {
        EventKind.UNATTENDED: "A customer has been waiting alone for {seconds} seconds.",
        EventKind.INTERACTION: "Staff and a customer were together for {seconds} seconds.",
        EventKind.QUEUE: "A customer stood in line for {seconds} seconds.",
        "after_hours": "Somebody is there outside opening hours.",
        "restricted_zone": "Somebody is in a restricted zone.",
        "loitering": "Somebody has stayed in one place for {seconds} seconds.",
        "crowding": "More people are there at once than allowed.",
    },
    "fr": {
        EventKind.UNATTENDED: "Un client attend seul depuis {seconds} secondes.",
        EventKind.INTERACTION: "Un employé et un client sont restés ensemble {seconds} secondes.",
        EventKind.QUEUE: "Un client a fait la queue pendant {seconds} secondes.",
        "after_hours": "Quelqu'un est présent en dehors des heures d'ouverture.",
        "restricted_zone": "Quelqu'un se trouve dans une zone interdite.",
        "loitering": "Quelqu'un reste au même endroit depuis {seconds} secondes.",
        "crowding": "Plus de personnes que permis sont présentes à la fois.",
    },
}


def sentence(event: StoredEvent, language: str) -> str:
    """What happened, in one sentence; what an analyser called it has no sentence of ours."""
    words = _SENTENCES[language]
    key = event.details.get("incident_type") if event.kind is EventKind.SECURITY else event.kind
    seconds = round((event.ended_at - event.started_at).total_seconds())
    text = words.get(key) if isinstance(key, str) else None
    return text.format(seconds=seconds) if text is not None else incident_facts(event).incident_type
