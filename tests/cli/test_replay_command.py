"""`sightline replay` over footage that was analysed before: the same rules, other rules, half of it."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_shop import RULES, START, analyse, make_video, who_is_there

from sightline.cli.main import exit_code_of
from sightline.domain.detection import Detections
from sightline.domain.scope import Scope
from sightline.pipeline.replaying import RuleSet, replay_rules
from sightline.store.database import open_database, sqlite_url
from sightline.store.recordings import forget_segments, segments_between
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker
from sightline.video.replay import read_footage
from sightline.vision.picture import Picture

Captured = pytest.CaptureFixture[str]
EVERYTHING = ("--from", "2026-03-02T10:00:00", "--to", "2026-03-02T10:01:20")
LOST_AFTER = open_tracker().memory
DRAWN = """
data_dir: {data_dir}
detector: {{name: builtin}}
venues:
  - id: shop
    timezone: Europe/Paris
    cameras:
      - id: till
        source: shop.mp4
        staff: {{line: [[0.3, 0], [0.3, 1]], side: right}}
        {change}
"""
LINE = "zones: [{name: line, kind: queue, points: [[0.7, 0.5], [1, 0.5], [1, 1], [0.7, 1]]}]\n        "


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 80 s of footage, analysed by the product's own rules: one event of each kind."""
    folder = tmp_path_factory.mktemp("shop")
    make_video(folder / "shop.mp4")
    result = analyse(folder, rules=replace(RULES, lost_after=LOST_AFTER))
    assert sorted(row.event.kind.value for row in result.rows) == ["interaction", "queue", "unattended"]
    return folder / "data"


@pytest.fixture
def data_dir(analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which the detector sees what was there at the time of each picture."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sightline.wiring.detector_for", lambda *_, **__: scripted())
    return Path(shutil.copytree(analysed, tmp_path / "data"))


@pytest.fixture
def replayed(data_dir: Path, capsys: Captured) -> Callable[..., dict[str, Any]]:
    """Replays with one setting of the camera changed; the document."""

    def run(change: str = "", *, span: tuple[str, ...] = EVERYTHING, zones: bool = True) -> dict[str, Any]:
        assert replay(data_dir, (LINE if zones else "") + change, *span, "--json") == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return run


Replay = Callable[..., dict[str, Any]]


def scripted() -> ScriptedDetector:
    detector = ScriptedDetector(who_is_there)
    detector._began_at = START
    return detector


def replay(data_dir: Path, change: str, *arguments: str) -> int:
    Path("changed.yaml").write_text(DRAWN.format(data_dir=data_dir, change=change))
    return exit_code_of(["replay", "till", "--config", "changed.yaml", *arguments])


def changes(document: dict[str, Any]) -> dict[str, str]:
    return {one["kind"]: one["change"] for one in document["events"]}


def dump(data_dir: Path) -> tuple[str, ...]:
    connection = sqlite3.connect(data_dir / "sightline.db")
    try:
        return tuple(connection.iterdump())
    finally:
        connection.close()


def test_the_same_rules_change_nothing(replayed: Replay) -> None:
    document = replayed()
    assert changes(document) == dict.fromkeys(("unattended", "queue", "interaction"), "unchanged")
    assert document["summary"] == {
        "new": 0,
        "gone": 0,
        "changed": 0,
        "unchanged": 3,
        "unjudged": 0,
        "cut": 0,
    }
    assert [one["start_shift_s"] for one in document["events"]] == [0, 0, 0]
    assert [one["end_shift_s"] for one in document["events"]] == [0, 0, 0]
    assert document["footage_s"] == 80
    assert document["analysed_frames"] == 400
    assert document["from"] == "2026-03-02T09:00:00+00:00"


def test_nothing_is_written_whatever_is_found(replayed: Replay, data_dir: Path) -> None:
    before = dump(data_dir)
    files = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*") if path.suffix in (".mp4", ".pem")}
    assert files
    assert replayed("unattended: {threshold_s: 60}")["summary"]["gone"] == 1
    assert dump(data_dir) == before
    after = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*") if path.suffix in (".mp4", ".pem")}
    assert after == files


def test_a_stricter_rule_shows_what_would_be_gone(replayed: Replay) -> None:
    document = replayed("unattended: {threshold_s: 60}")
    assert changes(document) == {"unattended": "gone", "queue": "unchanged", "interaction": "unchanged"}
    (gone,) = [one for one in document["events"] if one["change"] == "gone"]
    assert gone["after"] is None
    assert gone["event_id"]
    assert gone["before"]["duration_s"] == pytest.approx(52, abs=3)


def test_a_looser_rule_shows_what_would_be_new(replayed: Replay) -> None:
    """Whoever stands in line is not unattended; without a line they wait 20 s alone."""
    document = replayed("unattended: {threshold_s: 10}\n        queue: {min_duration_s: 60}")
    assert changes(document)["queue"] == "gone"
    assert document["summary"]["new"] == 0
    elsewhere = "zones: [{name: far, kind: area, points: [[0, 0], [0.1, 0], [0.1, 0.1]]}]"
    document = replayed(f"{elsewhere}\n        unattended: {{threshold_s: 10}}", zones=False)
    (new,) = [one for one in document["events"] if one["change"] == "new"]
    assert new["kind"] == "unattended"
    assert new["before"] is None
    assert new["event_id"] is None
    assert new["after"]["duration_s"] == pytest.approx(20, abs=3)


def test_a_nearer_distance_moves_the_start_of_a_service_and_says_by_how_much(replayed: Replay) -> None:
    document = replayed("interaction: {distance: 0.95}")
    (moved,) = [one for one in document["events"] if one["kind"] == "interaction"]
    assert moved["change"] == "changed"
    # The customer comes nearer by 25 pixels a second and is 90 tall: 1.2 - 0.95 body heights take 0.9 s.
    assert moved["start_shift_s"] == pytest.approx(0.9, abs=0.21)
    before, after = moved["before"]["duration_s"], moved["after"]["duration_s"]
    assert after - before == pytest.approx(moved["end_shift_s"] - moved["start_shift_s"], abs=0.002)
    assert document["summary"]["changed"] >= 1


def test_events_at_the_borders_of_the_stretch_are_seen_whole_where_footage_is(replayed: Replay) -> None:
    document = replayed(span=("--from", "2026-03-02T10:00:20", "--to", "2026-03-02T10:01:00"))
    assert document["summary"]["unchanged"] == 3
    assert document["summary"]["cut"] == 0
    assert document["footage_s"] == 40


def test_an_event_that_began_before_the_footage_is_judged_by_its_end_only(
    replayed: Replay, data_dir: Path
) -> None:
    forget(data_dir, START, START + timedelta(seconds=29))
    document = replayed("unattended: {threshold_s: 10}")
    (waited,) = [one for one in document["events"] if one["kind"] == "unattended"]
    assert (waited["change"], waited["cut_start"], waited["cut_end"]) == ("unchanged", True, False)
    assert waited["start_shift_s"] is None
    assert waited["end_shift_s"] == 0


def test_events_that_go_on_beyond_the_footage_are_marked_and_not_called_changed_or_gone(
    replayed: Replay, data_dir: Path
) -> None:
    forget(data_dir, START + timedelta(seconds=61), START + timedelta(seconds=90))
    document = replayed()
    found = {one["kind"]: (one["change"], one["cut_start"], one["cut_end"]) for one in document["events"]}
    assert found["interaction"] == ("unchanged", False, True)
    assert found["queue"] == ("unjudged", False, True)
    assert found["unattended"][0] == "unchanged"
    assert document["summary"]["cut"] == 2


def forget(data_dir: Path, start: datetime, end: datetime) -> None:
    """One recorded file is gone, as after retention."""
    with (
        open_database(sqlite_url(data_dir / "sightline.db")) as database,
        database.transaction() as connection,
    ):
        gone = segments_between(Scope.site(), connection, "shop", "till", start, end)
        assert forget_segments(Scope.site(), connection, "shop", "till", [one.path for one in gone]) == 1


def test_only_events_of_the_stretch_count(replayed: Replay) -> None:
    document = replayed(span=("--from", "2026-03-02T10:01:13", "--to", "2026-03-02T10:01:20"))
    assert document["events"] == []


def test_an_offset_in_the_time_wins_over_the_zone_of_the_venue(replayed: Replay) -> None:
    document = replayed(span=("--from", "2026-03-02T09:00:00Z", "--to", "2026-03-02T09:01:20+00:00"))
    assert document["summary"]["unchanged"] == 3


def test_an_event_whose_footage_is_gone_is_not_called_gone(replayed: Replay, data_dir: Path) -> None:
    forget(data_dir, START, START + timedelta(seconds=29))
    document = replayed("unattended: {threshold_s: 60}")
    assert changes(document)["unattended"] == "unjudged"
    assert changes(document)["interaction"] == "unchanged"
    assert any("50.0 s of these 1:20 are recorded" in warning for warning in document["warnings"])


def test_a_person_reads_a_table_and_what_it_comes_to(data_dir: Path, capsys: Captured) -> None:
    assert replay(data_dir, LINE + "unattended: {threshold_s: 60}", *EVERYTHING) == 0
    said = capsys.readouterr()
    (line,) = [line for line in said.out.splitlines() if "unattended" in line]
    assert "gone" in line
    assert "10:00:00" in line
    told = " ".join(said.err.split())
    assert "events: 0 new, 1 gone, 0 changed, 2 unchanged" in told
    assert "nothing was stored" in told


BAD = [
    (
        ("--from", "2026-03-01T00:00", "--to", "2026-03-01T01:00"),
        1,
        "2026-03-02T10:00:00 to 2026-03-02T10:01:20",
    ),
    (("--from", "2026-03-02T11:00", "--to", "2026-03-02T10:00"), 2, "is not before"),
    (("--from", "yesterday", "--to", "2026-03-02T10:00"), 2, "--from 'yesterday' is not a time"),
    ((*EVERYTHING, "--venue", "shpo"), 2, "did you mean 'shop'?"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), BAD, ids=[one[2] for one in BAD])
def test_bad_input_is_one_clear_line(
    data_dir: Path, capsys: Captured, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert replay(data_dir, "", *arguments) == code
    err = " ".join(capsys.readouterr().err.split())
    assert said in err
    assert "Traceback" not in err


def test_an_unknown_camera_names_the_nearest(data_dir: Path, capsys: Captured) -> None:
    Path("changed.yaml").write_text(DRAWN.format(data_dir=data_dir, change=""))
    assert exit_code_of(["replay", "tll", "--config", "changed.yaml", *EVERYTHING]) == 2
    assert "did you mean 'till'?" in " ".join(capsys.readouterr().err.split())


def test_footage_is_that_of_the_site_in_this_folder_when_the_rules_name_none(
    data_dir: Path, capsys: Captured
) -> None:
    Path("sightline.yaml").write_text(f"data_dir: {data_dir}\n")
    rules = DRAWN.format(data_dir="", change=LINE).replace("data_dir: \n", "")
    Path("rules.yaml").write_text(rules)
    assert exit_code_of(["replay", "till", "--config", "rules.yaml", *EVERYTHING, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["unchanged"] == 3


class CountingDetector(ScriptedDetector):
    calls = 0

    def detect(self, picture: Picture) -> Detections:
        self.calls += 1
        return super().detect(picture)


def test_several_sets_of_rules_share_one_look_at_the_pictures(data_dir: Path) -> None:
    stricter = replace(RULES, unattended=replace(RULES.unattended, threshold=timedelta(seconds=60)))
    sets = [RuleSet(replace(one, lost_after=LOST_AFTER), open_tracker) for one in (RULES, stricter)]
    detector = CountingDetector(who_is_there)
    together = replay_rules(footage(data_dir), sets, detector=detector, on_frame=lambda _: None)
    alone = [
        replay_rules(footage(data_dir), [one], detector=scripted(), on_frame=lambda _: None)[0]
        for one in sets
    ]
    assert detector.calls == 400
    assert [one.events for one in together] == [one.events for one in alone]
    assert [len(one.events) for one in together] == [3, 2]


def footage(data_dir: Path) -> Any:
    with (
        open_database(sqlite_url(data_dir / "sightline.db")) as database,
        database.reading() as connection,
    ):
        end = START + timedelta(minutes=2)
        segments = segments_between(Scope.site(), connection, "shop", "till", START, end)
    return read_footage(segments, data_dir / "recordings", analysis_fps=5)
