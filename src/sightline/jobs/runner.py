"""Takes one job after the other and has each analysed by a process of its own.

Whatever becomes of that process, the job is settled here: done, failed with the reason, cancelled, or put
back for another attempt. When this process dies itself, its lease ends, and whoever comes next takes the job
again.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from signal import Signals
from typing import Any

import structlog

from sightline.errors import SightlineError
from sightline.jobs.child import AnalysingChild
from sightline.jobs.desk import BEING_ANALYSED, JobDesk, Orders
from sightline.store.jobs import JobProgress, StoredJob

log = structlog.get_logger()

MOST_ATTEMPTS = 3
HEARD_EVERY_S = 0.2
FETCHING_LATER = "videos cannot be fetched from the web in this version yet; download it and upload the file"
STOPPED = "waits: the site was stopped while it was being analysed"


class JobRunner:
    """The jobs process's work.

    Args:
        command: argument list of the process that analyses the job with this id.
        clear_away: called with venue and camera after an analysis that did not come to its end.
        step: called whenever the work has come further.
    """

    def __init__(
        self,
        desk: JobDesk,
        *,
        command: Callable[[str], Sequence[str]],
        clear_away: Callable[[str, str], None] = lambda _venue, _camera: None,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk = desk
        self._command = command
        self._clear_away = clear_away
        self._step = step

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; a job under way is put back then."""
        self._attempt("taking up jobs", self._desk.take_up)
        while not stop.is_set():
            if not self._attempt("a job", lambda: self.one(stop)):
                stop.wait(self._desk.rhythm.look)
        self._attempt("saying goodbye", self._desk.say_goodbye)

    def one(self, stop: threading.Event) -> bool:
        """Analyse the job that is next; False when there is none.

        Raises:
            StoreError: the database cannot be used.
        """
        self._step()
        self._desk.tell_alive()
        job = self._desk.next_job()
        if job is None:
            return False
        if job.cancel_asked:
            self._desk.cancel(job)
        elif job.attempts > MOST_ATTEMPTS:
            died = f"given up: whoever analysed it died, {MOST_ATTEMPTS} times; its file is kept"
            self._desk.fail(job, died)
        elif job.file_name is None:
            self._desk.fail(job, FETCHING_LATER)
        else:
            self._analyse(job, stop)
        return True

    def _analyse(self, job: StoredJob, stop: threading.Event) -> None:
        log.info("job begun", job=job.id, venue=job.venue_id, attempt=job.attempts)
        heard = _Heard(job.camera_id)
        child = AnalysingChild(self._command(job.id))
        why = _ENDED
        try:
            why = self._follow(job, child, heard, stop)
            if why is not _ENDED:
                child.end()
                heard.take(child.hear(0))
        finally:
            status = child.close()
        if why == _LOST:
            log.warning("job lost to another process", job=job.id)
            return
        if heard.done is not None:
            self._desk.complete(job, heard.done)
            return
        if heard.failed is None or not heard.failed["waits"]:
            self._clean(job, heard.camera_id)
        if why == _CANCELLED:
            self._desk.cancel(job)
        elif why == _STOPPING:
            self._desk.put_back(job, STOPPED, counts=False)
        elif heard.failed is not None:
            self._failed(job, heard.failed)
        else:
            silent = f"it did not move on for {self._desk.rhythm.silent:.0f} s"
            self._died(job, silent if why == _SILENT else _how_it_died(status))

    def _follow(self, job: StoredJob, child: AnalysingChild, heard: "_Heard", stop: threading.Event) -> str:
        """Wait until the child has ended, or has to be ended; which of them."""
        rhythm = self._desk.rhythm
        moved = told = time.monotonic()
        while True:
            ended = child.ended
            if heard.take(child.hear(HEARD_EVERY_S)):
                moved = time.monotonic()
            elif ended:
                return _ENDED
            if stop.is_set():
                return _STOPPING
            if time.monotonic() - moved > rhythm.silent:
                return _SILENT
            if time.monotonic() - told >= rhythm.progress:
                told = time.monotonic()
                self._step()
                self._desk.tell_alive()
                orders = self._desk.tell_progress(job, heard.progress, heard.message)
                if orders is not Orders.GO_ON:
                    return _CANCELLED if orders is Orders.CANCEL else _LOST

    def _failed(self, job: StoredJob, failed: Mapping[str, Any]) -> None:
        if failed["waits"]:
            self._desk.put_back(job, failed["failed"], counts=False, pause_s=self._desk.rhythm.waiting)
        elif failed["again"]:
            self._again(job, failed["failed"])
        else:
            self._desk.fail(job, failed["failed"])

    def _died(self, job: StoredJob, how: str) -> None:
        log.error("analysis of a job died", job=job.id, attempt=job.attempts, how=how)
        self._again(job, how)

    def _again(self, job: StoredJob, why: str) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            self._desk.fail(job, f"given up after {MOST_ATTEMPTS} attempts: {why}; its file is kept")
            return
        message = f"attempt {job.attempts} of {MOST_ATTEMPTS} failed: {why}; it will be tried again"
        self._desk.put_back(job, message, counts=True, pause_s=self._desk.rhythm.pause * job.attempts)

    def _clean(self, job: StoredJob, camera_id: str) -> None:
        try:
            self._clear_away(job.venue_id, camera_id)
        except (SightlineError, OSError) as error:  # its next analysis clears away, too
            log.warning("what was half written stays for now", job=job.id, reason=str(error))

    def _attempt(self, what: str, call: Callable[[], object]) -> bool:
        try:
            return bool(call())
        except SightlineError as error:
            log.error(f"{what} failed", reason=str(error))  # noqa: TRY400  foreseen: one line
        except Exception:  # the top of this process's loop: the next job is taken all the same
            log.exception(f"{what} failed")
        return False


_ENDED, _STOPPING, _SILENT, _CANCELLED, _LOST = "ended", "stopping", "silent", "cancelled", "lost"


class _Heard:
    """What has been heard of an analysis."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        self.progress = JobProgress()
        self.message = BEING_ANALYSED
        self.done: Mapping[str, Any] | None = None
        self.failed: Mapping[str, Any] | None = None

    def take(self, said: Sequence[Mapping[str, Any]]) -> bool:
        """Whether anything was said."""
        for one in said:
            self.camera_id = one.get("camera", self.camera_id)
            if "progress" in one:
                self.progress = JobProgress(**one["progress"])
            if "sealed" in one:
                self.message = f"its clips are being sealed: {one['sealed'][0]} of {one['sealed'][1]}"
            self.done = one.get("done", self.done)
            self.failed = one if "failed" in one else self.failed
        return bool(said)


def _how_it_died(status: int) -> str:
    if status >= 0:
        return f"its process ended with status {status}"
    with suppress(ValueError):
        return f"its process died of {Signals(-status).name}"
    return f"its process died of signal {-status}"
