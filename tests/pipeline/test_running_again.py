"""A recording all the way, analysed twice, killed half way, analysed with other rules."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import small_shop
from small_shop import RULES, START, analyse, make_video

from sightline.evidence.keys import read_public_key
from sightline.evidence.verification import verify_folder
from sightline.pipeline.results import AnalysisResult

KILLED_AT = ("picture 60", "picture 330", "picture 400", "clip 2")
"""The last pictures are followed by cutting and sealing clips, and by writing the results."""


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AnalysisResult]:
    """A folder whose recording was analysed once, and what that said. To be read or copied, not used."""
    folder = tmp_path_factory.mktemp("analysed")
    make_video(folder / "shop.mp4")
    return folder, analyse(folder)


@pytest.fixture
def shop(analysed: tuple[Path, AnalysisResult], tmp_path: Path) -> Path:
    """A copy of the analysed folder, to be analysed again."""
    shutil.copytree(analysed[0], tmp_path / "shop", symlinks=True)
    return tmp_path / "shop"


def events_of(folder: Path) -> list[tuple[Any, ...]]:
    summary = json.loads((folder / "out" / "summary.json").read_text())
    return [
        (one["event_id"], one["kind"], one["start"], one["end"], one["verified"]) for one in summary["events"]
    ]


def counts(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "data" / "sightline.db") as connection:
        tables = ("run", "track", "event", "evidence", "evidence_part", "recording_segment", "coverage")
        return {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in (folder / "data").rglob("*")
        if path.suffix in (".mp4", ".part")
    )


def test_each_kind_of_event_comes_out_with_its_times_and_a_verified_clip(
    analysed: tuple[Path, AnalysisResult],
) -> None:
    _, result = analysed
    told = [(row.event.kind.value, row.event.started_at, row.event.duration) for row in result.rows]
    assert [kind for kind, _, _ in told] == ["unattended", "queue", "interaction"]
    assert told[0][1] == START
    assert told[0][2].total_seconds() == pytest.approx(53, abs=1.5)  # until he comes near the counter
    assert told[1][2].total_seconds() == pytest.approx(20, abs=1)
    assert told[2][2].total_seconds() == pytest.approx(17, abs=1.5)
    assert all(row.verified for row in result.rows)
    assert result.problems == ()


def test_a_long_event_becomes_consecutive_parts_that_the_first_one_leads(
    analysed: tuple[Path, AnalysisResult],
) -> None:
    folder, result = analysed
    unattended = result.rows[0]
    names = sorted(path.name for path in (folder / "out" / "segments").glob("*"))
    assert unattended.video_evidence["segment_filename"].endswith("_unattended.mp4")
    assert sum(name.endswith("_time_based.mp4") for name in names) == 1
    assert unattended.clip_length is not None
    assert unattended.clip_length >= timedelta(seconds=58)


def test_the_same_command_twice_keeps_ids_and_doubles_nothing(
    analysed: tuple[Path, AnalysisResult], shop: Path
) -> None:
    before = (events_of(shop), counts(shop), files(shop))
    written = (shop / "out" / "analytics_metrics.json").read_text()
    metrics = json.loads(written.replace(str(analysed[0]), str(shop)))

    analyse(shop)

    assert (events_of(shop), counts(shop), files(shop)) == before
    again = json.loads((shop / "out" / "analytics_metrics.json").read_text())
    metrics["metadata"].pop("last_updated")
    again["metadata"].pop("last_updated")
    assert again == metrics


def test_other_rules_supersede_what_they_no_longer_see(shop: Path) -> None:
    ids = {kind: event_id for event_id, kind, *_ in events_of(shop)}

    no_queue = replace(RULES, zones=())
    analyse(shop, rules=no_queue)

    left = {kind: event_id for event_id, kind, *_ in events_of(shop)}
    assert "queue" not in left
    assert left["interaction"] == ids["interaction"]
    with sqlite3.connect(shop / "data" / "sightline.db") as connection:
        state = connection.execute("select state from event where id = ?", [ids["queue"]]).fetchone()[0]
    assert state == "superseded"
    assert verify_folder(shop / "out").clean


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again_nothing_is_lost_or_doubled(
    analysed: tuple[Path, AnalysisResult], tmp_path: Path
) -> None:
    untouched, shop = analysed[0], tmp_path
    shutil.copy(untouched / "shop.mp4", shop / "shop.mp4")
    killed = [_killed_at(shop, moment) for moment in KILLED_AT]
    assert killed.count(True) >= 2, "a busy machine may be too late for the last ones, not for all"
    subprocess.run(_command(shop), check=True, stdout=subprocess.DEVNULL)

    assert events_of(shop) == events_of(untouched)
    assert counts(shop) == counts(untouched)
    assert files(shop) == files(untouched)
    report = verify_folder(
        shop / "out", pinned_key=read_public_key(shop / "data" / "keys" / "ed25519.pub.pem")
    )
    assert report.findings == ()


def _killed_at(folder: Path, moment: str) -> bool:
    """Run, and kill at about that many pictures or sealed clips; False if it was done before."""
    kind, number = moment.split()
    with subprocess.Popen(_command(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(islice((line for line in process.stdout if line == f"{kind}\n"), int(number) - 1, None))
        process.kill()
    return process.returncode == -signal.SIGKILL


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-c", _PROGRAM, str(folder)]


_PROGRAM = f"""
import sys
sys.path[:0] = [{str(Path(small_shop.__file__).parent)!r},
                {str(Path(small_shop.__file__).parents[1] / "video")!r}]
from pathlib import Path
import small_shop
folder = Path(sys.argv[1])
small_shop.analysis(folder).run(
    small_shop.recording(folder / "shop.mp4"),
    on_frame=lambda _: print("picture", flush=True),
    on_sealed=lambda *_: print("clip", flush=True),
)
"""
