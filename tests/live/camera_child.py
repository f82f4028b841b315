"""A camera process of its own, run by the program in `camera_stories`, that tests talk to, stop and kill."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from camera_stories import VENUE

PROGRAM = Path(__file__).with_name("camera_stories.py")


class CameraChild:
    """Cameras `cam1`, `cam2` ... at these addresses; the script begins with a folder's first child."""

    def __init__(self, folder: Path, addresses: Sequence[str]) -> None:
        self.said: list[dict[str, Any]] = []
        self._log = (folder / "child.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), *addresses],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def want(self, **revisions: int) -> None:
        """Have these cameras run, with these revisions of their settings."""
        assert self.process.stdin is not None
        wanted = [[VENUE, camera, revision] for camera, revision in revisions.items()]
        self.process.stdin.write(json.dumps({"cameras": wanted}) + "\n")
        self.process.stdin.flush()

    def status(self, camera: str) -> dict[str, Any]:
        """What the last heartbeat told of a camera; empty when it told nothing."""
        said = self.said[-1] if self.said else {"cameras": {}}
        found: dict[str, Any] = said["cameras"].get(f"{VENUE}/{camera}", {})
        return found

    def wait(self, holds: Callable[[], object], timeout_s: float = 60) -> None:
        """Until `holds` is true; fails when that does not happen."""
        until = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < until, f"did not come to pass; last said {self.said[-1:]}"
            time.sleep(0.05)

    def close_input(self) -> int:
        """What happens when the supervisor dies; returns the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join()
        for pipe in (self.process.stdin, self.process.stdout, self._log):
            if pipe is not None and not pipe.closed:
                pipe.close()
