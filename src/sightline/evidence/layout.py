"""Names of the files in an exported folder of evidence, and how a signed statement lies in them."""

import re
from pathlib import Path

from sightline.evidence.bundle import SignedText
from sightline.evidence.canonical import JsonObject, canonical_json, parse_canonical

SEGMENTS = "segments"
MANIFESTS = "evidence.jsonl"
LEDGER = "ledger.jsonl"
LEDGER_HEAD = "ledger_head.json"
CONTENTS = "contents.json"
PUBLIC_KEY = "public_key.pem"
STAMP = "contents.tsr"

VIEWING = "_viewing"
"""Between the name of a clip and the suffix of its viewing copy."""

RELEASED = "_released"
"""Likewise, of the copy that leaves in its place where masks are drawn."""

CLIP_NAME = re.compile(
    r"segment_\d+_\d{8}_\d{6}_"
    r"(interaction_start|interaction_end|unattended|queue|time_based|manual|security)"
    r"(_viewing|_released)?\.[a-z0-9]{2,4}"
)
"""Names of clips, of their viewing copies and released copies: `segment_{index}_{UTC time}_{reason}`."""


def camera_folder(root: Path, venue_id: str, camera_id: str) -> Path:
    """Where the clips of one camera lie below the site's folder of segments."""
    return root / venue_id / camera_id


def is_released_copy(name: str) -> bool:
    """Whether a file of that name is a copy to be sent, which is no evidence itself."""
    return CLIP_NAME.fullmatch(name) is not None and name.rpartition(".")[0].endswith(RELEASED)


def signed_line(text: bytes, signature: str, key_id: str) -> bytes:
    """A manifest with its signature, as one canonical line without its line feed."""
    manifest = parse_canonical(text)
    return canonical_json({"manifest": manifest, "signature": signature, "key_id": key_id})


def read_signed_line(place: str, line: bytes) -> SignedText:
    """The opposite of `signed_line`.

    Raises:
        ValueError: the line is damaged.
    """
    stated = parse_canonical(line)
    manifest = stated.get("manifest")
    if not isinstance(manifest, dict):
        raise ValueError("has no manifest")  # noqa: TRY004  a wrong document, not a wrong call
    return _signed(place, canonical_json(manifest), stated)


def signed_document(statement: JsonObject, signature: str) -> bytes:
    """A statement with its signature among its fields, as a canonical document."""
    return canonical_json({**statement, "signature": signature}) + b"\n"


def read_signed_document(place: str, document: bytes) -> SignedText:
    """The opposite of `signed_document`.

    Raises:
        ValueError: the document is damaged.
    """
    stated = parse_canonical(document.removesuffix(b"\n"))
    statement = {name: value for name, value in stated.items() if name != "signature"}
    return _signed(place, canonical_json(statement), stated)


def _signed(place: str, text: bytes, stated: JsonObject) -> SignedText:
    signature, key_id = stated.get("signature"), stated.get("key_id")
    if not isinstance(signature, str) or not isinstance(key_id, str):
        raise ValueError("has no signature")  # noqa: TRY004
    return SignedText(place=place, text=text, signature=signature, key_id=key_id)
