"""`sightline detect` on pictures that are there, broken or missing."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sightline.cli.detect import detect, images_of
from sightline.errors import ConfigError, SourceRejected

app = typer.Typer()
app.command()(detect)


def write_picture(path: Path) -> None:
    cv2.imwrite(str(path), np.full((48, 64, 3), 80, np.uint8))


def test_json_is_one_document_with_a_row_per_picture(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg"):
        write_picture(tmp_path / name)
    answer = CliRunner().invoke(app, [str(tmp_path), "--detector", "builtin", "--json"])
    assert answer.exit_code == 0
    rows = json.loads(answer.stdout)
    assert [Path(row["image"]).name for row in rows] == ["a.jpg", "b.png"]
    assert all(row.keys() == {"image", "boxes", "scores"} for row in rows)


def test_a_broken_picture_is_named_and_the_others_are_still_looked_at(tmp_path: Path) -> None:
    write_picture(tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("not a picture")
    answer = CliRunner().invoke(app, [str(tmp_path), "--detector", "builtin", "--json"])
    assert answer.exit_code == 1
    assert "bad.png: not an image" in answer.stderr
    assert len(json.loads(answer.stdout)) == 1


def test_people_in_a_real_picture_are_found(shared: Path) -> None:
    image = shared / "mot" / "MOT17-04-FRCNN" / "img1" / "000001.jpg"
    model = shared / "models" / "yolox_nano.onnx"
    answer = CliRunner().invoke(app, [str(image), "--detector", str(model), "--json"])
    assert answer.exit_code == 0, answer.stderr
    row = json.loads(answer.stdout)[0]
    assert len(row["boxes"]) == len(row["scores"]) > 3
    assert row["scores"] == sorted(row["scores"], reverse=True)


def test_a_folder_without_pictures_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no pictures in this folder"):
        images_of(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match=r"gone\.jpg: no such file"):
        images_of(tmp_path / "gone.jpg")
