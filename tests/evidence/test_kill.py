"""Power fails at any step: the next run finishes, and nothing is lost, double or orphaned."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from evidence_site import EVENTS, SmallSite, problems

SCRIPT = Path(__file__).with_name("killed_at_each_step.py")
PAPERS = ["contents.json", "evidence.jsonl", "ledger.jsonl", "ledger_head.json", "public_key.pem"]


@pytest.mark.slow
def test_a_kill_before_any_step_leaves_work_that_the_next_run_finishes(wanting: Path, tmp_path: Path) -> None:
    shutil.copytree(wanting, tmp_path / "two")
    site = SmallSite.open(tmp_path / "two")
    site.conclude(*EVENTS[:2], run_id="run-2")
    site.database.close()
    output = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "two"), str(tmp_path / "work")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stories = [json.loads(line) for line in output.splitlines()]

    killed = Counter(one["killed_before"] for one in stories)
    assert killed[None] == 1
    assert killed["commit"] >= 3
    assert killed["replace"] >= 9
    assert killed["chmod"] == 2
    assert killed["link"] == 2
    for one in stories:
        where = f"step {one['step']}, before {one['killed_before']}"
        end = one["in_the_end"]
        assert one["status"] == 0, where
        assert end["problems"] == end["folder_problems"] == [], where
        assert end["states"] == ["sealed", "sealed"], where
        assert list(end["sealed_entries"].values()) == [1, 1], where
        assert end["waiting"] == 0, where
        assert end["clips"] == end["named"], where
        assert end["folder_files"] == sorted([*PAPERS, *end["named"]]), where
        if one["at_once"]:
            assert one["at_once"]["problems"] == [], f"{where}: unfinished work is not tampering"


def test_two_processes_that_seal_at_once_take_turns(wanting: Path, tmp_path: Path) -> None:
    shutil.copytree(wanting, tmp_path / "data")
    subprocess.run([sys.executable, str(SCRIPT), "--at-once", str(tmp_path / "data")], check=True)

    site = SmallSite.open(tmp_path / "data")
    report = site.verify()
    assert problems(report) == []
    assert report.checked["clips"] == report.checked["ledger entries"] == 3
    assert len(list(site.clips.iterdir())) == 3
    site.database.close()
