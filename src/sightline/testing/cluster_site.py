"""A site on several machines, all of them this one: a head and others, each in processes of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.domain.scope import Scope
from sightline.store.camera_leases import StoredCameraLease, list_leases
from sightline.store.database import Database, open_database
from sightline.testing.live_site import VENUE, LiveSite, processes_below


class ClusterSite(LiveSite):
    """`sightline cluster up` in place of `serve`, and machines that join it.

    Args:
        database_url: of a PostgreSQL database of its own.
        group: cameras that one process watches.
    """

    def __init__(
        self, folder: Path, sources: Mapping[str, str], *, database_url: str, group: int = 1, **more: Any
    ) -> None:
        self._url = database_url
        self.group = group
        settings = {"database_url": database_url, **more.pop("settings", {})}
        super().__init__(folder, sources, settings=settings, **more)
        self.head_port = _free_port()
        self.machines: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def database(self) -> Database:
        """The site's database."""
        if self._database is None:
            self._database = open_database(self._url)
        return self._database

    def start(self) -> None:
        """Start the head; its output goes to `log_path`."""
        ports = ["--port", str(self.head_port), "--web-port", str(self.port), "--group", str(self.group)]
        self._process = self._run("up", ports, self.log_path)

    def wait_for_head(self, timeout_s: float = 180) -> float:
        """Wait until the head places work; how long that took."""
        return self.wait(lambda _: bool(self.alive()), timeout_s=timeout_s, what="the head places work")

    def join(self, name: str, *options: str, timeout_s: float = 180) -> str:
        """Start another machine, whose output goes to `<name>.log`; its place, once the head sees it."""
        before = self.alive()
        head = f"127.0.0.1:{self.head_port}"
        self.machines[name] = self._run("join", [head, *options], self.folder / f"{name}.log")
        self.wait(lambda _: self.alive() > before, timeout_s=timeout_s, what=f"the machine {name!r} there")
        (place,) = self.alive() - before
        return place

    def status(self) -> dict[str, dict[str, Any]]:
        """What each camera told last, with the time it did as `at`."""
        from sightline.store.status import list_status

        with self.database.reading() as connection:
            rows = list_status(Scope.of(VENUE), connection)
        return {row.camera_id: {**row.status, "at": row.at} for row in rows}

    def leases(self) -> dict[str, StoredCameraLease]:
        """Who watches each camera now."""
        with self.database.reading() as connection:
            found = list_leases(Scope.of(VENUE), connection)
        return {lease.camera_id: lease for lease in found if not lease.over}

    def kill_machine(self, name: str) -> None:
        """All processes of a machine die at once, as if its power was cut."""
        _kill_all(self.machines.pop(name))

    def kill_head(self) -> None:
        """Likewise the head."""
        if self._process is not None:
            _kill_all(self._process)

    @property
    def config(self) -> Path:
        """The site file."""
        return self._config

    def add_cameras(self, sources: Mapping[str, str]) -> None:
        """Write cameras into the site file; processes that start from now on know their addresses."""
        self.write_config(sources)
        self.cameras = list(sources)

    def told(self) -> dict[str, Any]:
        """What the head told last of its machines and groups; empty before it did."""
        try:
            told: dict[str, Any] = json.loads((self.data_dir / "cluster" / "placed.json").read_text())
        except FileNotFoundError:
            return {}
        return told

    def alive(self) -> set[str]:
        """Places of the machines that the head says are there."""
        return {machine["place"] for machine in self.told().get("machines", ()) if machine["alive"]}

    def end_machines(self) -> list[int]:
        """Orderly stop of all machines but the head; their exit codes."""
        for process in self.machines.values():
            process.send_signal(signal.SIGTERM)
        codes = []
        for process in self.machines.values():
            try:
                codes.append(process.wait(60))
            except subprocess.TimeoutExpired:
                _kill_all(process)
                codes.append(-9)
        self.machines.clear()
        return codes

    def stop(self, timeout_s: float = 60) -> int:
        """Orderly stop of all machines, the head last; the head's exit code."""
        self.end_machines()
        return super().stop(timeout_s)

    def _run(self, verb: str, options: list[str], log_path: Path) -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            "-m",
            "sightline",
            "cluster",
            verb,
            "--config",
            str(self._config),
            *options,
        ]
        with log_path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  our own program, no shell
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip


def _kill_all(process: "subprocess.Popen[bytes]") -> None:
    while living := [process.pid, *processes_below(process.pid)] if process.poll() is None else []:
        # Stopped first: whoever sees another one die must not get to do anything about it.
        found = set(living)
        for pid in found:
            _signal(pid, signal.SIGSTOP)
        found |= set(processes_below(process.pid))
        for pid in found:
            _signal(pid, signal.SIGKILL)
        process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
