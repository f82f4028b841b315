"""A process that runs some cameras: told on one stream which, telling on another that it lives."""

import json
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, TextIO

import cv2
import structlog

from sightline.pipeline.camera_keeper import CameraKeeper
from sightline.pipeline.camera_plan import CameraPlan
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.database import Database

log = structlog.get_logger()

HEARTBEAT_S = 1.0
ORDERLY_S = 9.0
"""For all cameras together; the supervisor gives 15 s for everything."""
STORE_S = 4.0

CameraKey = tuple[str, str]
PlanFor = Callable[[str, str], CameraPlan]


def run_cameras(
    plan_for: PlanFor,
    *,
    database: Database,
    threads: int,
    control: TextIO,
    heartbeat: TextIO,
    stop: threading.Event | None = None,
) -> int:
    """Run cameras until the control stream ends, SIGTERM or SIGINT comes, or `stop` is set; then stop them.

    Control, one JSON object a line: `{"cameras": [[venue_id, camera_id, revision], ...]}`, always the whole
    list, revision any string or number. New cameras are started, missing ones stopped, those with another
    revision stopped and started again; the others are not touched. A camera that cannot be started (another
    process has its lock, the plan is wrong) is tried again every 5 s, and its status says why.

    Heartbeat, one JSON object a line, each second, only while the store writer and the inference threads
    live: `{"alive": true, "unsaved": 0, "cameras": {"venue/camera": {...}}}`; what a status holds is told by
    `camera_status`. An orderly stop ends with `{"alive": false, "unsaved": 0, "cameras": {}}`.

    Args:
        plan_for: the plan of a camera as its settings are now; raises SightlineError when there is none.
            Called from several threads.
        threads: inference threads; 0 = one per core.
        stop: for callers in the same process.

    Returns:
        0 after an orderly stop with all stored, 1 when something could not be stored in time.
    """
    cv2.setNumThreads(1)  # its second thread spins on pictures this small; cameras share the cores already
    stopping = stop or threading.Event()
    _stop_at_signals(stopping)
    process = _CameraProcess(plan_for, database, threads)
    beating = threading.Thread(
        target=_beat, args=(process, heartbeat, stopping), name="heartbeat", daemon=True
    )
    beating.start()
    listening = threading.Thread(
        target=_listen, args=(process, control, stopping), name="control", daemon=True
    )
    listening.start()
    stopping.wait()
    unsaved = process.end()
    beating.join(2 * HEARTBEAT_S)
    _say(heartbeat, {"alive": False, "unsaved": unsaved, "cameras": {}})
    return 1 if unsaved else 0


class _CameraProcess:
    """The cameras of this process, and what they share."""

    def __init__(self, plan_for: PlanFor, database: Database, threads: int) -> None:
        self._plan_for, self._database = plan_for, database
        self._pool = InferencePool(threads)
        self._writer = StoreWriter(database)
        self._lock = threading.Lock()
        self._keepers: dict[CameraKey, CameraKeeper] = {}
        self._leaving: list[CameraKeeper] = []
        self._ended = False

    def follow(self, wanted: dict[CameraKey, str]) -> None:
        """Have exactly these cameras run, each with the settings of its revision."""
        with self._lock:
            if self._ended:
                return
            self._leaving = [keeper for keeper in self._leaving if keeper.running]
            for key in self._keepers.keys() - wanted.keys():
                keeper = self._keepers.pop(key)
                keeper.remove()
                self._leaving.append(keeper)
            for key, revision in wanted.items():
                if key not in self._keepers:
                    self._keepers[key] = CameraKeeper(
                        *key,
                        plan_for=self._plan_for,
                        database=self._database,
                        pool=self._pool,
                        writer=self._writer,
                    )
                self._keepers[key].want(revision)

    @property
    def alive(self) -> bool:
        """Whether what the cameras share does its work."""
        return self._writer.alive and self._pool.alive

    def state(self) -> dict[str, Any]:
        """What a heartbeat tells."""
        with self._lock:
            keepers = list(self._keepers.values())
        cameras = {keeper.name: keeper.status() for keeper in keepers}
        return {"alive": True, "unsaved": self._writer.unsaved, "cameras": cameras}

    def end(self) -> int:
        """Stop all cameras at the same time, store the rest; how many writes were not stored."""
        with self._lock:
            self._ended = True
            keepers = [*self._keepers.values(), *self._leaving]
        for keeper in keepers:
            keeper.end()
        until = monotonic() + ORDERLY_S
        for keeper in keepers:
            if not keeper.join(max(0.0, until - monotonic())):
                log.warning("a camera did not stop in time", camera=keeper.name)
        self._pool.close(drain=False, timeout_s=1.0)
        unsaved = self._writer.close(STORE_S)
        if unsaved:
            log.error("not everything could be stored; the next start recovers it", unsaved=unsaved)
        return unsaved


def _listen(process: _CameraProcess, control: TextIO, stopping: threading.Event) -> None:
    try:
        for line in control:
            wanted = _cameras_of(line)
            if wanted is not None:
                process.follow(wanted)
    except (OSError, ValueError) as error:  # closed under our feet
        log.warning("the control stream broke", reason=str(error))
    finally:
        stopping.set()


def _cameras_of(line: str) -> dict[CameraKey, str] | None:
    """The list in a control line; None, and a word in the log, when it is none."""
    try:
        return {
            (str(venue), str(camera)): str(revision)
            for venue, camera, revision in json.loads(line)["cameras"]
        }
    except (ValueError, TypeError, KeyError):
        log.warning("a control line cannot be understood", line=line[:200])
        return None


def _beat(process: _CameraProcess, heartbeat: TextIO, stopping: threading.Event) -> None:
    while not stopping.wait(HEARTBEAT_S):
        if process.alive and not _say(heartbeat, process.state()):
            stopping.set()  # nobody listens any more


def _say(heartbeat: TextIO, said: dict[str, Any]) -> bool:
    try:
        heartbeat.write(json.dumps(said) + "\n")
        heartbeat.flush()
    except (OSError, ValueError):
        return False
    return True


def _stop_at_signals(stopping: threading.Event) -> None:
    """In order, also when told so by a signal; only the main thread may ask for that."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError):
                signal.signal(number, lambda _number, _frame: stopping.set())
