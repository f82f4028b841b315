"""An exported folder as a bundle to verify: only the folder is needed, no database and no network."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sightline.errors import EvidenceError
from sightline.evidence.bundle import ChainLink, EvidenceBundle, Finding, SignedText, Unreadable
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.chain import link_from
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


def bundle_of_folder(folder: Path) -> EvidenceBundle:
    """Read `folder`; whatever is missing or cannot be understood becomes the bundle's damage.

    Raises:
        EvidenceError: there is no such folder, it holds no evidence at all, or it may not be read.
    """
    if not folder.is_dir():
        raise EvidenceError(f"there is no folder {folder}")
    if not any((folder / name).exists() for name in (MANIFESTS, LEDGER, LEDGER_HEAD, CONTENTS)):
        raise EvidenceError(f"{folder} is not a folder of evidence: it has neither {MANIFESTS} nor {LEDGER}")
    damage = [Finding(name, MISSING) for name in (MANIFESTS, LEDGER) if not (folder / name).exists()]
    try:
        head = _read_one(folder / LEDGER_HEAD, damage, read_signed_document)
        contents = _read_one(folder / CONTENTS, damage, read_signed_document)
        return EvidenceBundle(
            where=str(folder),
            manifests=_read_manifests(folder / MANIFESTS),
            links=_read_ledger(folder / LEDGER),
            heads=(head,) if head is not None else (),
            contents=contents,
            partial=True,
            clip_path=lambda _manifest, file: folder / SEGMENTS / file,
            clips=_clips_in(folder / SEGMENTS),
            public_key=_read_key(folder / PUBLIC_KEY, damage),
            damage=tuple(damage),
        )
    except OSError as error:
        raise EvidenceError(f"cannot read {error.filename}: {error.strerror}") from error


def _read_one(
    path: Path, damage: list[Finding], read: Callable[[str, bytes], SignedText]
) -> SignedText | None:
    if not path.exists():
        damage.append(Finding(path.name, MISSING))
        return None
    try:
        return read(path.name, path.read_bytes())
    except ValueError as error:
        damage.append(Finding(path.name, f"was altered: {error}"))
        return None


def _read_manifests(path: Path) -> Iterator[SignedText | Unreadable]:
    if not path.exists():  # told as damage
        return
    for place, line in _lines(path):
        try:
            yield read_signed_line(place, line)
        except ValueError as error:
            yield Unreadable(place, f"was altered: {error}")


def _read_ledger(path: Path) -> Iterator[ChainLink | Unreadable]:
    if not path.exists():  # told as damage
        return
    for place, line in _lines(path):
        try:
            yield link_from(place, parse_canonical(line))
        except ValueError as error:
            yield Unreadable(place, f"was altered: {error}")


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield f"{path.name} line {number}", line.removesuffix(b"\n")


def _clips_in(folder: Path) -> frozenset[Path]:
    return frozenset(folder.iterdir()) if folder.is_dir() else frozenset()


def _read_key(path: Path, damage: list[Finding]) -> PublicKey | None:
    if not path.exists():
        damage.append(Finding(path.name, MISSING))
        return None
    try:
        return parse_public_key(path.read_bytes())
    except ValueError as error:
        damage.append(Finding(path.name, f"was altered: {error}"))
        return None
