"""Events as programs and pages read them: with their people, their video, and whether that is as sealed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.analytics.video_evidence import VideoEvidence
from sightline.domain.event import sort_of
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import NotFound, OutOfScope
from sightline.evidence.reading import EvidenceReading
from sightline.store import event_search, events, venues
from sightline.store.database import Database
from sightline.store.event_search import EventMark as EventMark
from sightline.store.event_search import EventSearch
from sightline.store.event_verdicts import StoredVerdict, verdicts_of
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence, evidence_of_events
from sightline.store.outbox_items import StoredItem, items_of_events


class EventReading:
    """Reads the events of a site.

    Args:
        evidence: says whether clips are as they were sealed.
    """

    def __init__(self, database: Database, evidence: EvidenceReading) -> None:
        self._database = database
        self._evidence = evidence

    def page(
        self, scope: Scope, *, limit: int, offset: int, **wanted: Any
    ) -> tuple[list[dict[str, Any]], int]:
        """Events, newest first, and how many there are in all. Clips are looked at, not hashed.

        Args:
            wanted: as `store.event_search.EventSearch` has it.
        """
        search = EventSearch(**wanted)
        with self._database.reading() as connection:
            found, total = event_search.find_events(scope, connection, search, limit=limit, offset=offset)
            told = self._told(scope, connection, found)
        return [self._document(one, *told[one.id], thorough=False) for one in found], total

    def marks(self, scope: Scope, *, limit: int, **wanted: Any) -> list[EventMark]:
        """When and where the newest of them were, for a time line; `wanted` as for `page`."""
        with self._database.reading() as connection:
            return event_search.event_marks(scope, connection, EventSearch(**wanted), limit=limit)

    def beside(
        self, scope: Scope, started_at: datetime, event_id: str, **wanted: Any
    ) -> tuple[str | None, str | None]:
        """Ids of the next earlier and the next later event of a list; `wanted` as for `page`."""
        with self._database.reading() as connection:
            return event_search.neighbours(scope, connection, EventSearch(**wanted), started_at, event_id)

    def one(self, scope: Scope, event_id: str) -> dict[str, Any]:
        """One event, in whatever state; its clips are hashed.

        Raises:
            OutOfScope: it is another venue's.
            NotFound: there is none.
        """
        with self._database.reading() as connection:
            found = events.get_event(scope, connection, event_id)
            if found is None:
                if events.get_event(Scope.site(), connection, event_id) is not None:
                    raise OutOfScope(f"the event {event_id!r} is another venue's")
                raise NotFound(f"there is no event {event_id!r}")
            told = self._told(scope, connection, [found])
        return self._document(found, *told[event_id], thorough=True)

    def _told(
        self, scope: Scope, connection: Connection, found: Sequence[StoredEvent]
    ) -> dict[
        str, tuple[StoredEvidence | None, dict[str, Any], Mapping[str, Any] | None, StoredVerdict | None]
    ]:
        """Evidence, video, the analyser's word and a person's, by event id."""
        ids = [one.id for one in found]
        clips = evidence_of_events(scope, connection, ids)
        words = items_of_events(scope, connection, ids, (Channel.ANALYZER,))
        verdicts = verdicts_of(scope, connection, ids)
        by_venue: dict[str, list[StoredEvent]] = defaultdict(list)
        for one in found:
            by_venue[one.venue_id].append(one)
        videos: dict[str, dict[str, Any]] = {}
        for venue_id, of_venue in by_venue.items():
            venue = venues.get_venue(scope, connection, venue_id)
            zone = ZoneInfo(venue.timezone if venue is not None else "UTC")
            videos |= VideoEvidence(None, zone).of(scope, connection, of_venue)
        return {
            one: (clips.get(one), videos[one], _assessment(words.get(one, [])), verdicts.get(one))
            for one in ids
        }

    def _document(
        self,
        one: StoredEvent,
        clip: StoredEvidence | None,
        video: dict[str, Any],
        assessment: Mapping[str, Any] | None,
        verdict: StoredVerdict | None,
        *,
        thorough: bool,
    ) -> dict[str, Any]:
        return {
            "event_id": one.id,
            "venue_id": one.venue_id,
            "camera_id": one.camera_id,
            "kind": one.kind.value,
            "sort": sort_of(one.kind, one.details),
            "state": one.state,
            "ongoing": one.ongoing,
            "started_at": one.started_at,
            "ended_at": one.ended_at,
            "duration_s": round(one.duration.total_seconds(), 3),
            "confirmed": one.confirmed_at is not None,
            "confirmed_at": one.confirmed_at,
            "score": one.score,
            "people": [
                {
                    "track_id": who.track_id,
                    "role": who.role.value,
                    "role_confidence": who.role_confidence,
                    "role_reason": who.role_reason,
                }
                for who in one.participants
            ],
            "details": dict(one.details),
            "video_evidence": video,
            "evidence": None if clip is None else _clip_facts(clip),
            "verification": self._evidence.verification(clip, thorough=thorough),
            "assessment": assessment,
            "verdict": None if verdict is None else verdict_facts(verdict),
        }


def verdict_facts(one: StoredVerdict) -> dict[str, Any]:
    """What a person said of an event."""
    return {"verdict": one.verdict, "reason": one.reason, "by": one.given_by, "at": one.given_at}


def _clip_facts(clip: StoredEvidence) -> dict[str, Any]:
    return {
        "evidence_id": clip.id,
        "incident_id": clip.incident_id,
        "state": clip.state,
        "stage": clip.stage,
        "held": clip.held_at is not None,
        "sealed_at": clip.sealed_at,
        "failure": clip.failure,
        "clips": [part.file_name for part in clip.parts],
    }


def _assessment(items: Sequence[StoredItem]) -> Mapping[str, Any] | None:
    """What an outside analyser said last; None where none was asked or none has answered."""
    answers = [one.answer for one in items if one.state is ItemState.SENT and one.answer]
    return answers[-1] if answers else None
