"""The directory of a zip from a stranger, read strictly: what means harm, or two things at once, is refused.

A case is stored, not compressed, so no entry can be larger than the file it lies in: there is nothing to
explode. The verifier page applies the same rules (`verifier/zip.js`).
"""

import os
import stat
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_SIZES64 = 0x0001
"""Id of the extra field that holds what does not fit into 32 bits."""

_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_UTF8_NAME = 0x0800
_MADE_ON_UNIX = 3
_LARGEST_DIRECTORY = 16 << 20
_LONGEST_NAME = 255
_NOT_IN_NAMES = frozenset('\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One stored file: its bytes lie at `start`, counted from the start of the zip."""

    name: str
    start: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry as the central directory lists it."""

    name: str
    raw_name: bytes
    flags: int
    header_at: int
    size_bytes: int


def read_directory(file: BinaryIO) -> dict[str, ZipEntry]:
    """The files in the zip by name; folders are left out.

    Raises:
        ValueError: not a zip, damaged, or an entry that is refused, with the reason for a person.
        OSError: it cannot be read.
    """
    size = os.fstat(file.fileno()).st_size
    at, length, count = _end(file, size)
    directory = _exactly(file, at, length)
    listed = list(_listed(directory, count))
    _refuse_twins([one.name for one in listed])
    entries = [_located(file, one, at) for one in listed]
    _refuse_overlaps([one.header_at for one in listed], entries, at)
    return {entry.name: entry for entry in entries if not entry.name.endswith("/")}


def _end(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Where the directory begins, its length, and how many entries it has."""
    end_at = size - _END.size
    if end_at < 0:
        raise ValueError("it is not a zip")
    mark, disk, _, _, count, length, at, comment = _END.unpack(_exactly(file, end_at, _END.size))
    if mark != b"PK\5\6" or comment:
        raise ValueError("it does not end as a zip ends: it is none, was cut off, or something follows it")
    if disk:
        raise ValueError("it is one part of several")
    wide = _end64(file, end_at)
    if wide is not None:
        short = ((count, _FULL16), (length, _FULL32), (at, _FULL32))
        end_at, count, length, at = wide
        if any(one not in (full, it) for (one, full), it in zip(short, (count, length, at), strict=True)):
            raise ValueError("it ends in two ways that contradict each other")
    if length > _LARGEST_DIRECTORY:
        raise ValueError("its directory is larger than that of any case")
    if at + length != end_at:
        raise ValueError("its directory does not lie where it should")
    return at, length, count


def _end64(file: BinaryIO, end_at: int) -> tuple[int, int, int, int] | None:
    """The same with 64 bits: where the directory ends, its entries, length and start; None without it."""
    locator_at = end_at - _END64_LOCATOR.size
    if locator_at < 0:
        return None
    mark, disk, at, _ = _END64_LOCATOR.unpack(_exactly(file, locator_at, _END64_LOCATOR.size))
    if mark != b"PK\6\7":
        return None
    if disk or at + _END64.size != locator_at:
        raise ValueError("its directory does not lie where it should")
    mark, _, _, _, _, _, _, count, length, start = _END64.unpack(_exactly(file, at, _END64.size))
    if mark != b"PK\6\6":
        raise ValueError("its directory does not lie where it should")
    return at, count, length, start


def _listed(directory: bytes, count: int) -> Iterator[_Listed]:
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(directory):
            raise ValueError("its directory is cut off")
        (mark, made_by, _, flags, method, _, _, _, packed, size_bytes, name_length, extra_length,
         comment_length, _, _, attributes, header_at) = _CENTRAL.unpack_from(directory, at)  # fmt: skip
        if mark != b"PK\1\2":
            raise ValueError("its directory is damaged")
        at += _CENTRAL.size
        raw_name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment_length
        name = _name(raw_name, flags)
        size_bytes, packed, header_at = _full_sizes(extra, size_bytes, packed, header_at)
        if flags & ~_UTF8_NAME:
            raise ValueError(f"{name!r} is encrypted or written in a way that a case is not")
        if method or packed != size_bytes:
            raise ValueError(f"{name!r} is compressed, as a case never is; unpack it and verify the folder")
        kind = stat.S_IFMT(attributes >> 16) if made_by >> 8 == _MADE_ON_UNIX else 0
        if kind not in (0, stat.S_IFDIR if name.endswith("/") else stat.S_IFREG):
            raise ValueError(f"{name!r} is a link or a device, not a file")
        yield _Listed(name, raw_name, flags, header_at, size_bytes)
    if at != len(directory):
        raise ValueError("its directory has another number of entries than it says")


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8_NAME else "ascii")
    except UnicodeDecodeError as error:
        raise ValueError(f"{raw!r} is not a name in UTF-8") from error
    steps = name.removesuffix("/").split("/")
    if any(step in ("", ".", "..") for step in steps):
        raise ValueError(f"{name!r} leads out of its folder")
    if len(name) > _LONGEST_NAME or any(sign < " " or sign in _NOT_IN_NAMES for sign in name):
        raise ValueError(f"{name!r} is not a name that every system can write")
    return name


def _full_sizes(extra: bytes, *short: int) -> Iterator[int]:
    """Length, packed length and place of an entry, taken from its extra field where 32 bits are too few."""
    wide = b""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == _SIZES64:
            wide = extra[4 : 4 + length]
        extra = extra[4 + length :]
    for value in short:
        if value == _FULL32:
            if len(wide) < 8:
                raise ValueError("its directory is damaged")
            value, wide = struct.unpack_from("<Q", wide)[0], wide[8:]
        yield value


def _refuse_twins(names: list[str]) -> None:
    """Two names that one system or another takes for the same file."""
    seen: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFC", name).casefold().removesuffix("/")
        if plain in seen:
            raise ValueError(f"{name!r} is in it twice")
        seen.add(plain)


def _located(file: BinaryIO, listed: _Listed, directory_at: int) -> ZipEntry:
    """Where the bytes of an entry lie; its own header must say the same as the directory."""
    if listed.header_at + _LOCAL.size > directory_at:
        raise ValueError(f"{listed.name!r} does not lie in the file")
    mark, _, flags, method, _, _, _, packed, size_bytes, name_length, extra_length = _LOCAL.unpack(
        _exactly(file, listed.header_at, _LOCAL.size)
    )
    raw_name = _exactly(file, listed.header_at + _LOCAL.size, name_length)
    same = (mark, flags, method, raw_name) == (b"PK\3\4", listed.flags, 0, listed.raw_name)
    if not same or any(one not in (listed.size_bytes, _FULL32) for one in (packed, size_bytes)):
        raise ValueError(f"{listed.name!r} is listed as something else than it is")
    start = listed.header_at + _LOCAL.size + name_length + extra_length
    return ZipEntry(listed.name, start, listed.size_bytes)


def _refuse_overlaps(headers: list[int], entries: list[ZipEntry], directory_at: int) -> None:
    after = 0
    for header_at, entry in sorted(zip(headers, entries, strict=True), key=lambda pair: pair[0]):
        if header_at < after:
            raise ValueError(f"{entry.name!r} shares its bytes with another entry")
        after = entry.start + entry.size_bytes
        if after > directory_at:
            raise ValueError(f"{entry.name!r} claims {entry.size_bytes} bytes, more than there are")


def _exactly(file: BinaryIO, at: int, length: int) -> bytes:
    found = os.pread(file.fileno(), length, at) if at >= 0 else b""
    if len(found) != length:
        raise ValueError("it is cut off")
    return found
