"""`report_video_segment_incident` for programs: the clip of an event to where this site sends its clips."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sightline.delivery_wiring import delivery_plan, outbox_worker
from sightline.domain.scope import Scope
from sightline.evidence import incident
from sightline.evidence.keys import PUBLIC_NAME, read_public_key
from sightline.evidence.outgoing import FINAL, enqueue
from sightline.store import events, venues
from sightline.store import evidence as evidence_store
from sightline.wiring import Site, open_site

LONGEST_WAIT_S = 60.0


def report_video_segment_incident(
    event_id: str, *, site: Site | None = None, timeout_s: float = LONGEST_WAIT_S
) -> dict[str, Any]:
    """Send the clip of an event and report its incident, to the receivers in the site file, and wait for it.

    What has arrived before is not sent again. What does not arrive in time stays in the outbox.

    Args:
        site: opened from `./sightline.yaml` or the environment when not given.

    Returns:
        `{"success": True, "video_evidence": {...}}`, or `{"success": False, "error": "..."}`.

    Raises:
        ConfigError: the site file is wrong, or a secret is missing.
    """
    site = site or open_site(None)
    scope = Scope.site()
    path = site.keys_dir / PUBLIC_NAME
    with site.database.reading() as connection:
        event = events.get_event(scope, connection, event_id)
        venue = venues.get_venue(scope, connection, event.venue_id) if event is not None else None
    return incident.report_video_segment_incident(
        site.database,
        scope,
        event_id,
        segments_dir=site.segments_dir,
        public_key=read_public_key(path) if path.exists() else None,
        zone=ZoneInfo(venue.timezone) if venue is not None else UTC,
        send=partial(_send, site, timeout_s),
    )


def _send(site: Site, timeout_s: float, event_id: str) -> None:
    scope = Scope.site()
    with site.database.transaction() as connection:
        event = events.get_event(scope, connection, event_id)
        found = evidence_store.evidence_of_events(scope, connection, [event_id]).get(event_id)
        if event is not None and found is not None:
            plan = delivery_plan(site.settings)
            enqueue(plan, scope, connection, event, found, now=datetime.now(UTC))
    outbox_worker(site, chain=event_id + FINAL).drain(timeout_s)
