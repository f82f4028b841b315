"""A web server on loopback that keeps what it is sent and answers as it is told to."""

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `headers` by name in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    def parts(self) -> dict[str, Message]:
        """The parts of a multipart form by their names."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser().parsebytes(head + self.body)
        found = form.get_payload()
        assert isinstance(found, list)
        return {str(part.get_param("name", header="content-disposition")): part for part in found}


@dataclass(slots=True)
class Answer:
    """How a request is answered; `hangs`: not before the server ends."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False

    @classmethod
    def of(cls, document: Any, status: int = 200) -> "Answer":
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


class AnsweringServer:
    """`answers` are used up one by one, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers = [Answer()]
        self._ended = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.answer(self)

            def do_PUT(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self._http.server_port}{path}"

    @property
    def port(self) -> int:
        return self._http.server_port

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Asked(handler.path, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.hangs:
            self._ended.wait()
        with suppress(OSError):  # whoever asked is free to leave
            handler.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(answer.body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
