"""What the head starts, moves and ends, told with machines that only note what they are asked for."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sightline.errors import StoreError
from sightline.jobs.cluster_placer import BALANCE_S, Placer
from sightline.jobs.cluster_places import ANYWHERE, GPU, JOBS, GroupKey, Machine, offered
from sightline.pipeline.grouping import CameraKey

CAMERAS = [("shop", "c1", 1), ("shop", "c2", 1), ("shop", "c3", 1)]
FIRST, SECOND = (ANYWHERE, 1), (ANYWHERE, 2)


class NotedCluster:
    """Groups run where they are begun until their machine is taken away."""

    def __init__(self, *machines: Machine) -> None:
        self.all = list(machines)
        self.running: dict[GroupKey, dict[str, Any]] = {}
        self.ended: list[GroupKey] = []
        self.jobs: list[str] = []
        self.under_way = 0

    def machines(self) -> list[Machine]:
        return self.all

    def groups(self) -> dict[GroupKey, dict[str, Any]]:
        return {key: dict(said) for key, said in self.running.items()}

    def begin(self, group: GroupKey, machine: Machine, sharers: int) -> None:
        self.running[group] = {"place": machine.place, "cameras": [], "sharers": sharers}

    def tell(self, group: GroupKey, cameras: Mapping[CameraKey, int | str]) -> None:
        self.running[group]["cameras"] = [[*camera, revision] for camera, revision in cameras.items()]

    def end(self, group: GroupKey) -> None:
        del self.running[group]
        self.ended.append(group)

    def jobs_under_way(self) -> int:
        return self.under_way

    def take_job(self, place: str) -> None:
        self.jobs.append(place)


class Head:
    """A placer over noted machines, cameras and jobs that the test sets, and a clock that it moves."""

    def __init__(self, folder: Path, *machines: Machine, most: int = 2) -> None:
        self.cluster = NotedCluster(*machines)
        self.cameras: list[tuple[str, str, int | str]] = list(CAMERAS)
        self.waiting, self.alive, self.now, self.away = 0, 0, 0.0, False
        self.told = folder / "placed.json"
        self.folder, self.most = folder, most
        self.placer = self.another()

    def another(self) -> Placer:
        return Placer(
            self.cluster,
            live_cameras=self._cameras,
            waiting_jobs=lambda: self.waiting,
            tell_alive=self._alive,
            most=self.most,
            told=self.told,
            clock=lambda: self.now,
        )

    def cameras_of(self, group: GroupKey) -> list[str]:
        return [camera for _, camera, _ in self.cluster.running[group]["cameras"]]

    def _cameras(self) -> list[tuple[str, str, int | str]]:
        if self.away:
            raise StoreError("the database is away")
        return self.cameras

    def _alive(self) -> None:
        self.alive += 1


def machine(name: str, *tags: str, jobs: int = 1, alive: bool = True) -> Machine:
    return Machine(id=name, address="127.0.0.1", host="h", alive=alive, resources=offered(tags, jobs=jobs))


A, B = machine("a"), machine("b")


def test_groups_are_begun_spread_and_told_their_cameras(tmp_path: Path) -> None:
    head = Head(tmp_path, A, B)
    head.placer.look()
    assert {said["place"] for said in head.cluster.running.values()} == {A.place, B.place}
    assert sorted(head.cameras_of(FIRST) + head.cameras_of(SECOND)) == ["c1", "c2", "c3"]
    assert {said["sharers"] for said in head.cluster.running.values()} == {1}


def test_nothing_is_begun_while_no_machine_takes_it(tmp_path: Path) -> None:
    head = Head(tmp_path, machine("kept", "venue=other"))
    head.placer.look()
    assert head.cluster.running == {}
    head.cluster.all.append(A)
    head.placer.look()
    assert len(head.cluster.running) == 2


def test_a_group_that_is_gone_is_begun_again(tmp_path: Path) -> None:
    head = Head(tmp_path, A, B)
    head.placer.look()
    before = head.cameras_of(FIRST)
    del head.cluster.running[FIRST]
    head.placer.look()
    assert head.cameras_of(FIRST) == before


def test_a_new_life_of_the_placer_leaves_cameras_where_they_are(tmp_path: Path) -> None:
    head = Head(tmp_path, A, B)
    head.placer.look()
    head.cameras = head.cameras[1:]
    before = {key: head.cameras_of(key) for key in head.cluster.running}

    head.another().look()

    assert head.cluster.ended == []
    after = {key: head.cameras_of(key) for key in head.cluster.running}
    assert after == {key: [one for one in cameras if one != "c1"] for key, cameras in before.items()}


def test_a_group_without_cameras_is_ended(tmp_path: Path) -> None:
    head = Head(tmp_path, A)
    head.placer.look()
    head.cameras = []
    head.placer.look()
    assert sorted(head.cluster.ended) == [FIRST, SECOND]


def test_after_a_while_one_group_moves_to_a_machine_that_came_late(tmp_path: Path) -> None:
    head = Head(tmp_path, A, most=1)
    head.placer.look()
    head.cluster.all.append(B)
    head.placer.look()
    assert head.cluster.ended == []

    head.now += BALANCE_S
    head.placer.look()
    head.placer.look()

    assert len(head.cluster.ended) == 1
    places = [said["place"] for said in head.cluster.running.values()]
    assert sorted(places) == [A.place, A.place, B.place]


def test_as_many_jobs_are_taken_as_wait_and_fit(tmp_path: Path) -> None:
    head = Head(tmp_path, machine("a", jobs=2), machine("b", jobs=3), machine("c", jobs=9, alive=False))
    head.waiting, head.cluster.under_way = 10, 1
    head.placer.look()
    assert head.cluster.jobs == [JOBS] * 4
    head.waiting, head.cluster.under_way = 2, 0
    head.placer.look()
    assert head.cluster.jobs[4:] == [JOBS] * 2
    assert head.alive == 2


def test_jobs_go_to_a_machine_with_a_gpu(tmp_path: Path) -> None:
    head = Head(tmp_path, machine("a", jobs=5), machine("b", "gpu", jobs=1))
    head.waiting = 9
    head.placer.look()
    assert head.cluster.jobs == [GPU]


def test_nobody_is_said_to_take_jobs_when_no_machine_does(tmp_path: Path) -> None:
    head = Head(tmp_path, machine("a", jobs=0))
    head.waiting = 1
    head.placer.look()
    assert (head.alive, head.cluster.jobs) == (0, [])


def test_what_runs_where_is_told_in_the_shared_folder(tmp_path: Path) -> None:
    head = Head(tmp_path, A)
    head.placer.look()
    told = json.loads(head.told.read_text())
    assert [(one["place"], one["alive"]) for one in told["machines"]] == [(A.place, True)]
    assert [[camera for _, camera in group["cameras"]] for group in told["groups"]] == [["c1", "c3"], ["c2"]]


def test_a_database_that_is_away_leaves_everything_as_it_is(tmp_path: Path) -> None:
    head = Head(tmp_path, A)
    head.placer.look()
    head.away = True
    with pytest.raises(StoreError):
        head.placer.look()
    looks, stop = [], threading.Event()

    def step() -> None:
        looks.append(len(head.cluster.running))
        head.away = False
        if len(looks) == 2:
            stop.set()

    head.placer.run(stop, step)
    assert looks == [2, 2]
