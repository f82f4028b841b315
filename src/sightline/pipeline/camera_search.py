"""Cameras on the network of the site, looked for when a person asks."""

import threading
import time
from collections.abc import Callable, Sequence

from sightline.video.discovery import FoundCamera, discover

FRESH_S = 10.0
"""Who asks again within this time is told the same: each question goes to every device of the network."""


class CameraSearch:
    """Looks for cameras, one search at a time.

    Args:
        ask: asks the network and waits some seconds for answers.
    """

    def __init__(self, ask: Callable[[], Sequence[FoundCamera]] = discover) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._found: Sequence[FoundCamera] = ()
        self._at: float | None = None

    def found(self) -> Sequence[FoundCamera]:
        """The cameras that answer, each once.

        Raises:
            SourceUnavailable: the network cannot be asked.
        """
        with self._lock:
            if self._at is None or time.monotonic() - self._at > FRESH_S:
                self._found, self._at = self._ask(), time.monotonic()
            return self._found
