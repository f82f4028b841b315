"""One piece of evidence told to a person: what it shows, where it comes from, what happened to it."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from sightline.domain.scope import Scope
from sightline.evidence.canonical import utc_text
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.files import sha256_of
from sightline.evidence.keys import PublicKey
from sightline.evidence.standing import manifest_of_row, troubles_of
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence


def find_evidence(database: Database, scope: Scope, name: str) -> StoredEvidence | None:
    """The evidence with this id, of the event with this id, or with a clip of this name; the first found."""
    with database.reading() as connection:
        found = evidence_store.get_evidence(scope, connection, name)
        found = found or evidence_store.evidence_of_events(scope, connection, [name]).get(name)
        if found is not None:
            return found
        for one in evidence_store.list_evidence(scope, connection):
            if any(name in (part.file_name, part.viewing_copy) for part in one.parts):
                return one
    return None


def facts_of(
    evidence: StoredEvidence,
    segments_dir: Path,
    key: PublicKey | None,
    *,
    hash_of: Callable[[Path], str] = sha256_of,
) -> dict[str, Any]:
    """One line of a list, as JSON values. Reads the clips to check them."""
    manifest = manifest_of_row(evidence)
    troubles = troubles_of(evidence, segments_dir, key, hash_of=hash_of)
    parts = [part for part in evidence.parts if part.starts_at and part.ends_at]
    lengths = [
        (part.ends_at - part.starts_at).total_seconds() for part in parts if part.starts_at and part.ends_at
    ]
    return {
        "evidence_id": evidence.id,
        "event_id": evidence.event_id,
        "incident_id": evidence.incident_id,
        "venue_id": evidence.venue_id,
        "camera_id": evidence.camera_id,
        "kind": manifest.get("kind"),
        "reason": evidence.reason,
        "state": evidence.state,
        "note": evidence.note,
        "held": _held(evidence),
        "wanted": {"from": utc_text(evidence.wanted_from), "until": utc_text(evidence.wanted_until)},
        "clips": [part.file_name for part in evidence.parts],
        "length_s": round(sum(lengths), 3) if lengths else None,
        "size_bytes": sum(part.size_bytes or 0 for part in evidence.parts) if lengths else None,
        "verified": not troubles,
        "troubles": troubles,
    }


def document_of(
    database: Database,
    evidence: StoredEvidence,
    segments_dir: Path,
    key: PublicKey | None,
    *,
    hash_of: Callable[[Path], str] = sha256_of,
) -> dict[str, Any]:
    """Everything about one piece of evidence, as JSON values: facts, manifest, signature, ledger entries."""
    scope = Scope.of(evidence.venue_id)
    with database.reading() as connection:
        entries = ledger.entries_of(scope, connection, EVIDENCE, evidence.id)
    return {
        **facts_of(evidence, segments_dir, key, hash_of=hash_of),
        "manifest": manifest_of_row(evidence) or None,
        "manifest_sha256": evidence.manifest_sha256,
        "signature": evidence.signature,
        "key_id": evidence.key_id,
        "ledger": [
            {
                "position": entry.position,
                "at": utc_text(entry.at),
                "action": entry.action,
                "actor": entry.actor,
                "facts": dict(entry.facts),
                "entry_hash": entry.entry_hash,
            }
            for entry in entries
        ],
    }


def story_lines(document: dict[str, Any], zone: tzinfo) -> Iterator[str]:
    """`document_of` as lines for reading, times in `zone`."""
    manifest = document["manifest"] or {}
    yield f"evidence   {document['evidence_id']}"
    yield f"event      {document['event_id'] or 'none: asked for by a person'}"
    yield f"camera     {document['camera_id']} of venue {document['venue_id']}"
    yield f"kind       {document['kind'] or document['reason']}"
    event = manifest.get("event")
    if event:
        people = ", ".join(f"{one['role']} {one['track_id']}" for one in event["participants"])
        yield f"happened   {_span(event['started_at'], event['ended_at'], zone)}  {people}"
    if document["note"]:
        yield f"asked for  {document['note']}"
    if document["held"]:
        held = document["held"]
        yield f"on hold    since {_clock(held['since'], zone)} by {held['by']}: {held['reason']}"
    yield f"wanted     {_span(document['wanted']['from'], document['wanted']['until'], zone)}"
    for part in manifest.get("parts", []):
        yield from _part_lines(part, zone)
    for one in manifest.get("lost", []):
        yield f"lost       {one['file']}: {one['reason']}"
    source, analysis = manifest.get("source"), manifest.get("analysis")
    if source:
        recorded_at = _clock(source["recorded_at"], zone)
        yield f"source     {source['name']}, recorded {recorded_at} (from: {source['recorded_at_source']})"
        yield f"           SHA-256 {source['sha256']}"
    if analysis:
        yield "analysis   " + ", ".join(f"{name} {value}" for name, value in analysis.items())
    for entry in document["ledger"]:
        place = f"entry {entry['position']}" if entry["position"] else "waiting for its place"
        yield f"ledger     {_clock(entry['at'], zone)}  {entry['action']} by {entry['actor']} ({place})"
    if document["signature"]:
        yield f"signed     with key {document['key_id']}"
    yield "verified   " + ("yes" if document["verified"] else f"NO: {'; '.join(document['troubles'])}")


def _held(evidence: StoredEvidence) -> dict[str, Any] | None:
    """The legal hold on it, if there is one."""
    if evidence.held_at is None:
        return None
    return {"since": utc_text(evidence.held_at), "by": evidence.held_by, "reason": evidence.hold_reason}


def _part_lines(part: dict[str, Any], zone: tzinfo) -> Iterator[str]:
    yield f"clip       {part['file']}"
    yield (
        f"           {_span(part['starts_at'], part['ends_at'], zone)}, {part['frames']} pictures,"
        f" {part['codec']}, {part['size_bytes']} bytes, plays in a browser: {part['plays_in_browser']}"
    )
    yield f"           SHA-256 {part['sha256']}"
    for gap in part["gaps"]:
        yield f"           nothing was recorded {_span(gap['from'], gap['until'], zone)}"
    if part["viewing_copy"]:
        yield f"           viewing copy {part['viewing_copy']['file']}"


def _clock(text: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _span(since: str, until: str, zone: tzinfo) -> str:
    start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
    seconds = (end - start).total_seconds()
    return f"{start.astimezone(zone):%Y-%m-%d %H:%M:%S} to {end.astimezone(zone):%H:%M:%S} ({seconds:.1f} s)"
