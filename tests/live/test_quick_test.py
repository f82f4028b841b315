"""The quick test of the manual, as typed: an empty folder, `sightline serve`, four lines with curl."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightline.simulate import simulate
from sightline.store.database import open_database, sqlite_url

COMMAND = [sys.executable, "-m", "sightline"]
VENUE = '{"id":"my_store","name":"My Store"}'


class EmptyShop:
    """`sightline serve` in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder.with_suffix(".log")
        folder.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = int(found.getsockname()[1])
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def type(self, line: str) -> Any:
        """Run a line of the manual, which is about port 8000, in the folder above; what it printed."""
        words = ["curl", "-s", "--noproxy", "*", *_words(line.replace(":8000", f":{self.port}"))[1:]]
        ran = subprocess.run(words, cwd=self.folder.parent, capture_output=True, text=True, timeout=30)
        assert ran.returncode == 0, (ran, self.log.read_text())
        return json.loads(ran.stdout)

    def get(self, path: str, **params: Any) -> Any:
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", params=params, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, film: Path) -> str:
        return str(
            self.type(f"curl -X POST localhost:8000/process/upload -F file=@{film} -F venue_id=my_store")[
                "job_id"
            ]
        )

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0 and bool(self._health())

    def _health(self) -> Any:
        try:
            return self.get("/health")
        except httpx.HTTPError:
            return None


def until(true: Callable[[], object], *, within: float = 120.0) -> None:
    """Wait until it holds; what is asked here costs the site something, so not all the time."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.2)


def _words(line: str) -> list[str]:
    return [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptyShop]:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    served = EmptyShop(tmp_path_factory.mktemp("quick") / "shop")
    until(served.answers)
    yield served
    served.process.kill()
    served.process.wait()


@pytest.mark.slow
def test_the_quick_test_works_as_typed_and_counts_what_analyze_counts(
    shop: EmptyShop, tmp_path: Path
) -> None:
    simulate(tmp_path / "film", seed=7, minutes=0.25, fps=8)
    film = (tmp_path / "film" / "shop.mp4").rename(shop.folder.parent / "clip.mp4")

    made = shop.type(f"curl -X POST localhost:8000/venues -H 'Content-Type: application/json' -d '{VENUE}'")
    assert made["venue_id"] == "my_store"
    started = shop.type("curl -X POST localhost:8000/process/upload -F file=@clip.mp4 -F venue_id=my_store")
    assert started["status"] == "started"

    def status() -> Any:
        return shop.type(f"curl localhost:8000/process/status/{started['job_id']}")

    until(lambda: status()["status"] not in ("pending", "processing"))
    told = status()
    assert told["status"] == "completed", told["message"]
    assert shop.type("curl localhost:8000/analytics/my_store")["venue_id"] == "my_store"

    analyzed = subprocess.run(
        [
            *COMMAND,
            "analyze",
            str(film),
            "--venue",
            "my_store",
            "--camera",
            "upload",
            "--data-dir",
            "a",
            "--json",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    expected = json.loads(analyzed.stdout)
    job = shop.get(f"/api/batch/jobs/{started['job_id']}")
    assert told["visitors_detected"] == expected["visitors"]["count"] > 0
    assert (told["total_frames"], told["frames_to_process"]) == (
        expected["frames"],
        expected["analysed_frames"],
    )
    assert sum(job["events"].values()) == len(expected["events"])
    day = expected["recorded_at"][:10]
    figures = shop.get("/analytics/my_store", to=day, days=1)
    assert (figures["total_visitors"], figures["unique_visitors"]) == (
        told["total_events"],
        told["unique_visitors"],
    )
    assert figures["unique_visitors"] == expected["visitors"]["count"]
    with (
        open_database(sqlite_url(tmp_path / "a" / "sightline.db")) as database,
        database.reading() as connection,
    ):
        stays = connection.exec_driver_sql("SELECT count(*) FROM stay").scalar_one()
    assert told["total_events"] == stays
    assert not _jobs_files(shop), "its packets are in the recordings"
    assert "sightline camera add" in shop.log.read_text()


def _jobs_files(shop: EmptyShop) -> list[Path]:
    return [path for path in (shop.folder / "sightline-data" / "jobs").rglob("*") if path.is_file()]
