"""A stretch of a video file, to be read as if it were read from the file's beginning to its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which pictures of a file are wanted, and from which packet on they can be decoded.

    Times are presentation times in the file's time base. A stretch ends with the picture before the first one
    shown at or after `ends`, and another that begins there begins with that picture; so however pictures are
    reordered or damaged, each is read in one of the two.

    Attributes:
        decode_from: number of the packet, in the file's order from 0, at which decoding begins; far enough
            ahead that every picture from `begins` on decodes as it would from the file's beginning.
        begins: the first picture of the stretch; None: that of the file.
        ends: the first picture no longer in it; None: none, up to the end of the file.
    """

    decode_from: int = 0
    begins: int | None = None
    ends: int | None = None


WHOLE = Stretch()
