"""A recording analysed in pieces: the results of one pass, whatever dies on the way; nothing is left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import small_shop
from footage_made import payloads
from small_shop import START, analysis, make_video, recording

from sightline.errors import ConfigError, DiskFull, SourceRejected
from sightline.pipeline.piece_detecting import detect_piece
from sightline.pipeline.piece_processes import LocalPieces
from sightline.pipeline.pieces import DetectorChoice, OnProgress, PieceDied, PieceWork
from sightline.pipeline.piecewise import Pieces, remove_abandoned
from sightline.pipeline.results import AnalysisResult
from sightline.testing.detectors import ScriptedDetector
from sightline.video.disk import PART_SUFFIX
from sightline.video.stretch import WHOLE
from sightline.vision.picture import Detector

HERE = Path(__file__).parent
SCRIPTED = DetectorChoice(name="scripted", model=None)
CUTS_S = (20, 40, 60)
"""With four pieces. The wait is from 0 to 50, the service from 54 to 70, the queue from 52 to 72."""


class Scripted:
    """See `PieceRunner`: in this process, the last piece first."""

    def __init__(self, *, facts: str = "scripted", killed_after: int | None = None) -> None:
        self.asked: list[int] = []
        self._facts = facts
        self._killed_after = killed_after

    def run(self, works: Sequence[PieceWork], on_progress: OnProgress) -> None:
        self.asked += [work.number for work in works]
        for done, work in enumerate(reversed(works)):
            if done == self._killed_after:
                os.kill(os.getpid(), signal.SIGKILL)
            detect_piece(
                work.document(),
                on_progress=lambda seconds, number=work.number: on_progress(number, seconds),  # type: ignore[misc]
                open_detector=self._open,
            )

    def _open(self, _choice: DetectorChoice, _threads: int) -> Detector:
        detector = ScriptedDetector(small_shop.who_is_there, START)
        detector.name = self._facts
        return detector


class Learning(ScriptedDetector):
    """Says that it needs every picture."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.needs_every_picture = True


class Failing:
    """See `PieceRunner`: the first piece is done, then it raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def run(self, works: Sequence[PieceWork], on_progress: OnProgress) -> None:
        Scripted().run(works[:1], on_progress)
        raise self._error


def child(*words: object) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "piece_child_scripted.py"), *map(str, words))


@pytest.fixture(autouse=True)
def children_find_the_small_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(HERE), str(HERE.parent / "video"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("shop") / "shop.mp4")


def in_pieces(
    folder: Path,
    shop: Path,
    runner: Any,
    *,
    at_most: int = 4,
    fps: float = 5,
    heard: list[float] | None = None,
) -> AnalysisResult:
    made = analysis(folder)
    pieces = Pieces(
        at_most=at_most,
        least_s=15,
        folder=folder / "data" / "pieces" / "till",
        runner=runner,
        detector=SCRIPTED,
    )
    means = replace(made.means, pieces=pieces, analysis_fps=fps)
    return replace(made, means=means).run(
        recording(shop),
        on_frame=lambda _: None,
        on_detected=heard.append if heard is not None else lambda _: None,
    )


def facts_of(result: AnalysisResult) -> list[dict[str, Any]]:
    """Everything of the events that is not new with every run."""
    kept = ("event_id", "video_evidence")
    return [
        {key: value for key, value in one.items() if key not in kept} for one in result.document()["events"]
    ]


def nothing_is_left(folder: Path) -> bool:
    return not (folder / "data" / "pieces").exists() and not list(folder.rglob(f"*{PART_SUFFIX}"))


def test_pieces_give_the_results_of_one_pass(tmp_path: Path, shop: Path) -> None:
    whole = analysis(tmp_path / "whole").run(recording(shop), on_frame=lambda _: None)
    heard: list[float] = []
    runner = Scripted()
    cut = in_pieces(tmp_path / "cut", shop, runner, heard=heard)
    assert runner.asked == [0, 1, 2, 3]
    assert {event["kind"] for event in facts_of(cut)} == {"unattended", "interaction", "queue"}
    assert facts_of(cut) == facts_of(whole)
    tracks = [
        (folder / "out" / "tracks.csv").read_bytes() for folder in (tmp_path / "whole", tmp_path / "cut")
    ]
    assert tracks[0] == tracks[1] != b""
    documents = [result.document() for result in (whole, cut)]
    for key in ("frames", "analysed_frames", "duration_s", "visitors", "warnings"):
        assert documents[0][key] == documents[1][key], key
    assert all(row.verified for row in cut.rows)
    recorded = [sorted((tmp_path / name / "data" / "recordings").rglob("*.mp4")) for name in ("whole", "cut")]
    assert [one.name for one in recorded[0]] == [one.name for one in recorded[1]] != []
    assert [payloads(one) for one in recorded[0]] == [payloads(one) for one in recorded[1]]
    assert heard == sorted(heard)
    assert 75 < heard[-1] <= small_shop.SECONDS
    assert nothing_is_left(tmp_path / "cut")


def test_running_again_in_pieces_keeps_the_events_and_their_clips(tmp_path: Path, shop: Path) -> None:
    first = analysis(tmp_path).run(recording(shop), on_frame=lambda _: None)
    again = in_pieces(tmp_path, shop, Scripted())
    assert [row.event.id for row in again.rows] == [row.event.id for row in first.rows] != []
    assert [row.clip for row in again.rows] == [row.clip for row in first.rows]


def test_a_seam_in_an_interaction_is_no_end_of_it(tmp_path: Path, shop: Path) -> None:
    result = in_pieces(tmp_path, shop, Scripted())
    for event in result.rows:
        begins, ends = event.event.started_at - START, event.event.ended_at - START
        assert any(begins < timedelta(seconds=cut) < ends for cut in CUTS_S), event.event.kind


def test_with_a_detector_that_learns_the_scene_a_video_stays_whole(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Scripted()
    monkeypatch.setattr(small_shop, "ScriptedDetector", Learning)
    result = in_pieces(tmp_path, shop, runner)
    assert (runner.asked, len(facts_of(result))) == ([], 3)
    assert nothing_is_left(tmp_path)


def test_pieces_are_detected_by_processes_of_their_own(tmp_path: Path, shop: Path) -> None:
    whole = analysis(tmp_path / "whole").run(recording(shop), on_frame=lambda _: None)
    cut = in_pieces(tmp_path / "cut", shop, LocalPieces(2, command=child()), at_most=2)
    assert facts_of(cut) == facts_of(whole)
    assert nothing_is_left(tmp_path / "cut")


def test_a_piece_that_dies_is_detected_again(tmp_path: Path, shop: Path) -> None:
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    cut = in_pieces(tmp_path / "cut", shop, LocalPieces(1, command=child("die", deaths, 2)), at_most=2)
    assert len(list(deaths.iterdir())) == 2
    assert len(facts_of(cut)) == 3


def test_a_piece_that_dies_a_third_time_is_the_end_and_leaves_nothing(tmp_path: Path, shop: Path) -> None:
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    sentence = (
        r"^shop\.mp4: piece 1 of the video could not be detected; its process died 3 times, last: it was"
    )
    with pytest.raises(PieceDied, match=sentence + r" ended by signal 11$"):
        in_pieces(tmp_path / "cut", shop, LocalPieces(1, command=child("die", deaths, 99)))
    assert len(list(deaths.iterdir())) == 3
    assert nothing_is_left(tmp_path / "cut")


def test_a_piece_that_hangs_counts_as_dead(tmp_path: Path, shop: Path) -> None:
    with pytest.raises(PieceDied, match="last: it said nothing for too long"):
        in_pieces(tmp_path, shop, LocalPieces(1, command=child("hang"), silent_s=0.2))
    assert nothing_is_left(tmp_path)


def test_what_a_piece_refuses_is_said_in_its_own_words(tmp_path: Path, shop: Path) -> None:
    with pytest.raises(SourceRejected, match=r"^shop\.mp4: cannot be read$"):
        in_pieces(tmp_path, shop, LocalPieces(1, command=child("refuse")))
    assert nothing_is_left(tmp_path)


def test_when_one_piece_fails_the_others_are_ended(tmp_path: Path, shop: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    with pytest.raises(SourceRejected):
        in_pieces(tmp_path / "cut", shop, LocalPieces(2, command=child("second refuses", seen)), at_most=2)
    ids = [int(mark.name) for mark in seen.iterdir()]
    assert len(ids) == 2
    assert not [one for one in ids if Path(f"/proc/{one}").exists()]


@pytest.mark.parametrize("error", [DiskFull("no space"), KeyboardInterrupt()], ids=["disk", "Ctrl-C"])
def test_no_piece_is_left_however_a_run_ends(tmp_path: Path, shop: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        in_pieces(tmp_path, shop, Failing(error))  # type: ignore[arg-type]
    assert nothing_is_left(tmp_path)


def kill_after_two_pieces(folder: Path, shop: Path) -> None:
    words = [sys.executable, __file__, str(folder), str(shop)]
    status = subprocess.run(words, check=False).returncode
    assert status == -signal.SIGKILL


def test_after_a_kill_only_the_missing_pieces_are_detected(tmp_path: Path, shop: Path) -> None:
    kill_after_two_pieces(tmp_path, shop)
    assert len(list((tmp_path / "data" / "pieces").rglob("piece-*.npz"))) == 2
    runner = Scripted()
    heard: list[float] = []
    result = in_pieces(tmp_path, shop, runner, heard=heard)
    assert runner.asked == [0, 1]
    assert heard[0] > 35
    whole = analysis(tmp_path / "whole").run(recording(shop), on_frame=lambda _: None)
    assert facts_of(result) == facts_of(whole)
    assert nothing_is_left(tmp_path)


def test_pieces_of_other_settings_are_not_used_and_go(tmp_path: Path, shop: Path) -> None:
    kill_after_two_pieces(tmp_path, shop)
    runner = Scripted()
    in_pieces(tmp_path, shop, runner, fps=4)
    assert runner.asked == [0, 1, 2, 3]
    assert nothing_is_left(tmp_path)


def test_half_a_finding_is_detected_again(tmp_path: Path, shop: Path) -> None:
    kill_after_two_pieces(tmp_path, shop)
    damaged = next((tmp_path / "data" / "pieces").rglob("piece-003.npz"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    runner = Scripted()
    in_pieces(tmp_path, shop, runner)
    assert runner.asked == [0, 1, 3]


def test_what_was_killed_and_never_run_again_goes_after_days(tmp_path: Path, shop: Path) -> None:
    kill_after_two_pieces(tmp_path, shop)
    now = datetime.now(UTC)
    remove_abandoned(tmp_path / "data" / "pieces", now + timedelta(days=1))
    assert not nothing_is_left(tmp_path)
    remove_abandoned(tmp_path / "data" / "pieces", now + timedelta(days=3))
    assert not (tmp_path / "data" / "pieces").exists()


def test_another_detector_than_this_machines_is_refused(tmp_path: Path, shop: Path) -> None:
    with pytest.raises(
        ConfigError, match=r'piece 1 of shop\.mp4 was detected with {"name": "other"} and not'
    ):
        in_pieces(tmp_path, shop, Scripted(facts="other"))


def test_the_process_of_a_piece_ends_with_who_started_it(tmp_path: Path, shop: Path) -> None:
    process = subprocess.Popen(child("hang"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    work = PieceWork(
        number=0,
        file=shop,
        target=tmp_path / "found.npz",
        recorded_at=START,
        analysis_fps=5,
        stretch=WHOLE,
        detector=SCRIPTED,
    )
    process.stdin.write(json.dumps(work.document()).encode() + b"\n")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.stdin.close()
    assert process.wait(60) == 1


if __name__ == "__main__":
    in_pieces(Path(sys.argv[1]), Path(sys.argv[2]), Scripted(killed_after=2))
