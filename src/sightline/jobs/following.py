"""Following a process over one job until it ends or has to be ended, while the database hears of it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from signal import Signals
from typing import Any

from sightline.jobs.child import JobChild
from sightline.jobs.desk import JobDesk, Orders
from sightline.store.jobs import JobProgress, StoredJob

HEARD_EVERY_S = 0.2


class Ending(StrEnum):
    """Why nobody follows a process any more."""

    ENDED = "ended"
    STOPPING = "stopping"
    SILENT = "silent"
    TOO_LARGE = "too large"
    CANCELLED = "cancelled"
    LOST = "lost"


class Heard:
    """What has been heard of a process over a job. `message` is how far it is, in a sentence."""

    def __init__(self, job: StoredJob, message: str) -> None:
        self.camera_id = job.camera_id
        self.progress = JobProgress()
        self.message = message
        self.done: Mapping[str, Any] | None = None
        self.failed: Mapping[str, Any] | None = None
        self.fetched: Mapping[str, Any] | None = None
        self.look: Mapping[str, Any] | None = None

    def take(self, said: Sequence[Mapping[str, Any]]) -> bool:
        """Whether anything was said."""
        for one in said:
            self.camera_id = one.get("camera", self.camera_id)
            if "progress" in one:
                self.progress = JobProgress(**one["progress"])
            if "sealed" in one:
                self.message = f"its clips are being sealed: {one['sealed'][0]} of {one['sealed'][1]}"
            if "fetching" in one:
                self.message = being_fetched(*one["fetching"])
            self.done = one.get("done", self.done)
            self.fetched = one.get("fetched", self.fetched)
            self.look = one.get("look", self.look)
            self.failed = one if "failed" in one else self.failed
        return bool(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a process over a job is held to.

    Attributes:
        silent_s: it is ended when it says nothing for so long.
        memory_bytes: it is ended when it holds more; None for as much as there is.
    """

    silent_s: float
    memory_bytes: int | None


def follow(
    desk: JobDesk,
    job: StoredJob,
    child: JobChild,
    heard: Heard,
    *,
    bounds: Bounds,
    stop: threading.Event,
    step: Callable[[], None],
) -> tuple[Ending, int]:
    """Wait until a process has ended, ending it when it must be, and keep hold of its job meanwhile.

    Args:
        heard: told everything that the process says.
        step: called now and then.

    Returns:
        why, and its exit status.
    """
    ending = Ending.ENDED
    try:
        ending = _watch(desk, job, child, heard, bounds, stop, step)
        if ending is Ending.TOO_LARGE:
            child.kill()
        elif ending is not Ending.ENDED:
            child.end()
        heard.take(child.hear(0))
    finally:
        status = child.close()
    return ending, status


def _watch(
    desk: JobDesk,
    job: StoredJob,
    child: JobChild,
    heard: Heard,
    bounds: Bounds,
    stop: threading.Event,
    step: Callable[[], None],
) -> Ending:
    moved = told = time.monotonic()
    while True:
        ended = child.ended
        if heard.take(child.hear(HEARD_EVERY_S)):
            moved = time.monotonic()
        elif ended:
            return Ending.ENDED
        if stop.is_set():
            return Ending.STOPPING
        if time.monotonic() - moved > bounds.silent_s:
            return Ending.SILENT
        if bounds.memory_bytes is not None and child.memory_bytes() > bounds.memory_bytes:
            return Ending.TOO_LARGE
        if time.monotonic() - told >= desk.rhythm.progress:
            told = time.monotonic()
            step()
            desk.tell_alive()
            orders = desk.tell_progress(job, heard.progress, heard.message)
            if orders is not Orders.GO_ON:
                return Ending.CANCELLED if orders is Orders.CANCEL else Ending.LOST


def being_fetched(come_bytes: int, of_bytes: int | None) -> str:
    """How far a download is, in a sentence."""
    come = come_bytes // 1_000_000
    if not come_bytes:
        return "is being fetched"
    if of_bytes is None:
        return f"is being fetched: {come} MB so far"
    return f"is being fetched: {come} of {max(1, round(of_bytes / 1_000_000))} MB"


def how_it_died(ending: Ending, status: int, bounds: Bounds) -> str:
    """What became of a process that did not say it itself."""
    if ending is Ending.SILENT:
        return f"it did not move on for {bounds.silent_s:.0f} s"
    if ending is Ending.TOO_LARGE:
        return f"it needed more than {(bounds.memory_bytes or 0) // 1_000_000} MB of memory"
    if status >= 0:
        return f"its process ended with status {status}"
    with suppress(ValueError):
        return f"its process died of {Signals(-status).name}"
    return f"its process died of signal {-status}"
