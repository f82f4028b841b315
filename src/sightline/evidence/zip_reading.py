"""A case as one zip, read where it lies: nothing is unpacked."""

import errno
import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sightline.errors import EvidenceError
from sightline.evidence.bundle import ClipFile
from sightline.evidence.layout import SEGMENTS
from sightline.evidence.zip_directory import ZipEntry, read_directory

_CHUNK_BYTES = 1 << 20
_LONGEST_PAPER = 512 << 20


@contextmanager
def open_zip_case(path: Path) -> Iterator["ZipCase"]:
    """The case in a zip; good while the context lasts.

    Raises:
        EvidenceError: not a zip, damaged, or with an entry that is refused; nothing was written anywhere.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise EvidenceError(f"cannot read {path}: {error.strerror}") from error
    with file:
        try:
            entries = read_directory(file)
        except ValueError as error:
            raise EvidenceError(f"{path} is refused: {error}") from error
        except OSError as error:
            raise EvidenceError(f"cannot read {path}: {error.strerror}") from error
        yield ZipCase(path, file, entries)


@dataclass(frozen=True, slots=True)
class ZippedFile:
    """A clip in a zip, or the name of one that should be there."""

    entry_name: str
    file: BinaryIO = field(compare=False, repr=False)
    entry: ZipEntry | None = field(compare=False)

    @property
    def name(self) -> str:
        return self.entry_name.rpartition("/")[2]

    def size_bytes(self) -> int | None:
        return self._there().size_bytes

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for piece in _pieces(self.file, self._there()):
            digest.update(piece)
        return digest.hexdigest()

    def _there(self) -> ZipEntry:
        if self.entry is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.entry_name)
        return self.entry


@dataclass(frozen=True, slots=True)
class ZipCase:
    """A `CaseSource` over the entries of a zip."""

    path: Path
    file: BinaryIO
    entries: Mapping[str, ZipEntry]

    @property
    def where(self) -> str:
        return str(self.path)

    def has(self, name: str) -> bool:
        return name in self.entries

    def read(self, name: str) -> bytes:
        entry = self.entries[name]
        if entry.size_bytes > _LONGEST_PAPER:
            raise OSError(errno.EFBIG, "it is longer than any such paper", f"{self.path}/{name}")
        return b"".join(_pieces(self.file, entry))

    def lines(self, name: str) -> Iterator[bytes]:
        yield from io.BytesIO(self.read(name))

    def clip(self, camera_id: object, file: str) -> ClipFile:
        of_camera = f"{SEGMENTS}/{camera_id}/"
        folder = of_camera if any(name.startswith(of_camera) for name in self.entries) else f"{SEGMENTS}/"
        return self._clip(folder + file)

    def clips(self) -> frozenset[ClipFile]:
        return frozenset(self._clip(name) for name in self.entries if name.startswith(f"{SEGMENTS}/"))

    def _clip(self, name: str) -> ZippedFile:
        return ZippedFile(name, self.file, self.entries.get(name))


def _pieces(file: BinaryIO, entry: ZipEntry) -> Iterator[bytes]:
    at, end = entry.start, entry.start + entry.size_bytes
    while at < end:
        piece = os.pread(file.fileno(), min(_CHUNK_BYTES, end - at), at)
        if not piece:
            raise OSError(errno.EIO, "it became shorter while it was read", entry.name)
        yield piece
        at += len(piece)
