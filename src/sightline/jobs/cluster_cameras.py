"""One group of cameras on whichever machine it was placed: a lease on each, and one process that runs them.

The process is the one that `serve` starts on a single machine. It is told a camera only while its lease is
held here; when the leases cannot be renewed it is ended before they are over, because then another machine
may begin.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from selectors import DefaultSelector
from signal import SIGKILL
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog

from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.pipeline.child import Child, Patience
from sightline.store.camera_leases import CameraHolder, CameraKey, hold_cameras, let_go
from sightline.store.database import Database

log = structlog.get_logger()

TICK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRhythm:
    """Seconds.

    Attributes:
        hold: how long a lease lasts; a dead machine's cameras are dark for about so long.
        renew: from one renewal to the next.
        leave: so long before a lease ends without a renewal, its camera is let go of in order.
        kill: so long before, the process is killed if it is still there.
    """

    hold: float = 10.0
    renew: float = 1.5
    leave: float = 5.0
    kill: float = 1.0


class CameraGroup:
    """The cameras that run in one process on this machine, while the database says that they are ours.

    Two threads: one renews leases and may wait for the database, one watches process and clock and waits for
    nobody.

    Args:
        name: of the process, as logs call it.
        place: of this machine, as people call it.
        command: argument list of a camera process.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        command: Callable[[], Sequence[str]],
        place: str,
        rhythm: LeaseRhythm | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.name = name
        self._rhythm = rhythm or LeaseRhythm()
        # A new name in each life: what an earlier one started may still be ending.
        self._holder = CameraHolder(
            owner=f"{place}:{name}:{uuid4().hex}", place=place, hold=timedelta(seconds=self._rhythm.hold)
        )
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._wanted: dict[CameraKey, int | str] = {}
        self._ends: dict[CameraKey, float] = {}
        self._told: list[CameraKey] = []
        self._failing = False
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._ended = False
        self._selector = DefaultSelector()
        self._child = Child(
            name,
            command,
            selector=self._selector,
            clock=clock,
            patience=patience or Patience(),
            heard=lambda _name, _said: None,
        )
        self._child.wanted = False
        self._threads = [
            threading.Thread(target=self._renew_always, name="leases", daemon=True),
            threading.Thread(target=self._watch_always, name="watch", daemon=True),
        ]

    def start(self) -> None:
        """Begin to take leases and to watch the process."""
        for thread in self._threads:
            thread.start()

    def follow(self, wanted: Mapping[CameraKey, int | str]) -> None:
        """Have exactly these cameras run, each with the settings of its revision."""
        with self._lock:
            new = wanted.keys() - self._wanted.keys()
            self._wanted = {} if self._ended else dict(wanted)
        if new:
            self._changed.set()

    def state(self) -> dict[str, Any]:
        """What is asked of it, and what it holds; as JSON can hold it.

        Raises:
            SightlineError: it does not work any more, and has to be begun anew.
        """
        dead = any(thread.ident is not None and not thread.is_alive() for thread in self._threads)
        if dead and not self._ended:
            raise SightlineError(f"{self.name} does not watch its cameras any more")
        now = self._clock()
        with self._lock:
            held = [camera for camera in self._wanted if self._ends.get(camera, now) > now]
            return {
                "place": self._holder.place,
                "pid": self._child.pid,
                "cameras": [[*camera, revision] for camera, revision in self._wanted.items()],
                "held": [list(camera) for camera in held],
            }

    def end(self) -> None:
        """Stop the process in order, then give the leases back. Returns when nothing is left."""
        with self._lock:
            self._ended, self._wanted = True, {}
        self._stopping.set()
        self._changed.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._selector.close()
        with suppress(SightlineError), self._database.aside() as connection:
            let_go(Scope.site(), connection, self._holder.owner)

    def _renew_always(self) -> None:
        while not self._stopping.is_set():
            self._renew()
            self._changed.wait(self._rhythm.renew)
            self._changed.clear()

    def _renew(self) -> None:
        with self._lock:
            wanted = list(self._wanted)
        # By venue: one that is being removed, its rows locked, does not hold up the others.
        for venue in sorted({venue for venue, _ in wanted}):
            cameras = [camera for camera in wanted if camera[0] == venue]
            asked = self._clock()  # before: the lease is at least this long
            try:
                with self._database.aside() as connection:
                    held = hold_cameras(Scope.of(venue), connection, cameras, holder=self._holder)
            except SightlineError as error:
                if not self._failing:
                    log.error("leases cannot be renewed", group=self.name, reason=str(error))  # noqa: TRY400
                self._failing = True
            except Exception:  # the top of a thread's loop: without renewals the cameras stop in time
                log.exception("leases cannot be renewed", group=self.name)
            else:
                self._failing = False
                with self._lock:
                    # One that is not ours runs out by itself: its earlier end stays.
                    self._ends |= dict.fromkeys(held, asked + self._rhythm.hold)

    def _watch_always(self) -> None:
        try:
            while not (self._stopping.is_set() and not self._child.running):
                self._listen()
                self.watch()
        finally:
            self._stopping.set()  # no renewals without a watch
            self._child.kill(SIGKILL)
            self._child.wanted = False
            while self._child.running:
                self._listen()
                self._child.tick()

    def _listen(self) -> None:
        for key, _ in self._selector.select(TICK_S):
            key.data.hear()

    def watch(self) -> None:
        """Tell the process the cameras that are held, end it in time, start it again: whatever is due."""
        now = self._clock()
        with self._lock:
            wanted = {} if self._stopping.is_set() else dict(self._wanted)
            ends = {camera: end for camera, end in self._ends.items() if end > now}
            self._ends = ends
        held = [camera for camera in wanted if ends.get(camera, now) - self._rhythm.leave > now]
        if self._child.running and self._over(wanted, ends, now):
            log.error("leases end, the cameras' process is killed", group=self.name)
            self._child.kill(SIGKILL)
        # While another machine's leases run out, the process starts already: loading takes seconds.
        waits = bool(wanted) and not ends and not self._failing
        self._child.wanted = bool(held) or waits
        if self._child.wanted:
            self._child.instruct({"cameras": [[*camera, wanted[camera]] for camera in held]})
        if held:
            self._told = held
        self._child.tick()

    def _over(self, wanted: Mapping[CameraKey, Any], ends: Mapping[CameraKey, float], now: float) -> bool:
        """Whether the process may be at a camera whose lease is as good as over. One that it was told to stop
        because nobody wants it here has its lock file against two processes."""
        return any(
            ends.get(camera, now) - self._rhythm.kill <= now for camera in self._told if camera in wanted
        )
