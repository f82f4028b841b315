"""Keeps one camera running as it is wanted, in a thread of its own, so that it disturbs no other."""

import os
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog

from sightline.errors import SightlineError
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.camera_plan import CameraPlan
from sightline.pipeline.camera_status import failed_status
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.live_camera import LiveCamera
from sightline.pipeline.store_writer import StoreWriter
from sightline.pipeline.thread_cpu import cpu_by_role
from sightline.store.database import Database

log = structlog.get_logger()

TICK_S = 1.0
STATUS_EVERY_S = 2.0
TRY_AGAIN_S = 5.0


class CameraKeeper:
    """Starts, restarts and stops one camera.

    A camera that cannot be started (another process has it, its model is missing) is tried again every 5 s;
    its status says why.

    Args:
        plan_for: the plan of the camera as its settings are now.
    """

    def __init__(
        self,
        venue_id: str,
        camera_id: str,
        *,
        plan_for: Callable[[str, str], CameraPlan],
        database: Database,
        pool: InferencePool,
        writer: StoreWriter,
    ) -> None:
        self.name = f"{venue_id}/{camera_id}"
        self._camera_id, self._venue_id = camera_id, venue_id
        self._plan_for = plan_for
        self._database, self._pool, self._writer = database, pool, writer
        self._changed = threading.Condition()
        self._wanted: str | None = None
        self._ending = False
        self._camera: LiveCamera | None = None
        self._revision: str | None = None
        self._book = CameraBook(writer, venue_id, camera_id)
        self._failure = "it has not been started yet"
        self._try_at = self._status_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"camera {self.name}", daemon=True)
        self._thread.start()

    def want(self, revision: str) -> None:
        """The camera is to run with the settings of this revision."""
        with self._changed:
            self._wanted = revision
            self._changed.notify_all()

    def remove(self) -> None:
        """The camera is to stop for good, and this thread with it; returns at once."""
        with self._changed:
            self._wanted = None
            self._changed.notify_all()
        self._hurry()

    def end(self) -> None:
        """The program ends: stop, to be continued at the next start; returns at once."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._hurry()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end after `remove` or `end`; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def status(self) -> dict[str, Any]:
        """See `camera_status`."""
        camera = self._camera
        return camera.status() if camera is not None else failed_status(self._failure)

    def _hurry(self) -> None:
        camera = self._camera
        if camera is not None:
            camera.request_stop()

    def _run(self) -> None:
        with self._changed:
            while self._wanted is None and not self._ending:
                self._changed.wait()
        while True:
            with self._changed:
                wanted, ending = self._wanted, self._ending
            try:
                if ending or wanted is None:
                    self._stop(removed=not ending)
                    return
                self._keep(wanted)
            except Exception as error:  # top of the thread: this camera is begun anew, the others go on
                log.exception("a camera had to be given up, it is begun anew", camera=self.name)
                self._give_up(f"unexpected {type(error).__name__}")
            with self._changed:
                if self._wanted == wanted and self._ending == ending:
                    self._changed.wait(TICK_S)

    def _keep(self, wanted: str) -> None:
        if self._camera is not None and wanted != self._revision:
            self._stop(removed=True)
            self._try_at = 0.0
        if self._camera is None and monotonic() >= self._try_at:
            self._start(wanted)
        if self._camera is not None:
            self._camera.tick()
        if monotonic() >= self._status_at:
            self._status_at = monotonic() + STATUS_EVERY_S
            process = {"pid": os.getpid(), "cpu_s": cpu_by_role()}
            self._book.put_status(self.status() | {"process": process})

    def _start(self, wanted: str) -> None:
        self._try_at = monotonic() + TRY_AGAIN_S
        try:
            plan = self._plan_for(self._venue_id, self._camera_id)
            book = CameraBook(self._writer, self._venue_id, self._camera_id)
            camera = LiveCamera(plan, database=self._database, pool=self._pool, book=book)
            camera.start()
        except SightlineError as error:
            if self._failure != str(error):
                log.warning("a camera cannot be started", camera=self.name, reason=str(error))
            self._failure = str(error)
            return
        self._camera, self._revision, self._book = camera, wanted, book
        log.info("camera started", camera=self.name, revision=wanted)

    def _stop(self, *, removed: bool) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        if not camera.stop(removed=removed):
            log.warning("a camera's threads have not ended in time", camera=self.name)
        self._failure = "it is stopped"
        log.info("camera stopped", camera=self.name, removed=removed)

    def _give_up(self, failure: str) -> None:
        self._try_at = monotonic() + TRY_AGAIN_S
        try:
            self._stop(removed=False)
        except Exception:  # top of the thread
            log.exception("a camera could not be stopped in order", camera=self.name)
        self._failure = failure
