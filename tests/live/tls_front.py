"""TLS in front of a server on loopback, with a certificate of its own making, as cameras have it."""

import select
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TlsFront:
    """Passes one connection after another on to `port` of 127.0.0.1.

    Attributes:
        port: where it listens.
    """

    def __init__(self, port: int, folder: Path) -> None:
        self._behind = ("127.0.0.1", port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate(folder))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.port = self._listener.getsockname()[1]

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):  # nobody came in time, or somebody left
                connection, _ = self._listener.accept()
                with (
                    self._context.wrap_socket(connection, server_side=True) as front,
                    socket.create_connection(self._behind) as back,
                ):
                    self._pass_on(front, back)

    def _pass_on(self, front: ssl.SSLSocket, back: socket.socket) -> None:
        while not self._ended.is_set():
            ready = [front] if front.pending() else select.select([front, back], [], [], 0.05)[0]
            for end in ready:
                data = end.recv(65_536)
                if not data:
                    return
                (back if end is front else front).sendall(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._listener.close()


def certificate(folder: Path) -> Path:
    """A key and a certificate signed with it, for nobody in particular."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "camera.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
