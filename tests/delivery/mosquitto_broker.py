"""A real mosquitto on loopback, and somebody who listens to it."""

import ipaddress
import json
import socket
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.enums import CallbackAPIVersion

MOSQUITTO = Path("/usr/sbin/mosquitto")
PATIENCE_S = 10.0


class MosquittoBroker:
    """One broker with a port of its own, which keeps nothing over a restart.

    Args:
        users: name to password; empty: anybody may come.
        rules: lines of its access control file.
        tls: certificate and key, PEM in one file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: dict[str, str] | None = None,
        rules: list[str] | None = None,
        tls: Path | None = None,
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        lines = [
            "user root", "persistence false", "log_type all", f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'false' if users else 'true'}",
        ]  # fmt: skip
        if users:
            passwords = folder / "passwords"
            passwords.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
            lines.append(f"password_file {passwords}")
        if rules:
            (folder / "rules").write_text("\n".join(rules) + "\n")
            (folder / "rules").chmod(0o600)
            lines.append(f"acl_file {folder / 'rules'}")
        if tls:
            lines += [f"certfile {tls}", f"keyfile {tls}"]
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text("\n".join(lines) + "\n")
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", self._conf], stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError(f"mosquitto did not start: {self._log.read_text()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Listener:
    """Subscribes to everything and keeps what comes: (topic, payload, whether it was retained)."""

    def __init__(self, port: int, *, login: tuple[str, str] | None = None) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(*login)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._news:
            self.heard.append((message.topic, bytes(message.payload), message.retain))
            self._news.notify_all()

    def waits_for(self, topic: str, payload: bytes | None = None, *, times: int = 1) -> bytes:
        """The payload that came at `topic`; with `payload`, exactly that one."""

        def found() -> list[bytes]:
            return [
                text for at, text, _ in self.heard if at == topic and (payload is None or text == payload)
            ]

        with self._news:
            came = self._news.wait_for(lambda: len(found()) >= times, PATIENCE_S)
            assert came, f"nothing such at {topic}; heard {self.heard}"
            return found()[-1]

    def document(self, topic: str) -> Any:
        return json.loads(self.waits_for(topic))

    def retained(self, *, until: str) -> dict[str, bytes]:
        """What lay at the broker before we came; `until` is one of the topics."""
        self.waits_for(until)
        time.sleep(0.05)  # the broker sends all of it in one go
        with self._news:
            return {topic: payload for topic, payload, retained in self.heard if retained}

    def __enter__(self) -> Self:
        assert self._subscribed.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_message = self._client.on_subscribe = None


def authority(folder: Path) -> tuple[Path, Path]:
    """An authority of our own: its certificate, and a key with a certificate for 127.0.0.1 signed by it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("our own authority", root_key, "our own authority", root_key, is_authority=True)
    leaf = _certificate("127.0.0.1", key, "our own authority", root_key, is_authority=False)
    (folder / "authority.pem").write_bytes(root)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "broker.pem").write_bytes(leaf + pem)
    return folder / "authority.pem", folder / "broker.pem"


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> bytes:
    subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, issuer))
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
