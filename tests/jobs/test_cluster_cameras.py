"""A camera group on one of several machines: it runs while its leases are held, and not a moment longer."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.jobs.cluster_cameras import CameraGroup, LeaseRhythm
from sightline.store.camera_leases import list_leases
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
CHILD = Path(__file__).parents[1] / "live" / "small_child.py"
RHYTHM = LeaseRhythm(hold=4.0, renew=0.2, leave=2.5, kill=1.5)
TILL, DOOR = ("shop", "till"), ("shop", "door")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "sightline.db")) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop", timezone="UTC")
            for camera in ("till", "door"):
                ensure_camera(SITE, connection, "shop", camera, source_label=camera)
        yield database


class Group:
    """A camera group whose process is a small one that notes what happens to it."""

    def __init__(self, database: Database, notes: Path, *habits: str, rhythm: LeaseRhythm = RHYTHM) -> None:
        self.notes = notes
        command = [sys.executable, "-S", str(CHILD), str(notes), *habits]
        self.group = CameraGroup(
            notes.stem, database=database, command=lambda: command, place=notes.stem, rhythm=rhythm
        )
        self.group.start()

    def happened(self, what: str) -> list[dict[str, Any]]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [note for note in map(json.loads, lines) if note["what"] == what]

    def told(self) -> list[list[str]]:
        """The cameras of each line that the process was told, empty ones left out."""
        told = [[camera for _, camera, _ in note["line"]["cameras"]] for note in self.happened("told")]
        return [cameras for cameras in told if cameras]

    def first_pid(self) -> int:
        """Of the process's first life."""
        return int(self.happened("start")[0]["pid"])


@pytest.fixture
def group(database: Database, tmp_path: Path) -> Iterator[Callable[..., Group]]:
    with ExitStack() as running:

        def begin(name: str, *habits: str, **more: Any) -> Group:
            begun = Group(database, tmp_path / f"{name}.notes", *habits, **more)
            running.callback(begun.group.end)
            return begun

        yield begin


def until(true: Callable[[], object], what: str, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_a_process_runs_the_cameras_of_its_group(group: Callable[..., Group]) -> None:
    one = group("one")
    one.group.follow({TILL: 1, DOOR: 7})
    until(lambda: ["door", "till"] in map(sorted, one.told()), "both cameras told")
    (line,) = [note["line"] for note in one.happened("told")][-1:]
    assert sorted(line["cameras"]) == [["shop", "door", 7], ["shop", "till", 1]]
    assert sorted(one.group.state()["held"]) == [list(DOOR), list(TILL)]


def test_a_camera_that_another_machine_holds_waits_for_the_end_of_its_lease(
    group: Callable[..., Group],
) -> None:
    one, two = group("one"), group("two")
    one.group.follow({TILL: 1})
    until(lambda: one.told() == [["till"]], "the first has it")
    two.group.follow({TILL: 1, DOOR: 1})
    until(lambda: two.told() == [["door"]], "the second has what is free")
    until(lambda: ["shop", "till"] not in two.group.state()["held"], "never both")

    one.group.end()  # gives the lease back: nobody waits

    until(lambda: sorted(two.told()[-1]) == ["door", "till"], "the second has it")
    ended = one.happened("end of input")[-1]["at"]
    assert two.happened("told")[-1]["at"] > ended


def test_without_renewals_the_process_ends_before_the_lease_does(
    database: Database, group: Callable[..., Group]
) -> None:
    one = group("one")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    with database.transaction():  # nobody else can write: renewals wait
        away = time.monotonic()
        until(lambda: one.happened("end of input"), "let go of in order")
        until(lambda: one.group.state()["pid"] != one.first_pid(), "its end was noticed")
    assert one.happened("end of input")[0]["at"] < away + RHYTHM.hold


def test_a_process_that_does_not_end_is_killed_before_the_lease_is_over(
    database: Database, group: Callable[..., Group]
) -> None:
    one = group("one", "deaf", "stubborn")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    with database.transaction():
        away = time.monotonic()
        until(lambda: one.group.state()["pid"] != one.first_pid(), "killed")
        assert time.monotonic() < away + RHYTHM.hold


def test_it_comes_back_by_itself_when_leases_can_be_renewed_again(
    database: Database, group: Callable[..., Group]
) -> None:
    one = group("one")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    with database.transaction():
        until(lambda: one.group.state()["pid"] != one.first_pid(), "ended")
    until(lambda: len(one.happened("start")) == 2, "a second life")
    until(lambda: one.told() == [["till"], ["till"]], "told again")


def test_the_process_starts_while_its_leases_are_another_ones(group: Callable[..., Group]) -> None:
    one, two = group("one"), group("two")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "the first has it")
    two.group.follow({TILL: 1})
    until(lambda: two.happened("start"), "the second is ready")
    assert two.told() == []


def test_a_group_without_cameras_runs_no_process(group: Callable[..., Group]) -> None:
    one = group("one")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    one.group.follow({})
    until(lambda: one.group.state()["pid"] is None, "it has gone")
    assert one.happened("end of input")


def test_the_end_of_a_group_gives_its_leases_back(database: Database, group: Callable[..., Group]) -> None:
    one = group("one")
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    one.group.end()
    with database.reading() as connection:
        assert list_leases(SITE, connection) == []
    one.group.follow({TILL: 1})
    assert one.group.state()["cameras"] == []


def test_a_group_whose_watch_has_failed_says_so_and_runs_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Group(database, tmp_path / "one.notes", rhythm=replace(RHYTHM, hold=10.0))
    one.group.follow({TILL: 1})
    until(lambda: one.told(), "it runs")
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    monkeypatch.setattr(one.group, "watch", lambda: 1 / 0)

    def says_so() -> bool:
        try:
            one.group.state()
        except SightlineError:
            return True
        return False

    until(says_so, "the failure is told")
    one.group.end()
