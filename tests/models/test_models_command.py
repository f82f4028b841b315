"""`sightline models list|pull|verify` as typed."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from typer.testing import CliRunner, Result

from sightline.cli.models import app
from sightline.errors import ConfigError, ModelError
from sightline.testing.model_server import ModelServer, Reply


@pytest.fixture(scope="module")
def tiny_model() -> bytes:
    """A real network that gives back what it gets, padded so that half of it is not one."""
    shape = [1, 3, 8, 8]
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    answer = helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)
    offset = helper.make_tensor("offset", TensorProto.FLOAT, shape, np.zeros(192, np.float32))
    node = helper.make_node("Add", ["images", "offset"], ["output"])
    graph = helper.make_graph([node], "tiny", [picture], [answer], initializer=[offset])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@pytest.fixture(autouse=True)
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=answer)


def state_of(name: str) -> str | None:
    rows = json.loads(run("list", "--json").stdout)
    state: str | None = next(row["state"] for row in rows if row["name"] == name)
    return state


def test_the_list_tells_what_is_here(models_dir: Path) -> None:
    assert state_of("yolo11n") is None
    models_dir.mkdir()
    (models_dir / "yolo11n.onnx").write_bytes(b"by hand")
    assert state_of("yolo11n") == "unpinned"
    plain = run("list")
    assert plain.exit_code == 0
    assert "unpinned" in plain.stdout
    assert "Apache-2.0" in plain.stdout


def test_json_is_the_only_thing_on_standard_output() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert {row["name"] for row in rows} >= {"yolox_nano", "yolo11n"}
    assert all(row["address_verified"] is False for row in rows)
    assert json.loads(run("verify", "--json").stdout) == {"ok": True, "files": []}


def test_a_model_is_fetched_from_an_address_and_pinned(
    server: ModelServer, tiny_model: bytes, models_dir: Path
) -> None:
    server.content = tiny_model
    result = run("pull", "our_shop", "--url", server.url)
    assert (result.exit_code, result.stdout) == (0, "")
    assert server.sha256 in result.stderr
    assert (models_dir / "our_shop.onnx").read_bytes() == tiny_model
    verified = json.loads(run("verify", "--json").stdout)
    assert [(row["name"], row["state"]) for row in verified["files"]] == [("our_shop", "pinned")]


@pytest.mark.parametrize("half", ["web page", "cut off"])
def test_what_is_no_model_is_not_trusted(
    server: ModelServer, tiny_model: bytes, models_dir: Path, half: str
) -> None:
    server.content = b"<html>Sign in</html>" if half == "web page" else tiny_model[: len(tiny_model) // 2]
    result = run("pull", "our_shop", "--url", server.url)
    assert isinstance(result.exception, ModelError)
    assert "no model" in str(result.exception)
    assert not (models_dir / "our_shop.onnx").exists()


def test_a_sum_that_differs_is_refused_and_one_that_fits_is_taken(
    server: ModelServer, tiny_model: bytes, models_dir: Path
) -> None:
    server.content = tiny_model
    result = run("pull", "our_shop", "--url", server.url, "--sha256", "0" * 64)
    assert isinstance(result.exception, ModelError)
    assert server.sha256 in str(result.exception)
    assert run("pull", "our_shop", "--url", server.url, "--sha256", server.sha256.upper()).exit_code == 0
    assert (models_dir / "our_shop.onnx").exists()


def test_a_binding_licence_without_a_terminal_wants_a_yes(tiny_model: bytes, tmp_path: Path) -> None:
    (tmp_path / "yolo11n.onnx").write_bytes(tiny_model)
    refused = run("pull", "yolo11n", "--from", str(tmp_path))
    assert isinstance(refused.exception, ConfigError)
    assert "AGPL-3.0" in str(refused.exception)
    assert "--yes" in str(refused.exception)
    assert state_of("yolo11n") is None

    assert run("pull", "yolo11n", "--from", str(tmp_path), "--yes").exit_code == 0
    assert state_of("yolo11n") == "pinned"


def test_a_licence_accepted_once_is_not_asked_for_again(
    tiny_model: bytes, tmp_path: Path, models_dir: Path
) -> None:
    (tmp_path / "yolo11n.onnx").write_bytes(tiny_model)
    assert run("pull", "yolo11n", "--from", str(tmp_path), "--yes").exit_code == 0
    (models_dir / "yolo11n.onnx").unlink()
    assert run("pull", "yolo11n", "--from", str(tmp_path)).exit_code == 0


def test_a_model_without_an_address_says_how_to_come_by_it() -> None:
    result = run("pull", "yolo11n", "--yes")
    assert isinstance(result.exception, ModelError)
    assert "export it once" in str(result.exception)


def test_what_is_here_and_right_is_not_fetched_again(
    server: ModelServer, tiny_model: bytes, models_dir: Path
) -> None:
    server.content = tiny_model
    for _ in range(2):
        result = run("pull", "our_shop", "--url", server.url)
    assert "already here" in result.stderr
    assert len(server.requests) == 1


def test_a_damaged_file_is_found_and_mended(server: ModelServer, tiny_model: bytes, models_dir: Path) -> None:
    server.content = tiny_model
    run("pull", "our_shop", "--url", server.url)
    (models_dir / "our_shop.onnx").write_bytes(tiny_model + b"?")
    result = run("verify")
    assert result.exit_code == 1
    assert "mismatch  our_shop" in result.stdout
    assert f"expected: {server.sha256}" in result.stdout
    assert json.loads(run("verify", "--json").stdout)["ok"] is False
    assert run("pull", "our_shop", "--url", server.url).exit_code == 0
    assert run("verify").exit_code == 0


def test_one_failure_does_not_stop_the_others(tiny_model: bytes, tmp_path: Path) -> None:
    (tmp_path / "yolo11n.onnx").write_bytes(tiny_model)
    result = run("pull", "genderage", "yolo11n", "--from", str(tmp_path), "--yes")
    assert isinstance(result.exception, ModelError)
    assert "genderage: cannot read" in str(result.exception)
    assert state_of("yolo11n") == "pinned"


def test_a_site_catalogue_gives_the_address(server: ModelServer, tiny_model: bytes, tmp_path: Path) -> None:
    server.content = tiny_model
    server.replies = [Reply(status=302, headers={"Location": "/moved"}), Reply()]
    (tmp_path / "own.yaml").write_text(
        f"till_v2: {{licence: ours, licence_class: permissive, addresses: ['{server.url}']}}\n"
    )
    (tmp_path / "sightline.yaml").write_text("models: {catalogue: own.yaml}\n")
    result = run("pull", "till_v2")
    assert result.exit_code == 0
    assert "never tried" in result.stderr
    assert state_of("till_v2") == "pinned"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pull", "yolo12x"], "unknown model 'yolo12x'"),
        (["pull", "../x", "--url", "http://h/x"], "unknown model"),
        (["pull", "a", "b", "--url", "http://h/x"], "name exactly one"),
        (["pull", "a", "--url", "http://h/x", "--from", "."], "exclude each other"),
        (["pull", "a", "--url", "http://h/x", "--sha256", "abc"], "64 hexadecimal digits"),
        (["list", "--config", "nothing.yaml"], "cannot read the site file"),
    ],
)
def test_bad_usage_is_named(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)
