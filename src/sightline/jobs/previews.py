"""Zones tried on recorded footage for people who draw them: one at a time, each by a process of its own.

That process needs a detector, which the web server must not load. Results are kept in memory only: they are
of use while somebody draws.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from sightline.errors import Conflict, NotFound
from sightline.jobs.child import JobChild
from sightline.pipeline.known_cameras import KnownCamera

log = structlog.get_logger()

State = Literal["running", "done", "failed", "cancelled"]
SILENT_S = 120.0
"""A process that says nothing for so long hangs; to load a model takes a while on a small machine."""
LONGEST_S = 1800.0
KEPT = 50
HEARD_EVERY_S = 0.2
DIED = "its process died; the log says more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A trial of zones.

    Attributes:
        progress: 0..1; None while its process loads what it needs.
        message: why it failed; else empty.
        result: what `pipeline.previewing.preview` found; None until it is done.
    """

    id: str
    venue_id: str
    camera_id: str
    started_at: datetime
    state: State = "running"
    progress: float | None = None
    message: str = ""
    result: Mapping[str, Any] | None = None


Document = Callable[[KnownCamera, Sequence[Mapping[str, Any]], Mapping[str, Any] | None, int], dict[str, Any]]
"""Camera, zones, staff group (None: as it is) and minutes into what the process is told."""


class Previews:
    """The trials of a site; the last one of each camera can be asked for.

    Args:
        command: argument list of the process.
        document: what it is told.
    """

    def __init__(self, command: Sequence[str], document: Document) -> None:
        self._command = command
        self._document = document
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Preview] = {}
        self._running: tuple[Preview, threading.Event] | None = None

    def start(
        self,
        camera: KnownCamera,
        zones: Sequence[Mapping[str, Any]],
        *,
        staff: Mapping[str, Any] | None,
        minutes: int,
    ) -> Preview:
        """Begin to try zones on the last `minutes` that are recorded of a camera.

        Raises:
            Conflict: another trial runs.
            ConfigError: a zone or line that is none.
        """
        told = json.dumps(self._document(camera, zones, staff, minutes)).encode() + b"\n"
        begun = Preview(
            id=secrets.token_urlsafe(9),
            venue_id=camera.venue_id,
            camera_id=camera.camera_id,
            started_at=datetime.now(UTC),
        )
        with self._lock:
            if self._running is not None:
                raise Conflict("other zones are being tried just now, one at a time; try again in a minute")
            stop = threading.Event()
            self._running = begun, stop
            self._keep(begun)
        threading.Thread(target=self._run, args=(begun, told, stop), name="preview", daemon=True).start()
        return begun

    def of(self, camera: KnownCamera) -> Preview:
        """The last trial of a camera.

        Raises:
            NotFound: there was none, or it is forgotten.
        """
        with self._lock:
            found = self._kept.get((camera.venue_id, camera.camera_id))
        if found is None:
            raise NotFound(f"no zones were tried on camera {camera.camera_id!r} since the site was started")
        return found

    def cancel(self, camera: KnownCamera) -> Preview:
        """End the trial of a camera, if it runs.

        Raises:
            NotFound: as `of`.
        """
        with self._lock:
            if self._running is not None:
                begun, stop = self._running
                if (begun.venue_id, begun.camera_id) == (camera.venue_id, camera.camera_id):
                    stop.set()
                    self._keep(replace(self._kept[camera.venue_id, camera.camera_id], state="cancelled"))
        return self.of(camera)

    def _run(self, begun: Preview, told: bytes, stop: threading.Event) -> None:
        ended = replace(begun, state="failed", message=DIED)
        try:
            ended = self._followed(begun, told, stop)
        except Exception:  # the top of this thread: who waits for it must hear that it is over
            log.exception("preview failed", camera=begun.camera_id)
        with self._lock:
            self._running = None
            self._keep(ended)

    def _followed(self, begun: Preview, told: bytes, stop: threading.Event) -> Preview:
        child = JobChild(self._command, told=told)
        started = heard_at = time.monotonic()
        ended = replace(begun, state="failed", message=DIED)
        try:
            while True:
                over = child.ended
                said = child.hear(HEARD_EVERY_S)
                now = time.monotonic()
                heard_at = now if said else heard_at
                for one in said:
                    ended = self._heard(begun, one, ended)
                if stop.is_set():
                    return replace(begun, state="cancelled")
                if over and not said:
                    return ended
                if now - heard_at > SILENT_S or now - started > LONGEST_S:
                    return replace(begun, state="failed", message="it took too long and was ended")
        finally:
            child.kill() if not child.ended else None
            child.close()

    def _heard(self, begun: Preview, said: Mapping[str, Any], ended: Preview) -> Preview:
        if "done" in said:
            return replace(begun, state="done", progress=1.0, message="", result=said["done"])
        if "failed" in said:
            return replace(begun, state="failed", message=str(said["failed"]))
        if "progress" in said:
            with self._lock:
                kept = self._kept[begun.venue_id, begun.camera_id]
                if kept.state == "running":
                    self._keep(replace(kept, progress=float(said["progress"])))
        return ended

    def _keep(self, one: Preview) -> None:
        key = (one.venue_id, one.camera_id)
        self._kept.pop(key, None)
        self._kept[key] = one
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
