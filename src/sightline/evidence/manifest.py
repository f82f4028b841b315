"""The manifest: what one piece of evidence shows, where it came from, and the hash of every file of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sightline.evidence.canonical import JsonObject, utc_text
from sightline.evidence.files import is_plain_name
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence, StoredEvidencePart
from sightline.store.runs import StoredRun
from sightline.video.clip import CutClip
from sightline.video.viewing_copy import ViewingCopy

MANIFEST_SCHEMA = {"name": "sightline.evidence", "version": 1}


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a manifest vouches for."""

    file: str
    sha256: str
    size_bytes: int


def sha256_of_text(text: bytes) -> str:
    """The hash under which a signed statement stands in the ledger, hex."""
    return hashlib.sha256(text).hexdigest()


def files_named_by(manifest: Mapping[str, Any]) -> list[NamedFile]:
    """Every clip and viewing copy in `manifest`, in the order of the parts.

    Raises:
        ValueError: the manifest does not have the shape of `MANIFEST_SCHEMA`.
    """
    if manifest.get("schema") != MANIFEST_SCHEMA:
        raise ValueError(f"schema {manifest.get('schema')!r} is not one this version of Sightline knows")
    parts = manifest.get("parts")
    if not isinstance(parts, list):
        raise ValueError("has no list of parts")  # noqa: TRY004  a wrong document, not a wrong call
    named = []
    for part in parts:
        named.append(_named_file(part))
        if part.get("viewing_copy") is not None:
            named.append(_named_file(part["viewing_copy"]))
    return named


def _named_file(entry: object) -> NamedFile:
    if not isinstance(entry, dict):
        raise ValueError("has a part that is not an object")  # noqa: TRY004
    file, sha256, size_bytes = entry.get("file"), entry.get("sha256"), entry.get("size_bytes")
    if not isinstance(file, str) or not is_plain_name(file):
        raise ValueError(f"names {file!r}, which is not a file name")
    if not isinstance(sha256, str) or not isinstance(size_bytes, int):
        raise ValueError(f"gives no hash and length for {file}")  # noqa: TRY004
    return NamedFile(file, sha256, size_bytes)


def evidence_id_of(manifest: JsonObject) -> str:
    """The id a manifest is about; `?` when it has none, so that a finding can still be written."""
    return str(manifest.get("evidence_id", "?"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPart:
    """One part of a piece of evidence with the files that were made for it.

    Attributes:
        viewing_copy: where not every browser plays the clip; `viewing_failure` says why there is none.
    """

    wanted: StoredEvidencePart
    clip: CutClip
    viewing_copy: ViewingCopy | None = None
    viewing_failure: str | None = None

    @property
    def paths(self) -> list[Path]:
        """The files of this part."""
        return [self.clip.path, *([self.viewing_copy.path] if self.viewing_copy else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostPart:
    """One part of a piece of evidence for which there was no footage, and why."""

    wanted: StoredEvidencePart
    reason: str


def manifest_of(
    evidence: StoredEvidence,
    event: StoredEvent | None,
    run: StoredRun | None,
    parts: Sequence[CutPart],
    lost: Sequence[LostPart],
    *,
    software: str,
    sealed_at: datetime,
    key_id: str,
) -> JsonObject:
    """Everything a stranger needs to judge the evidence.

    Args:
        event: what it proves; None for a clip that a person asked for.
        run: the analysis that concluded it; None when another program told of the event.
        parts, lost: every wanted part is in one of the two.
    """
    return {
        "schema": MANIFEST_SCHEMA,
        "evidence_id": evidence.id,
        "event_id": evidence.event_id,
        "incident_id": evidence.incident_id,
        "venue_id": evidence.venue_id,
        "camera_id": evidence.camera_id,
        "kind": event.kind.value if event else None,
        "reason": evidence.reason,
        "event": _event_facts(event) if event else None,
        "wanted": _span(evidence.wanted_from, evidence.wanted_until),
        "parts": [_part_facts(part) for part in parts],
        "lost": [
            {
                "file": one.wanted.file_name,
                "wanted": _span(one.wanted.wanted_from, one.wanted.wanted_until),
                "reason": one.reason,
            }
            for one in lost
        ],
        "source": _source_facts(run) if run else None,
        "analysis": _analysis_facts(run, event) if run else None,
        "software": software,
        "sealed_at": utc_text(sealed_at),
        "key_id": key_id,
    }


def _event_facts(event: StoredEvent) -> JsonObject:
    return {
        "started_at": utc_text(event.started_at),
        "ended_at": utc_text(event.ended_at),
        "participants": [{"track_id": one.track_id, "role": one.role.value} for one in event.participants],
    }


def _analysis_facts(run: StoredRun, event: StoredEvent | None) -> JsonObject:
    """Of the people who came back under their number, those who take part: a run may have many."""
    facts = {**run.analysis, "software": run.software}
    if "merges" in facts:
        who = {one.track_id for one in event.participants} if event else set()
        facts["merges"] = [one for one in facts["merges"] if one["track_id"] in who]
    return facts


def _source_facts(run: StoredRun) -> JsonObject:
    return {
        "name": run.source_name,
        "sha256": run.source_sha256,
        "recorded_at": utc_text(run.recorded_at),
        "recorded_at_source": run.recorded_at_source,
    }


def _part_facts(part: CutPart) -> JsonObject:
    clip, copy = part.clip, part.viewing_copy
    return {
        **_file_facts(clip),
        "codec": clip.codec,
        "container": clip.path.suffix.removeprefix("."),
        "frames": clip.frames,
        "wanted": _span(part.wanted.wanted_from, part.wanted.wanted_until),
        "starts_at": utc_text(clip.starts_at),
        "ends_at": utc_text(clip.ends_at),
        "lead_in_s": clip.lead_in_s,
        "gaps": [_span(since, until) for since, until in clip.gaps],
        "plays_in_browser": clip.playable_in_browser,
        "viewing_copy": {**_file_facts(copy), "derived_from": copy.derived_from} if copy else None,
        "viewing_failure": part.viewing_failure,
    }


def _file_facts(made: CutClip | ViewingCopy) -> JsonObject:
    return {"file": made.path.name, "sha256": made.sha256, "size_bytes": made.size_bytes}


def _span(since: datetime, until: datetime) -> JsonObject:
    return {"from": utc_text(since), "until": utc_text(until)}
