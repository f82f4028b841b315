"""An answer that several may share for some seconds: many pages stay open, and each asks again and again."""

import threading
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_S = 10.0
"""Longer than anybody may say that an answer will do."""


class SharedAnswer(Generic[K, V]):
    """The last answer to each question. Of those who ask at once one works it out.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._kept: dict[K, tuple[float, V]] = {}
        self._working = threading.Lock()

    def get(self, key: K, within_s: float, work_out: Callable[[], V]) -> V:
        """The answer.

        Args:
            key: the question, and who may know the answer: a scope belongs in it.
            within_s: how old it may be; 0 has it worked out anew.
        """
        with self._working:
            kept = self._kept.get(key)
            if kept is not None and kept[0] > monotonic() - within_s:
                return kept[1]
            answer = work_out()
            now = monotonic()
            self._kept = {of: one for of, one in self._kept.items() if one[0] > now - KEPT_S}
            self._kept[key] = now, answer
            return answer
