"""A time-stamp authority on loopback: a web server of ours in front of `openssl ts -reply`."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CONFIG = """\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Time of the test
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """`ca` is what to trust. `answer`, when set, is sent instead of a stamp; `asked` are the questions."""

    url: str
    ca: Path
    folder: Path
    asked: list[bytes] = field(default_factory=list)
    status: int = 200
    answer: bytes | None = None

    def stamp(self, question: bytes) -> bytes:
        (self.folder / "question.tsq").write_bytes(question)
        openssl(
            self.folder, "ts", "-reply", "-config", "ca.cnf", "-section", "tsa", "-queryfile", "question.tsq",
            "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer.tsr",
        )  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_keys(folder: Path) -> None:
    """An authority of its own: a root, and a certificate under it that may stamp time."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl, which is not here")
    folder.mkdir()
    (folder / "ca.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "rsa:2048", "-nodes")
    openssl(
        folder,
        "req",
        "-x509",
        *key,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "30",
        "-subj",
        "/CN=Root",
    )
    openssl(folder, "req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-config", "ca.cnf")
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "30", "-extfile", "ca.cnf", "-extensions", "stamping", "-out", "tsa.pem",
    )  # fmt: skip


@contextmanager
def an_authority(folder: Path) -> Iterator[Authority]:
    """Serve stamps by the keys in `folder`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(question)
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = authority.answer if authority.answer is not None else authority.stamp(question)
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        authority = Authority(
            f"http://127.0.0.1:{server.server_port}/stamp?key=s3cr3t", folder / "ca.pem", folder
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()
