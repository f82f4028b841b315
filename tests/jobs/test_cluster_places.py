"""Where cameras and jobs belong when several machines are there."""

import pytest

from sightline.errors import ConfigError
from sightline.jobs.cluster_places import (
    ANYWHERE,
    GPU,
    JOBS,
    Machine,
    emptiest,
    job_slots,
    kept_venues,
    offered,
    place_cameras,
    place_for_jobs,
    sharers,
    to_move,
)


def machine(name: str, *tags: str, alive: bool = True, jobs: int = 1) -> Machine:
    return Machine(id=name, address="127.0.0.1", host="h", alive=alive, resources=offered(tags, jobs=jobs))


def place(name: str) -> str:
    return machine(name).place


def test_cameras_go_four_to_a_group_and_stay_where_they_are() -> None:
    cameras = [("shop", f"c{number}") for number in range(5)]
    placed = place_cameras({}, cameras, (), 4)
    assert {key: len(of) for key, of in placed.items()} == {(ANYWHERE, 1): 3, (ANYWHERE, 2): 2}

    again = place_cameras(placed, [*cameras, ("shop", "c9")], (), 4)

    assert all(set(of) <= set(again[key]) for key, of in placed.items())


def test_a_venue_with_a_machine_of_its_own_has_groups_of_its_own() -> None:
    wanted = [("paris", "till"), ("rome", "till")]
    assert place_cameras({}, wanted, {"paris"}, 4) == {
        (ANYWHERE, 1): [("rome", "till")],
        ("paris", 1): [("paris", "till")],
    }


def test_cameras_move_when_a_machine_is_kept_for_their_venue() -> None:
    wanted = [("paris", "till"), ("rome", "till")]
    before = place_cameras({}, wanted, (), 4)
    assert before == {(ANYWHERE, 1): wanted}
    assert place_cameras(before, wanted, {"paris"}, 4)[ANYWHERE, 1] == [("rome", "till")]


def test_a_machine_kept_for_a_venue_takes_no_other_cameras() -> None:
    kept, free = machine("kept", "venue=paris", "venue=rome"), machine("free")
    assert kept_venues([kept, free]) == {"paris", "rome"}
    assert (kept.takes("paris"), kept.takes(ANYWHERE)) == (True, False)
    assert (free.takes("paris"), free.takes(ANYWHERE)) == (False, True)


def test_a_venue_is_kept_for_its_machine_while_that_is_away() -> None:
    away = machine("kept", "venue=paris", alive=False)
    assert kept_venues([away, machine("free")]) == {"paris"}
    assert emptiest([away, machine("free")], {}, "paris") is None


def test_a_new_group_goes_to_the_machine_with_the_fewest() -> None:
    machines = [machine("a"), machine("b"), machine("dead", alive=False)]
    where = {(ANYWHERE, 1): place("a"), (ANYWHERE, 2): place("a"), (ANYWHERE, 3): place("b")}
    assert emptiest(machines, where, ANYWHERE) == machines[1]


@pytest.mark.parametrize(
    ("on_a", "on_b", "moves"),
    [
        pytest.param(1, 0, False, id="one group cannot be shared"),
        pytest.param(2, 1, False, id="as even as it can be"),
        pytest.param(2, 0, True, id="a machine came back"),
        pytest.param(3, 1, True, id="two more than the other"),
    ],
)
def test_a_group_moves_only_when_that_evens_things_out(on_a: int, on_b: int, moves: bool) -> None:
    where = {(ANYWHERE, number): place("a") for number in range(on_a)}
    where |= {(ANYWHERE, 10 + number): place("b") for number in range(on_b)}
    moved = to_move([machine("a"), machine("b")], where)
    assert (moved is not None) is moves
    assert moved is None or where[moved] == place("a")


def test_no_group_moves_to_a_machine_that_may_not_take_it() -> None:
    where = {(ANYWHERE, number): place("a") for number in range(3)}
    assert to_move([machine("a"), machine("b", "venue=paris"), machine("c", alive=False)], where) is None


def test_groups_share_the_processor_of_their_machines() -> None:
    groups = [(ANYWHERE, number) for number in range(5)]
    assert sharers([machine("a"), machine("b")], groups, ANYWHERE) == 3
    assert sharers([machine("a", alive=False)], groups, ANYWHERE) == 5


def test_jobs_go_to_all_machines_until_one_with_a_gpu_is_there() -> None:
    plain, fast, gone = machine("a", jobs=2), machine("b", "gpu", jobs=3), machine("c", "gpu", alive=False)
    assert place_for_jobs([plain, gone]) == JOBS
    assert job_slots([plain, gone], JOBS) == 2
    assert place_for_jobs([plain, fast]) == GPU
    assert job_slots([plain, fast], GPU) == 3


@pytest.mark.parametrize("tag", ["site=paris", "venue=", "fast"])
def test_a_tag_that_means_nothing_is_refused(tag: str) -> None:
    with pytest.raises(ConfigError, match="no such tag"):
        offered([tag], jobs=1)
