"""How many heaps the C library keeps for the threads of a web server."""

import ctypes
from contextlib import suppress

HEAPS = 2
_M_ARENA_MAX = -8
"""Of glibc's `mallopt`, see mallopt(3)."""


def keep_few_heaps() -> None:
    """Have all threads of this process share two heaps, from its first thread on.

    Else each of forty threads gets one of up to eight per processor, and none gives back what it once used:
    thirty open pages took a third more memory so. Only one thread at a time runs Python, so they do not wait
    for each other. Where the C library is another one nothing changes.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)
