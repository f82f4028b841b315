"""Power fails at any step between an event and its clip at the receiver: invariants 2 to 5 hold."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from evidence_site import EVENTS
from outbox_site import OutboxSite

SCRIPT = Path(__file__).with_name("delivered_killed.py")
DELIVERIES = [("/incident", False), ("/upload", True)]


@pytest.mark.slow
def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(site_with: object, tmp_path: Path) -> None:
    site: OutboxSite = site_with()  # type: ignore[operator]
    site.conclude(EVENTS[0])
    site.close()
    output = subprocess.run(
        [sys.executable, str(SCRIPT), str(site.data_dir), str(tmp_path / "work")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stories = [json.loads(line) for line in output.splitlines()]
    killed = Counter(one["killed_at"] for one in stories)
    assert killed[None] == 1, "the last one ran through"
    assert killed["before commit"] >= 8
    assert killed["before post_file"] == killed["after post_file"] == 1
    assert killed["before post_json"] == killed["after post_json"] == 1
    for one in stories:
        where = f"step {one['step']}, killed {one['killed_at']}"
        assert one["status"] == 0, where
        _check_invariants(one["at_once"], where)
        end = one["in_the_end"]
        assert end["problems"] == [], where
        assert end["evidence"] == [["sealed", True]], f"{where}: delivered, so that it could go from here"
        assert end["clips"] == [], where
        assert {state for _, state, _ in end["items"]} == {"sent"}, where
        assert Counter(end["actions"])["sealed"] == Counter(end["actions"])["moved"] == 1, where
        # Exactly once by path and key, with the bytes that were sealed.
        arrived = sorted((path, bool(sha256)) for path, _, sha256 in one["arrived"])
        assert arrived == DELIVERIES, where
        assert [sha256 for _, _, sha256 in one["arrived"] if sha256] == end["sha256"], where
        assert len({key for _, key, _ in one["arrived"]}) == 1, where


def _check_invariants(at_once: dict[str, object], where: str) -> None:
    """What a power cut may leave."""
    if not at_once:
        return
    assert at_once["problems"] == [], f"{where}: unfinished work is not tampering"
    ((state, moved),) = at_once["evidence"]  # type: ignore[misc, attr-defined]
    items = at_once["items"]
    assert bool(items) == (state == "sealed"), f"{where}: what is to leave is stored with the seal"
    uploaded = at_once["proof"] == ["sha256"]
    if moved:
        assert uploaded, f"{where}: gone from here before the copy was compared"
    if state == "sealed" and not moved:
        assert at_once["clips"] == at_once["named"], f"{where}: a sealed clip is here until it has moved"
