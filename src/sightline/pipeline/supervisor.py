"""Starts the processes of a site, watches that they live, and shares the cameras among them.

One thread, which waits for signs of life. What a child does never delays another: control lines go out
without waiting, and a child that does not read them falls silent and is killed.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from types import TracebackType
from typing import Any, Self

import structlog

from sightline.errors import SightlineError
from sightline.pipeline.child import Child, Patience
from sightline.pipeline.grouping import MOST_PER_PROCESS, CameraKey, group_cameras

log = structlog.get_logger()

TICK_S = 0.2

LiveCameras = Callable[[], Sequence[tuple[str, str, int | str]]]
"""Venue id, camera id and revision of each camera that is to run now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """A process that always runs, beside those of the cameras. `pass_fds` are left open for it."""

    name: str
    command: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()


class Supervisor:
    """Keeps the processes of a site running until it is told to stop.

    Each camera process is told its cameras as one JSON line, `{"cameras": [[venue, camera, revision], ...]}`,
    always all of them, and only when its own list has changed. Children whose standard input closes stop by
    themselves, so that none outlives a supervisor that was killed.

    Args:
        fixed: processes without cameras.
        camera_command: argument list of camera process number N with T inference threads.
        live_cameras: asked every 2 s; when it fails, the list stays as it was.
        on_cameras: called with the status of a camera process's cameras, by `venue/camera`, at each sign of
            life.
        cores: shared among the camera processes. A process keeps its threads until its next start.
    """

    def __init__(
        self,
        fixed: Sequence[ChildSpec],
        *,
        camera_command: Callable[[int, int], Sequence[str]],
        live_cameras: LiveCameras,
        on_cameras: Callable[[dict[str, Any]], None] = lambda _: None,
        cores: int | None = None,
        most_per_process: int = MOST_PER_PROCESS,
        patience: Patience | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._camera_command = camera_command
        self._live_cameras = live_cameras
        self._on_cameras = on_cameras
        self._cores = cores or os.cpu_count() or 1
        self._most = most_per_process
        self._patience = patience or Patience()
        self._clock = clock
        self._selector = DefaultSelector()
        self._wakened, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wakened, EVENT_READ, None)
        self._stopping = False
        self._list_due = 0.0
        self._list_failed = False
        self._groups: dict[int, list[CameraKey]] = {}
        self._of_cameras: dict[int, Child] = {}
        self._fixed = [self._child(spec.name, partial(list, spec.command), spec.pass_fds) for spec in fixed]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._selector.close()
        os.close(self._wakened)
        os.close(self._waker)

    @property
    def groups(self) -> dict[int, list[CameraKey]]:
        """Cameras by the number of their process."""
        return {number: list(cameras) for number, cameras in self._groups.items()}

    def stop(self) -> None:
        """Let `run` end in order. May be called from a signal handler and from another thread."""
        self._stopping = True
        os.write(self._waker, b"!")

    def run(self) -> None:
        """Run until `stop` is called; when this returns, no child is left."""
        try:
            while not self._stopping:
                self._listen()
                self._follow_the_list()
                for child in self._children():
                    child.tick()
        finally:
            self._end_all()

    def _children(self) -> list[Child]:
        return [*self._fixed, *self._of_cameras.values()]

    def _child(self, name: str, command: Callable[[], Sequence[str]], pass_fds: Sequence[int] = ()) -> Child:
        return Child(
            name,
            command,
            selector=self._selector,
            clock=self._clock,
            patience=self._patience,
            heard=self._heard,
            pass_fds=pass_fds,
        )

    def _listen(self) -> None:
        """Everything that was said is heard before anybody is called silent, however long we were away."""
        for key, _ in self._selector.select(TICK_S):
            if isinstance(key.data, Child):
                key.data.hear()
            else:
                os.read(self._wakened, 1_000)

    def _heard(self, _name: str, said: dict[str, Any]) -> None:
        cameras = said.get("cameras")
        if isinstance(cameras, dict) and cameras:
            self._on_cameras(cameras)

    def _follow_the_list(self) -> None:
        if self._clock() < self._list_due:
            return
        try:
            wanted = {(venue, camera): revision for venue, camera, revision in self._live_cameras()}
        except SightlineError as error:
            if not self._list_failed:
                log.error("the list of cameras cannot be read, it stays as it was", reason=str(error))  # noqa: TRY400
            self._list_failed = True
        else:
            if self._list_failed:
                log.info("the list of cameras can be read again")
            self._list_failed = False
            self._share(wanted)
        self._list_due = self._clock() + self._patience.listing

    def _share(self, wanted: dict[CameraKey, int | str]) -> None:
        self._groups = group_cameras(self._groups, wanted, self._most)
        for number, cameras in self._groups.items():
            if number not in self._of_cameras:
                command = partial(self._command_of, number)
                self._of_cameras[number] = self._child(f"cameras-{number}", command)
            child = self._of_cameras[number]
            child.wanted = True
            child.instruct({"cameras": [[*camera, wanted[camera]] for camera in cameras]})
        for number in [number for number in self._of_cameras if number not in self._groups]:
            child = self._of_cameras[number]
            child.wanted = False
            if not child.running:
                del self._of_cameras[number]

    def _command_of(self, number: int) -> Sequence[str]:
        return self._camera_command(number, max(1, self._cores // max(1, len(self._groups))))

    def _end_all(self) -> None:
        for child in self._children():
            child.wanted = False
        while any(child.running for child in self._children()):
            for child in self._children():
                child.tick()
            self._listen()
