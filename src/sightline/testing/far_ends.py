"""Far ends as processes of their own: their work and their memory are not ours, and they can be killed."""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from sightline.testing.receiver_faults import PASSING, Fault

BUCKET = "clips"
STARTS_WITHIN_S = 30.0


class ReceiverProcess:
    """`python -m sightline.testing.receiver`; keeps port and folder over its deaths.

    Args:
        fault_rate, faults: which share of the requests goes wrong, and how; others after each start.
    """

    def __init__(
        self, folder: Path, *, fault_rate: float = 0.0, faults: Sequence[Fault] = PASSING, slow_s: float = 0.5
    ) -> None:
        self.folder = folder
        self.port = 0
        self._fault_rate = fault_rate
        self._faults = faults
        self._slow_s = slow_s
        self._starts = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; returns when it does."""
        self._starts += 1
        options = {
            "--folder": self.folder,
            "--port": self.port,
            "--fault-rate": self._fault_rate,
            "--slow-s": self._slow_s,
            "--seed": self._starts,
            "--faults": ",".join(self._faults),
        }
        words = [str(word) for option in options.items() for word in option]
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", "sightline.testing.receiver", *words], stdout=subprocess.PIPE, text=True
        )
        told = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not told:
            self.kill()
            raise RuntimeError("the receiver did not come up; see its words above")
        self.port = int(told.split()[1])

    def kill(self) -> None:
        """SIGKILL: what it has kept stays in its folder."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class S3Process:
    """A server that speaks S3 (moto), with one empty bucket named `BUCKET`; it takes any keys."""

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> str:
        """What to install, or nothing."""
        found = all(find_spec(name) for name in ("moto", "flask"))
        return "" if found else "a local S3 server needs: pip install 'moto[server,s3]'"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        import httpx

        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                httpx.put(f"{self.address}/{BUCKET}", trust_env=False).raise_for_status()
                return self
            time.sleep(0.05)
        self.__exit__(None, None, None)
        raise RuntimeError(f"the S3 server did not come up within {STARTS_WITHIN_S:.0f} s")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
