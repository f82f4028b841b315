"""Files of jobs: names that can do no harm, and nothing left of what was killed."""

import os
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.jobs.job_folder import ABANDONED_AFTER, JobFolder, harmless_name
from sightline.video.recording_time import time_in_name

NAMES = {
    "a plain one": ("till_20260302_090000.mp4", "till_20260302_090000.mp4"),
    "with blanks and accents": ("Caisse n°1 (été).mp4", "Caisse n_1 (été).mp4"),
    "a path": ("../../etc/passwd", "passwd"),
    "a path of Windows": ("C:\\films\\a.avi", "a.avi"),
    "hidden": (".bashrc", "bashrc"),
    "dots only": ("..", "video"),
    "empty": ("", "video"),
    "control characters": ("a\r\nb\0.mp4", "a___b_.mp4".replace("___", "__")),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_the_name_of_a_file_is_kept_as_far_as_it_is_harmless(name: tuple[str, str]) -> None:
    assert harmless_name(name[0]) == name[1]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_no_name_leads_out_of_its_folder_or_is_too_long(name: str) -> None:
    harmless = harmless_name(name)
    assert "/" not in harmless
    assert "\0" not in harmless
    assert harmless not in ("", ".", "..")
    assert len(harmless.encode()) <= 150
    assert harmless[0] != "."


def test_the_time_in_a_name_survives() -> None:
    name = "VID 2025-10-25 at 11.30.52.mp4"
    assert time_in_name(harmless_name(name)) == time_in_name(name) == datetime(2025, 10, 25, 11, 30, 52)  # noqa: DTZ001


def test_a_file_that_has_arrived_is_kept_under_its_job(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "jobs")
    part = folder.part_for("p")
    part.write_bytes(b"film")
    name = folder.keep(part, "shop", "j1", "../x.mp4")
    assert folder.file(name).read_bytes() == b"film"
    assert folder.file(name) == tmp_path / "jobs" / "shop" / "j1" / "x.mp4"
    assert not part.exists()
    folder.remove("shop", "j1")
    folder.remove("shop", "j1")
    assert list((tmp_path / "jobs").rglob("*")) == [tmp_path / "jobs" / "shop"]


def test_what_a_kill_has_left_goes_and_what_is_still_needed_or_arriving_stays(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "jobs")
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    long_ago, lately = now - ABANDONED_AFTER - timedelta(seconds=1), now - timedelta(minutes=1)
    for name, touched in {
        "old.part": long_ago,
        "arriving.part": lately,
        "waits": long_ago,
        "forgotten": long_ago,
        "new": lately,
    }.items():
        path = folder.part_for(name).with_name(name)
        if path.suffix:
            path.touch()
        else:
            path = folder.path / "shop" / name
            path.mkdir(parents=True)
            (path / "film.mp4").touch()
        os.utime(path, (touched.timestamp(), touched.timestamp()))
    asked: list[str] = []

    def wanted(job_ids: Collection[str]) -> set[str]:
        asked.extend(job_ids)
        return {"waits"}

    assert folder.remove_orphans(wanted, now) == 2
    assert sorted(asked) == ["forgotten", "waits"]
    assert sorted(path.name for path in (tmp_path / "jobs").iterdir()) == ["arriving.part", "shop"]
    assert sorted(path.name for path in (tmp_path / "jobs" / "shop").iterdir()) == ["new", "waits"]


def test_a_folder_that_is_not_there_has_no_orphans(tmp_path: Path) -> None:
    assert JobFolder(tmp_path / "none").remove_orphans(set, datetime.now(UTC)) == 0
