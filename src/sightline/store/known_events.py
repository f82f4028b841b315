"""Which of the events that a live camera tells are stored already, under their own id or another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from sightline.domain.event import ServiceEvent, sort_of
from sightline.domain.matching import StoredSpan, match_ongoing, match_rerun
from sightline.domain.scope import Scope
from sightline.store.events import PAGE, StoredEvent, list_events
from sightline.store.runs import get_run
from sightline.store.statements import visible
from sightline.store.tables import event

_CLOCK_SLACK = timedelta(minutes=1)
"""The first picture of a run may be dated a little before its row was made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an event that is stored stands."""

    state: str
    ongoing: bool
    created_at: datetime

    @property
    def withdrawn(self) -> bool:
        """Told while it lasted, and taken back without ever having been concluded."""
        return self.ongoing and self.state == "superseded"


def standing(scope: Scope, connection: Connection, event_ids: Sequence[str]) -> dict[str, Standing]:
    """How those of `event_ids` stand that an event has, in whatever state."""
    found: dict[str, Standing] = {}
    for first in range(0, len(event_ids), PAGE):
        columns = (event.c.id, event.c.state, event.c.ongoing, event.c.created_at)
        query = select(*columns).where(event.c.id.in_(event_ids[first : first + PAGE]), visible(scope, event))
        for row in connection.execute(query):
            found[row.id] = Standing(row.state, row.ongoing, row.created_at)
    return found


def told_elsewhere(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    events: Mapping[str, ServiceEvent],
    besides: str | None,
) -> set[str]:
    """Ids of those of `events` that another analysis has found and finished, told by half an overlap or more.

    Args:
        events: by their ids.
        besides: events of this run are never the same as others, because its track ids tell them apart.
    """
    if not events:
        return set()
    # An event that shares half of the longer of the two starts at most twice its length before its end.
    reach = max(timedelta(seconds=2), *(2 * one.duration for one in events.values()))
    found = list_events(
        scope,
        connection,
        venue_id=venue_id,
        camera_id=camera_id,
        start=min(one.started_at for one in events.values()) - reach,
        end=max(one.ended_at for one in events.values()) + timedelta(seconds=1),
    )
    rivals = [one for one in found if one.run_id is not None and one.run_id != besides]
    told = match_rerun([_span(one, one.id) for one in rivals], [_span(one, "") for one in events.values()])
    return {event_id for place, event_id in enumerate(events) if place in told}


def still_ongoing(
    scope: Scope, connection: Connection, *, venue_id: str, camera_id: str, run_id: str
) -> list[StoredEvent]:
    """Events that this run told while they lasted, and has neither concluded nor withdrawn."""
    of_run = get_run(scope, connection, run_id)
    found = list_events(
        scope,
        connection,
        venue_id=venue_id,
        camera_id=camera_id,
        start=of_run.recorded_at - _CLOCK_SLACK if of_run else None,
        ongoing=True,
    )
    return [one for one in found if one.run_id == run_id]


def become_of_ongoing(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    events: Mapping[str, ServiceEvent],
) -> dict[str, StoredEvent]:
    """Which of `events`, found by another look at the footage, the `still_ongoing` ones have become.

    Args:
        events: by their ids.

    Returns:
        the stored event by the id of the one it has become.
    """
    left = still_ongoing(scope, connection, venue_id=venue_id, camera_id=camera_id, run_id=run_id)
    ongoing = {one.id: one for one in left}
    heirs = match_ongoing([_span(one, one.id) for one in left], [_span(one, "") for one in events.values()])
    return {event_id: ongoing[heirs[place]] for place, event_id in enumerate(events) if place in heirs}


def _span(one: StoredEvent | ServiceEvent, event_id: str) -> StoredSpan:
    """Without people: ids of tracks mean nothing outside their run."""
    people = frozenset([-1 if event_id else -2])
    return StoredSpan(event_id, sort_of(one.kind, one.details), one.started_at, one.ended_at, people)
