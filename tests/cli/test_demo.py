"""`sightline demo`, the first thing a stranger runs: simulated shop in, proven events out."""

import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from sightline.cli.demo import somebody_looks
from sightline.cli.main import exit_code_of
from sightline.evidence.keys import open_signer


@pytest.mark.slow
def test_the_demo_needs_no_model_and_every_event_has_a_verified_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-models-here"))
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "demo"

    assert exit_code_of(["demo", "--out", str(out), "--minutes", "0.7"]) == 0

    document = json.loads((out / "results" / "summary.json").read_text())
    kinds = [event["kind"] for event in document["events"]]
    assert "interaction" in kinds
    for event in document["events"]:
        assert event["verified"]
        assert (out / "results" / "segments" / event["video_evidence"]["segment_filename"]).is_file()
    assert any("built-in" in warning for warning in document["warnings"])

    printed = capsys.readouterr().err
    offered = next(
        line for line in printed.splitlines() if line.startswith("check them anywhere: sightline ")
    )
    # Beside another site, whose key `verify` would pin if the line did not name ours
    open_signer(tmp_path / "sightline-data" / "keys")
    assert exit_code_of(shlex.split(offered.partition("sightline ")[2])) == 0
    metrics = json.loads((out / "results" / "analytics_metrics.json").read_text())
    assert metrics["metadata"]["version"] == "1.1"
    assert metrics["interaction_metrics"]["total_interactions"] == kinds.count("interaction")


@pytest.mark.slow
def test_on_a_terminal_the_demo_goes_on_to_serve_its_dashboards_until_ctrl_c(tmp_path: Path) -> None:
    terminal, child = pty.openpty()
    command = [sys.executable, "-m", "sightline", "demo", "--out", "demo", "--minutes", "0.1"]
    desktop = ("CI", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in desktop}
    process = subprocess.Popen(
        [*command, "--detector", "builtin"],
        cwd=tmp_path, env=environment, stdin=child, stdout=child, stderr=child, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    try:
        said = _read_until(terminal, rb"open (http://127.0.0.1:\d+/dashboard/\w+) - Ctrl-C ends it")
        with urllib.request.urlopen(said[1].decode(), timeout=60) as page:
            assert "Simulated shop" in page.read().decode()
        os.kill(process.pid, 2)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    kept = list((tmp_path / "demo" / "data" / "recordings").rglob("*.mp4"))
    assert kept, "its footage, of a day long past, is not cleared away"


def _read_until(terminal: int, wanted: bytes) -> re.Match[bytes]:
    text, patient_until = b"", time.monotonic() + 180
    while time.monotonic() < patient_until:
        if select.select([terminal], [], [], 1)[0]:
            try:
                text += os.read(terminal, 4096)
            except OSError:
                break
        if found := re.search(wanted, text):
            return found
    raise AssertionError(text.decode())


def test_a_demo_in_ci_or_on_a_pipe_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, child = pty.openpty()
    with os.fdopen(child, "w") as screen, os.fdopen(os.dup(terminal), "r") as keys:
        monkeypatch.setattr(sys, "stdin", keys)
        monkeypatch.setattr(sys, "stderr", screen)
        assert somebody_looks({})
        assert not somebody_looks({"CI": "true"})
        with Path(os.devnull).open() as pipe:
            monkeypatch.setattr(sys, "stdin", pipe)
            assert not somebody_looks({})
    os.close(terminal)


def test_help_is_there_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("demo", "analyze", "detect", "doctor", "export", "simulate", "evidence", "models", "db"):
        assert exit_code_of([command, "--help"]) == 0
        assert "Usage" in capsys.readouterr().out


def test_doctor_tells_what_is_there_and_how_to_get_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-models-here"))
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["doctor", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["detector"]["state"] == "note"
    assert "sightline models pull" in checks["detector"]["advice"]
    assert not (tmp_path / "sightline-data").exists()


def test_doctor_names_a_data_folder_it_cannot_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert exit_code_of(["doctor", "--data-dir", str(tmp_path / "file" / "data"), "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["data folder"]["state"] == "broken"


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["analyse"]) == 2
    assert "No such command" in capsys.readouterr().err
