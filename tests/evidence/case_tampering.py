"""Cases to try things on, and what a forger may do to one. The command line and the page face the same."""

import dataclasses
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from evidence_site import CAMERA, EVENTS, OPENING, SCOPE, VENUE, SmallSite, a_run, at

from sightline.evidence.canonical import canonical_json
from sightline.evidence.case_zip import CaseExport, export_case
from sightline.evidence.keys import Signer
from sightline.evidence.ledger import entry_hash
from sightline.evidence.sealing import EvidenceSealer
from sightline.store import recordings, runs, venues
from sightline.store.claims import want_clip
from sightline.store.clips import ClipRule
from sightline.store.evidence import StoredEvidence, list_evidence
from sightline.store.replacement import replace_events

DOOR = "door"


def sealed_of(site: SmallSite) -> list[StoredEvidence]:
    with site.database.reading() as connection:
        return list_evidence(SCOPE, connection, state="sealed")


def export(site: SmallSite, out: Path, chosen: list[StoredEvidence] | None = None) -> CaseExport:
    return export_case(
        site.database,
        SCOPE,
        sealed_of(site) if chosen is None else chosen,
        segments_dir=site.segments_dir,
        out=out,
        signer=site.signer(),
        exported_by="test",
    )


def add_a_door(site: SmallSite) -> None:
    """A second camera with the same footage: an event, whose clip is called like one of the till, and a clip
    that a person asked for."""
    with site.database.reading() as connection:
        segments = recordings.segments_between(SCOPE, connection, VENUE, CAMERA, OPENING, at(40))
    rule = ClipRule(pre=timedelta(seconds=2), post=timedelta(seconds=2))
    with site.database.transaction() as connection:
        venues.ensure_camera(SCOPE, connection, VENUE, DOOR, source_label="door.mp4")
        recordings.put_segments(SCOPE, connection, VENUE, DOOR, segments)
        runs.replace_run(SCOPE, connection, dataclasses.replace(a_run("run-door"), camera_id=DOOR), ())
        replace_events(
            SCOPE,
            connection,
            venue_id=VENUE,
            camera_id=DOOR,
            run_id="run-door",
            span=(OPENING, at(40)),
            events=EVENTS[:1],
            rule=rule,
        )
        want_clip(
            SCOPE,
            connection,
            venue_id=VENUE,
            camera_id=DOOR,
            wanted_from=at(20),
            wanted_until=at(26),
            rule=rule,
        )
    EvidenceSealer(
        site.database,
        SCOPE,
        recordings_dir=site.data_dir / "recordings",
        segments_dir=site.segments_dir,
        signer=site.signer(),
        software="sightline test",
    ).seal_all(VENUE, DOOR)


def unpack(case: Path, folder: Path) -> Path:
    with zipfile.ZipFile(case) as packed:
        packed.extractall(folder)
    return folder


def pack(folder: Path, case: Path) -> Path:
    with zipfile.ZipFile(case, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
    return case


def clip_in(folder: Path, number: int = 0) -> Path:
    return sorted((folder / "segments").iterdir())[number]


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def edit(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def edited(folder: Path) -> None:
        path = folder / name
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return edited


def replace(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def replaced(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert old in content
        (folder / name).write_bytes(content.replace(old, new, 1))

    return replaced


def exchange_clips(folder: Path) -> None:
    first, second = clip_in(folder, 0), clip_in(folder, 1)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def drop_manifest_and_clip(folder: Path) -> None:
    lines = (folder / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "segments" / json.loads(lines[0])["manifest"]["parts"][0]["file"]).unlink()
    (folder / "evidence.jsonl").write_bytes(b"".join(lines[1:]))


def sign_manifest_anew(folder: Path) -> None:
    """A forger signs one manifest with a key of their own and leaves the rest."""
    forger = Signer.generate()
    lines = (folder / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    manifest = json.loads(lines[0])["manifest"] | {"reason": "manual"}
    line = {"manifest": manifest, "signature": forger.sign(canonical_json(manifest)), "key_id": forger.key_id}
    (folder / "evidence.jsonl").write_bytes(b"".join([canonical_json(line) + b"\n", *lines[1:]]))


def other_key(folder: Path) -> None:
    (folder / "public_key.pem").write_bytes(Signer.generate().public.pem)


def hashed_anew(entries: list[bytes]) -> list[bytes]:
    fields = json.loads(entries[0]) | {"actor": "nobody"}
    del fields["entry_hash"]
    return [canonical_json(fields | {"entry_hash": entry_hash(fields)}) + b"\n", *entries[1:]]


def signature_of_other(folder: Path) -> None:
    """The signature of one manifest put under another."""
    lines = [json.loads(line) for line in (folder / "evidence.jsonl").read_bytes().splitlines()]
    lines[0]["signature"] = lines[1]["signature"]
    (folder / "evidence.jsonl").write_bytes(b"".join(canonical_json(line) + b"\n" for line in lines))


TAMPERING: dict[str, tuple[Callable[[Path], None], str]] = {
    "a bit of a clip": (lambda folder: flip(clip_in(folder), -9), "was altered: SHA-256"),
    "a clip cut short": (
        lambda folder: clip_in(folder).write_bytes(clip_in(folder).read_bytes()[:-1]) and None,
        "bytes long, its manifest says",
    ),
    "a clip missing": (lambda folder: clip_in(folder).unlink(), "the clip is missing; its manifest names it"),
    "two clips exchanged": (exchange_clips, "its manifest says"),
    "a clip nobody sealed": (
        lambda folder: (
            (folder / "segments" / "segment_9_20251025_113004_queue.mp4").write_bytes(b"x") and None
        ),
        "segment_9_20251025_113004_queue.mp4: no manifest names this file",
    ),
    "a manifest altered": (
        replace("evidence.jsonl", b'"track_id":3', b'"track_id":8'),
        "the manifest was altered: the signature of key",
    ),
    "a manifest signed by another": (sign_manifest_anew, "the manifest was signed with key"),
    "a signature of another manifest": (signature_of_other, "the manifest was altered"),
    "a manifest twice": (
        edit("evidence.jsonl", lambda lines: [lines[0], *lines]),
        "there are two manifests of this evidence",
    ),
    "a manifest removed with its clip": (
        drop_manifest_and_clip,
        "its manifest is missing; the list of contents",
    ),
    "a manifest with a space more": (
        replace("evidence.jsonl", b'"manifest":', b'"manifest": '),
        "was altered",
    ),
    "a manifest cut off": (
        edit("evidence.jsonl", lambda lines: [*lines[:-1], lines[-1][:-30]]),
        "was altered",
    ),
    "an entry altered": (
        replace("ledger.jsonl", b'"action":"sealed"', b'"action":"viewed"'),
        "was altered: its content does not give its hash",
    ),
    "an entry altered, its hash made anew": (
        edit("ledger.jsonl", hashed_anew),
        "ledger.jsonl line 2 (ledger entry 2): does not follow the entry before it",
    ),
    "an entry removed": (
        edit("ledger.jsonl", lambda lines: [lines[0], *lines[2:]]),
        "entry 2 is missing before it",
    ),
    "entries moved": (
        edit("ledger.jsonl", lambda lines: [lines[1], lines[0], *lines[2:]]),
        "is out of order or twice: entry 3 was due",
    ),
    "the last entry removed": (edit("ledger.jsonl", lambda lines: lines[:-1]), "the last entry 6 is missing"),
    "all entries removed": (
        edit("ledger.jsonl", lambda lines: lines[:0]),
        "the last entries 1-6 are missing",
    ),
    "not an entry": (edit("ledger.jsonl", lambda lines: [*lines[:-1], b"{}\n"]), "is not a ledger entry"),
    "not JSON": (edit("ledger.jsonl", lambda lines: [*lines[:-1], b"\xff{\n"]), "was altered"),
    "the head altered": (
        replace("ledger_head.json", b'"position":6', b'"position":7'),
        "the ledger head was altered: the signature of key",
    ),
    "the list altered": (
        replace("contents.json", b'"ledger_position":6', b'"ledger_position":5'),
        "the list of contents was altered: the signature of key",
    ),
    "the list without its signature": (
        replace("contents.json", b'"signature":', b'"signed":'),
        "was altered",
    ),
    "another key": (other_key, "was signed with key"),
    "a damaged key": (replace("public_key.pem", b"MCowBQ", b"MCowBR"), "without a public key"),
    **{
        f"{name} missing": (
            lambda folder, name=name: (folder / name).unlink(),
            f"{name}: the file is missing",
        )  # type: ignore[misc]
        for name in ("evidence.jsonl", "ledger.jsonl", "ledger_head.json", "contents.json", "public_key.pem")
    },
}
"""What is done to an unpacked case of three pieces of evidence, and a part of a finding it must give."""
