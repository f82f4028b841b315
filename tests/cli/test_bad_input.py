"""Bad input to `sightline analyze`: one clear line with the way out, and the right exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from footage_made import turn, write_video

from sightline.cli.main import exit_code_of

Captured = pytest.CaptureFixture[str]


def analyze(*arguments: object) -> int:
    return exit_code_of(["analyze", *map(str, arguments), "--detector", "builtin"])


def the_error(captured: Captured) -> str:
    """What was said, folded onto one line; never a stack trace."""
    said = captured.readouterr().err
    assert "Traceback" not in said
    return " ".join(said.split())


@pytest.fixture(autouse=True)
def in_a_fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_missing_file_is_named(capsys: Captured) -> None:
    assert analyze("nowhere.mp4") == 1
    assert "nowhere.mp4: no such file" in the_error(capsys)


def test_a_text_file_called_mp4_is_not_a_video(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "notes.mp4").write_text("milk, bread, eggs\n" * 50)
    assert analyze("notes.mp4") == 1
    assert "notes.mp4: is not a video" in the_error(capsys)


def test_an_empty_file_is_named(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty.mp4").touch()
    assert analyze("empty.mp4") == 1
    assert "empty.mp4: is empty" in the_error(capsys)


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "footage").mkdir()
    assert analyze("footage") == 1
    assert "no video in this folder" in the_error(capsys)


def test_sound_alone_is_refused(tmp_path: Path, capsys: Captured) -> None:
    import av
    from footage_made import silence

    with av.open(str(tmp_path / "song.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        for _ in range(20):
            container.mux(stream.encode(silence()))
        container.mux(stream.encode(None))
    assert analyze("song.mp4") == 1
    assert "has sound but no picture" in the_error(capsys)


def test_a_recording_cut_off_in_the_middle_is_analysed_up_to_the_cut(
    tmp_path: Path, capsys: Captured
) -> None:
    whole = tmp_path / "whole.mkv"
    write_video(whole, frames=200)
    content = whole.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) * 6 // 10])
    assert analyze("cut.mkv", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert 40 < document["frames"] < 190
    assert any("cut off after" in warning for warning in document["warnings"])


@pytest.mark.parametrize(
    ("name", "made"),
    [
        pytest.param("one.mp4", {"frames": 1}, id="a single picture"),
        pytest.param("portrait.mp4", {"size": (90, 160), "frames": 30}, id="portrait"),
        pytest.param("old.avi", {"codec": "mpeg4", "frames": 30}, id="a codec no browser plays"),
    ],
)
def test_unusual_but_whole_videos_are_analysed(
    tmp_path: Path, capsys: Captured, name: str, made: dict[str, object]
) -> None:
    write_video(tmp_path / name, **made)  # type: ignore[arg-type]
    assert analyze(name, "--out", "out", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["frames"] == made["frames"]
    assert document["analysed_frames"] >= 1
    assert document["events"] == []
    assert (tmp_path / "out" / "analytics_metrics.json").is_file()


def test_a_turned_video_is_seen_upright(tmp_path: Path, capsys: Captured) -> None:
    write_video(tmp_path / "phone.mp4", frames=30)
    turn(tmp_path / "phone.mp4", 90)
    assert analyze("phone.mp4", "--json") == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 30


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--detector", "yolo12n"], "yolo11n", id="detector, with the nearest right word"),
        pytest.param(["--tracker", "botsrt"], "botsort", id="tracker, with the nearest right word"),
        pytest.param(["--recorded-at", "yesterday"], "2026-03-02T09:30:00", id="time, with an example"),
    ],
)
def test_unknown_words_are_usage_errors(
    tmp_path: Path, capsys: Captured, arguments: list[str], expected: str
) -> None:
    write_video(tmp_path / "some.mp4", frames=5)
    assert exit_code_of(["analyze", "some.mp4", *arguments]) == 2
    assert expected in the_error(capsys)


def test_a_wrong_setting_is_named_with_its_line(tmp_path: Path, capsys: Captured) -> None:
    write_video(tmp_path / "some.mp4", frames=5)
    (tmp_path / "site.yaml").write_text(
        "venues:\n  - id: shop\n    cameras:\n      - id: till\n        source: some.mp4\n"
        "        zones: [{name: a, kind: qeue, points: [[0, 0], [1, 0], [1, 1]]}]\n        zonse: []\n"
    )
    assert analyze("some.mp4", "--config", "site.yaml") == 2
    said = the_error(capsys)
    assert "site.yaml:6" in said
    assert "queue" in said
    assert "site.yaml:7" in said
    assert "zones" in said


def test_an_unknown_camera_is_refused_with_those_there_are(tmp_path: Path, capsys: Captured) -> None:
    write_video(tmp_path / "some.mp4", frames=5)
    (tmp_path / "site.yaml").write_text(
        "venues: [{id: shop, cameras: [{id: till, source: a.mp4}, {id: door, source: b.mp4}]}]\n"
    )
    assert analyze("some.mp4", "--config", "site.yaml") == 2
    assert "till, door" in the_error(capsys)
    assert analyze("some.mp4", "--config", "site.yaml", "--camera", "dor") == 2
    assert "door" in the_error(capsys)


def test_files_that_would_overwrite_each_other_are_refused_before_any_work(
    tmp_path: Path, capsys: Captured
) -> None:
    for name in ("a_20260302_090000.mp4", "b_20260302_090000.mp4"):
        write_video(tmp_path / name, frames=50)
    assert analyze("a_20260302_090000.mp4", "b_20260302_090000.mp4", "--camera", "till") == 2
    assert "would both be camera 'till'" in the_error(capsys)
    assert not (tmp_path / "sightline-data" / "recordings").exists()


def test_a_folder_of_one_camera_is_analysed_in_order_of_time(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "till"
    folder.mkdir()
    for name in ("z_20260302_090000.mp4", "a_20260302_091000.mp4"):
        write_video(folder / name, frames=50)
    assert analyze(folder, "--json") == 0
    documents = json.loads(capsys.readouterr().out)
    assert [Path(document["source"]).name for document in documents] == [
        "z_20260302_090000.mp4",
        "a_20260302_091000.mp4",
    ]
    assert {document["camera_id"] for document in documents} == {"till"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a small disk")
def test_a_full_disk_stops_cleanly_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        write_video(tmp_path / "big.avi", codec="mjpeg", frames=300, size=(640, 480))
        assert (tmp_path / "big.avi").stat().st_size > 1 << 20
        done = subprocess.run(
            [sys.executable, "-m", "sightline", "analyze", "big.avi", "--detector", "builtin",
             "--data-dir", str(disk / "data"), "--out", str(disk / "out")],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "no space left" in done.stderr
        assert "Traceback" not in done.stderr
        left = [path.name for path in disk.rglob("*") if path.suffix in (".part", ".mp4", ".avi", ".csv")]
        assert left == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
