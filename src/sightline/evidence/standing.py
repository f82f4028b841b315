"""How one piece of evidence stands right now: sealed and whole, or what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sightline.evidence.canonical import parse_canonical
from sightline.evidence.files import sha256_of
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import camera_folder
from sightline.evidence.manifest import NamedFile, files_named_by, sha256_of_text
from sightline.store.evidence import StoredEvidence


def troubles_of(
    evidence: StoredEvidence,
    segments_dir: Path,
    key: PublicKey | None,
    *,
    hash_of: Callable[[Path], str] | None = sha256_of,
) -> list[str]:
    """What keeps this evidence from being as it was sealed; empty when nothing does.

    Looks at its manifest, signature and files. The ledger is not read: that is `verify`.

    Args:
        key: the site's public key; None when it has none, then no signature can be trusted.
        hash_of: SHA-256 of a file; None to look only whether each file is there, and as long as it was: for
            lists.
    """
    if evidence.state != "sealed":
        return [evidence.failure or f"it is {evidence.state}"]
    text = (evidence.manifest or "").encode()
    if sha256_of_text(text) != evidence.manifest_sha256:
        return ["the manifest was altered"]
    if key is None:
        return ["the site has no public key to check the signature with"]
    if not key.verifies(evidence.signature or "", text):
        return [f"the signature of the manifest is not that of key {key.key_id}"]
    try:
        files = files_named_by(parse_canonical(text))
    except ValueError as error:
        return [f"the manifest {error}"]
    if evidence.moved_at is not None:
        return []  # its clips lie at their receiver, compared before they went from here
    folder = camera_folder(segments_dir, evidence.venue_id, evidence.camera_id)
    return [trouble for named in files if (trouble := _trouble(folder / named.file, named, hash_of))]


def _trouble(path: Path, named: NamedFile, hash_of: Callable[[Path], str] | None) -> str | None:
    try:
        whole = path.stat().st_size == named.size_bytes
        if not whole or (hash_of is not None and hash_of(path) != named.sha256):
            return f"{named.file} was altered"
    except OSError as error:
        return f"{named.file}: {error.strerror}"
    return None


def manifest_of_row(evidence: StoredEvidence) -> dict[str, Any]:
    """The manifest as an object; empty when there is none that can be read."""
    try:
        return parse_canonical((evidence.manifest or "").encode())
    except ValueError:
        return {}
