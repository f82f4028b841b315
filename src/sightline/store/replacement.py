"""Running again: the events of a new analysis take the place of older ones over the same footage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from sightline.domain.event import ServiceEvent, sort_of
from sightline.domain.matching import StoredSpan, match_ongoing, match_rerun
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.claims import drop_claim, want_again, want_evidence
from sightline.store.clips import ClipRule, wanted_span
from sightline.store.edge_marks import mark_events
from sightline.store.event_ids import event_ids
from sightline.store.events import PAGE, StoredEvent, list_events, write_events
from sightline.store.evidence import FINAL, PROVISIONAL, StoredEvidence, evidence_of_events, mark_deleted
from sightline.store.ledger import add_entry
from sightline.store.outbox import cancel_items
from sightline.store.runs import get_run
from sightline.store.statements import demand
from sightline.store.tables import event


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What became of the events. `ids` are those of the new events, in the order they were given.

    Attributes:
        kept: ids that an older event had already.
        inserted: ids that are new (or current again after having been superseded).
        superseded: ids of older events without a successor.
    """

    ids: tuple[str, ...]
    kept: tuple[str, ...]
    inserted: tuple[str, ...]
    superseded: tuple[str, ...]


def replace_events(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    span: tuple[datetime, datetime],
    events: Sequence[ServiceEvent],
    rule: ClipRule | None = None,
    footage: tuple[datetime, datetime] | None = None,
    actor: str = "sightline analyze",
    at: datetime | None = None,
) -> Replacement:
    """Store the events of one analysis in place of those it found before, and claim their footage.

    Old events are the current ones of this camera that overlap the span and came from an analysis; events
    that another program told of are its facts and stay. A new event that overlaps an old one of its kind by
    half or more keeps its id, and its evidence as long as the wanted footage is the same; otherwise the old
    evidence is deleted with an entry in the ledger, and the new footage is claimed. Old events without a
    successor become `superseded`: what was sealed for them stays, what was only wanted is forgotten. A
    provisional clip follows its event as it is: it shows what was told, whatever is found later.

    Events that go on belong to the live run that told of them and will conclude them: they stay as they are,
    and a new event that covers half or more of what was told of one is that event, and is not stored.

    Args:
        span: capture time of the footage analysed, start and end.
        rule: how much footage goes with an event.
        footage: capture time of what was recorded, default `span`; clips are cut short at its ends.
        actor: who is told in the ledger.
        at: when this happens, default now.

    Raises:
        StoreError: outside the scope, no such camera, or a span that ends before it starts.
    """
    demand(scope, venue_id)
    if span[1] < span[0]:
        raise StoreError(f"the analysed span ends ({span[1]}) before it starts ({span[0]})")
    at = at or datetime.now(UTC)
    ongoing = _ongoing(scope, connection, venue_id, camera_id, span)
    told = match_ongoing(ongoing, [_span(one, "") for one in events])
    events = [one for place, one in enumerate(events) if place not in told]
    old = _old_events(scope, connection, venue_id, camera_id, span)
    heirs = match_rerun([_span(one, one.id) for one in old], [_span(one, "") for one in events])
    named = [
        StoredEvent.of(one, event_id="", venue_id=venue_id, camera_id=camera_id, run_id=run_id, created_at=at)
        for one in events
    ]
    new = _with_ids(connection, named, events, old, heirs)
    write_events(scope, connection, new)

    kept = set(heirs.values())
    superseded = tuple(one.id for one in old if one.id not in kept)
    _supersede(scope, connection, superseded, at)
    claims = _Claims(scope, connection, rule or ClipRule(), footage or span, actor, at)
    known = evidence_of_events(scope, connection, [one.id for one in new], stage=FINAL)
    provisional = evidence_of_events(scope, connection, [one.id for one in new], stage=PROVISIONAL)
    for one in new:
        claims.settle(one, known.get(one.id), provisional.get(one.id))
    ids = [one.id for one in new]
    for place, event_id in told.items():
        ids.insert(place, event_id)
    return Replacement(
        ids=tuple(ids),
        kept=tuple(event_id for event_id in ids if event_id in kept or event_id in told.values()),
        inserted=tuple(one.id for one in new if one.id not in kept),
        superseded=superseded,
    )


@dataclass(frozen=True, slots=True)
class _Claims:
    """Claims footage for events as one analysis sees it."""

    scope: Scope
    connection: Connection
    rule: ClipRule
    footage: tuple[datetime, datetime]
    actor: str
    at: datetime

    def settle(
        self, one: StoredEvent, known: StoredEvidence | None, provisional: StoredEvidence | None
    ) -> None:
        """Keep the evidence of an event when it is of the wanted footage or held, else claim that footage."""
        since, until = wanted_span(one.started_at, one.ended_at, self.rule, self.footage)
        if known is not None and (known.wanted_from, known.wanted_until) == (since, max(since, until)):
            want_again(self.scope, self.connection, known.id)
            return
        if known is not None and known.held_at is not None:
            return  # a legal hold: what was sealed stays as it is, whatever a new analysis says of its times
        if known is not None and not drop_claim(self.scope, self.connection, known.id):
            self._bury(known)
        want_evidence(
            self.scope,
            self.connection,
            one,
            rule=self.rule,
            footage=self.footage,
            incident_id=before.incident_id if (before := known or provisional) else None,
            at=self.at,
        )

    def _bury(self, known: StoredEvidence) -> None:
        """The signed tombstone tells that the sealed clip went, and why, and what its manifest was."""
        mark_deleted(
            self.scope,
            self.connection,
            known.id,
            failure="the event's times changed when it was analysed again",
        )
        add_entry(
            self.scope,
            self.connection,
            venue_id=known.venue_id,
            at=self.at,
            action="superseded",
            subject_kind="evidence",
            subject_id=known.id,
            actor=self.actor,
            facts={"event_id": known.event_id, "manifest_sha256": known.manifest_sha256},
        )


def _old_events(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, span: tuple[datetime, datetime]
) -> list[StoredEvent]:
    """Finished events of an analysis that share time with `span`; touching at an end is not sharing."""
    start, end = span
    shared = list_events(
        scope, connection, venue_id=venue_id, camera_id=camera_id, end=end, lasting_after=start
    )
    return [one for one in shared if one.run_id is not None]


def _ongoing(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, span: tuple[datetime, datetime]
) -> list[StoredSpan]:
    """What was told of events that go on, as far as it lies in `span`; an instant where it lies before.

    Their runs have seen them go on up to the last picture, whatever end so far was told.
    """
    start, end = span
    found = list_events(scope, connection, venue_id=venue_id, camera_id=camera_id, end=end, ongoing=True)
    spans = []
    for one in found:
        of_run = get_run(scope, connection, one.run_id) if one.run_id is not None else None
        if max(one.ended_at, of_run.recorded_until if of_run else one.ended_at) > start:
            since = max(one.started_at, start)
            spans.append(replace(_span(one, one.id), started_at=since, ended_at=max(since, one.ended_at)))
    return spans


def _span(one: StoredEvent | ServiceEvent, event_id: str) -> StoredSpan:
    people = frozenset(who.track_id for who in one.participants)
    return StoredSpan(event_id, sort_of(one.kind, one.details), one.started_at, one.ended_at, people)


def _with_ids(
    connection: Connection,
    new: Sequence[StoredEvent],
    happened: Sequence[ServiceEvent],
    old: Sequence[StoredEvent],
    heirs: Mapping[int, str],
) -> list[StoredEvent]:
    """`new` with the ids of their predecessors; the others with ids that no current event has.

    A superseded event of the same place, kind, start and people becomes current again: it is the same event,
    found by settings that were tried before.
    """
    born = {one.id: one.created_at for one in old}
    firsts = [next(event_ids(one.venue_id, one.camera_id, it)) for one, it in zip(new, happened, strict=True)]
    states = _states(connection, firsts)
    taken = set(born)
    named: list[StoredEvent] = []
    for place, (one, it) in enumerate(zip(new, happened, strict=True)):
        if place in heirs:
            named.append(replace(one, id=heirs[place], created_at=born[heirs[place]]))
            continue
        for candidate in event_ids(one.venue_id, one.camera_id, it):
            if candidate not in states:
                states |= {candidate: None} | _states(connection, [candidate])
            if candidate not in taken and states[candidate] != "current":
                break
        taken.add(candidate)
        named.append(replace(one, id=candidate))
    return named


def _states(connection: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    """State of each of these ids, None for those that no event has."""
    states: dict[str, str | None] = dict.fromkeys(ids)
    for first in range(0, len(ids), PAGE):
        query = select(event.c.id, event.c.state).where(event.c.id.in_(ids[first : first + PAGE]))
        states |= {row.id: row.state for row in connection.execute(query)}
    return states


def _supersede(scope: Scope, connection: Connection, ids: Sequence[str], at: datetime) -> None:
    for first in range(0, len(ids), PAGE):
        chunk = ids[first : first + PAGE]
        connection.execute(update(event).where(event.c.id.in_(chunk)).values(state="superseded"))
    mark_events(scope, connection, ids)
    for stage in (FINAL, PROVISIONAL):
        for one in evidence_of_events(scope, connection, ids, stage=stage).values():
            drop_claim(scope, connection, one.id)
    for event_id in ids:
        reason = "it was not found again when its footage was analysed anew"
        cancel_items(scope, connection, reason, now=at, event_id=event_id)
