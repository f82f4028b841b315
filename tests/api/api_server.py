"""The web application on a real port."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from starlette.types import ASGIApp

from sightline.api.app import create_app, listen, serve_api
from sightline.pipeline.site_state import ReadState

NO_TLS = False
"""For `httpx`: our servers speak plain HTTP, and to read all certificates takes 40 ms a client."""


class Server:
    """Asks one running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        with httpx.Client(timeout=5, trust_env=False, verify=NO_TLS) as client:
            return client.get(f"http://127.0.0.1:{self.port}{path}", headers=dict(headers or {}))


@contextmanager
def running(read_state: ReadState) -> Iterator[Server]:
    with running_app(create_app(read_state)) as port:
        yield Server(port)


@contextmanager
def running_app(app: ASGIApp) -> Iterator[int]:
    """The application on a real port of this machine, which is what this gives."""
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    stop = threading.Event()
    serving = threading.Thread(
        target=serve_api, args=(app, bound), kwargs={"stop": stop, "until_closed": None}
    )
    serving.start()
    try:
        yield port
    finally:
        stop.set()
        serving.join(10)
        assert not serving.is_alive(), "the server does not stop"
