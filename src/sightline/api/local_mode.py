"""Local mode: without keys and sign-in, only this machine's own programs get an answer.

A loopback address alone does not promise that. A page in a browser can send requests to it; a foreign name
can be made to resolve to it; a tunnel or proxy on this machine can pass the whole internet on to it. Each of
them leaves a mark on the request, and a request that bears one is refused.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.api.problems import problem_answer

FORWARDED_BY = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"x-original-host"}
    | {b"true-client-ip", b"cf-connecting-ip", b"cf-ray", b"fly-client-ip", b"fastly-client-ip"}
    | {b"x-envoy-external-address", b"ngrok-trace-id", b"tailscale-user-login", b"x-proxyuser-ip"}
)
FORWARDED_PREFIX = b"x-forwarded"
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:/@\s]+)(?::\d{1,5})?")


class LocalMode:
    """Answers 403 with the reason to every request that did not begin and end on this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reason = why_not_local(scope["headers"], scope.get("client"))
        if not reason:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await problem_answer(scope, 403, reason)(scope, receive, send)


def why_not_local(headers: list[tuple[bytes, bytes]], client: tuple[str, int] | None) -> str:
    """Why this request is not answered in local mode, as a sentence for its sender; empty when it is.

    Args:
        headers: names in lower case, as ASGI gives them.
        client: address and port of the other end; None over a Unix socket.
    """
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    if len(hosts) != 1 or not is_loopback_host(hosts[0]):
        return (
            "this server runs in local mode and answers requests to localhost or 127.0.0.1 only; the Host of"
            " this request is another name"
        )
    if client is not None and not _is_loopback_address(client[0]):
        return "this server runs in local mode and answers this machine only; the request came from another"
    passed_on = sorted(
        name.decode("latin-1")
        for name, _ in headers
        if name in FORWARDED_BY or name.startswith(FORWARDED_PREFIX)
    )
    if passed_on:
        return (
            f"this server runs in local mode; the header {passed_on[0]} says that a proxy or tunnel passed"
            " this request on, and who is behind it is not known"
        )
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if any(_host_of(origin) != hosts[0].lower() for origin in origins):
        return "this server runs in local mode; the page that sent this request is of another origin"
    return ""


def is_loopback_host(host: str) -> bool:
    """Whether `host` (`NAME`, `NAME:PORT`, `[IPv6]:PORT`) can only mean this machine."""
    match = HOST.fullmatch(host.strip())
    if match is None:
        return False
    name = match["name"].lower().strip("[]")
    return name == "localhost" or _is_loopback_address(name)


def _host_of(origin: str) -> str:
    """`localhost:8000` of `http://localhost:8000`; empty when it is no origin of a web page."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""


def _is_loopback_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
