"""Which model is opened for a look at people, and what is said when none can be."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sightline.cli.main import app
from sightline.errors import ConfigError, ModelError
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.looks import FACE_EMBEDDING, LOOKS, POSE, LookModels, load_look

CATALOGUE = load_catalogue()
KINDS = {
    "scrfd_2.5g_bnkps": "face detector",
    "scrfd_500m_bnkps": "face detector",
    "det_10g": "face detector",
    "genderage": "age and gender",
    "w600k_r50": "face embedding",
    "w600k_mbf": "face embedding",
    "mobilefacenet": "face embedding",
    "yolo11n-pose": "pose",
    "osnet_x0_25_msmt17": "appearance",
}


def models_in(*folders: Path) -> LookModels:
    def find(name: str) -> Path | None:
        found = (find_model(name, models_dir=folder, environ={}) for folder in folders)
        return next((path for path in found if path is not None), None)

    return LookModels(CATALOGUE, find)


@pytest.mark.parametrize("kind", LOOKS)
def test_every_kind_leads_to_a_class_and_has_a_model_in_the_catalogue(kind: str) -> None:
    assert isinstance(load_look(kind), type)
    assert any(entry.kind == kind for entry in CATALOGUE.values())


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_model_is_listed_with_its_kind(name: str, kind: str) -> None:
    assert CATALOGUE[name].kind == kind


@pytest.mark.parametrize(
    ("name", "threshold"), [("w600k_r50", 0.68), ("w600k_mbf", 0.68), ("mobilefacenet", 0.5)]
)
def test_the_threshold_of_two_vectors_stands_with_the_model(name: str, threshold: float) -> None:
    assert CATALOGUE[name].confidence == threshold
    assert CATALOGUE[name].normalise == (127.5, 127.5)


def test_the_first_of_a_kind_whose_file_is_here_is_taken(tmp_path: Path) -> None:
    def here(*names: str) -> str:
        for name in names:
            (tmp_path / f"{name}.onnx").write_bytes(b"x")
        return models_in(tmp_path).choose(FACE_EMBEDDING)[0].name

    assert here("mobilefacenet") == "mobilefacenet"
    assert here("w600k_mbf") == "w600k_mbf"
    assert here("w600k_r50") == "w600k_r50"
    assert models_in(tmp_path).choose(FACE_EMBEDDING, "mobilefacenet")[0].name == "mobilefacenet"


def test_a_missing_model_is_named_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    models = models_in(tmp_path)
    with pytest.raises(ModelError, match=r"'pose' is here; fetch one of yolo11n-pose: sightline models pull"):
        models.pose()
    with pytest.raises(ModelError, match=r"genderage is not here; run: sightline models pull genderage"):
        models.face_attributes("genderage")
    with pytest.raises(ModelError, match=r"w600k_r50, w600k_mbf, mobilefacenet"):
        models.face_embedder()


def test_a_name_that_is_not_of_the_kind_is_a_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="genderage is of the kind 'age and gender', not 'face detector'"):
        models_in(tmp_path).face_detector("genderage")
    with pytest.raises(ConfigError, match="unknown model 'facenet'; of the kind 'face embedding' are w600k"):
        models_in(tmp_path).face_embedder("facenet")


@pytest.mark.parametrize("content", [b"<html>not found</html>", b""], ids=["a web page", "an empty file"])
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    for entry in CATALOGUE.values():
        (tmp_path / entry.file).write_bytes(content)
    models = models_in(tmp_path)
    for opener in (
        models.face_detector,
        models.face_embedder,
        models.face_attributes,
        models.pose,
        models.appearance,
    ):
        with pytest.raises(ModelError, match=r"\.onnx") as caught:
            opener()
        assert "\n" not in str(caught.value)


def test_a_model_of_another_kind_under_the_right_name_is_refused(shared: Path, tmp_path: Path) -> None:
    """The smallest one stands in for all of them."""
    content = (shared / "models" / "osnet_x0_25_msmt17.onnx").read_bytes()
    for entry in CATALOGUE.values():
        (tmp_path / entry.file).write_bytes(content)
    models = models_in(tmp_path)
    for opener in (models.face_detector, models.face_embedder, models.face_attributes, models.pose):
        with pytest.raises(ModelError, match=r"\.onnx: "):
            opener()


def test_the_real_models_open_and_say_what_they_are(shared: Path) -> None:
    models = models_in(shared / "models")
    assert models.face_embedder().facts()["dimension"] == 128
    assert models.face_embedder().threshold == 0.5
    assert models.face_attributes().batch > 1
    assert models.appearance().facts()["dimension"] == 512
    assert models.appearance().batch > 1
    assert models.face_detector("scrfd_500m_bnkps").facts()["confidence"] == 0.5
    facts = models.pose().facts()
    assert facts["name"] == "yolo11n-pose"
    assert facts["sha256"] == "146a87595728feb4c06fc02c4915b77ab02733d28aafa4e3ef8bff9ebc45f7d0"
    assert models.choose(POSE)[1].name == "yolo11n-pose.onnx"


def test_the_command_lists_and_verifies_them_with_their_kind(
    shared: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared / "models"))
    listed = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).stdout)
    rows = {row["name"]: row for row in listed}
    assert {name: rows[name]["kind"] for name in KINDS} == KINDS
    assert rows["osnet_x0_25_msmt17"]["state"] == "known"
    assert not rows["w600k_r50"]["present"]
    verified = json.loads(CliRunner().invoke(app, ["models", "verify", "--json"]).stdout)
    assert verified["ok"]
    assert {row["name"] for row in verified["files"]} >= {"scrfd_2.5g_bnkps", "genderage", "mobilefacenet"}
