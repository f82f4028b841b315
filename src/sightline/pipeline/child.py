"""One child process over all its lives: started, listened to, killed when silent, started again."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from selectors import EVENT_READ, BaseSelector
from typing import Any

import structlog

log = structlog.get_logger()

LONGEST_LINE = 1_000_000
"""Of what a child says. More without a line feed is no sign of life and is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what, in seconds.

    Attributes:
        silence: between two signs of life; then the child is killed.
        first_sign: from the start to the first one; a busy small machine takes long to load everything.
        first_pause, longest_pause: before a child that died is started again; doubles each time.
        steady: a child that lived this long begins with the first pause again.
        orderly: from the closing of its standard input to the end of a child; then SIGTERM.
        terminated: from SIGTERM to SIGKILL.
        listing: between two looks at the list of cameras.
    """

    silence: float = 20.0
    first_sign: float = 60.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    steady: float = 60.0
    orderly: float = 15.0
    terminated: float = 5.0
    listing: float = 2.0


Heard = Callable[[str, dict[str, Any]], None]
"""Called with the name of a child and what its sign of life says."""


class Child:
    """A process that must run while it is wanted.

    It lives in a process group of its own, so that Ctrl-C on the terminal reaches the supervisor only.
    Nothing here blocks: `hear` is called when its standard output can be read, `tick` every fraction of a
    second.

    Args:
        name: as logs call it.
        command: argument list, asked for at each start.
        clock: monotonic seconds.

    Attributes:
        wanted: False lets it end in order and stay away.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        *,
        selector: BaseSelector,
        clock: Callable[[], float],
        patience: Patience,
        heard: Heard,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.wanted = True
        self._command = command
        self._selector = selector
        self._clock = clock
        self._patience = patience
        self._heard = heard
        self._pass_fds = tuple(pass_fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._last_sign = 0.0
        self._signed = False
        self._due = 0.0
        self._pause = patience.first_pause
        self._closing: float | None = None
        self._control = b""
        self._unsent = b""
        self._line = b""

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def instruct(self, instruction: dict[str, Any]) -> None:
        """Send one line; said again to the next life of the child. The same one twice is sent once."""
        line = json.dumps(instruction).encode() + b"\n"
        if line == self._control:
            return
        self._control = line
        if self._process is not None and self._closing is None:
            self._unsent += line
            self._send()

    def tick(self) -> None:
        """Start, restart, kill: whatever is due now."""
        now = self._clock()
        if self._process is None:
            if self.wanted and now >= self._due:
                self._start(now)
            return
        status = self._process.poll()
        if status is not None:
            self._ended(status, now)
        elif self._closing is not None or not self.wanted:
            self._close(now)
        else:
            self._send()
            allowed = self._patience.silence if self._signed else self._patience.first_sign
            if now - self._last_sign > allowed:
                log.error("child silent, killed", child=self.name, silent_s=round(now - self._last_sign, 1))
                self.kill(signal.SIGKILL)

    def hear(self) -> None:
        """Read what the child has said. Each whole line with `"alive": true` is a sign of life."""
        if self._process is None or self._process.stdout is None:
            return
        try:
            said = os.read(self._process.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return
        if not said:  # the end of the child, or of all that it will say: `tick` finds out which
            self._selector.unregister(self._process.stdout)
            self._process.stdout.close()
            self._process.stdout = None
            return
        *lines, self._line = (self._line + said).split(b"\n")
        if len(self._line) > LONGEST_LINE:
            self._line = b""
        for line in lines:
            self._take(line)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the child and all it started."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "alive" not in said:
            log.info("child said", child=self.name, text=line[:500].decode(errors="replace"))
            return
        if said["alive"]:
            self._last_sign, self._signed = self._clock(), True
        self._heard(self.name, said)

    def _start(self, now: float) -> None:
        command = list(self._command())
        try:
            process = subprocess.Popen(  # noqa: S603  our own command line, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=0,
                pass_fds=self._pass_fds,
                bufsize=0,
            )
        except OSError as error:  # no memory or no process table entry left: as if it had died at once
            log.error("child not started", child=self.name, reason=error.strerror)  # noqa: TRY400
            self._wait_longer(now)
            return
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for as pipes")
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, EVENT_READ, self)
        self._process, self._started, self._last_sign = process, now, now
        self._signed, self._closing, self._line, self._unsent = False, None, b"", self._control
        log.info("child started", child=self.name, pid=process.pid)
        self._send()

    def _send(self) -> None:
        if not self._unsent or self._process is None or self._process.stdin is None:
            return
        try:
            sent = os.write(self._process.stdin.fileno(), self._unsent)
        except BlockingIOError:  # it does not read; its silence will tell
            return
        except BrokenPipeError:
            self._unsent = b""
            return
        self._unsent = self._unsent[sent:]

    def _close(self, now: float) -> None:
        """The way out, one step further: end of input, then SIGTERM, then SIGKILL."""
        if self._process is None:
            return
        if self._closing is None:
            self._closing = now
            self._shut_input()
        waited = now - self._closing
        if waited > self._patience.orderly + self._patience.terminated:
            self.kill(signal.SIGKILL)
        elif waited > self._patience.orderly:
            self.kill(signal.SIGTERM)

    def _ended(self, status: int, now: float) -> None:
        lived, asked = now - self._started, self._closing is not None
        while self._process is not None and self._process.stdout is not None:
            before = self._process.stdout
            self.hear()
            if self._process.stdout is before:
                # Something it started still holds the other end.
                self._selector.unregister(before)
                before.close()
                break
        self._shut_input()
        self._process, self._closing = None, None
        if asked:
            log.info("child ended", child=self.name, status=status)
            self._due, self._pause = now, self._patience.first_pause
            return
        if lived >= self._patience.steady:
            self._pause = self._patience.first_pause
        log.error(
            "child died", child=self.name, status=status, lived_s=round(lived, 1), again_in_s=self._pause
        )
        self._wait_longer(now)

    def _wait_longer(self, now: float) -> None:
        self._due = now + self._pause
        self._pause = min(self._patience.longest_pause, 2 * self._pause)

    def _shut_input(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdin = None
