"""A case: chosen evidence of one venue with all papers that a stranger needs, before it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import TamperedError
from sightline.evidence.canonical import canonical_json, parse_canonical
from sightline.evidence.contents import contents_statement
from sightline.evidence.keys import Signer
from sightline.evidence.layout import (
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
from sightline.evidence.manifest import files_named_by
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry, LedgerSeal


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClip:
    """A sealed file: its name in the case, where it lies here, and what its manifest says of it."""

    name: str
    source: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be written.

    Attributes:
        clips: by name; of one camera in `segments/`, of several in `segments/<camera>/`, because a number in
            the name of a clip counts per camera.
        papers: content by name, to be written in this order: the signed list of contents is the last.
        head: where the ledger ended.
    """

    venue_id: str
    evidence: tuple[StoredEvidence, ...]
    clips: tuple[CaseClip, ...]
    papers: dict[str, bytes]
    head: Head
    exported_at: datetime

    @property
    def cameras(self) -> list[str]:
        return sorted({one.camera_id for one in self.evidence})


def gather_case(
    database: Database,
    scope: Scope,
    pick: Callable[[Connection], Sequence[StoredEvidence]],
    *,
    venue_id: str,
    camera_id: str | None,
    segments_dir: Path,
    signer: Signer,
    clock: Callable[[], datetime],
) -> Case:
    """Bring the ledger up to date and read what belongs to a case, all from one state of the database.

    Args:
        pick: reads the sealed evidence that is wanted, all of `venue_id`.
        camera_id: the one camera it is of; None for several.
        segments_dir: the site's clips, in `<venue>/<camera>/`.

    Raises:
        TamperedError: a manifest cannot be read.
    """
    seal_ledger(database, scope, venue_id, signer, clock())
    with database.reading() as connection:
        chosen = tuple(pick(connection))
        chain = ledger.chain(scope, connection, venue_id)
        last = ledger.last_seal(scope, connection, venue_id)
    now = clock()
    head = Head(last.position, last.head_hash) if last else Head.of_empty_chain()
    contents = contents_statement(
        venue_id=venue_id,
        camera_id=camera_id,
        manifest_hashes=[(one.id, str(one.manifest_sha256)) for one in chosen],
        head=head,
        exported_at=now,
        key_id=signer.key_id,
    )
    papers = {
        PUBLIC_KEY: signer.public.pem,
        MANIFESTS: b"".join(_manifest_line(one) for one in chosen),
        LEDGER: b"".join(_ledger_line(entry) for entry in chain),
        LEDGER_HEAD: _signed_head(venue_id, last, signer, now),
        CONTENTS: signed_document(contents, signer.sign(canonical_json(contents))),
    }
    return Case(
        venue_id=venue_id,
        evidence=chosen,
        clips=_clips(chosen, segments_dir, by_camera=camera_id is None),
        papers=papers,
        head=head,
        exported_at=now,
    )


def _clips(chosen: Sequence[StoredEvidence], segments_dir: Path, *, by_camera: bool) -> tuple[CaseClip, ...]:
    found = {}
    for one in chosen:
        folder = f"{SEGMENTS}/{one.camera_id}" if by_camera else SEGMENTS
        source = camera_folder(segments_dir, one.venue_id, one.camera_id)
        try:
            files = files_named_by(parse_canonical(str(one.manifest).encode()))
        except ValueError as error:
            raise TamperedError(f"the manifest of evidence {one.id} was altered: {error}") from error
        for file in files:
            name = f"{folder}/{file.file}"
            found[name] = CaseClip(
                name=name, source=source / file.file, sha256=file.sha256, size_bytes=file.size_bytes
            )
    return tuple(found[name] for name in sorted(found))


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
