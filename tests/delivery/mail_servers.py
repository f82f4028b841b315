"""Mail servers on loopback: one that works (aiosmtpd), one that follows a script and notes every byte."""

# ruff: noqa: ARG002, N802 - aiosmtpd names the hooks and their arguments

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER = "alertes@boutique.example"
PASSWORD = "mot de passe très secret"
"""Not ASCII on purpose."""


class CertificateAuthority:
    """Signs certificates. `ca_file` is what trusts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
        own = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(
            own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def server_context(self, *names: str) -> ssl.SSLContext:
        """For a server called by these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        signed = self._builder(subject, key).add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        path = self._folder / f"{names[0]}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class MailServer:
    """Takes mail from `USER` over TLS and keeps it.

    Attributes:
        envelopes, greeted_as, options: what came, in order.
        replies: to a recipient, in place of taking it.
        data_reply: to the message, in place of taking it.
        hangs_up_at: DATA (having read the message) or QUIT, in place of an answer.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        from_start: bool = False,
        utf8: bool = True,
        without: tuple[str, ...] = (),
    ) -> None:
        self.envelopes: list[Envelope] = []
        self.greeted_as: list[str] = []
        self.replies: dict[str, str] = {}
        self.data_reply = ""
        self.hangs_up_at = ""
        self.logins = 0
        tls = {"ssl_context": context} if from_start else {"tls_context": context, "require_starttls": True}
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=free_port(),
            server_hostname="mail.example",
            authenticator=self._check,
            auth_required=not from_start,  # asked for without TLS of its own, aiosmtpd warns
            auth_require_tls=not from_start,
            auth_exclude_mechanism=without,
            enable_SMTPUTF8=utf8,
            **tls,
        )

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def messages(self) -> list[EmailMessage]:
        return [received(envelope) for envelope in self.envelopes]

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = data.login == USER.encode() and data.password == PASSWORD.encode()
        self.logins += right
        return AuthResult(success=right, handled=False)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeted_as.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hangs_up_at == "DATA":
            _hang_up(server)
        if self.data_reply:
            return self.data_reply
        self.envelopes.append(envelope)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hangs_up_at == "QUIT":
            _hang_up(server)
        return "221 bye"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


def _hang_up(server: SMTP) -> None:
    assert server.transport is not None
    server.transport.close()


def raw(envelope: Envelope) -> bytes:
    """What came, as it came."""
    assert isinstance(envelope.content, bytes)
    return envelope.content


def received(envelope: Envelope) -> EmailMessage:
    """What came, read as a mail program reads it."""
    message = message_from_bytes(raw(envelope), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


class ScriptedServer:
    """Answers each line as `script` says (None: hangs up; "": says nothing) and notes all that comes."""

    def __init__(self, script: Callable[[str], str | None], *, greeting: str | None = "220 hello") -> None:
        self._script = script
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.port: int = self._listener.getsockname()[1]
        self.heard = b""

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):  # nobody came in time, or somebody left
                connection, _ = self._listener.accept()
                with connection:
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(0.05)
        if self._greeting is None:
            return
        connection.sendall(f"{self._greeting}\r\n".encode() if self._greeting else b"")
        unread = b""
        while not self._ended.is_set():
            with suppress(TimeoutError):
                came = connection.recv(65_536)
                if not came:
                    return
                self.heard += came
                unread += came
                if unread.startswith(b"\x16"):  # a TLS handshake, which has no lines
                    unread = b"handshake\r\n"
                while b"\r\n" in unread:
                    line, _, unread = unread.partition(b"\r\n")
                    answer = self._script(line.decode("latin-1"))
                    if answer is None:
                        return
                    connection.sendall(f"{answer}\r\n".encode() if answer else b"")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._listener.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
