"""`analyze --out`: a folder of evidence that can be handed to anybody, and checked with nothing else."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.canonical import canonical_json
from sightline.evidence.contents import contents_statement
from sightline.evidence.files import write_whole
from sightline.evidence.keys import Signer
from sightline.evidence.layout import (
    CLIP_NAME,
    CONTENTS,
    LEDGER,
    LEDGER_HEAD,
    MANIFESTS,
    PUBLIC_KEY,
    SEGMENTS,
    camera_folder,
    signed_document,
    signed_line,
)
from sightline.evidence.ledger import Head, head_statement, link_fields, seal_ledger, statement_of
from sightline.evidence.leftovers import files_of
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry, LedgerSeal
from sightline.video.disk import PART_SUFFIX, publish, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderExport:
    """What was written: where, how much, and the ledger head, worth noting down by whoever receives it."""

    folder: Path
    evidence: int
    clips: int
    head: Head
    removed: tuple[str, ...]


def export_folder(
    database: Database,
    scope: Scope,
    *,
    venue_id: str,
    camera_id: str,
    event_ids: Iterable[str] | None,
    segments_dir: Path,
    out: Path,
    signer: Signer,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FolderExport:
    """Write the sealed evidence of one camera to `out`, in place of what an earlier export wrote there.

    Clips come first and the list of contents last, each file whole or not there at all. A kill leaves a
    folder that does not verify yet; exporting again completes it. Other files in the folder are left alone.

    Args:
        event_ids: only the evidence of these events; None for all of the camera's.
        segments_dir: the site's clips, in `<venue>/<camera>/`.
        out: made when missing. On the same disk the clips are hard links and cost no space.

    Raises:
        EvidenceError: a sealed clip is missing.
        DiskFull, ConfigError: `out` cannot be written.
    """
    seal_ledger(database, scope, venue_id, signer, clock())
    with database.reading() as connection:
        sealed = evidence_store.list_evidence(
            scope, connection, venue_id=venue_id, camera_id=camera_id, state="sealed"
        )
        chain = ledger.chain(scope, connection, venue_id)
        last = ledger.last_seal(scope, connection, venue_id)
    if event_ids is not None:
        chosen = set(event_ids)
        sealed = [one for one in sealed if one.event_id in chosen]
    head = Head(last.position, last.head_hash) if last else Head.of_empty_chain()
    source = camera_folder(segments_dir, venue_id, camera_id)
    names = sorted(files_of(sealed))
    with writing(out):
        (out / SEGMENTS).mkdir(parents=True, exist_ok=True)
    for name in names:
        _place(source / name, out / SEGMENTS / name)
    write_whole(out / PUBLIC_KEY, signer.public.pem)
    write_whole(out / MANIFESTS, b"".join(_manifest_line(one) for one in sealed))
    write_whole(out / LEDGER, b"".join(_ledger_line(entry) for entry in chain))
    write_whole(out / LEDGER_HEAD, _signed_head(venue_id, last, signer, clock()))
    contents = contents_statement(
        venue_id=venue_id,
        camera_id=camera_id,
        manifest_hashes=[(one.id, str(one.manifest_sha256)) for one in sealed],
        head=head,
        exported_at=clock(),
        key_id=signer.key_id,
    )
    write_whole(out / CONTENTS, signed_document(contents, signer.sign(canonical_json(contents))))
    removed = _remove_earlier(out / SEGMENTS, set(names))
    return FolderExport(folder=out, evidence=len(sealed), clips=len(names), head=head, removed=tuple(removed))


def _place(source: Path, target: Path) -> None:
    """`source` under the name `target`: a hard link, or a copy where the file system has none."""
    if not source.is_file():
        raise EvidenceError(f"the sealed clip {source} is missing; `sightline evidence verify` tells more")
    if target.exists() and target.samefile(source):
        return
    beside = target.with_name(target.name + PART_SUFFIX)
    with writing(target, remove=beside):
        beside.unlink(missing_ok=True)
        try:
            os.link(source, beside)
        except OSError:  # another disk, or no links there
            shutil.copyfile(source, beside)
        publish(beside, target)


def _signed_head(venue_id: str, last: LedgerSeal | None, signer: Signer, now: datetime) -> bytes:
    """The head as it was sealed; that of an empty ledger is signed here."""
    if last is not None:
        return signed_document(statement_of(last), last.signature)
    statement = head_statement(venue_id, Head.of_empty_chain(), now, signer.key_id)
    return signed_document(statement, signer.sign(canonical_json(statement)))


def _manifest_line(one: StoredEvidence) -> bytes:
    text = str(one.manifest).encode()
    return signed_line(text, str(one.signature), str(one.key_id)) + b"\n"


def _ledger_line(entry: LedgerEntry) -> bytes:
    fields = link_fields(entry, entry.position, entry.previous_hash)
    return canonical_json({**fields, "entry_hash": entry.entry_hash}) + b"\n"


def _remove_earlier(folder: Path, keep: set[str]) -> list[str]:
    """Clips of an earlier export that no longer belong; anything not named like a clip of ours stays."""
    removed = []
    for path in sorted(folder.iterdir()):
        if CLIP_NAME.fullmatch(path.name.removesuffix(PART_SUFFIX)) and path.name not in keep:
            path.unlink()
            removed.append(path.name)
    return removed
