"""Real processes that live, fall silent, die and refuse to leave; none of it disturbs their neighbours."""

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervised import QUICK, Watched, lives, read_notes, until

from sightline.errors import StoreError
from sightline.pipeline.child import Patience
from sightline.pipeline.grouping import CameraKey, group_cameras

CAMERAS = [("shop", f"c{number}", 1) for number in range(4)]


def test_cameras_are_shared_among_processes_and_each_is_told_its_own(tmp_path: Path) -> None:
    with Watched(tmp_path, fixed={"worker": ()}, cameras=CAMERAS, cores=4) as site:
        until(lambda: site.told("cameras-1") and site.told("cameras-2") and site.starts("worker"))

        assert site.told("cameras-1") == [[["shop", "c0", 1], ["shop", "c2", 1]]]
        assert site.told("cameras-2") == [[["shop", "c1", 1], ["shop", "c3", 1]]]
        assert site.threads == [(1, 2), (2, 2)], "four cores, two processes"
        for name in ("worker", "cameras-1", "cameras-2"):
            start = site.starts(name)[0]
            assert start["group"] == start["pid"], "Ctrl-C must reach the supervisor only"


def test_a_change_reaches_the_process_concerned_and_no_other(tmp_path: Path) -> None:
    with Watched(tmp_path, cameras=CAMERAS) as site:
        until(lambda: site.told("cameras-1") and site.told("cameras-2"))
        site.cameras = [*CAMERAS[:2], ("shop", "c2", 2), CAMERAS[3]]
        until(lambda: len(site.told("cameras-1")) == 2)
        site.cameras = [*site.cameras, ("shop", "late", 1)]
        until(lambda: site.told("cameras-3"))
        site.cameras = [one for one in site.cameras if one[1] != "c1"]
        until(lambda: len(site.told("cameras-2")) == 2)
        site.cameras = [*site.cameras, ("shop", "last", 1)]
        until(lambda: len(site.told("cameras-2")) + len(site.told("cameras-3")) == 4)

        assert site.told("cameras-1") == [
            [["shop", "c0", 1], ["shop", "c2", 1]],
            [["shop", "c0", 1], ["shop", "c2", 2]],
        ]
        assert site.told("cameras-2")[1] == [["shop", "c3", 1]]
        assert [len(site.starts(f"cameras-{number}")) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_process_whose_last_camera_goes_ends_and_starts_again_with_the_next(tmp_path: Path) -> None:
    with Watched(tmp_path, cameras=CAMERAS[:3]) as site:
        until(lambda: site.told("cameras-1") and site.told("cameras-2"))
        (pid,) = [note["pid"] for note in site.starts("cameras-2")]
        site.cameras = [CAMERAS[0], CAMERAS[2]]
        until(lambda: not lives(pid))
        assert site.read("cameras-2", "end of input")
        assert site.supervisor.groups == {1: [("shop", "c0"), ("shop", "c2")]}

        site.cameras = CAMERAS[:3]
        until(lambda: len(site.told("cameras-2")) == 2)
        assert len(site.starts("cameras-1")) == 1


def test_a_silent_process_is_killed_and_begun_again_beside_undisturbed_ones(tmp_path: Path) -> None:
    with Watched(tmp_path, fixed={"worker": ("silent",)}, cameras=CAMERAS[:2]) as site:
        until(lambda: len(site.starts("worker")) == 3)
        first, second = site.starts("worker")[:2]
        assert not lives(first["pid"])
        assert second["at"] - first["at"] >= QUICK.silence + QUICK.first_pause
        assert len(site.starts("cameras-1")) == 1


def test_a_process_that_never_says_anything_is_killed_too(tmp_path: Path) -> None:
    quick = Patience(**{**_fields(QUICK), "first_sign": 0.5})
    with Watched(tmp_path, fixed={"worker": ("mute",)}, patience=quick) as site:
        until(lambda: len(site.starts("worker")) == 2)


def test_pauses_double_up_to_the_longest_for_a_process_that_keeps_dying(tmp_path: Path) -> None:
    with Watched(tmp_path, fixed={"worker": ("short",)}) as site:
        until(lambda: len(site.starts("worker")) == 6)
    times = [note["at"] for note in site.starts("worker")]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8, 0.8), strict=False):
        assert least + 0.1 <= pause <= least + 1.0


def test_a_process_that_lived_long_enough_begins_with_the_first_pause_again(tmp_path: Path) -> None:
    patience = Patience(**{**_fields(QUICK), "steady": 0.05, "longest_pause": 30.0})
    with Watched(tmp_path, fixed={"worker": ("short",)}, patience=patience) as site:
        until(lambda: len(site.starts("worker")) == 6, within=5)


def test_a_killed_camera_process_comes_back_with_its_cameras(tmp_path: Path) -> None:
    with Watched(tmp_path, cameras=CAMERAS) as site:
        until(lambda: site.told("cameras-1") and site.told("cameras-2"))
        os.kill(site.starts("cameras-2")[0]["pid"], signal.SIGKILL)
        until(lambda: len(site.told("cameras-2")) == 2)
        assert site.told("cameras-2")[0] == site.told("cameras-2")[1]
        assert len(site.starts("cameras-1")) == 1


def test_the_last_list_stays_while_the_database_is_away(tmp_path: Path) -> None:
    with Watched(tmp_path, cameras=CAMERAS[:2]) as site:
        until(lambda: site.told("cameras-1"))
        site.list_fails = StoreError("the database is away")
        site.cameras = []
        os.kill(site.starts("cameras-1")[0]["pid"], signal.SIGKILL)
        until(lambda: len(site.told("cameras-1")) == 2)
        assert site.told("cameras-1")[1] == [["shop", "c0", 1], ["shop", "c1", 1]]
        site.list_fails = None
        until(lambda: site.supervisor.groups == {})


def test_a_process_that_does_not_read_its_instructions_holds_nobody_up(tmp_path: Path) -> None:
    many = [("shop", f"camera-with-a-long-name-{number}", 1) for number in range(4_000)]
    with Watched(
        tmp_path, cameras=many, most=4_000, fixed={"worker": ("silent",)}, habits=lambda _: ("unreading",)
    ) as site:
        until(lambda: site.starts("cameras-1"))
        began = len(site.starts("worker"))
        until(lambda: len(site.starts("worker")) >= began + 2)


def test_stopping_ends_inputs_first_then_terminates_then_kills(tmp_path: Path) -> None:
    habits = {"polite": (), "deaf": ("deaf",), "stubborn": ("deaf", "stubborn")}
    with Watched(tmp_path, fixed=habits) as site:
        until(lambda: all(site.starts(name) for name in habits))
        took = site.stop()
        assert QUICK.orderly + QUICK.terminated <= took < 4
        pids = {name: site.starts(name)[0]["pid"] for name in habits}
        assert not any(lives(pid) for pid in pids.values())
        assert [note["what"] for note in site.read("polite")] == ["start", "end of input"]
        assert [note["what"] for note in site.read("deaf")] == ["start", "end of input", "SIGTERM"]
        assert "SIGTERM" in [note["what"] for note in site.read("stubborn")]


def test_processes_stop_by_themselves_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("supervised.py")), str(tmp_path)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    names = ("worker", "cameras-1", "cameras-2")

    def notes(name: str, what: str) -> list[dict[str, int]]:
        return read_notes(tmp_path / f"{name}.jsonl", what)

    until(lambda: all(notes(name, "start") for name in names))
    program.kill()
    program.wait()
    pids = [notes(name, "start")[0]["pid"] for name in names]
    until(lambda: not any(lives(pid) for pid in pids), within=5)
    assert all(notes(name, "end of input") for name in names)


KEYS = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([f"c{number}" for number in range(12)]))


@given(st.lists(st.sets(KEYS, max_size=20), max_size=8), st.integers(1, 5))
def test_a_camera_keeps_its_process_for_as_long_as_it_is_wanted(
    lists: list[set[CameraKey]], most: int
) -> None:
    groups: dict[int, list[CameraKey]] = {}
    for wanted in lists:
        before = {camera: number for number, cameras in groups.items() for camera in cameras}
        groups = group_cameras(groups, wanted, most)
        after = {camera: number for number, cameras in groups.items() for camera in cameras}
        assert sorted(after) == sorted(wanted)
        assert sum(map(len, groups.values())) == len(wanted), "each camera once"
        assert all(0 < len(cameras) <= most for cameras in groups.values())
        assert all(after[camera] == number for camera, number in before.items() if camera in wanted)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (4, [4]), (5, [3, 2]), (8, [4, 4]), (9, [3, 3, 3])])
def test_new_cameras_are_spread_evenly_over_as_few_processes_as_possible(
    count: int, sizes: list[int]
) -> None:
    groups = group_cameras({}, [("shop", f"{number:02}") for number in range(count)])
    assert [len(cameras) for cameras in groups.values()] == sizes


def _fields(patience: Patience) -> dict[str, float]:
    return {name: getattr(patience, name) for name in Patience.__slots__}
