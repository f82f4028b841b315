"""What a caller is told when something is wrong: RFC 9457 problem details, never the text of an exception.

The log has the rest, under the request's id.
"""

import re
from http import HTTPStatus
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = b"x-request-id"
USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


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
        wrong = [{key: one.get(key) for key in ("type", "loc", "msg", "input")} for one in error.errors()]
        return problem_answer(request.scope, 422, jsonable_encoder(wrong))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)


def _given_id(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == REQUEST_ID and USABLE_ID.fullmatch(value.decode("latin-1")):
            return value.decode("latin-1")
    return ""
