"""Names, files and what `auto` makes of them."""

from pathlib import Path

import pytest

from sightline.errors import ConfigError, ModelError
from sightline.vision.registry import DETECTORS, load, open_detector


def nowhere(_name: str) -> Path | None:
    return None


@pytest.mark.parametrize("name", DETECTORS)
def test_every_name_in_the_table_leads_to_a_class(name: str) -> None:
    assert isinstance(load(name), type)


def test_auto_without_any_model_is_builtin_and_says_how_to_do_better() -> None:
    detector = open_detector("auto", find_model=nowhere)
    assert detector.name == "builtin"
    assert "sightline models pull yolox_nano" in detector.note


def test_auto_takes_the_best_model_that_is_here(shared: Path) -> None:
    def only_nano(name: str) -> Path | None:
        return shared / "models" / "yolox_nano.onnx" if name == "yolox_nano" else None

    detector = open_detector("auto", find_model=only_nano)
    assert detector.name == "yolox_nano"
    assert detector.note == ""
    assert detector.facts()["confidence"] == 0.3


@pytest.mark.parametrize(
    ("typed", "meant"), [("yolo11", "yolo11n"), ("yolox-nano", "yolox_nano"), ("buildin", "builtin")]
)
def test_a_misspelt_name_gets_the_nearest_right_one(typed: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown detector '{typed}'; did you mean '{meant}'"):
        open_detector(typed, find_model=nowhere)


def test_a_name_like_none_of_them_gets_the_list() -> None:
    with pytest.raises(
        ConfigError, match=r"choose one of auto, yolo11n, yolox_nano, builtin or a file\.onnx"
    ):
        open_detector("xyz", find_model=nowhere)


def test_a_model_that_is_not_here_names_the_command_that_fetches_it() -> None:
    with pytest.raises(ModelError, match="sightline models pull yolo11n"):
        open_detector("yolo11n", find_model=nowhere)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.onnx: no such model file"):
        open_detector(str(tmp_path / "gone.onnx"), find_model=nowhere)


def test_a_confidence_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ConfigError, match="between 0 and 1, got 25"):
        open_detector("builtin", confidence=25, find_model=nowhere)
