"""What became of every event that was to be delivered: at its receiver, on our disk, in the ledger."""

import hashlib
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.domain.delivery import Proof
from sightline.domain.outbox import Channel, ItemState
from sightline.evidence.layout import camera_folder
from sightline.store import ledger, outbox_items
from sightline.store.evidence import StoredEvidence, list_evidence
from sightline.store.ledger import LedgerEntry
from sightline.store.outbox_items import StoredItem
from sightline.testing.receiver_shelf import Arrival, read_journal
from sightline.testing.recorded_shop import CAMERA, SCOPE, VENUE
from sightline.wiring import Site

COMPARED = {Proof.SHA256.value, Proof.MD5.value, Proof.LENGTH.value}
TOLD = {Channel.UPLOAD: "uploaded", Channel.INCIDENT: "reported", Channel.FOOTFALL: "footfall_reported"}
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Story:
    """Figures, and one sentence for each thing that is not as it must be."""

    figures: dict[str, Any]
    broken: list[str]


@dataclass(frozen=True, slots=True)
class Ends:
    """What lies at the receivers: by route, by key."""

    arrivals: Mapping[str, Mapping[str, Arrival]]
    files: Path

    @classmethod
    def of(cls, folders: Mapping[str, Path]) -> "Ends":
        found: dict[str, dict[str, Arrival]] = {route: {} for route in folders}
        for route, folder in folders.items():
            for (path, key), one in read_journal(folder).items():
                if path == f"/{route}":
                    found[route][key] = one
        return cls(found, folders["upload"] / "files")


def told_story(site: Site, folders: Mapping[str, Path], events: int) -> Story:
    """Compare everything.

    Args:
        folders: of the receivers, by route: `upload`, `incident`, `footfall`.
    """
    with site.database.reading() as connection:
        items = outbox_items.list_items(SCOPE, connection)
        evidence = list_evidence(SCOPE, connection)
        entries = ledger.chain(SCOPE, connection, VENUE)
        entries += ledger.unsealed_entries(SCOPE, connection, VENUE)
    ends = Ends.of(folders)
    by_subject: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_subject[entry.subject_id].append(entry)
    by_evidence: dict[str, list[StoredItem]] = defaultdict(list)
    for item in items:
        by_evidence[item.evidence_id or ""].append(item)
    clips = camera_folder(site.segments_dir, VENUE, CAMERA)
    broken = [*_not_all_there(evidence, items, ends, events)]
    for one in evidence:
        broken += _not_at_receiver(one, ends)
        broken += _not_on_disk(one, by_evidence[one.id], clips)
        broken += _not_told(one, by_evidence[one.id], by_subject[one.id])
    named = {part.file_name for one in evidence for part in one.parts}
    broken += [f"a file no row wants: {path.name}" for path in clips.iterdir() if path.name not in named]
    verified = subprocess.run(
        [sys.executable, "-m", "sightline", "evidence", "verify", "--data-dir", str(site.data_dir)],
        capture_output=True,
        text=True,
        check=False,
    )
    if verified.returncode:
        broken.append(f"evidence verify exits {verified.returncode}: {verified.stdout[-300:]}")
    return Story(_figures(evidence, items, ends, entries), broken[:SHOWN])


def _not_all_there(
    evidence: Sequence[StoredEvidence], items: Sequence[StoredItem], ends: Ends, events: int
) -> Iterator[str]:
    """As many as there were events, under the keys of these events, and none besides."""
    states = Counter(one.state for one in evidence)
    if states != {"sealed": events}:
        yield f"evidence is {dict(states)}, not {events} sealed"
    settled = Counter(item.state for item in items)
    if settled != {ItemState.SENT: len(TOLD) * events}:
        yield f"items are {dict(settled)}, not {len(TOLD) * events} sent"
    expected = {f"{one.event_id}:final" for one in evidence}
    for route, arrived in ends.arrivals.items():
        if arrived.keys() != expected:
            lost, more = expected - arrived.keys(), arrived.keys() - expected
            yield f"{route}: {len(lost)} lost, {len(more)} under keys of no event"


def _not_at_receiver(one: StoredEvidence, ends: Ends) -> Iterator[str]:
    """The receiver holds the bytes that were sealed, by its own journal and by reading its file."""
    arrived = ends.arrivals["upload"].get(f"{one.event_id}:final")
    if arrived is None:
        return
    (part,) = one.parts
    path = ends.files / arrived.stored_name
    there = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "nothing"
    if not part.sha256 == arrived.sha256 == there:
        yield f"{arrived.stored_name}: sealed {part.sha256}, journal {arrived.sha256}, on disk {there}"
    if part.size_bytes != arrived.size_bytes:
        yield f"{arrived.stored_name}: {arrived.size_bytes} bytes of {part.size_bytes}"


def _not_on_disk(one: StoredEvidence, items: Sequence[StoredItem], clips: Path) -> Iterator[str]:
    """Our clip is gone if, and only if, the copy of the receiver was compared."""
    (part,) = one.parts
    answers = [item.answer for item in items if item.channel is Channel.UPLOAD and item.answer]
    compared = any(answer["proof"] in COMPARED and answer["original"] for answer in answers)
    here = (clips / part.file_name).exists()
    if not compared == (not here) == (one.moved_at is not None):
        yield f"{part.file_name}: compared {compared}, here {here}, moved at {one.moved_at}"


def _not_told(
    one: StoredEvidence, items: Sequence[StoredItem], entries: Sequence[LedgerEntry]
) -> Iterator[str]:
    """Sealed, then uploaded, reported and counted once each, then moved; attempts as they were."""
    actions = [entry.action for entry in entries]
    count = Counter(actions)
    once = ["sealed", *TOLD.values(), *(["moved"] if one.moved_at else [])]
    if wrong := [name for name in once if count[name] != 1]:
        yield f"ledger of {one.id} has {wrong} not once: {actions}"
        return
    if actions[0] != "sealed":
        yield f"ledger of {one.id} does not begin with sealed: {actions}"
    gave_up = {entry.facts["channel"] for entry in entries if entry.action == "given_up"}
    if actions.index("reported") < actions.index("uploaded") and Channel.UPLOAD.value not in gave_up:
        yield f"{one.id} was reported before its clip had arrived: {actions}"
    # What was given up waits for a person, and nothing waits for it.
    before = [
        name for channel, name in TOLD.items() if channel is Channel.UPLOAD or channel.value not in gave_up
    ]
    if one.moved_at and actions.index("moved") < max(map(actions.index, before)):
        yield f"{one.id} was moved while something of it had still to be sent: {actions}"
    attempts = {
        entry.facts["channel"]: entry.facts.get("attempts") for entry in entries if entry.action in once[1:4]
    }
    if told := [item.channel.value for item in items if attempts[item.channel.value] != item.attempts]:
        yield f"ledger of {one.id} tells other attempts than there were: {told}"


def _figures(
    evidence: Sequence[StoredEvidence],
    items: Sequence[StoredItem],
    ends: Ends,
    entries: Sequence[LedgerEntry],
) -> dict[str, Any]:
    proofs = Counter(item.answer["proof"] for item in items if item.channel is Channel.UPLOAD and item.answer)
    again = {
        route: sum(one.times > 1 for one in arrived.values()) for route, arrived in ends.arrivals.items()
    }
    hardest = max(items, key=lambda item: item.attempts, default=None)
    return {
        "arrived": {route: len(arrived) for route, arrived in ends.arrivals.items()},
        "came_more_than_once": again,
        "attempts_beyond_the_first": sum(item.attempts - 1 for item in items),
        "most_attempts": hardest.attempts if hardest else 0,
        "proofs": dict(proofs),
        "moved": sum(one.moved_at is not None for one in evidence),
        "ledger": dict(Counter(entry.action for entry in entries)),
        "the_hardest": [
            f"{entry.at:%H:%M:%S.%f} {entry.action} {_short(entry)}"
            for entry in entries
            if hardest is not None and entry.subject_id == hardest.evidence_id
        ],
    }


def _short(entry: LedgerEntry) -> str:
    told = {name: entry.facts[name] for name in ("channel", "attempts", "proof") if name in entry.facts}
    return ", ".join(f"{name} {value}" for name, value in told.items())
