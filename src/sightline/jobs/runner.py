"""Takes one job after the other and has each analysed by a process of its own.

Whatever becomes of that process, the job is settled here: done, failed with the reason, cancelled, or put
back for another attempt. When this process dies itself, its lease ends, and whoever comes next takes the job
again. A job that is an address only has its video fetched first, by another process.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from sightline.errors import SightlineError
from sightline.jobs.child import JobChild
from sightline.jobs.desk import BEING_ANALYSED, JobDesk
from sightline.jobs.fetching import FetchMeans, Followed, NotFetched, Step, fetch_video
from sightline.jobs.following import Bounds, Ending, Heard, follow, how_it_died
from sightline.store.jobs import StoredJob

log = structlog.get_logger()

MOST_ATTEMPTS = 3
STOPPED = "waits: the site was stopped while it was being worked on"


class JobRunner:
    """The jobs process's work.

    Args:
        command: argument list of the process that analyses the job with this id.
        fetching: with what videos are fetched from the web.
        memory_bytes: the most that an analysis may hold; None for as much as there is.
        clear_away: called with venue and camera after an analysis that did not come to its end.
        step: called whenever the work has come further.
    """

    def __init__(
        self,
        desk: JobDesk,
        *,
        command: Callable[[str], Sequence[str]],
        fetching: FetchMeans,
        memory_bytes: int | None = None,
        clear_away: Callable[[str, str], None] = lambda _venue, _camera: None,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk = desk
        self._command = command
        self._fetching = fetching
        self._memory_bytes = memory_bytes
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
            self._desk.fail(job, f"given up: whoever worked on it died, {MOST_ATTEMPTS} times")
        elif job.file_name is None:
            self._fetch(job, stop)
        else:
            self._analyse(job, stop)
        return True

    def _fetch(self, job: StoredJob, stop: threading.Event) -> None:
        log.info("job begun: its video is being fetched", job=job.id, attempt=job.attempts)

        def through(one: StoredJob, step: Step) -> Followed:
            return self._followed(one, step, stop)

        try:
            ready = fetch_video(self._desk, job, self._fetching, through)
        except NotFetched as not_fetched:
            heard, ending, died = not_fetched.followed
            if heard.failed is not None and heard.failed.get("detail"):
                log.warning("video not fetched", job=job.id, detail=heard.failed["detail"])
            self._settle_unfinished(job, heard, ending, died)
            return
        if ready is None:
            log.warning("job lost to another process", job=job.id)
        else:
            self._analyse(ready, stop)

    def _analyse(self, job: StoredJob, stop: threading.Event) -> None:
        log.info("job begun", job=job.id, venue=job.venue_id, attempt=job.attempts)
        bounds = Bounds(silent_s=self._desk.rhythm.silent, memory_bytes=self._memory_bytes)
        step = Step(command=self._command(job.id), bounds=bounds, message=job.message or BEING_ANALYSED)
        heard, ending, died = self._followed(job, step, stop)
        if ending is Ending.LOST:
            log.warning("job lost to another process", job=job.id)
            return
        if heard.done is not None:
            self._desk.complete(job, heard.done)
            return
        if heard.failed is None or not heard.failed["waits"]:
            self._clean(job, heard.camera_id)
        self._settle_unfinished(job, heard, ending, died)

    def _followed(self, job: StoredJob, step: Step, stop: threading.Event) -> Followed:
        heard = Heard(job, step.message)
        child = JobChild(step.command, environment=step.environment, told=step.told)
        ending, status = follow(self._desk, job, child, heard, bounds=step.bounds, stop=stop, step=self._step)
        return heard, ending, how_it_died(ending, status, step.bounds)

    def _settle_unfinished(self, job: StoredJob, heard: Heard, ending: Ending, died: str) -> None:
        if ending is Ending.LOST:
            log.warning("job lost to another process", job=job.id)
        elif ending is Ending.CANCELLED:
            self._desk.cancel(job)
        elif ending is Ending.STOPPING:
            self._desk.put_back(job, STOPPED, counts=False)
        elif heard.failed is not None:
            self._failed(job, heard.failed)
        elif ending is Ending.TOO_LARGE:
            self._desk.fail(job, died)
        else:
            log.error("process over a job died", job=job.id, attempt=job.attempts, how=died)
            self._again(job, died)

    def _failed(self, job: StoredJob, failed: Mapping[str, Any]) -> None:
        if failed["waits"]:
            self._desk.put_back(job, failed["failed"], counts=False, pause_s=self._desk.rhythm.waiting)
        elif failed["again"]:
            self._again(job, failed["failed"])
        else:
            self._desk.fail(job, failed["failed"])

    def _again(self, job: StoredJob, why: str) -> None:
        if job.attempts >= MOST_ATTEMPTS:
            kept = "; its file is kept" if job.file_name is not None else ""
            self._desk.fail(job, f"given up after {MOST_ATTEMPTS} attempts: {why}{kept}")
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
