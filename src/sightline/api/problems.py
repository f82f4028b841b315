"""What a caller is told when something is wrong: RFC 9457 problem details.

Of what was not foreseen nobody is told the text; the log has it, under the request's id. What we raise on
purpose (`errors`) is written for people: its text is told, without passwords and without folders of this
machine, where it is about what was asked; where it is about this machine, it only goes into the log.
"""

import math
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.errors import (
    ConfigError,
    Conflict,
    DeliveryError,
    DiskFull,
    EvidenceError,
    ModelError,
    NotFound,
    OutOfScope,
    SightlineError,
    SourceError,
    StoreError,
)

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = b"x-request-id"
USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

STATUS_OF: dict[type[SightlineError], int] = {
    ConfigError: 400,
    OutOfScope: 403,
    NotFound: 404,
    Conflict: 409,
    EvidenceError: 409,
    SourceError: 409,
    DeliveryError: 502,
    ModelError: 503,
    StoreError: 503,
    DiskFull: 507,
}
"""The answer for each kind of error; the nearest class counts."""

OF_THIS_MACHINE = {
    503: "the site cannot do this at the moment; the log has the reason under this id",
    507: "the disk of the site is full; nothing was stored",
}

SECRETS = frozenset({"password", "old", "new", "api_key", "token", "secret", "source", "record_source"})
"""Fields whose values are never repeated: addresses of cameras hold passwords, too."""
MASKED = "***"

LONGEST_ECHO = 200
"""Signs of a wrong value that are repeated in the answer."""

_FOLDERS = re.compile(r"(?<![\w:/.])(?!/api/)(?:/[^\s/'\"(),;:]+)+/(?=[^\s/'\"(),;:])")
_USER = re.compile(r"://\S*@")
_SECRET = re.compile(
    r"(?i)(?<=[?&])([^=&\s]*(?:user|usr|login|pass|pwd|key|token|auth|secret)[^=&\s]*)=[^&\s]*"
)


class RequestIds:
    """Gives every request an id, and every answer the same one in `X-Request-ID`. The outermost layer.

    An id that the caller sends is kept when it is short and plain, so that it can be found in both logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope["headers"]) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answered = False

        async def send_with_id(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != REQUEST_ID]
                plain = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
                known = {name.lower() for name, _ in headers}
                headers += [pair for pair in plain if pair[0] not in known]
                message = {**message, "headers": [*headers, (REQUEST_ID, request_id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            # The top of a request: whatever was not foreseen is logged here, and its text goes no further.
            log.exception("request failed", request_id=request_id, method=scope["method"], path=scope["path"])
            if not answered:
                answer = problem_answer(scope, 500, "something went wrong here; the log has it under this id")
                await answer(scope, receive, send_with_id)


def problem_answer(scope: Scope, status: int, detail: object) -> Response:
    """The answer for one problem. `detail` is a sentence, or the list of what is wrong with the input."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "request_id": scope.get("state", {}).get("request_id"),
        },
        status_code=status,
        media_type=MEDIA_TYPE,
    )


def answer_with_problems(app: FastAPI) -> None:
    """Have `app` tell all its errors this way."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = problem_answer(request.scope, error.status_code, error.detail)
        answer.headers.update(error.headers or {})
        return answer

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_answer(request.scope, 422, [wrong_input(one) for one in error.errors()])

    def foreseen(request: Request, error: Exception) -> Response:
        assert isinstance(error, SightlineError)
        status = status_of(error)
        if status in OF_THIS_MACHINE:
            request_id = request.scope.get("state", {}).get("request_id")
            log.error("request refused", request_id=request_id, reason=str(error), path=request.url.path)
        return problem_answer(request.scope, status, OF_THIS_MACHINE.get(status) or told(error))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(SightlineError, foreseen)


def status_of(error: SightlineError) -> int:
    """The status that answers this kind of error."""
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 500)


def told(error: SightlineError | str) -> str:
    """The text of one of our errors as it may be told: no user and password, no folder of this machine."""
    text = _SECRET.sub(r"\1=***", _USER.sub("://***@", str(error)))
    return _FOLDERS.sub("", text).encode("utf-8", "replace").decode()


def wrong_input(error: dict[str, Any]) -> dict[str, Any]:
    """One thing that is wrong with the input, as JSON that can be sent, however odd the input was."""
    return {
        "type": error.get("type"),
        "loc": [part if isinstance(part, int) else _text(part) for part in error.get("loc", ())],
        "msg": _text(error.get("msg", "")),
        "input": MASKED if _names_secret(error.get("loc", ())) else _echo(error.get("input")),
    }


def _names_secret(location: Sequence[object]) -> bool:
    return any(isinstance(part, str) and part.lower() in SECRETS for part in location)


def _echo(value: object, depth: int = 3) -> Any:
    """What was sent, shortened; half characters and NaN, which no JSON holds, replaced."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict) and depth:
        return {
            _text(name): MASKED if _names_secret((name,)) else _echo(one, depth - 1)
            for name, one in list(value.items())[:20]
        }
    if isinstance(value, list | tuple) and depth:
        return [_echo(one, depth - 1) for one in list(value)[:20]]
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * LONGEST_ECHO:
        return "a number of more digits than fit here"  # Python refuses to write out the largest
    text = (str(value) if isinstance(value, str | int | float) else type(value).__name__)[: LONGEST_ECHO + 1]
    shown = text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "..."
    return shown.encode("utf-8", "replace").decode()


def _given_id(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == REQUEST_ID and USABLE_ID.fullmatch(value.decode("latin-1")):
            return value.decode("latin-1")
    return ""
