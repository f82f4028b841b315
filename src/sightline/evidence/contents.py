"""What a folder of evidence holds, signed: a manifest taken out together with its clip is still missed."""

from collections.abc import Iterable
from datetime import datetime

from sightline.evidence.canonical import JsonObject, parse_canonical, utc_text
from sightline.evidence.ledger import Head

CONTENTS_SCHEMA = {"name": "sightline.contents", "version": 1}


def contents_statement(
    *,
    venue_id: str,
    camera_id: str | None,
    manifest_hashes: Iterable[tuple[str, str]],
    head: Head,
    exported_at: datetime,
    key_id: str,
) -> JsonObject:
    """What the key signs about a folder.

    Args:
        camera_id: the one camera it is all of; None for evidence of several cameras.
        manifest_hashes: evidence id and SHA-256 of its manifest, for each piece of evidence in the folder.
        head: where the ledger ended when the folder was written.
    """
    return {
        "schema": CONTENTS_SCHEMA,
        "venue_id": venue_id,
        "camera_id": camera_id,
        "evidence": [
            {"evidence_id": evidence_id, "manifest_sha256": sha256}
            for evidence_id, sha256 in sorted(manifest_hashes)
        ],
        "ledger_position": head.position,
        "ledger_head_hash": head.head_hash,
        "exported_at": utc_text(exported_at),
        "key_id": key_id,
    }


def read_contents_statement(text: bytes) -> tuple[dict[str, str], Head]:
    """Manifest hash by evidence id, and where the ledger ended, of a statement made by `contents_statement`.

    Raises:
        ValueError: another kind of statement, or not one at all.
    """
    stated = parse_canonical(text)
    if stated.get("schema") != CONTENTS_SCHEMA:
        raise ValueError("it is not a list of contents")
    try:
        hashes = {entry["evidence_id"]: entry["manifest_sha256"] for entry in stated["evidence"]}
        return hashes, Head(stated["ledger_position"], stated["ledger_head_hash"])
    except (KeyError, TypeError) as error:
        raise ValueError("it lacks something that a list of contents has") from error
