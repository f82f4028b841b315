"""The one thread of a process that writes to the database, for all its cameras."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from sightline.errors import DiskFull, StoreError
from sightline.store.database import Database

log = structlog.get_logger()

EVERY_S = 0.5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Write(Protocol):
    """One piece of work for the writer: all of it is stored, or nothing."""

    @property
    def label(self) -> str:
        """What it is, for messages."""
        ...

    def prepare(self) -> None:
        """Called once, when the writer takes it up: from now on it does not change."""
        ...

    def store(self, connection: Connection) -> None:
        """Write it; called again after a failure."""
        ...

    def stored(self, at: datetime) -> None:
        """It has been committed."""
        ...


@dataclass(slots=True)
class WriterCounts:
    """What the writer has done.

    Attributes:
        commits: transactions.
        failures: of them those that failed and were tried again.
        refused: writes that the database will never take, set aside and logged.
    """

    commits: int = 0
    failures: int = 0
    refused: int = 0


class StoreWriter:
    """Commits what it is given, in that order: at most `every_s` later, urgent things at once.

    Nobody waits for it. When the database is locked, away or full, everything is kept and tried again, after
    pauses that double up to 30 s. A single write that the database refuses for good is set aside, so that it
    does not hold up all others.

    Args:
        on_failure: told the reason, once per outage; and None when it is over.

    Attributes:
        counts: read them from any thread.
    """

    def __init__(
        self,
        database: Database,
        *,
        every_s: float = EVERY_S,
        on_failure: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self.counts = WriterCounts()
        self._database = database
        self._every_s = every_s
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._waiting: deque[Write] = deque()
        self._taken: list[Write] = []
        self._urgent = False
        self._closing = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write, *, urgent: bool = False) -> None:
        """Put something in line; never waits. What comes after `close` has begun may not be stored."""
        with self._changed:
            self._waiting.append(write)
            self._urgent = self._urgent or urgent
            self._changed.notify_all()

    def hurry(self) -> None:
        """Commit what is in line now, not only when the half second is over."""
        with self._changed:
            self._urgent = True
            self._changed.notify_all()

    @property
    def alive(self) -> bool:
        """Whether the thread runs. It may be waiting for the database."""
        return self._thread.is_alive()

    @property
    def unsaved(self) -> int:
        """Writes not yet committed."""
        with self._changed:
            return len(self._waiting) + len(self._taken)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was given so far is committed; False when that took too long."""
        until = monotonic() + timeout_s
        self.hurry()
        with self._changed:
            while (self._waiting or self._taken) and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            return not self._waiting and not self._taken

    def close(self, timeout_s: float = 10.0) -> int:
        """Commit the rest and end the thread.

        Returns:
            how many writes could not be stored within `timeout_s`; what they tell is in the recording.
        """
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return self.unsaved

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while self._take():
            stored, error = self._commit()
            if error is None:
                pause_s = FIRST_PAUSE_S
                self._tell(None)
                continue
            self.counts.failures += 1
            if not _may_pass(error):
                self._set_aside(self._taken[stored], error)
                continue
            self._tell(str(error))
            self._pause(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    def _take(self) -> bool:
        """Wait for something to do; False when all is done and the writer is closing.

        What failed is tried again by itself, before anything newer is taken up.
        """
        if self._taken:
            return True
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            due = monotonic() + self._every_s
            while not (self._urgent or self._closing) and (left := due - monotonic()) > 0:
                self._changed.wait(left)
            self._urgent = False
            self._taken = list(self._waiting)
            self._waiting.clear()
        for write in self._taken:
            write.prepare()
        return bool(self._taken)

    def _commit(self) -> tuple[int, Exception | None]:
        """One transaction for all that was taken: how many writes it got through, and what went wrong."""
        done = 0
        try:
            with self._database.transaction() as connection:
                for write in self._taken:
                    write.store(connection)
                    done += 1
        except Exception as error:  # noqa: BLE001  (top of the thread: what it was given is not lost)
            return min(done, len(self._taken) - 1), error
        self.counts.commits += 1
        at = datetime.now(UTC)
        stored, self._taken = self._taken, []
        for write in stored:
            write.stored(at)
        with self._changed:
            self._changed.notify_all()
        return done, None

    def _set_aside(self, write: Write, error: Exception) -> None:
        self.counts.refused += 1
        log.error("the database refuses this for good", write=write.label, reason=str(error), exc_info=error)
        with self._changed:
            self._taken.remove(write)
            self._changed.notify_all()

    def _tell(self, reason: str | None) -> None:
        if self._failing == (reason is not None):
            return
        self._failing = reason is not None
        if reason is not None:
            log.warning("the database cannot be written, everything is kept", reason=reason)
        else:
            log.info("the database can be written again")
        self._on_failure(reason)

    def _pause(self, pause_s: float) -> None:
        until = monotonic() + pause_s
        with self._changed:
            while not self._closing and (left := until - monotonic()) > 0:
                self._changed.wait(left)
        if self._closing:
            sleep(0.1)  # the last tries come quickly, but not in a tight loop


def _may_pass(error: Exception) -> bool:
    """Whether the same write may succeed later: the database is locked, away or full."""
    if isinstance(error, DiskFull):
        return True
    return isinstance(error, StoreError) and isinstance(error.__cause__, OperationalError | InterfaceError)
