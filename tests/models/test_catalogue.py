"""Which models are known, and where their files are looked for."""

import hashlib
from pathlib import Path

import pytest

from sightline.errors import ConfigError
from sightline.vision.catalogue import find_model, load_catalogue, search_places

SHARED_NAMES = (
    "yolox_nano",
    "scrfd_2.5g_bnkps",
    "scrfd_500m_bnkps",
    "genderage",
    "mobilefacenet",
    "osnet_x0_25_msmt17",
)


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_the_sums_of_the_catalogue_are_those_of_the_published_files(shared: Path, name: str) -> None:
    entry = load_catalogue()[name]
    sha256 = hashlib.sha256((shared / "models" / entry.file).read_bytes()).hexdigest()
    assert sha256 in entry.sha256


def test_every_model_says_its_licence_and_how_to_come_by_it() -> None:
    for entry in load_catalogue().values():
        assert entry.licence, entry.name
        assert entry.purpose, entry.name
        assert entry.addresses or entry.hint, entry.name
        assert all(address.startswith("https://") for address in entry.addresses), entry.name


def test_no_address_claims_to_have_been_tried() -> None:
    assert not any(entry.address_verified for entry in load_catalogue().values())


def test_only_the_permissive_model_needs_no_yes() -> None:
    assert [entry.name for entry in load_catalogue().values() if not entry.wants_a_yes] == ["yolox_nano"]


def test_a_site_overrides_and_adds_entries(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(
        "yolo11n: {addresses: ['https://models.example/yolo11n.onnx']}\n"
        "our_shop: {licence: ours, licence_class: permissive}\n"
    )
    catalogue = load_catalogue(file)
    assert catalogue["yolo11n"].addresses == ("https://models.example/yolo11n.onnx",)
    assert catalogue["yolo11n"].licence_class == "copyleft"
    assert catalogue["our_shop"].file == "our_shop.onnx"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m: {fle: x.onnx}", "model 'm', fle"),
        ("m: {file: ../x.onnx}", "model 'm', file"),
        ("'../m': {}", "model '../m', name"),
        ("m: {licence_class: free}", "licence_class"),
        ("m: {sha256: [abc]}", "sha256"),
        ("- m", "a list of"),
        ("m: [", "not readable as YAML"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_catalogue(file)
    assert str(file) in str(caught.value)


def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing.yaml: No such file"):
        load_catalogue(tmp_path / "nothing.yaml")


def test_the_configured_folder_comes_before_the_variable_and_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    configured, variable = tmp_path / "configured", tmp_path / "variable"
    cache = tmp_path / "cache" / "sightline" / "models"
    environ = {"SIGHTLINE_MODELS": str(variable)}
    assert search_places(configured, environ=environ) == (configured, variable, cache)

    found = []
    for place in (cache, variable, configured):
        place.mkdir(parents=True)
        (place / "yolo11n.onnx").write_bytes(b"x")
        found.append(find_model("yolo11n", models_dir=configured, environ=environ))
    assert found == [place / "yolo11n.onnx" for place in (cache, variable, configured)]


def test_a_model_that_is_not_here_is_none(tmp_path: Path) -> None:
    assert find_model("yolo11n", models_dir=tmp_path, environ={}) is None


def test_a_file_the_catalogue_does_not_know_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "our_shop.onnx").write_bytes(b"x")
    assert find_model("our_shop", models_dir=tmp_path, environ={}) == tmp_path / "our_shop.onnx"


@pytest.mark.parametrize("name", ["../yolo11n", "/etc/passwd", "", "a/b", ".hidden"])
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "yolo11n.onnx").write_bytes(b"x")
    (tmp_path / "in").mkdir()
    assert find_model(name, models_dir=tmp_path / "in", environ={}) is None
