"""A real server on loopback that takes uploads and reports, and misbehaves when asked to.

    with Receiver(plan=random_faults(0.3, seed=7)) as receiver:
        ... receiver.upload_url, receiver.incident_url, receiver.footfall_url ...
        receiver.arrivals

As a process of its own, for what is to survive the death of the sender or of the receiver:

    python -m sightline.testing.receiver --port 8099 --folder received --fault-rate 0.3 --seed 7

A POST with a multipart form to any path is an upload, one with JSON a report. What was kept is served under
`/files/`. A request under a known idempotency key is kept once and gets the same answer.
"""

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

from sightline.testing.receiver_faults import PASSING, Fault, Plan, Shape, all_well, random_faults
from sightline.testing.receiver_handler import ReceiverHandler, drop
from sightline.testing.receiver_shelf import Arrival, Shelf


@dataclass(frozen=True, slots=True)
class Asked:
    """One POST, kept or not. `fault` is what the plan said to it."""

    number: int
    path: str
    key: str
    fault: Fault | None


def incident_answer(number: int) -> Any:
    """What a report gets by default."""
    return {"success": True, "incident_id": f"server-{number}"}


class Receiver:
    """The server, listening while its `with` block runs.

    Every keyword is also an attribute that may be changed between requests.

    Args:
        folder: of files and journal; a temporary one without it.
        port: 0: a free one, which stays the same over outages.
        plan: which request goes wrong, and how.
        shape: where the answer to an upload holds the stored name.
        states: what else it holds: any of "sha256", "md5", "size".
        api_key: asked of every POST, where given.
        report: what a report is answered, by its number.
        answers_head: else HEAD gets 405.
        names_length: whether stored files are served with their length.
        media_type: as what stored files are served.
        files_host: under which name of this machine they are.
        slow_s, retry_after, reset_after: seconds, a header, bytes: of the faults that need them.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        port: int = 0,
        tls: SSLContext | None = None,
        plan: Plan = all_well,
        shape: Shape = Shape.FILENAME,
        states: Collection[str] = ("sha256",),
        api_key: str = "",
        report: Callable[[int], Any] = incident_answer,
        answers_head: bool = True,
        names_length: bool = True,
        media_type: str = "video/mp4",
        files_host: str = "127.0.0.1",
        slow_s: float = 0.2,
        retry_after: str = "7",
        reset_after: int = 100_000,
    ) -> None:
        self.port = port
        self.tls = tls
        self.plan = plan
        self.shape = shape
        self.states = states
        self.api_key = api_key
        self.report = report
        self.answers_head = answers_head
        self.names_length = names_length
        self.media_type = media_type
        self.files_host = files_host
        self.slow_s = slow_s
        self.retry_after = retry_after
        self.reset_after = reset_after
        self.asked: list[Asked] = []
        self.looked: list[str] = []
        self._folder = folder
        self._lock = threading.Lock()
        self._server: ReceiverServer | None = None

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory() if self._folder is None else None
        self.folder = self._folder or Path(self._temporary.name if self._temporary else "")
        self.shelf = Shelf(self.folder)
        self.come_back()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_down()
        self.shelf.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    @property
    def _scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def upload_url(self) -> str:
        return f"{self.base_url}/upload"

    @property
    def incident_url(self) -> str:
        return f"{self.base_url}/incident"

    @property
    def footfall_url(self) -> str:
        return f"{self.base_url}/footfall"

    @property
    def files_url(self) -> str:
        """Where what was kept can be seen: the `public_base_url` of a sender."""
        return f"{self._scheme}://{self.files_host}:{self.port}/files"

    @property
    def arrivals(self) -> list[Arrival]:
        """What was kept, in the order in which it first came."""
        return self.shelf.arrivals

    def path_of(self, arrival: Arrival) -> Path:
        """The file that was kept."""
        return self.shelf.files_dir / arrival.stored_name

    def go_down(self) -> None:
        """Refuse connections, and break those that are open, as a power cut does."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def come_back(self) -> None:
        """Listen again, on the same port."""
        if self._server is None:
            self._server = ReceiverServer(self)
            self.port = self._server.server_port

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Down for the length of the block."""
        self.go_down()
        try:
            yield
        finally:
            self.come_back()

    def note(self, path: str, key: str) -> Asked:
        """Count one POST, and decide what happens to it."""
        with self._lock:
            number = len(self.asked)
            asked = Asked(number, path, key, self.plan(number, path, key))
            self.asked.append(asked)
        return asked


class ReceiverServer(ThreadingHTTPServer):
    """One time of listening. Its threads are joined when it ends, so their connections are broken first."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.ended = threading.Event()
        self._open: set[Any] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", receiver.port), ReceiverHandler)
        if receiver.tls is not None:
            # The handshake is the handler's: a client that does not speak must not stop others.
            self.socket = receiver.tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def end(self) -> None:
        self.ended.set()
        self.shutdown()
        with self._guard:
            for connection in self._open:
                drop(connection)
        self.server_close()
        self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client is free to leave; anything else is a bug of this server and is shown."""
        with suppress(OSError):
            raise


def main(words: list[str] | None = None) -> None:
    """Serve until told to stop by SIGTERM or SIGINT; says `listening PORT` on standard output first."""
    parser = argparse.ArgumentParser(prog="python -m sightline.testing.receiver")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--faults", type=lambda text: [Fault(name) for name in text.split(",")], default=PASSING
    )
    parser.add_argument("--shape", type=Shape, default=Shape.FILENAME)
    parser.add_argument("--slow-s", type=float, default=1.0)
    told = parser.parse_args(words)
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    plan = random_faults(told.fault_rate, told.seed, told.faults)
    with Receiver(
        folder=told.folder, port=told.port, plan=plan, shape=told.shape, slow_s=told.slow_s
    ) as receiver:
        sys.stdout.write(f"listening {receiver.port}\n")
        sys.stdout.flush()
        signal.sigwait(stop)


if __name__ == "__main__":
    main()
