"""A case as a bundle to verify: an exported folder or a zip is all it takes, no database and no network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightline.errors import EvidenceError
from sightline.evidence.bundle import (
    ChainLink,
    ClipFile,
    DiskFile,
    EvidenceBundle,
    Finding,
    SignedText,
    Unreadable,
)
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.chain import link_from
from sightline.evidence.files import is_plain_name
from sightline.evidence.keys import PublicKey, parse_public_key
from sightline.evidence.layout import (
    CONTENTS,
    LEDGER,
    LEDGER_HEAD,
    MANIFESTS,
    PUBLIC_KEY,
    SEGMENTS,
    read_signed_document,
    read_signed_line,
)

MISSING = "the file is missing"


class CaseSource(Protocol):
    """Where a case is read from. Whatever cannot be read raises OSError."""

    @property
    def where(self) -> str:
        """Its name, for people."""

    def has(self, name: str) -> bool:
        """Whether there is a paper of this name."""

    def read(self, name: str) -> bytes:
        """A paper, whole."""

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a paper, each with its line feed."""

    def clip(self, camera_id: object, file: str) -> ClipFile:
        """Where a clip should be; `camera_id` is a stranger's word and perhaps no name at all."""

    def clips(self) -> frozenset[ClipFile]:
        """Every file found where clips lie."""


@dataclass(frozen=True, slots=True)
class FolderCase:
    """An exported folder, or a case that was unpacked."""

    folder: Path

    @property
    def where(self) -> str:
        return str(self.folder)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def lines(self, name: str) -> Iterator[bytes]:
        with (self.folder / name).open("rb") as file:
            yield from file

    def clip(self, camera_id: object, file: str) -> ClipFile:
        segments = self.folder / SEGMENTS
        if is_plain_name(camera_id) and (segments / str(camera_id)).is_dir():
            return DiskFile(segments / str(camera_id) / file)
        return DiskFile(segments / file)

    def clips(self) -> frozenset[ClipFile]:
        segments = self.folder / SEGMENTS
        found = list(segments.iterdir()) if segments.is_dir() else []
        of_cameras = [path for path in found if path.is_dir()]
        deeper = [path for folder in of_cameras for path in folder.iterdir()]
        return frozenset(DiskFile(path) for path in [*found, *deeper] if path not in of_cameras)


def bundle_of_case(source: CaseSource) -> EvidenceBundle:
    """Read `source`; whatever is missing or cannot be understood becomes the bundle's damage.

    Raises:
        EvidenceError: it holds no evidence at all.
        OSError: it cannot be read; so do the bundle's iterators.
    """
    if not any(source.has(name) for name in (MANIFESTS, LEDGER, LEDGER_HEAD, CONTENTS)):
        raise EvidenceError(
            f"{source.where} is not a folder of evidence: it has neither {MANIFESTS} nor {LEDGER}"
        )
    damage = [Finding(name, MISSING) for name in (MANIFESTS, LEDGER) if not source.has(name)]
    head = _read_one(source, LEDGER_HEAD, damage, read_signed_document)
    contents = _read_one(source, CONTENTS, damage, read_signed_document)
    return EvidenceBundle(
        where=source.where,
        manifests=_read_manifests(source),
        links=_read_ledger(source),
        heads=(head,) if head is not None else (),
        contents=contents,
        partial=True,
        clip=lambda manifest, file: source.clip(manifest.get("camera_id"), file),
        clips=source.clips(),
        public_key=_read_key(source, damage),
        damage=tuple(damage),
    )


def _read_one(
    source: CaseSource, name: str, damage: list[Finding], read: Callable[[str, bytes], SignedText]
) -> SignedText | None:
    if not source.has(name):
        damage.append(Finding(name, MISSING))
        return None
    try:
        return read(name, source.read(name))
    except ValueError as error:
        damage.append(Finding(name, f"was altered: {error}"))
        return None


def _read_manifests(source: CaseSource) -> Iterator[SignedText | Unreadable]:
    for place, line in _lines(source, MANIFESTS):
        try:
            yield read_signed_line(place, line)
        except ValueError as error:
            yield Unreadable(place, f"was altered: {error}")


def _read_ledger(source: CaseSource) -> Iterator[ChainLink | Unreadable]:
    for place, line in _lines(source, LEDGER):
        try:
            yield link_from(place, parse_canonical(line))
        except ValueError as error:
            yield Unreadable(place, f"was altered: {error}")


def _lines(source: CaseSource, name: str) -> Iterator[tuple[str, bytes]]:
    if not source.has(name):  # told as damage
        return
    for number, line in enumerate(source.lines(name), start=1):
        yield f"{name} line {number}", line.removesuffix(b"\n")


def _read_key(source: CaseSource, damage: list[Finding]) -> PublicKey | None:
    if not source.has(PUBLIC_KEY):
        damage.append(Finding(PUBLIC_KEY, MISSING))
        return None
    try:
        return parse_public_key(source.read(PUBLIC_KEY))
    except ValueError as error:
        damage.append(Finding(PUBLIC_KEY, f"was altered: {error}"))
        return None
