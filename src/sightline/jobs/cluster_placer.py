"""Keeps cameras and jobs placed: looks at the database and at the machines, and starts what is missing.

It holds no state that counts. Started anew, it finds the groups that run, and goes on from them; all that is
decided about jobs is decided by the leases in the database.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import structlog

from sightline.errors import SightlineError
from sightline.jobs.cluster_places import (
    GroupKey,
    Machine,
    emptiest,
    job_slots,
    kept_venues,
    place_cameras,
    place_for_jobs,
    sharers,
    to_move,
)
from sightline.pipeline.grouping import CameraKey
from sightline.pipeline.supervisor import LiveCameras
from sightline.video.disk import PART_SUFFIX, writing

log = structlog.get_logger()

LOOK_S = 1.0
BALANCE_S = 60.0
"""From one move of a group to the next: each darkens its cameras for some seconds, and machines that come
back after a failure come one by one."""


class Cluster(Protocol):
    """The machines, and what can be started on them. Nothing here waits for work to be done."""

    def machines(self) -> list[Machine]:
        """All that have joined, those that are away too."""
        ...

    def groups(self) -> dict[GroupKey, dict[str, Any]]:
        """The camera groups that exist, with what each said of itself last; `{}` while it says nothing."""
        ...

    def begin(self, group: GroupKey, machine: Machine, sharers: int) -> None:
        """Have a camera group run, and begun again wherever it fits when its machine dies.

        Args:
            machine: where it runs at first.
            sharers: groups that share the processor of a machine.
        """
        ...

    def tell(self, group: GroupKey, cameras: Mapping[CameraKey, int | str]) -> None:
        """Tell a group all its cameras, with their revisions."""
        ...

    def end(self, group: GroupKey) -> None:
        """Have a group stop its cameras and go."""
        ...

    def jobs_under_way(self) -> int:
        """How many tasks that take a job have not ended."""
        ...

    def take_job(self, place: str) -> None:
        """Start a task on a machine that offers `place`; it takes the job that is next, if there is one."""
        ...


class Placer:
    """What the head does, over and over.

    Args:
        live_cameras: those that are to run now.
        waiting_jobs: how many jobs wait that nobody analyses.
        tell_alive: called as long as there is a machine that takes jobs.
        most: cameras of one group.
        told: file that tells people where everything runs.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        live_cameras: LiveCameras,
        waiting_jobs: Callable[[], int],
        tell_alive: Callable[[], None],
        most: int,
        told: Path,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._cluster = cluster
        self._live_cameras = live_cameras
        self._waiting_jobs = waiting_jobs
        self._tell_alive = tell_alive
        self._most = most
        self._told = told
        self._clock = clock
        self._groups: dict[GroupKey, list[CameraKey]] | None = None
        self._where: dict[GroupKey, str] = {}
        self._balance_due = clock() + BALANCE_S

    def run(self, stop: threading.Event, step: Callable[[], None] = lambda: None) -> None:
        """Go on until `stop` is set. `step` is called at each look that succeeded."""
        failing = False
        while not stop.is_set():
            try:
                self.look()
            except SightlineError as error:
                if not failing:
                    log.error("nothing new is placed for now", reason=str(error))  # noqa: TRY400
                failing = True
            else:
                if failing:
                    log.info("work is placed again")
                failing = False
            step()
            stop.wait(LOOK_S)

    def look(self) -> None:
        """Place what is to be placed now.

        Raises:
            SightlineError: the database cannot be read, or no machine answers.
        """
        machines = self._cluster.machines()
        told = self._cluster.groups()
        self._place_cameras(machines, told)
        self._place_jobs(machines)
        self._write(machines, told)

    def _place_cameras(self, machines: Sequence[Machine], told: Mapping[GroupKey, Mapping[str, Any]]) -> None:
        wanted = {(venue, camera): revision for venue, camera, revision in self._live_cameras()}
        if self._groups is None:  # an earlier life of ours began these
            self._groups = {key: _cameras_of(said) for key, said in told.items()}
        self._groups = place_cameras(self._groups, wanted, kept_venues(machines), self._most)
        self._where = {key: said.get("place") or self._where.get(key, "") for key, said in told.items()}
        for group in told.keys() - self._groups.keys():
            self._end(group)
        for group, cameras in self._groups.items():
            if group not in told:
                machine = emptiest(machines, self._where, group[0])
                if machine is None:
                    continue
                self._cluster.begin(group, machine, sharers(machines, self._groups, group[0]))
                self._where[group] = machine.place
            self._cluster.tell(group, {camera: wanted[camera] for camera in cameras})
        self._balance(machines)

    def _balance(self, machines: Sequence[Machine]) -> None:
        """Now and then one group moves to a machine with fewer: it is begun there at the next look."""
        if self._clock() < self._balance_due:
            return
        self._balance_due = self._clock() + BALANCE_S
        group = to_move(machines, self._where)
        if group is not None:
            log.info("a camera group moves to another machine", group=group[1], venue=group[0] or None)
            self._end(group)

    def _end(self, group: GroupKey) -> None:
        self._cluster.end(group)
        self._where.pop(group, None)

    def _place_jobs(self, machines: Sequence[Machine]) -> None:
        place = place_for_jobs(machines)
        slots = job_slots(machines, place)
        if slots:
            self._tell_alive()
        free = slots - self._cluster.jobs_under_way()
        for _ in range(min(free, self._waiting_jobs())):
            self._cluster.take_job(place)

    def _write(self, machines: Sequence[Machine], told: Mapping[GroupKey, Mapping[str, Any]]) -> None:
        document = {
            "at": datetime.now(UTC).isoformat(),
            "jobs_under_way": self._cluster.jobs_under_way(),
            "machines": [
                {
                    "id": one.id[:8],
                    "place": one.place,
                    "host": one.host,
                    "address": one.address,
                    "alive": one.alive,
                    "offers": sorted(one.resources),
                }
                for one in machines
            ],
            "groups": [
                {
                    "venue": tag,
                    "number": number,
                    "cameras": [list(camera) for camera in cameras],
                    **{name: told.get((tag, number), {}).get(name) for name in ("place", "held")},
                }
                for (tag, number), cameras in sorted((self._groups or {}).items())
            ],
        }
        part = self._told.with_name(self._told.name + PART_SUFFIX)
        with writing(self._told, remove=part):  # not flushed: it is written again in a second
            part.write_text(json.dumps(document))
            part.replace(self._told)


def _cameras_of(said: Mapping[str, Any]) -> list[CameraKey]:
    return [(camera[0], camera[1]) for camera in said.get("cameras", ())]
