"""Ray as the placer sees it: machines, camera groups as actors, jobs as tasks."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog

from sightline.errors import SightlineError
from sightline.jobs.cluster_node import facts_of, is_loopback, keep_loopback, ray_environment
from sightline.jobs.cluster_places import (
    CAMERAS,
    JOBS,
    GroupKey,
    Machine,
    needed,
)
from sightline.pipeline.grouping import CameraKey

log = structlog.get_logger()

NAMESPACE = "sightline"
ANSWER_S = 5.0
PAUSE_S = 5.0
HEAD_AWAY_S = 15
"""Then this process ends; its next life looks for the head anew."""
SHARE = 0.001
"""Of a resource that only says where something may run."""


class RayCluster:
    """The machines that have joined the head at `address`, for this process; a process has one of these.

    Args:
        address: `host:port` of the head.
        node: address of this machine, as its node of the cluster told it.
        actor: class of a camera group: made with a name and a number of groups that share a machine, it has
            `follow(cameras)`, `state()` and `end()`.
        task: takes the job that is next.
    """

    def __init__(self, address: str, *, node: str, key: Path, actor: type, task: Callable[[], bool]) -> None:
        os.environ.update(ray_environment(key, away_s=HEAD_AWAY_S))
        import ray

        if is_loopback(node):
            keep_loopback()
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._ray: Any = ray
        self._strategy = NodeAffinitySchedulingStrategy
        try:
            ray.init(
                address=address,
                namespace=NAMESPACE,
                _node_ip_address=node,
                log_to_driver=False,
                configure_logging=False,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise SightlineError(f"the cluster's head at {address} does not answer: {error}") from error
        self._actor: Any = ray.remote(actor)
        self._task: Any = ray.remote(task)
        self._handles: dict[GroupKey, Any] = {}
        self._said: dict[GroupKey, dict[str, Any]] = {}
        self._asked: dict[GroupKey, Any] = {}
        self._telling: dict[GroupKey, Any] = {}
        self._ending: list[tuple[Any, Any]] = []
        self._jobs: list[Any] = []
        self._dropped: dict[GroupKey, float] = {}
        self._find_groups()

    def close(self) -> None:
        """Let go of the cluster; camera groups go on, tasks end."""
        self._ray.shutdown()

    def machines(self) -> list[Machine]:
        """As `Cluster.machines`."""
        try:
            return [Machine(**facts_of(node)) for node in self._ray.nodes()]
        except Exception as error:  # a dozen kinds, all of which mean that the head is away
            raise SightlineError(f"the cluster's head does not answer: {error}") from error

    def groups(self) -> dict[GroupKey, dict[str, Any]]:
        """As `Cluster.groups`; what each says is asked for all the time, and never waited for."""
        for handle, ref in [one for one in self._ending if self._is_ready(one[1])]:
            self._ending.remove((handle, ref))
            self._ray.kill(handle, no_restart=True)
        for key, handle in list(self._handles.items()):
            asked = self._asked.get(key)
            if asked is not None:
                if not self._is_ready(asked):
                    continue
                try:
                    self._said[key] = self._ray.get(asked, timeout=ANSWER_S)
                except self._ray.exceptions.ActorUnavailableError:
                    self._said[key] = {}  # on its way to another machine
                except self._ray.exceptions.RayError as error:
                    log.error("a camera group is begun anew", group=_name(key), reason=_last_line(error))  # noqa: TRY400
                    self._drop(key)
                    continue
            self._asked[key] = handle.state.remote()
        return {key: self._said.get(key, {}) for key in self._handles}

    def begin(self, group: GroupKey, machine: Machine, sharers: int) -> None:
        """As `Cluster.begin`; one that has just died by itself is given a pause."""
        if monotonic() - self._dropped.get(group, -PAUSE_S) < PAUSE_S:
            return
        self._handles[group] = self._actor.options(
            # A name of its own in each life: an earlier one may still be ending.
            name=f"{_name(group)}/{uuid4().hex}",
            lifetime="detached",  # it outlives this process, whose next life finds it by its name
            max_restarts=-1,
            max_task_retries=0,
            num_cpus=0,
            resources={needed(group[0]): SHARE},
            # Soft: when the machine has died, it is begun again wherever the resource is.
            scheduling_strategy=self._strategy(machine.id, soft=True),
        ).remote(_name(group), sharers)

    def tell(self, group: GroupKey, cameras: Mapping[CameraKey, int | str]) -> None:
        """As `Cluster.tell`; while an earlier word has not arrived, no other is sent after it."""
        if group not in self._handles:
            return
        telling = self._telling.get(group)
        if telling is not None:
            if not self._is_ready(telling):
                return
            with suppress(self._ray.exceptions.RayError):  # `groups` notices what has become of it
                self._ray.get(telling, timeout=ANSWER_S)
        words = [[*camera, revision] for camera, revision in cameras.items()]
        self._telling[group] = self._handles[group].follow.remote(words)

    def end(self, group: GroupKey) -> None:
        """As `Cluster.end`."""
        handle = self._handles[group]
        self._ending.append((handle, handle.end.remote()))
        self._forget(group)

    def jobs_under_way(self) -> int:
        """As `Cluster.jobs_under_way`."""
        for ended in [ref for ref in self._jobs if self._is_ready(ref)]:
            self._jobs.remove(ended)
            try:
                self._ray.get(ended, timeout=ANSWER_S)
            except self._ray.exceptions.RayError as error:
                # The job's lease ends, and it is taken again.
                log.warning("a task was lost", reason=_last_line(error))
        return len(self._jobs)

    def take_job(self, place: str) -> None:
        """As `Cluster.take_job`."""
        options = self._task.options(
            num_cpus=0,
            resources={JOBS: 1} if place == JOBS else {JOBS: 1, place: SHARE},
            max_retries=0,  # whoever comes next takes the job, whatever Ray thinks of the task
            scheduling_strategy="SPREAD",
            name="a video job",
        )
        self._jobs.append(options.remote())

    def _find_groups(self) -> None:
        from ray.util import list_named_actors

        for name in sorted(list_named_actors()):
            group, _, _ = name.rpartition("/")
            tag, _, number = group.rpartition("/")
            key = (tag.removeprefix(f"{CAMERAS}/"), int(number))
            with suppress(ValueError):  # its actor has died this moment
                handle = self._ray.get_actor(name)
                if key in self._handles:  # one of them was ending; either will do
                    self._ending.append((handle, handle.end.remote()))
                else:
                    self._handles[key] = handle
        asked = {key: handle.state.remote() for key, handle in self._handles.items()}
        for key, ref in asked.items():
            with suppress(self._ray.exceptions.RayError):
                self._said[key] = self._ray.get(ref, timeout=ANSWER_S)

    def _drop(self, group: GroupKey) -> None:
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(self._handles[group], no_restart=True)
        self._dropped[group] = monotonic()
        self._forget(group)

    def _forget(self, group: GroupKey) -> None:
        for known in (self._handles, self._said, self._asked, self._telling):
            known.pop(group, None)

    def _is_ready(self, ref: Any) -> bool:
        ready, _ = self._ray.wait([ref], timeout=0)
        return bool(ready)


def _name(group: GroupKey) -> str:
    tag, number = group
    return f"{CAMERAS}/{tag}/{number}"


def _last_line(error: BaseException) -> str:
    """Of an error in another process Ray tells the whole trace; what went wrong is said last."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
