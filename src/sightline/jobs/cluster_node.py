"""This machine as a node of Ray: started, in a folder of its own, and ended in order.

All that Ray's processes here are told comes from this process; they die with it, however it dies. What runs
on the node for us finds in its environment where the folder is: its log goes through a pipe there, and a file
there tells it to stop.
"""

import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

import structlog

from sightline.errors import ConfigError
from sightline.video.disk import writing

log = structlog.get_logger()

NODE_VARIABLE = "NODE_OF_SIGHTLINE"
"""What runs on a node finds a `NodeHere` in it. Not SIGHTLINE_...: those are settings."""

OBJECT_STORE_BYTES = 80_000_000
"""About the least that Ray takes. No frame and no video passes through it."""

LEAVING_S = 12.0
"""For cameras and jobs of this machine to stop in order; the supervisor gives 15 s."""

MARKS = (b":job_id:", b":actor_name:", b":task_name:")
"""Lines that Ray writes for the log shipping that we do without."""

AWAY_S = 86_400
"""So long a node goes on by itself when the head is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHere:
    """What a process that Ray starts on this machine has to know.

    Attributes:
        folder: of this life of the node; gone after it.
        config: the site file as given on the command line; None without one.
        data_dir: the shared folder.
        json_logs: as on the command line.
    """

    folder: Path
    config: Path | None
    data_dir: Path
    json_logs: bool = False

    @classmethod
    def of_environment(cls) -> Self:
        """As the process that started Ray here wrote it.

        Raises:
            ConfigError: this process runs on no node of ours.
        """
        try:
            told = json.loads(os.environ[NODE_VARIABLE])
            return cls(
                folder=Path(told["folder"]),
                config=Path(told["config"]) if told["config"] else None,
                data_dir=Path(told["data_dir"]),
                json_logs=told["json_logs"],
            )
        except (KeyError, ValueError) as error:
            raise ConfigError("this process was not started by `sightline cluster`") from error

    def environment(self) -> dict[str, str]:
        """Variables for Ray's processes here."""
        return {NODE_VARIABLE: json.dumps(asdict(self), default=str)}

    @property
    def options(self) -> list[str]:
        """Of a command of ours for the same site."""
        config = ["--config", str(self.config)] if self.config is not None else []
        return [*config, "--data-dir", str(self.data_dir), *(["--json-logs"] if self.json_logs else [])]

    def log_here(self) -> None:
        """Send what this process writes to the log of the node instead of a file of Ray's."""
        pipe = os.open(self.folder / "log", os.O_WRONLY)
        os.dup2(pipe, 1)
        os.dup2(pipe, 2)
        os.close(pipe)

    @property
    def stopping(self) -> bool:
        """Whether the node is about to end."""
        return (self.folder / "stop").exists() or not self.folder.exists()

    @contextmanager
    def working(self) -> Iterator[None]:
        """The node does not end before the block does, if the block hurries once `stopping`."""
        with (self.folder / "working").open("a") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield


def require_ray() -> None:
    """Raises:
    ConfigError: Ray is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise ConfigError("several machines need Ray: pip install 'sightline[cluster]'")


def cluster_key(data_dir: Path, *, create: bool) -> Path:
    """The file whose words every machine of the cluster must know, in the folder that they share.

    Raises:
        ConfigError: there is none, and none may be made.
        DiskFull: it cannot be written.
    """
    path = data_dir / "cluster" / "key"
    if not path.is_file():
        if not create:
            raise ConfigError(
                f"{path} is not there: this machine does not see the folder of the cluster; mount the head's "
                "data_dir here, and start `sightline cluster up` there first"
            )
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "w") as file:
                file.write(secrets.token_hex(32))
    return path


def key_sha256(path: Path) -> str:
    """What the database says of the key file, so that machines with another folder are noticed."""
    return sha256(path.read_bytes()).hexdigest()


def ray_environment(key: Path, *, away_s: int = AWAY_S) -> dict[str, str]:
    """How every process of Ray behaves: it reports to nobody, lets in only who knows the key, notices a dead
    node within seconds, and goes on without its head."""
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(key),
        "RAY_health_check_initial_delay_ms": "1000",
        "RAY_health_check_period_ms": "1000",
        "RAY_health_check_timeout_ms": "2000",
        "RAY_health_check_failure_threshold": "4",
        "RAY_gcs_rpc_server_reconnect_timeout_s": str(away_s),
        "RAY_memory_monitor_refresh_ms": "0",  # a camera's memory is not in the process that Ray would kill
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # we drain ourselves, see `_leave`
        "RAY_DISABLE_IMPORT_WARNING": "1",
    }


def run_node(
    *,
    address: str,
    head_port: int | None,
    head: str,
    resources: Mapping[str, float],
    key: Path,
    here: NodeHere,
    stop: threading.Event,
) -> None:
    """Be a node until `stop` is set or Ray ends; ends the process.

    Args:
        address: of this machine, as the others reach it; loopback keeps every port on this machine.
        head_port: on which the head of the cluster is to listen; None to join the one at `head`.
        here: its folder exists and is empty; Ray keeps its sockets there, so its path is short.
    """
    os.environ.update(ray_environment(key) | here.environment())
    _carry_log(here.folder)
    threading.Thread(target=_leave, args=(here, stop), name="leaving", daemon=True).start()
    command = [
        f"--node-ip-address={address}", "--num-cpus=0", "--num-gpus=0", "--block",
        f"--resources={json.dumps(dict(resources))}", f"--object-store-memory={OBJECT_STORE_BYTES}",
        f"--temp-dir={here.folder}", "--include-log-monitor=false",
    ]  # fmt: skip
    if head_port is not None:
        command += ["--head", f"--port={head_port}", "--include-dashboard=false", "--no-monitor"]
        command += ["--disable-usage-stats"]
    else:
        command += [f"--address={head}"]
    _start_ray(command, here.folder / "ray.out")


def keep_loopback() -> None:
    """Let Ray use 127.0.0.1 where it is told so. By itself it takes an address that others reach instead."""
    from ray._private import services

    services.resolve_ip_for_localhost = lambda host: host


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine only."""
    with suppress(ValueError):
        return ip_address(address).is_loopback
    return address == "localhost"


def _start_ray(command: Sequence[str], told: Path) -> None:
    """Ray's own command, in this process, so that its processes end with ours."""
    keep_loopback()
    from ray.scripts.scripts import start

    with told.open("wb") as file:
        os.dup2(file.fileno(), 1)
    try:
        start.main(args=list(command), standalone_mode=False)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it is, the next life begins anew
        sys.stdout.flush()
        last = (told.read_text(errors="replace").strip().splitlines() or ["nothing"])[-1]
        log.error("Ray ended", reason=str(error) or type(error).__name__, said=last[:500])  # noqa: TRY400


def _carry_log(folder: Path) -> None:
    os.mkfifo(folder / "log", 0o600)
    # Also opened for writing: it must not end with the first process that closes it.
    pipe = os.open(folder / "log", os.O_RDWR)

    def carry() -> None:
        while True:
            lines = os.read(pipe, 1 << 16).splitlines(keepends=True)
            with suppress(OSError):
                os.write(2, b"".join(line for line in lines if not line.startswith(MARKS)))

    threading.Thread(target=carry, name="log", daemon=True).start()


def _leave(here: NodeHere, stop: threading.Event) -> None:
    stop.wait()
    (here.folder / "stop").touch()
    until = time.monotonic() + LEAVING_S
    with (here.folder / "working").open("a") as held:
        while time.monotonic() < until:
            with suppress(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.1)
    shutil.rmtree(here.folder, ignore_errors=True)
    log.info("this machine has left the cluster")
    sys.stderr.flush()
    os._exit(0)


def facts_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """What Ray tells of a node, in our words."""
    return {
        "id": node["NodeID"],
        "address": node["NodeManagerAddress"],
        "host": node["NodeManagerHostname"],
        "alive": node["Alive"],
        "resources": dict(node.get("Resources", {})),
    }
