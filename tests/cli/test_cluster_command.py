"""`sightline cluster`: who may be a head, who may join, and what is told."""

import importlib.util
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from sightline.cli.main import exit_code_of
from sightline.cluster_wiring import begin_head
from sightline.domain.scope import Scope
from sightline.jobs.cluster_node import NodeHere, cluster_key
from sightline.store.camera_leases import CameraHolder, hold_cameras
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.wiring import Site, open_site

SITE = Scope.site()


@pytest.fixture
def config(postgres_url: str, tmp_path: Path) -> Path:
    """The site file of a site on PostgreSQL."""
    pytest.importorskip("ray", reason="needs pip install 'sightline[cluster]'")
    return written(tmp_path / "site.yaml", tmp_path / "data", postgres_url)


def written(path: Path, data_dir: Path, url: str | None) -> Path:
    settings = {"data_dir": str(data_dir), "detector": {"name": "builtin"}, "venues": [{"id": "shop"}]}
    path.write_text(yaml.safe_dump(settings | ({"database_url": url} if url else {})))
    path.chmod(0o600)
    return path


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """What a command that must exit with 2 says."""
    assert exit_code_of([str(word) for word in words]) == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("verb", [["up"], ["join", "127.0.0.1:1"], ["status"]])
def test_a_database_in_a_file_is_refused(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray", reason="needs pip install 'sightline[cluster]'")
    with listening() as taken:
        free = taken.getsockname()[1]
    port = ["--port", str(free)] if verb == ["up"] else []
    config = written(tmp_path / "site.yaml", tmp_path / "data", None)
    said = refused(capsys, "cluster", *verb, *port, "--config", config)
    assert "set database_url to a PostgreSQL" in said


def test_without_the_extra_its_name_is_told(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    said = refused(capsys, "cluster", "status", "--config", config)
    assert "pip install 'sightline[cluster]'" in said


def test_a_tag_that_means_nothing_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "cluster", "up", "--config", config, "--tag", "site=paris")
    assert "--tag venue=ID" in said


def test_a_port_that_is_taken_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as taken:
        port = taken.getsockname()[1]
        said = refused(capsys, "cluster", "up", "--config", config, "--port", str(port))
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_nobody_joins_before_there_is_a_head(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "cluster", "join", "127.0.0.1:1", "--config", config)
    assert "sightline cluster up" in said


@pytest.mark.parametrize("other_key", [False, True], ids=["an empty folder", "the folder of another cluster"])
def test_a_machine_that_sees_another_folder_is_refused(
    other_key: bool, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_head(open_site(config), "127.0.0.1:6379")
    if other_key:
        cluster_key(tmp_path / "elsewhere", create=True)
    said = refused(
        capsys, "cluster", "join", "127.0.0.1:1", "--config", config, "--data-dir", tmp_path / "elsewhere"
    )
    assert "mount the head's data_dir" in said


@pytest.mark.parametrize(
    ("head", "says"),
    [
        pytest.param("127.0.0.1", "is not the address of a head", id="without a port"),
        pytest.param("127.0.0.1:1", "no head answers", id="nobody there"),
    ],
)
def test_a_head_that_does_not_answer_is_told(
    head: str, says: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_head(open_site(config), "127.0.0.1:6379")
    assert says in refused(capsys, "cluster", "join", head, "--config", config)


def test_the_key_is_for_its_owner_only_and_stays_the_same(config: Path) -> None:
    site = open_site(config)
    key = begin_head(site, "127.0.0.1:6379")
    words = key.read_text()
    assert begin_head(site, "127.0.0.1:6380").read_text() == words
    assert len(words) == 64
    assert key.stat().st_mode & 0o777 == 0o600


def a_camera(site: Site) -> None:
    holder = CameraHolder(owner="o", place="box/1234", hold=timedelta(minutes=5))
    with site.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="UTC")
        ensure_camera(SITE, connection, "shop", "till", source_label="till")
        hold_cameras(SITE, connection, [("shop", "till")], holder=holder)
    groups = [{"venue": "", "number": 1, "cameras": [["shop", "till"], ["shop", "door"]]}]
    machines = [{"place": "box/1234", "address": "127.0.0.1", "alive": True}]
    told = {"at": datetime.now(UTC).isoformat(), "machines": machines, "groups": groups}
    (site.data_dir / "cluster" / "placed.json").write_text(json.dumps(told))


def test_the_status_says_what_runs_where(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = open_site(config)
    begin_head(site, "127.0.0.1:6379")
    a_camera(site)
    assert exit_code_of(["cluster", "status", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "Head 127.0.0.1:6379 places work." in said
    assert "box/1234 at 127.0.0.1: there" in said
    assert "group any/1: shop/till at box/1234" in said
    assert "group any/1: shop/door waits for a machine" in said


def test_the_status_is_one_document_for_programs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["cluster", "status", "--json", "--config", str(config)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["head"], told["head_is_heard"], told["leases"], told["jobs"]) == (None, False, [], [])


def test_what_runs_on_a_node_finds_its_site_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = NodeHere(folder=tmp_path, config=tmp_path / "site.yaml", data_dir=tmp_path / "d", json_logs=True)
    for name, value in here.environment().items():
        monkeypatch.setenv(name, value)
    assert NodeHere.of_environment() == here
    expected = ["--config", str(tmp_path / "site.yaml"), "--data-dir", str(tmp_path / "d"), "--json-logs"]
    assert here.options == expected
