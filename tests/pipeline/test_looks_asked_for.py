"""A site that asks for no closer looks loads nothing for them; one that asks and lacks a model says so."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from footage_made import write_video

from person_network import write_person_model
from sightline.cli.main import exit_code_of
from sightline.config.settings import Settings
from sightline.look_wiring import LiveLooks, recorded_looks
from sightline.vision.catalogue import load_catalogue
from sightline.vision.looks import APPEARANCE, FACE_ATTRIBUTES, FACE_DETECTOR, FACE_EMBEDDING, POSE
from sightline.wiring import Site

Captured = pytest.CaptureFixture[str]
CLOSER = (FACE_DETECTOR, FACE_EMBEDDING, FACE_ATTRIBUTES, POSE, APPEARANCE)
ASKED = "identity: {enabled: true, reid: false}\nbehavior: {enabled: true}\n"
NO_FACES = "nobody's face is looked at: "
NO_POSES = "how people behave is not looked at: "

LOADED_FOR_LOOKS = tuple(
    f"sightline.{name}"
    for name in ("vision.face", "vision.scrfd", "vision.pose", "pipeline.look_", "pipeline.track_looks")
)

CHILD = """
import json, sys
opened = []
def note(event, args):
    if event == "open" and str(args[0]).endswith(".onnx"):
        opened.append(args[0])
sys.addaudithook(note)
from sightline.cli.main import exit_code_of
code = exit_code_of(sys.argv[2:])
loaded = [name for name in sys.modules if name.startswith("sightline.")]
json.dump({"code": code, "opened": [str(one) for one in opened], "loaded": loaded}, open(sys.argv[1], "w"))
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mp4", frames=20, size=(160, 96))


def models(folder: Path, *, damaged: bool) -> Path:
    """A folder with a person detector, and damaged files of all models that look closer."""
    write_person_model(folder)
    for entry in load_catalogue().values():
        if damaged and entry.kind in CLOSER:
            (folder / entry.file).write_bytes(b"not a model")
    return folder


def settings(folder: Path, asked: str, models_dir: Path) -> Path:
    (folder / "site.yaml").write_text(f"models: {{dir: {models_dir}}}\n{asked}venues: [{{id: shop}}]\n")
    return folder / "site.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["", ASKED], ids=["off", "on"])
def test_nothing_is_loaded_for_looks_that_nobody_asked_for(film: Path, tmp_path: Path, asked: str) -> None:
    """As a real command in a process of its own; where they are asked for, the same measure sees them."""
    config = settings(tmp_path, asked, models(tmp_path / "models", damaged=True))
    words = ["analyze", film, "--config", config, "--data-dir", tmp_path / "data", "--json"]
    child = [sys.executable, "-c", CHILD, tmp_path / "told.json", *words]
    done = subprocess.run(list(map(str, child)), capture_output=True, text=True, timeout=120, check=False)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["code"] == 0, done.stderr
    closer = [name for name in told["loaded"] if name.startswith(LOADED_FOR_LOOKS)]
    files = {Path(one).name for one in told["opened"]}
    warnings = json.loads(done.stdout)["warnings"]
    if asked:
        assert "sightline.pipeline.track_looks" in closer
        assert {"scrfd_2.5g_bnkps.onnx", "yolo11n-pose.onnx"} < files
        assert sum(one.startswith((NO_FACES, NO_POSES)) for one in warnings) == 2
    else:
        assert closer == []
        assert files == {"yolox_nano.onnx"}
        assert not any(one.startswith((NO_FACES, NO_POSES)) for one in warnings)


def test_a_missing_model_is_a_warning_of_the_run_and_all_else_is_analysed(
    film: Path, tmp_path: Path, capsys: Captured
) -> None:
    config = settings(tmp_path, ASKED, models(tmp_path / "models", damaged=False))
    words = ["analyze", film, "--config", config, "--data-dir", tmp_path / "data", "--out", tmp_path / "out"]
    assert exit_code_of([*map(str, words), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["analysed_frames"] >= 4
    kept = json.loads((tmp_path / "out" / "summary.json").read_text())
    for warnings in (document["warnings"], kept["warnings"]):
        assert sum(one.startswith(NO_FACES) for one in warnings) == 1
        assert sum(one.startswith(NO_POSES) for one in warnings) == 1
        assert any("sightline models pull yolo11n-pose" in one for one in warnings)


def test_doctor_has_a_row_for_faces_and_one_for_poses(tmp_path: Path, capsys: Captured) -> None:
    def rows(asked: str) -> dict[str, dict[str, Any]]:
        config = settings(tmp_path, asked, models(tmp_path / "models", damaged=False))
        words = ["doctor", "--config", str(config), "--data-dir", str(tmp_path / "data"), "--json"]
        assert exit_code_of(words) == 0
        checks = json.loads(capsys.readouterr().out)["checks"]
        return {one["name"]: one for one in checks if one["name"] in ("faces", "poses")}

    missing = rows(ASKED)
    assert {name: row["state"] for name, row in missing.items()} == {"faces": "note", "poses": "note"}
    assert "sightline models pull scrfd_2.5g_bnkps" in missing["faces"]["found"]
    assert "sightline models pull yolo11n-pose" in missing["poses"]["found"]
    assert set(rows("behavior: {enabled: true}\n")) == {"poses"}
    assert rows("") == {}


@pytest.mark.slow
def test_doctor_names_the_models_that_look(shared: Path, tmp_path: Path, capsys: Captured) -> None:
    config = settings(tmp_path, ASKED + "detector: {name: builtin}\n", shared / "models")
    assert exit_code_of(["doctor", "--config", str(config), "--data-dir", str(tmp_path), "--json"]) == 0
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert (checks["faces"]["state"], checks["poses"]["state"]) == ("ok", "ok")
    assert checks["faces"]["found"] == "looked at with scrfd_2.5g_bnkps, genderage"
    assert checks["poses"]["found"] == "looked at with yolo11n-pose"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, None),
        ({"identity": {"demographics": True}}, None),
        ({"identity": {"enabled": True, "demographics": False, "reid": False}}, None),
        ({"identity": {"enabled": True}}, (True, True, False)),
        ({"identity": {"enabled": True, "reid": False}}, (True, False, False)),
        ({"behavior": {"enabled": True}}, (False, False, True)),
    ],
    ids=["nothing", "off as a whole", "each off", "faces", "age and gender", "behaviour"],
)
def test_only_what_the_settings_ask_for_is_looked_at(
    tmp_path: Path, asked: dict[str, Any], wanted: tuple[bool, bool, bool] | None
) -> None:
    site = Site(Settings.model_validate(asked), tmp_path)
    live = LiveLooks(site)
    if wanted is None:
        assert site.looks is None
        assert recorded_looks(site, "builtin") is None
        assert live("shop/till") is None
        return
    assert site.looks is not None
    told = site.looks.wanted
    assert (told.demographics, told.reid, told.poses) == wanted
    assert recorded_looks(site, "builtin") is not None
    one, other = live("shop/till"), live("shop/door")
    assert one is not None
    assert other is not None
    assert one is not other
