"""One thread that looks at people beside the frame loops, in the order it was asked to."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

ROOM = 32
"""Looks that may wait: some hundred crops of people, a few megabytes."""
IDLE_S = 5.0
"""A thread without work ends after this, and a new one is started with the next look."""

Job = Callable[[], None]
Trouble = Callable[[Exception], None]


@dataclass(slots=True)
class TimeShare:
    """How much of real time may be spent: a share of it, with at most the share of one second saved up.

    Attributes:
        share: above 0, at most 1.
    """

    share: float
    _saved_s: float = field(default=0.0, init=False)
    _at: float | None = field(default=None, init=False)

    def rest_s(self, now: float) -> float:
        """Seconds until there is time to spend again; 0 when there is.

        Args:
            now: on a clock that never goes back.
        """
        since = now if self._at is None else self._at
        self._saved_s = min(self.share, self._saved_s + self.share * max(0.0, now - since))
        self._at = now
        return max(0.0, -self._saved_s / self.share)

    def spend(self, took_s: float) -> None:
        """It may be more than there was: the next rest is so much longer."""
        self._saved_s -= took_s


class LookWorker:
    """Safe to call from many threads.

    Args:
        share: of real time that the jobs may take; None: as much as they need.
        room: jobs that may wait.
    """

    def __init__(self, *, share: float | None = None, room: int = ROOM) -> None:
        self._time = TimeShare(share) if share is not None else None
        self._room = room
        self._changed = threading.Condition()
        self._line: deque[tuple[Job, Trouble]] = deque()
        self._thread: threading.Thread | None = None
        self._put = self._done = 0

    def put(self, job: Job, on_trouble: Trouble, *, patient: bool) -> bool:
        """Have a job done after all those before it.

        Args:
            on_trouble: told of an error that the job raised; the others go on. Must not raise one itself.
            patient: wait for room; otherwise a job for which there is none is let go.

        Returns:
            whether it will be done.
        """
        with self._changed:
            while len(self._line) >= self._room:
                if not patient:
                    return False
                self._changed.wait()
            self._line.append((job, on_trouble))
            self._put += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="look", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return True

    def finish(self) -> None:
        """Wait until all that has been put so far is done."""
        with self._changed:
            until = self._put
            while self._done < until:
                self._changed.wait()

    def _work(self) -> None:
        while work := self._next():
            job, on_trouble = work
            began = monotonic()
            try:
                job()
            except Exception as error:  # noqa: BLE001  (top of the thread: the asker is told, the others go on)
                on_trouble(error)
            del work, job, on_trouble  # with the crops in them: the next job may be long in coming
            with self._changed:
                if self._time is not None:
                    self._time.spend(monotonic() - began)
                self._done += 1
                self._changed.notify_all()

    def _next(self) -> tuple[Job, Trouble] | None:
        """The next job, once there is time for it; None when there was none for a while."""
        with self._changed:
            idle_until = monotonic() + IDLE_S
            while True:
                rest_s = self._time.rest_s(monotonic()) if self._time is not None else 0.0
                if self._line and not rest_s:
                    work = self._line.popleft()
                    self._changed.notify_all()
                    return work
                left = idle_until - monotonic()
                if not self._line and left <= 0:
                    self._thread = None
                    return None
                self._changed.wait(rest_s if self._line else left)
