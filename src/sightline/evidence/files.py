"""Small files that are there whole or not at all, and checksums of large ones."""

import hashlib
import os
from pathlib import Path

from sightline.video.disk import PART_SUFFIX, publish, writing

_CHUNK_BYTES = 1 << 20


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content` in one step that survives a power cut: beside, flushed, renamed.

    Raises:
        DiskFull: no space left; nothing half written remains.
        ConfigError: the folder cannot be written.
    """
    beside = path.with_name(path.name + PART_SUFFIX)
    with writing(path, remove=beside):
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        publish(beside, path)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex, read in pieces so that its length does not matter."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def is_plain_name(name: object) -> bool:
    """Whether `name` can only mean a file directly in its folder; manifests come from strangers too."""
    return isinstance(name, str) and name not in {"", ".", ".."} and not set(name) & {"/", "\\", "\0"}
