"""Encounters, waits and stays as the events that leave the domain."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sightline.domain.event import EventKind, Participant, ServiceEvent
from sightline.domain.interaction import Distance, Encounter
from sightline.domain.queueing import QueueStay
from sightline.domain.role import RoleEvidence
from sightline.domain.track import Box
from sightline.domain.unattended import Wait

Evidence = Mapping[int, RoleEvidence]


def interaction_event(encounter: Encounter, distance: Distance, evidence: Evidence) -> ServiceEvent:
    """The event of one encounter; `distance` is the one the rule allows."""
    unit = "mean_distance_px" if distance.unit == "px" else "mean_distance_body_heights"
    return ServiceEvent(
        kind=EventKind.INTERACTION,
        started_at=encounter.started_at,
        ended_at=encounter.ended_at,
        participants=(
            _participant(encounter.staff_id, evidence),
            _participant(encounter.customer_id, evidence),
        ),
        score=_rounded(encounter.score()),
        details=MappingProxyType(
            {
                unit: round(encounter.mean_reach * distance.value, 2),
                "overlap": _rounded(encounter.overlap),
                "stillness": _rounded(encounter.stillness),
            }
        ),
    )


def unattended_event(
    track_id: int, wait: Wait, evidence: Evidence, *, box: Box, last_attended_at: datetime | None
) -> ServiceEvent:
    """The event of one wait, finished or going on: then its end is the last sighting so far.

    Its score is how sure it is that a customer waited, see `_customer_score`.

    Args:
        box: where the customer was last seen, xyxy pixels.
        last_attended_at: the end of the last attention of any length, if there was any; `last_attended_s`
            counts from the start of the wait, so it is negative before it.
    """
    attended = last_attended_at - wait.started_at if last_attended_at is not None else None
    return ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=wait.started_at,
        ended_at=wait.ended_at,
        participants=(_participant(track_id, evidence),),
        score=_customer_score(track_id, evidence),
        confirmed_at=wait.confirmed_at,
        details=MappingProxyType(
            {
                "ended_by": wait.ended_by,
                "short_attentions": wait.glances,
                "bounding_box": ",".join(str(round(side)) for side in box),
                "last_attended_s": None if attended is None else round(attended.total_seconds(), 2),
            }
        ),
    )


def queue_event(stay: QueueStay, position: tuple[int, int], evidence: Evidence) -> ServiceEvent:
    """The event of one stay in line; `position` is place and length as of its start."""
    place, length = position
    return ServiceEvent(
        kind=EventKind.QUEUE,
        started_at=stay.started_at,
        ended_at=stay.last_at,
        participants=(_participant(stay.track_id, evidence),),
        score=_rounded(stay.stability * _customer_score(stay.track_id, evidence)),
        details=MappingProxyType(
            {
                "zone": stay.place,
                "place_in_line": place,
                "line_length": length,
                "stability": _rounded(stay.stability),
            }
        ),
    )


def _customer_score(track_id: int, evidence: Evidence) -> float:
    """0.5 when nothing is known of the role, up to 1 for a certain customer."""
    return _rounded(0.5 + 0.5 * evidence[track_id].decision().confidence)


def _participant(track_id: int, evidence: Evidence) -> Participant:
    return evidence[track_id].decision().participant(track_id)


def _rounded(share: float) -> float:
    return round(min(1.0, max(0.0, share)), 3)
