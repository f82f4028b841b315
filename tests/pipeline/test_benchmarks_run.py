"""The measuring scripts run, judge rightly, and notice what they are there to notice. No figure is judged."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import small_shop
from footage_made import write_video

from sightline.domain.detection import Detections
from sightline.testing.receiver_faults import PASSING
from sightline.wiring import open_site

if TYPE_CHECKING:
    from delivery_story import Story

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def scripts_import_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("tiny") / "tiny.mp4", frames=240, fps=20, gop=40)


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("shorter") / "shorter.mp4", frames=30, fps=20, gop=40)


def run(script: str, *words: object) -> dict[str, Any]:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_average_precision_of_a_case_worked_out_by_hand() -> None:
    from average_precision import Tally

    first, second, third = (0, 0, 10, 20), (50, 0, 60, 20), (5, 5, 25, 45)
    tiny_far_person = (80, 0, 84, 7)
    tally = Tally()
    tally.add(
        Detections(boxes(tiny_far_person, (1, 0, 11, 20), first), np.array([0.95, 0.8, 0.9], np.float32)),
        boxes(first, second),
        boxes(tiny_far_person),
    )
    tally.add(Detections(boxes(third), np.array([0.7], np.float32)), boxes(third), boxes())

    # By score: right (0.9), wrong because taken (0.8), right (0.7); what lies on `ignore` does not count.
    assert tally.scores == pytest.approx([0.9, 0.8, 0.7])
    assert tally.right == [True, False, True]
    assert tally.precision == pytest.approx(2 / 3)
    assert tally.recall == pytest.approx(2 / 3)
    assert tally.average_precision() == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_precision_at_a_recall_is_the_best_that_can_be_had_there_or_beyond() -> None:
    from average_precision import Tally

    tally = Tally(scores=[0.9, 0.8, 0.7], right=[False, True, True], people=2)
    assert tally.average_precision() == pytest.approx(1 / 2 * 2 / 3 + 1 / 2 * 2 / 3)


def test_nobody_to_find_gives_no_figure_rather_than_zero() -> None:
    from average_precision import Tally

    tally = Tally()
    tally.add(Detections.none(), boxes(), boxes())
    assert (tally.average_precision(), tally.recall, tally.precision) == (None, None, None)


def test_what_cannot_be_computed_here_is_listed_with_the_reason(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.jpg"), np.full((60, 80, 3), 90, np.uint8))
    (tmp_path / "labels.jsonl").write_text('{"image": "images/one.jpg", "boxes": [[1, 1, 9, 30]]}\n')
    told = run(
        "detector_accuracy.py", "--labels", tmp_path / "labels.jsonl", "--images", tmp_path,
        "--variants", "builtin:auto:f32,no_such.onnx:onnxruntime:f32",
    )  # fmt: skip
    assert told["people"] == 1
    assert ["moves" in told["rows"][0]["not computable here"], "no_such" in str(told["rows"][1])] == [
        True
    ] * 2


def test_a_clip_is_sealed_beside_its_yardsticks(tiny: Path) -> None:
    told = run("clip.py", tiny, "--clip-s", 10, "--rounds", 1)
    assert {"sealed", "copy", "encoded"} <= set(told["milliseconds"])
    assert told["ratios"]["sealed/copy"] == pytest.approx(
        told["milliseconds"]["sealed"] / told["milliseconds"]["copy"], rel=0.01
    )


def test_a_looped_video_continues_its_times(tiny: Path, tmp_path: Path) -> None:
    import av

    from made_footage import loop_video

    looped = tmp_path / "looped.mp4"
    assert loop_video(tiny, looped, 30) == pytest.approx(30, abs=0.2)
    with av.open(str(looped)) as video:
        times = [frame.time for frame in video.decode(video=0)]
    assert len(times) == pytest.approx(600, abs=3)
    # The last few were cut off in decode order, which is not the order of display.
    assert np.diff(times[:-5]) == pytest.approx(1 / 20, abs=1e-3)


def test_memory_is_read_from_start_to_end(shorter: Path) -> None:
    told = run("long_run.py", shorter, "--minutes", 0.1, "--every-s", 0.05)
    assert told["footage_s"] == pytest.approx(6, abs=0.3)
    assert told["peak_mb"] >= max(told["by_tenth_mb"]) > 20


def test_a_difference_after_a_kill_would_be_seen(tmp_path: Path) -> None:
    from analysis_state import differences, state_of

    small_shop.make_video(tmp_path / "shop.mp4")
    small_shop.analyse(tmp_path)
    before = state_of(tmp_path)
    assert len(before["events"]) == 3
    assert differences(before, before) == []

    clip = next((tmp_path / "data" / "segments").rglob("*.mp4"))
    clip.chmod(0o644)
    clip.write_bytes(clip.read_bytes() + b"\0")
    (tmp_path / "data" / "recordings" / "shop" / "half.mp4.part").touch()
    told = " ".join(differences(before, state_of(tmp_path)))
    assert clip.name in told
    assert "unfinished: data/recordings/shop/half.mp4.part" in told


@pytest.mark.slow
def test_a_killed_run_says_where_it_was(shorter: Path, tmp_path: Path) -> None:
    from analyze_command import AnalyzeCommand

    command = AnalyzeCommand(shorter, None, "builtin")
    assert command.kill(tmp_path, 0.2, after_last_picture=False) == "before the last picture"
    assert command.kill(tmp_path, 0.0, after_last_picture=True) == "after the last picture"


@pytest.mark.slow
def test_the_untouched_run_is_the_yardstick_of_the_killed_ones(shorter: Path) -> None:
    told = run("kills.py", shorter, "--kills", 0, "--rounds", 0)
    assert 0 < told["seconds_to_last_picture"] < told["seconds_in_all"]
    assert told["same"]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of a shop of three events that were delivered, with a receiver that behaved."""
    sys.path.insert(0, str(BENCHMARKS))
    import delivery_faults

    folder = tmp_path_factory.mktemp("delivered")
    asked = SimpleNamespace(fault_rate=0.0, routes="all")
    with delivery_faults.far_ends(folder, asked, PASSING) as ends:  # type: ignore[arg-type]
        site = delivery_faults.made_site(folder, 3, ends)
        delivery_faults.work(site)
        site.database.close()
    return folder


def told_story_of(folder: Path) -> "Story":
    from delivery_story import told_story

    site = open_site(folder / "site.yaml", folder / "data", environ={})
    try:
        return told_story(site, dict.fromkeys(("upload", "incident", "footfall"), folder / "received"), 3)
    finally:
        site.database.close()


def test_the_story_of_a_good_delivery_is_whole(delivered: Path) -> None:
    story = told_story_of(delivered)
    assert story.broken == []
    assert story.figures["arrived"] == {"upload": 3, "incident": 3, "footfall": 3}
    assert story.figures["moved"] == 3
    assert [line.split()[1] for line in story.figures["the_hardest"]][0::4] == ["sealed", "moved"]


def a_file_of_the_receiver_changes(folder: Path) -> None:
    file = next((folder / "received" / "files").iterdir())
    file.write_bytes(file.read_bytes()[:-1])


def a_report_came_under_another_key(folder: Path) -> None:
    journal = folder / "received" / "journal.jsonl"
    text = journal.read_text()
    report = next(line for line in text.splitlines() if '"/incident"' in line)
    journal.write_text(text + report.replace(":final", ":again") + "\n")


def an_arrival_is_lost(folder: Path) -> None:
    journal = folder / "received" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"/footfall"' not in line))


def a_clip_that_moved_is_still_here(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "sightline.db")) as database:
        (name,) = database.execute("SELECT file_name FROM evidence_part").fetchone()
    (folder / "data" / "segments" / "corner_shop" / "till" / name).write_bytes(b"still here")


def the_ledger_forgets_an_upload(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "sightline.db")) as database:
        database.execute("DELETE FROM ledger_entry WHERE id = (SELECT min(id) FROM ledger_entry"
                         " WHERE action = 'uploaded')")  # fmt: skip
        database.commit()


DAMAGES = {
    a_file_of_the_receiver_changes: "on disk",
    a_report_came_under_another_key: "incident: 0 lost, 1 under keys of no event",
    an_arrival_is_lost: "footfall: 3 lost",
    a_clip_that_moved_is_still_here: "here True",
    the_ledger_forgets_an_upload: "['uploaded'] not once",
}


def test_the_story_tells_each_thing_that_is_not_as_it_must_be(delivered: Path, tmp_path: Path) -> None:
    shutil.copytree(delivered, tmp_path / "copy")
    for damage in DAMAGES:
        damage(tmp_path / "copy")
    told = " ".join(told_story_of(tmp_path / "copy").broken)
    assert [damage.__name__ for damage, words in DAMAGES.items() if words not in told] == []


def test_of_twenty_alerts_the_last_but_one_is_their_p95() -> None:
    from delivery_latency import figures

    told = figures([2.0] * 18 + [9.0, 4.0])
    assert told == {"count": 20, "p50_s": 2.0, "p95_s": 4.0, "max_s": 9.0}
    assert figures([]) == {"count": 0}
