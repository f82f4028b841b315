"""A child's end of the line to its supervisor: it says that it lives, and it stops when nobody listens."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

import structlog

log = structlog.get_logger()

BEAT_S = 1.0
ORPHANED_FOR_S = 30.0
"""Longer than a supervisor waits: who is still there then has missed that its input closed."""


class Lifeline:
    """Signs of life on one stream, an end of input on the other. Camera processes do both themselves.

    Args:
        control: what the supervisor holds open; its end sets `stop`.
        heartbeat: one JSON line a second goes here while `alive()`.
        alive: whether the work itself goes on; a thread that can still write proves nothing.
    """

    def __init__(
        self, control: TextIO, heartbeat: TextIO, *, alive: Callable[[], bool], stop: threading.Event
    ) -> None:
        self._control = control
        self._heartbeat = heartbeat
        self._alive = alive
        self._stop = stop

    def start(self) -> None:
        """Begin; both threads end with the process."""
        threading.Thread(target=self._listen, name="control", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _listen(self) -> None:
        # Not through the stream's buffer: a thread that waits in it keeps the interpreter from ending.
        while os.read(self._control.fileno(), 1 << 12):
            pass
        self._stop.set()

    def _beat(self) -> None:
        line = json.dumps({"alive": True, "cameras": {}}) + "\n"
        while not self._stop.is_set():
            if self._alive():
                try:
                    self._heartbeat.write(line)
                    self._heartbeat.flush()
                except OSError:  # the supervisor is gone
                    self._stop.set()
            time.sleep(BEAT_S)


class Progress:
    """When the work last took a step. A step may take a while: a clip is encoded, a full disk cleared."""

    def __init__(self, longest_step_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest_step_s = longest_step_s
        self._clock = clock
        self._at = clock()

    def step(self) -> None:
        """The work has come further."""
        self._at = self._clock()

    def goes_on(self) -> bool:
        return self._clock() - self._at <= self._longest_step_s


def leave_when_orphaned(parent: int, *, after_s: float = ORPHANED_FOR_S) -> None:
    """End this process for good when `parent` has been gone for `after_s` and we are still here.

    The last net below an orderly stop: nothing may go on recording that nobody watches.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        time.sleep(after_s)
        log.error("the supervisor is gone and this process did not stop in time; it ends now")
        os._exit(3)

    threading.Thread(target=watch, name="orphan", daemon=True).start()


def own_output() -> TextIO:
    """Standard output for our own lines alone: what a library prints goes where the log goes from now on."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def work_told(control: int) -> dict[str, Any]:
    """The first line of the input `control`, a JSON document: what a child is to do. Comes before
    `leave_when_input_ends`, whose thread reads on."""
    said = b""
    while not said.endswith(b"\n"):
        more = os.read(control, 1 << 16)
        if not more:
            sys.exit("nobody says what is to be done; this is for sightline itself")
        said += more
    document: dict[str, Any] = json.loads(said)
    return document


def leave_when_input_ends(control: int) -> None:
    """End this process at once when the input `control` does, which its parent holds open. What comes is
    dropped."""

    def watch() -> None:
        while os.read(control, 1 << 12):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
