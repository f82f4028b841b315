"""The evidence of one venue on this site, database rows and files, as a bundle to verify."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.evidence.bundle import ChainLink, DiskFile, EvidenceBundle, SignedText, Unreadable
from sightline.evidence.canonical import canonical_json
from sightline.evidence.chain import link_from
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import camera_folder, is_released_copy
from sightline.evidence.ledger import link_fields, statement_of
from sightline.evidence.leftovers import files_of
from sightline.evidence.manifest import sha256_of_text
from sightline.store import evidence as evidence_store
from sightline.store import ledger, venues
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry
from sightline.video.disk import PART_SUFFIX

PAGE = 500


def bundle_of_site(
    connection: Connection, scope: Scope, venue_id: str, segments_dir: Path, public_key: PublicKey | None
) -> EvidenceBundle:
    """Everything sealed of `venue_id`.

    Args:
        connection: must stay open, seeing one state of the database, until the bundle has been checked.
        segments_dir: clips lie in `<venue>/<camera>/` below it.
        public_key: the key that the site keeps.
    """

    def clip(manifest: Mapping[str, object], file: str) -> DiskFile:
        return DiskFile(camera_folder(segments_dir, venue_id, str(manifest.get("camera_id"))) / file)

    return EvidenceBundle(
        where=f"venue {venue_id}",
        manifests=_manifests(connection, scope, venue_id),
        links=(_link(entry) for entry in ledger.chain(scope, connection, venue_id)),
        heads=tuple(
            SignedText(
                place=f"ledger seal at position {seal.position}",
                text=canonical_json(statement_of(seal)),
                signature=seal.signature,
                key_id=seal.key_id,
            )
            for seal in ledger.seals(scope, connection, venue_id)
        ),
        contents=None,
        partial=False,
        clip=clip,
        clips=_settled_clips(connection, scope, venue_id, segments_dir),
        public_key=public_key,
        waiting=tuple(
            link_fields(entry, None, None) for entry in ledger.unsealed_entries(scope, connection, venue_id)
        ),
    )


def _manifests(connection: Connection, scope: Scope, venue_id: str) -> Iterator[SignedText | Unreadable]:
    offset = 0
    while page := evidence_store.list_evidence(
        scope, connection, venue_id=venue_id, state="sealed", limit=PAGE, offset=offset
    ):
        for one in page:
            yield _manifest(one)
        offset += PAGE


def _manifest(one: StoredEvidence) -> SignedText | Unreadable:
    place = f"evidence {one.id}"
    if one.manifest is None or one.signature is None or one.key_id is None:
        return Unreadable(place, "is sealed, but its manifest or signature is gone")
    text = one.manifest.encode()
    if sha256_of_text(text) != one.manifest_sha256:
        return Unreadable(place, "the manifest was altered: it does not give the hash stored beside it")
    return SignedText(place=place, text=text, signature=one.signature, key_id=one.key_id)


def _link(entry: LedgerEntry) -> ChainLink | Unreadable:
    stated = link_fields(entry, entry.position, entry.previous_hash)
    return link_from("ledger", {**stated, "entry_hash": entry.entry_hash})


def _settled_clips(
    connection: Connection, scope: Scope, venue_id: str, segments_dir: Path
) -> frozenset[DiskFile]:
    """Files that some manifest must name: not those still being made, nor those about to be removed, nor the
    released copies, which are no evidence."""
    found: set[DiskFile] = set()
    for camera in venues.list_cameras(scope, connection, venue_id):
        folder = camera_folder(segments_dir, venue_id, camera.id)
        known = evidence_store.list_evidence(scope, connection, venue_id=venue_id, camera_id=camera.id)
        pending = files_of(one for one in known if one.state != "sealed")
        if folder.is_dir():
            found |= {
                DiskFile(path)
                for path in folder.iterdir()
                if path.suffix != PART_SUFFIX and path.name not in pending and not is_released_copy(path.name)
            }
    return frozenset(found)
