"""Pieces detected by processes of this machine."""

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import structlog

from sightline import errors
from sightline.pipeline.pieces import MOST_DEATHS, OnProgress, PieceDied, PieceWork

log = structlog.get_logger()

COMMAND = (sys.executable, "-m", "sightline.pipeline.piece_child")
SILENT_S = 600.0
"""A process that says nothing for so long hangs: every picture is news."""
HEARD_EVERY_S = 0.5


class LocalPieces:
    """See `PieceRunner`: each piece is detected by a process of its own, which may die of it.

    Args:
        at_once: processes at most.
        command: argument list of such a process; see `piece_child`.
        silent_s: one that has said nothing for so long counts as dead.
    """

    def __init__(self, at_once: int, *, command: Sequence[str] = COMMAND, silent_s: float = SILENT_S) -> None:
        self._at_once = at_once
        self._command = tuple(command)
        self._silent_s = silent_s

    def run(self, works: Sequence[PieceWork], on_progress: OnProgress) -> None:
        """See `PieceRunner.run`."""
        waiting = deque(works)
        deaths: dict[int, int] = {}
        running: list[_Process] = []
        with DefaultSelector() as selector:
            try:
                while waiting or running:
                    while waiting and len(running) < self._at_once:
                        running.append(_Process(self._command, waiting.popleft(), selector))
                    for key, _ in selector.select(HEARD_EVERY_S):
                        key.data.hear(on_progress)
                    for process in [one for one in running if self._is_over(one)]:
                        running.remove(process)
                        how = process.close()
                        if how is None:
                            continue
                        number = process.work.number
                        deaths[number] = deaths.get(number, 0) + 1
                        log.error("piece died", piece=number, how=how, deaths=deaths[number])
                        if deaths[number] > MOST_DEATHS:
                            raise PieceDied(_died(process.work, deaths[number], how))
                        waiting.appendleft(process.work)
            finally:
                for process in running:
                    process.kill()

    def _is_over(self, process: "_Process") -> bool:
        return process.ended or time.monotonic() - process.heard_at > self._silent_s


class _Process:
    """One piece under way.

    Attributes:
        ended: it will say no more.
        heard_at: monotonic seconds of the last that was heard of it.
    """

    def __init__(self, command: Sequence[str], work: PieceWork, selector: DefaultSelector) -> None:
        self.work = work
        self.ended = False
        self.heard_at = time.monotonic()
        self._selector = selector
        self._line = b""
        self._last: dict[str, Any] = {}
        # A process group of its own: Ctrl-C on the terminal is for us, who then end it.
        self._process = subprocess.Popen(  # noqa: S603  our own command line, no shell
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, process_group=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        selector.register(self._stdout, EVENT_READ, self)
        with suppress(BrokenPipeError):  # its end is heard soon
            self._stdin.write(json.dumps(work.document()).encode() + b"\n")

    def hear(self, on_progress: OnProgress) -> None:
        """Take what it says."""
        said = os.read(self._stdout.fileno(), 1 << 16)
        if not said:
            self._selector.unregister(self._stdout)
            self.ended = True
            return
        self.heard_at = time.monotonic()
        *lines, self._line = (self._line + said).split(b"\n")
        for line in lines:
            with suppress(ValueError):
                self._last = json.loads(line)
                if "seconds" in self._last:
                    on_progress(self.work.number, self._last["seconds"])

    def close(self) -> str | None:
        """How it died; None when the piece is done.

        Raises:
            SightlineError: what it said that is wrong with the piece.
        """
        silent = not self.ended
        if silent:
            self.kill()
        else:
            self._stdin.close()
            self._stdout.close()
        status = self._process.wait()
        if "failed" in self._last:
            kind = getattr(errors, str(self._last.get("error")), errors.SightlineError)
            raise kind(self._last["failed"])
        # Whatever its status: it may have taken the end of its input, which we have just closed, for ours.
        if "done" in self._last and self.work.target.is_file():
            return None
        if silent:
            return "it said nothing for too long"
        return f"it was ended by signal {-status}" if status < 0 else f"it ended with status {status}"

    def kill(self) -> None:
        """End it at once, however it is."""
        self._process.kill()
        self._process.wait()
        if not self.ended:
            self._selector.unregister(self._stdout)
            self.ended = True
        self._stdin.close()
        self._stdout.close()


def _died(work: PieceWork, times: int, how: str) -> str:
    return (
        f"{work.file.name}: piece {work.number + 1} of the video could not be detected;"
        f" its process died {times} times, last: {how}"
    )
