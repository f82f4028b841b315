"""Ids: the same event gets the same id again; a piece of evidence one that sorts by time."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid5

from sightline.domain.event import ServiceEvent, sort_of
from sightline.store.columns import EPOCH, MICROSECOND, canonical_json

NAMESPACE = UUID("5f0c6f0e-6d8b-5c1a-9a63-3c1f5f4d7a11")
"""Chosen once; changing it would give the same events other ids."""


def event_ids(venue_id: str, camera_id: str, happened: ServiceEvent) -> Iterator[str]:
    """The id of an event, then those to fall back on while others hold the ones before.

    An id depends on place, kind, start and tracks only (of an incident also on its type and zone), so that
    analysing the same footage into an empty database names the same events alike. Not on the end: a longer
    stay is the same event.
    """
    people = [[one.role.value, one.track_id] for one in happened.participants]
    sort = sort_of(happened.kind, happened.details)
    start_us = (happened.started_at - EPOCH) // MICROSECOND
    attempt = 0
    while True:
        yield uuid5(NAMESPACE, canonical_json([venue_id, camera_id, sort, start_us, people, attempt])).hex
        attempt += 1


def new_incident_id(at: datetime) -> str:
    """`incident_` and 32 hex digits: 12 of milliseconds, which sort by time, then 80 random bits."""
    milliseconds = (at - EPOCH) // (1000 * MICROSECOND)
    return f"incident_{milliseconds:012x}{secrets.token_hex(10)}"
