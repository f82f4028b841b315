"""Connections under an HTTP request that keep to one deadline, from the first lookup to the last byte.

httpx's own time-outs begin anew with every byte: a server that trickles would hold a worker for days. So
requests go through httpcore, the layer under httpx, over sockets that ask how much time is left. Each request
has a connection of its own: one kept from the last hour may be dead without anyone having said so, and the
attempt would be lost in finding out.
"""

import contextlib
import errno
import socket
import ssl
import time
from collections.abc import Iterable
from threading import Lock
from typing import Any

import httpcore


class Deadline:
    """A moment on the monotonic clock, `timeout_s` from now."""

    def __init__(self, timeout_s: float) -> None:
        self._at = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """Seconds until then, always more than 0.

        Raises:
            TimeoutError: none are left.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


class OpenConnections:
    """The connections of requests under way, so that they can be ended from another thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[DeadlineStream] = set()
        self.ended = False

    def add(self, stream: "DeadlineStream") -> None:
        """Raises ConnectionAbortedError once `end` was called."""
        with self._lock:
            if not self.ended:
                self._open.add(stream)
                return
        stream.close()
        raise ConnectionAbortedError

    def remove(self, stream: "DeadlineStream") -> None:
        with self._lock:
            self._open.discard(stream)

    def end(self) -> None:
        """Whoever reads or writes on one of them gets an error at once."""
        with self._lock:
            self.ended = True
            for stream in self._open:
                stream.shut_down()


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections that end with `deadline`. The time-outs that httpcore passes are not used."""

    def __init__(self, deadline: Deadline, connect_timeout_s: float, connections: OpenConnections) -> None:
        self._deadline = deadline
        self._connect_timeout_s = connect_timeout_s
        self._connections = connections

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers; all of them share the connect time-out.

        Raises:
            httpcore.ConnectTimeout: none answered in time.
            OSError: unknown name, or refused by all.
        """
        patience = Deadline(min(self._connect_timeout_s, self._deadline.left_s()))
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:  # a part of the name is empty or too long
            raise OSError(errno.EINVAL, "no host can have that name") from error
        last = OSError("no address")
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            wire = socket.socket(family, kind, protocol)
            try:
                wire.settimeout(patience.left_s() / (len(addresses) - number))
                wire.connect(address)
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                wire.close()
                last = error
                continue
            stream = DeadlineStream(wire, self._deadline, self._connect_timeout_s, self._connections)
            self._connections.add(stream)
            return stream
        if isinstance(last, TimeoutError):
            raise httpcore.ConnectTimeout("no answer to a connection") from last
        raise last


class DeadlineStream(httpcore.NetworkStream):
    """One connection. What fails is an OSError (TimeoutError once the time is up), save when sending.

    A connection that breaks while sending is httpcore's WriteError: httpcore then still reads the answer, for
    a server that has said no to half a file hangs up without reading the rest.
    """

    def __init__(
        self, wire: socket.socket, deadline: Deadline, connect_timeout_s: float, connections: OpenConnections
    ) -> None:
        self._wire = wire
        self._deadline = deadline
        self._connect_timeout_s = connect_timeout_s
        self._connections = connections

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        self._wire.settimeout(self._deadline.left_s())
        return self._wire.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        rest = memoryview(buffer)
        try:
            while rest:
                self._wire.settimeout(self._deadline.left_s())
                rest = rest[self._wire.send(rest) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        try:
            self._wire.settimeout(min(self._connect_timeout_s, self._deadline.left_s()))
            self._wire = ssl_context.wrap_socket(self._wire, server_hostname=server_hostname)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout("no answer to a TLS handshake") from error
            raise
        return self

    def close(self) -> None:
        self._connections.remove(self)
        self._wire.close()

    def shut_down(self) -> None:
        """End both directions. The plain call: that of a TLS socket takes the cipher from under a reader."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._wire, socket.SHUT_RDWR)

    def get_extra_info(self, info: str) -> Any:
        """Only what httpcore asks for: what was agreed on in the TLS handshake."""
        return self._wire if info == "ssl_object" and isinstance(self._wire, ssl.SSLSocket) else None
