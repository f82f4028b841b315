"""`sightline serve` as people run it: real processes, real RTSP cameras, real kills."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from supervised import lives, until

from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.pipeline.serving_lock import serving_lock
from sightline.store.claims import want_clip
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.evidence import list_evidence
from sightline.store.status import list_status
from sightline.testing.rtsp_server import RtspServer, TestPicture

SITE = Scope.site()
VENUE = "shop"
PASSWORD = "gehe1m/p@ss"
COMMAND = [sys.executable, "-m", "sightline"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Served:
    """A site in a folder, and `sightline serve` over it."""

    def __init__(self, folder: Path, sources: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.data_dir, self.log = folder / "data", folder / "serve.log"
        self.config = folder / "sightline.yaml"
        cameras = [{"id": name, "source": source} for name, source in sources.items()]
        site: dict[str, Any] = {"data_dir": str(self.data_dir), "detector": {"name": "builtin"}}
        self.config.write_text(yaml.safe_dump({**site, "venues": [{"id": VENUE, "cameras": cameras}]}))
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return ["serve", "--config", str(self.config), "--port", str(self.port)]

    def start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, *self.command()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.process

    def run(self, *arguments: str, typed: str | None = None) -> "subprocess.CompletedProcess[str]":
        command = [*COMMAND, *arguments, "--config", str(self.config)]
        return subprocess.run(command, cwd=self.folder, input=typed, capture_output=True, text=True)

    def lines(self, event: str) -> list[dict[str, Any]]:
        said = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in said if line["event"] == event]

    def pid(self, child: str) -> int:
        return int([line["pid"] for line in self.lines("child started") if line["child"] == child][-1])

    def starts(self, camera: str) -> int:
        return sum(line["camera"] == f"{VENUE}/{camera}" for line in self.lines("camera started"))

    def status(self) -> dict[str, Any]:
        if not (self.data_dir / "sightline.db").exists():
            return {}
        with self.database() as database, database.reading() as connection:
            return {one.camera_id: one.status for one in list_status(SITE, connection)}

    def running(self, *cameras: str) -> bool:
        status = self.status()
        return all(status.get(name, {}).get("state") == "running" for name in cameras)

    def database(self) -> Database:
        return open_database(sqlite_url(self.data_dir / "sightline.db"))

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=30) as answer:
            document: dict[str, Any] = json.load(answer)
        return document


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Served]]:
    made: list[Served] = []

    def make(sources: dict[str, str]) -> Served:
        made.append(Served(tmp_path / f"site-{len(made)}", sources))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait()


ONE_AFTER_THE_OTHER = """
import json, sys
from sightline.cli.main import exit_code_of
for arguments in json.loads(sys.argv[1]):
    sys.stderr.write(f"= {exit_code_of(arguments)}\\n")
"""


def test_what_cannot_be_served_is_refused_in_one_line_with_the_way_out(
    site: Callable[[dict[str, str]], Served],
) -> None:
    camera = {"till": "rtsp://127.0.0.1:9/x"}
    outside, busy = site(camera), site(camera)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy.port = taken.getsockname()[1]
        commands = [one.command() for one in (outside, busy)]
        commands[0] += ["--host", "0.0.0.0"]
        said = subprocess.run(
            [sys.executable, "-c", ONE_AFTER_THE_OTHER, json.dumps(commands)], capture_output=True, text=True
        ).stderr.splitlines()
    assert said[1::2] == ["= 2"] * 2, said
    assert "127.0.0.1" in said[0]
    assert "--port" in said[2]


def test_a_detector_that_is_not_here_is_said_before_any_camera_starts(
    site: Callable[[dict[str, str]], Served], tmp_path: Path
) -> None:
    shop = site({"till": "rtsp://127.0.0.1:9/x"})
    nowhere = {"SIGHTLINE_DETECTOR__NAME": "yolo11n", "XDG_CACHE_HOME": str(tmp_path / "no-models-here")}
    said = subprocess.run(
        [*COMMAND, *shop.command()], capture_output=True, text=True, env={**os.environ, **nowhere}, timeout=60
    )
    assert said.returncode == 1
    assert "sightline models pull yolo11n" in said.stderr
    assert "child started" not in said.stderr


def test_a_part_is_served_by_one_process_at_a_time(tmp_path: Path) -> None:
    with serving_lock(tmp_path, ["cameras", "worker"]):
        with pytest.raises(ConfigError, match="worker part"), serving_lock(tmp_path, ["api", "worker"]):
            pass
        with serving_lock(tmp_path, ["api"]):
            pass
    with serving_lock(tmp_path, ["cameras", "worker", "api"]):
        pass


@pytest.mark.slow
def test_a_site_is_served_changed_hurt_and_stopped(
    site: Callable[[dict[str, str]], Served], rtsp: Callable[..., RtspServer]
) -> None:
    pictures = {f"/{name}": TestPicture() for name in ("till", "door", "typed")}
    server = rtsp(pictures, user="admin", password=PASSWORD)
    shop = site({"till": server.url("/till"), "door": server.url("/door"), "film": "film.mp4"})
    main = shop.start()
    until(lambda: shop.running("till", "door"), within=120)
    until(lambda: shop.health()["checks"]["cameras"]["up"] == 2)
    assert shop.health()["status"] == "healthy"
    assert "sightline analyze" in shop.log.read_text(), "the film is no camera"
    assert shop.lines("serving")[0]["health"] == f"http://127.0.0.1:{shop.port}/health"

    # A camera that is typed comes and goes, and the others do not notice.
    both = ("till", "door")
    packets = {name: shop.status()[name]["packets"] for name in both}
    added = shop.run("camera", "add", "third", "--venue", VENUE, "--source", "-", typed=server.url("/typed"))
    assert added.returncode == 0, added.stderr
    until(lambda: shop.running("third"), within=60)
    assert shop.run("camera", "remove", "third").returncode == 0
    until(lambda: "third" not in shop.health()["checks"]["cameras"]["down"])
    until(lambda: [line["camera"] for line in shop.lines("camera stopped")] == [f"{VENUE}/third"])
    assert all(shop.status()[name]["packets"] > packets[name] for name in both)
    assert all(shop.status()[name]["gaps"] == 0 for name in both)
    assert [shop.starts(name) for name in both] == [1, 1]

    # A clip that is wanted is sealed as soon as its footage is whole.
    now = datetime.now(UTC)
    with shop.database() as database:
        with database.transaction() as connection:
            since, end = now - timedelta(seconds=4), now + timedelta(seconds=1)
            want_clip(SITE, connection, venue_id=VENUE, camera_id="till", wanted_from=since, wanted_until=end)

        def states() -> list[str]:
            with database.reading() as connection:
                return [one.state for one in list_evidence(SITE, connection)]

        until(lambda: states() == ["sealed"], within=90)

    # Every child is killed once, and comes back.
    killed = {name: shop.pid(name) for name in ("cameras-1", "worker", "api")}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: all(shop.pid(name) != pid for name, pid in killed.items()))
    until(lambda: [shop.starts(name) for name in both] == [2, 2], within=120)
    until(lambda: shop.running(*both), within=60)
    until(lambda: shop.health()["status"] == "healthy", within=60)

    main.terminate()
    assert main.wait(60) == 0
    assert shop.lines("stopped")
    _nothing_tells(shop, PASSWORD)


@pytest.mark.slow
def test_no_process_outlives_a_killed_supervisor_and_the_next_start_goes_on(
    site: Callable[[dict[str, str]], Served], rtsp: Callable[..., RtspServer]
) -> None:
    shop = site({"till": rtsp().url("/camera")})
    main = shop.start()
    until(lambda: shop.running("till"), within=120)
    children = [shop.pid(name) for name in ("cameras-1", "worker", "api")]
    main.kill()
    main.wait()
    again = shop.start()  # at once, while the port is still held
    until(lambda: not any(lives(pid) for pid in children), within=60)
    until(lambda: len(shop.lines("serving")) == 2 and shop.running("till"), within=120)
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 0


def _nothing_tells(shop: Served, password: str) -> None:
    """Neither the password nor its quoted form stands anywhere but in the site file."""
    forms = [password.encode(), re.sub("/", "%2F", password.replace("@", "%40")).encode()]
    for path in shop.folder.rglob("*"):
        if path.is_file() and path != shop.config and path.suffix != ".mp4":
            content = path.read_bytes()
            assert not any(form in content for form in forms), f"{path} tells the password"
