"""The boxes on the top level of an MP4 file: how much of it is there, to the last byte.

ISO/IEC 14496-12, 4.2: every box begins with its length (4 bytes, big-endian) and its type (4 bytes); a length
of 1 means that 8 bytes of length follow.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_HEADER, _LARGE_HEADER = 8, 16


def cut_to_whole_fragments(path: Path) -> None:
    """Shorten a fragmented MP4 to its last fragment that is there to the last byte.

    Raises:
        OSError: the file cannot be opened or changed.
    """
    whole = length_of_whole_fragments(path)
    with path.open("r+b") as file:
        if whole < _length(file):
            file.truncate(whole)


def length_of_whole_fragments(path: Path) -> int:
    """Bytes of a fragmented MP4 up to the end of its last fragment that is there to the last byte; only read.

    Raises:
        OSError: the file cannot be read.
    """
    whole = 0
    with path.open("rb") as file:
        for kind, end in _boxes(file, _length(file)):
            if kind != b"moof":  # a fragment's index without its pictures is nothing
                whole = end
    return whole


def is_whole(path: Path) -> bool:
    """Whether an MP4 ends with a whole box, and its index is there: a fragmented one has it at the end.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        length = _length(file)
        boxes = list(_boxes(file, length))
    if not boxes or boxes[-1][1] != length:
        return False
    kinds = [kind for kind, _ in boxes]
    return kinds[-1] == b"mfra" if b"moof" in kinds else b"moov" in kinds


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _boxes(file: BinaryIO, length: int) -> Iterator[tuple[bytes, int]]:
    """(type, end in the file) of each box, up to the first that is not whole."""
    at = 0
    while at + _HEADER <= length:
        file.seek(at)
        header = file.read(_LARGE_HEADER)
        size, smallest = int.from_bytes(header[:4], "big"), _HEADER
        if size == 1:
            size, smallest = int.from_bytes(header[8:16], "big"), _LARGE_HEADER
        if size < smallest or at + size > length:
            return
        at += size
        yield header[4:8], at
