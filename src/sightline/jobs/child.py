"""A process that works on one job, as its parent sees it: what it tells, what it uses, and how it ends."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

LAST_WORDS_S = 5.0
"""From the request to end to the end by force."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


class JobChild:
    """A process over one job. It ends by itself when its standard input closes, so it never outlives us.

    Args:
        environment: all of it; None for ours.
        told: bytes that it finds on its standard input.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, told: bytes = b""
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own command line, no shell
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended already, and will be heard of as such
            self._process.stdin.write(told)
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="job child", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """What it has said since; waits for the first of it, and gives nothing after `timeout_s`."""
        said = []
        try:
            one = self._said.get(timeout=timeout_s)
            while one is not None:
                said.append(one)
                one = self._said.get_nowait()
        except queue.Empty:
            return said
        self._said.put(None)  # its end is heard by everyone who asks
        return said

    @property
    def ended(self) -> bool:
        """Whether it will say no more."""
        return not self._reader.is_alive()

    def memory_bytes(self) -> int:
        """Its resident memory; 0 when it has ended."""
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE
        return 0

    def end(self) -> None:
        """Make it end, by force if it must be; what it has said can still be heard."""
        self._process.send_signal(signal.SIGTERM)
        self._wait()

    def kill(self) -> None:
        """End it by force, now."""
        self._process.kill()
        self._wait()

    def close(self) -> int:
        """Its exit status once it has ended, by force if it must be; negative the signal that ended it."""
        if not self.ended:
            self._process.kill()
        status = self._wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return status

    def _wait(self) -> int:
        try:
            status = self._process.wait(LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join()
        return status

    def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while data := self._process.stdout.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict):
                    self._said.put(said)
        self._said.put(None)
