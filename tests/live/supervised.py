"""Runs a supervisor over small children; as a program, so that it can be killed: `supervised.py NOTES`."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from sightline.pipeline.child import Patience
from sightline.pipeline.supervisor import ChildSpec, Supervisor

CHILD = str(Path(__file__).with_name("small_child.py"))
QUICK = Patience(
    silence=0.6,
    first_sign=3.0,
    first_pause=0.1,
    longest_pause=0.8,
    steady=60.0,
    orderly=0.5,
    terminated=0.5,
    listing=0.05,
)


def child_command(notes: Path, *habits: str) -> tuple[str, ...]:
    return (sys.executable, "-S", CHILD, str(notes), *habits)


class Watched:
    """A supervisor in a thread, and what its children wrote down."""

    def __init__(
        self,
        folder: Path,
        *,
        fixed: dict[str, tuple[str, ...]] | None = None,
        cameras: Sequence[tuple[str, str, int]] = (),
        most: int = 2,
        habits: Callable[[int], tuple[str, ...]] = lambda _: (),
        patience: Patience = QUICK,
        cores: int = 2,
    ) -> None:
        self.folder = folder
        self.cameras: list[tuple[str, str, int]] = list(cameras)
        self.list_fails: Exception | None = None
        self.threads: list[tuple[int, int]] = []

        def listed() -> list[tuple[str, str, int]]:
            if self.list_fails is not None:
                raise self.list_fails
            return self.cameras

        def command(number: int, threads: int) -> tuple[str, ...]:
            self.threads.append((number, threads))
            return child_command(self.notes(f"cameras-{number}"), *habits(number))

        self.supervisor = Supervisor(
            [
                ChildSpec(name=name, command=child_command(self.notes(name), *given))
                for name, given in (fixed or {}).items()
            ],
            camera_command=command,
            live_cameras=listed,
            most_per_process=most,
            patience=patience,
            cores=cores,
        )
        self._thread = threading.Thread(target=self.supervisor.run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.supervisor.__exit__(None, None, None)

    def stop(self) -> float:
        """Stop in order; how long that took."""
        began = time.monotonic()
        self.supervisor.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    def notes(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def read(self, name: str, what: str | None = None) -> list[dict[str, Any]]:
        return read_notes(self.notes(name), what)

    def starts(self, name: str) -> list[dict[str, Any]]:
        return self.read(name, "start")

    def told(self, name: str) -> list[Any]:
        return [note["line"]["cameras"] for note in self.read(name, "told")]


def read_notes(path: Path, what: str | None = None) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    notes = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return [note for note in notes if what in (None, note["what"])]


def until(true: Callable[[], object], *, within: float = 60.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


if __name__ == "__main__":
    Watched(
        Path(sys.argv[1]), fixed={"worker": ()}, cameras=[("shop", f"c{number}", 1) for number in range(4)]
    ).supervisor.run()
