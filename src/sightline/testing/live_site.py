"""A whole site over real RTSP servers, run by `sightline serve` in processes of its own.

For `sightline bench cameras`, for `benchmarks/` and for tests that kill and freeze things.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import yaml

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recordings import segments_between
from sightline.store.status import list_status

VENUE = "bench"
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))

_SERVICE = {"name": "counter", "kind": "service", "points": [[0.0, 0.4], [0.6, 0.4], [0.6, 1.0], [0.0, 1.0]]}
_QUEUE = {"name": "line", "kind": "queue", "points": [[0.6, 0.4], [1.0, 0.4], [1.0, 1.0], [0.6, 1.0]]}


class LiveSite:
    """`sightline serve` over the given addresses, in a folder of its own.

    Args:
        folder: made if need be; holds the site file, the data and the log.
        sources: address of each camera, by its id.
        detector: as in the site file.
        settings: further groups of the site file, such as `recording` or `retention_days`.
        camera: settings of every camera beside its id and source; default a staff line and two zones, so that
            people in any street or shop give events.
    """

    def __init__(
        self,
        folder: Path,
        sources: Mapping[str, str],
        *,
        detector: str = "builtin",
        settings: Mapping[str, Any] | None = None,
        camera: Mapping[str, Any] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data_dir = folder / "data"
        self.log_path = folder / "serve.log"
        self.cameras = list(sources)
        self.port = _free_port()
        self._config = folder / "sightline.yaml"
        self._settings = {"detector": {"name": detector}, **(settings or {})}
        self._camera = camera if camera is not None else {
            "staff": {"line": [[0.5, 0.0], [0.5, 1.0]], "side": "left"},
            "zones": [_SERVICE, _QUEUE],
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._database: Database | None = None
        self.write_config(sources)

    def write_config(self, sources: Mapping[str, str]) -> None:
        """Write the site file anew; a running `serve` reads it at its next start."""
        cameras = [{"id": name, "source": source, **self._camera} for name, source in sources.items()]
        site = {"data_dir": str(self.data_dir), "venues": [{"id": VENUE, "cameras": cameras}]}
        self._config.write_text(yaml.safe_dump({**site, **self._settings}, sort_keys=False))
        self._config.chmod(0o600)  # addresses may hold passwords

    def start(self) -> None:
        """Start `serve`; its output goes to `log_path`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARSE_")}
        command = [sys.executable, "-m", "sightline", "serve", "--config", str(self._config)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own program, no shell
                [*command, "--port", str(self.port)],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    def processes(self) -> dict[int, str]:
        """Living processes of the site, with their command lines."""
        return processes_below(self.pid)

    def camera_processes(self) -> list[int]:
        """The processes that run cameras."""
        return [pid for pid, line in self.processes().items() if "cameras" in line and pid != self.pid]

    @property
    def database(self) -> Database:
        """The site's database, opened once `serve` has made it."""
        if self._database is None:
            self._database = open_database(sqlite_url(self.data_dir / "sightline.db"))
        return self._database

    def status(self) -> dict[str, dict[str, Any]]:
        """What each camera told last, with the time it did as `at`."""
        if not (self.data_dir / "sightline.db").exists():
            return {}
        with self.database.reading() as connection:
            rows = list_status(Scope.of(VENUE), connection)
        return {row.camera_id: {**row.status, "at": row.at} for row in rows}

    def wait(self, until: Callable[["LiveSite"], bool], *, timeout_s: float, what: str) -> float:
        """Wait until `until` holds; how long that took, in seconds.

        Raises:
            TimeoutError: it did not come to hold, or `serve` ended; with the end of the log.
        """
        began = time.monotonic()
        while not until(self):
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() - began > timeout_s:
                log = self.log_path.read_text()[-2000:] if self.log_path.exists() else ""
                raise TimeoutError(f"{what}: {'serve ended' if ended else 'not in time'}\n{log}")
            time.sleep(0.1)
        return time.monotonic() - began

    def wait_until_live(self, timeout_s: float = 60) -> float:
        """Wait until every camera analyses pictures; how long that took."""
        return self.wait(
            lambda site: all(
                site.status().get(name, {}).get("state") == "running"
                and site.status()[name].get("last_analysed_at")
                for name in site.cameras
            ),
            timeout_s=timeout_s,
            what="all cameras live",
        )

    def stop(self, timeout_s: float = 40) -> int:
        """Orderly stop, as systemd does it; the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def kill(self) -> None:
        """SIGKILL to the whole program at once."""
        if self._process is not None:
            for pid in (self._process.pid, *self.processes()):
                _kill(pid)
            self._process.wait()

    def kill_supervisor(self) -> None:
        """SIGKILL to the first process alone; the others have to notice that they are orphans."""
        _kill(self.pid)
        if self._process is not None:
            self._process.wait()

    def segments(self, camera: str) -> list[RecordedSegment]:
        """The recorded files the database knows of."""
        with self.database.reading() as connection:
            return segments_between(Scope.of(VENUE), connection, VENUE, camera, *EVER)

    def __enter__(self) -> "LiveSite":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._database is not None:
            self._database.close()


def processes_below(pid: int) -> dict[int, str]:
    """A process and all its living descendants, with their command lines."""
    parents: dict[int, list[int]] = {}
    lines: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # ended meanwhile
        if stat[0] != "Z":
            lines[int(folder.name)] = line
        parents.setdefault(int(stat[1]), []).append(int(folder.name))
    found, waiting = {}, [pid]
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        if one in lines:
            found[one] = lines[one]
    return found


def processor_s(pids: Iterable[int]) -> float:
    """User and system time of these processes so far, seconds."""
    tick, total = os.sysconf("SC_CLK_TCK"), 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / tick


def resident_mib(pids: Iterable[int]) -> float:
    """Resident memory of these processes, MiB."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def proportional_mib(pids: Iterable[int]) -> float:
    """Memory of these processes with what they share counted once (PSS), MiB."""
    kib = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def missing_pictures(
    segments: Sequence[RecordedSegment], recordings_dir: Path, picture_s: float
) -> tuple[int, int, list[tuple[float, float]]]:
    """Whether recorded files hold every picture of a steady stream.

    Returns:
        pictures there, pictures missing within stretches, and holes above 1 s (from, to; seconds since 1970).
    """
    there = missing = 0
    holes: list[tuple[float, float]] = []
    last: float | None = None
    for segment in sorted(segments, key=lambda one: one.started_at):
        zero = segment.zero_at.timestamp()
        with av.open(str(recordings_dir / segment.path)) as container:
            for packet in container.demux(video=0):
                if packet.dts is None or packet.time_base is None or not packet.size:
                    continue
                at = zero + float(packet.dts * packet.time_base)
                there += 1
                if last is not None:
                    step = at - last
                    if step > 1:
                        holes.append((last, at))
                    else:
                        missing += max(0, round(step / picture_s) - 1)
                last = at
    return there, missing, holes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
