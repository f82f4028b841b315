"""Is a file still the one that was sealed? Asked at every read, answered from memory for a few minutes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from sightline.evidence.files import sha256_of

GOOD_FOR_S = 600.0
_REMEMBERED = 1_000

_FileState = tuple[str, int, int, int, int]
"""Path, device, inode, size in bytes, time of the last change in nanoseconds."""


class FileVerdicts:
    """Hashes of files, remembered while the file is untouched, and for ten minutes at most.

    A file can be altered without a trace in its state by who can set its times; ten minutes later it is found
    out all the same.

    Args:
        monotonic: seconds that only go forward.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: OrderedDict[_FileState, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def sha256(self, path: Path) -> str:
        """SHA-256 of the file, hex. Threads that ask for the same file at once wait for one reading of it.

        Raises:
            OSError: it cannot be read.
        """
        with self._turn_of(str(path)):
            state = _state_of(path)
            with self._lock:
                known = self._known.get(state)
            if known is not None and self._monotonic() - known[1] <= GOOD_FOR_S:
                return known[0]
            started_at = self._monotonic()
            digest = sha256_of(path)
            if _state_of(path) == state:
                self._remember(state, digest, started_at)
            return digest

    def _remember(self, state: _FileState, digest: str, at: float) -> None:
        with self._lock:
            self._known[state] = (digest, at)
            self._known.move_to_end(state)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def _turn_of(self, path: str) -> threading.Lock:
        with self._lock:
            if len(self._turns) > _REMEMBERED:
                self._turns = {name: turn for name, turn in self._turns.items() if turn.locked()}
            return self._turns.setdefault(path, threading.Lock())


def _state_of(path: Path) -> _FileState:
    found = path.stat()
    return (str(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
