"""Every change that is made through the API leaves an entry in the audit log before its answer leaves."""

from typing import Any

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.api.caller import Caller
from sightline.api.gate import FORMS, SAFE_METHODS
from sightline.api.rate_limits import INGESTION
from sightline.errors import SightlineError
from sightline.pipeline.audit_log import NOBODY, AuditLog

log = structlog.get_logger()

LEFT_OUT = FORMS | INGESTION
"""Signing in and out says more than a path could; events that are told are no change to the site."""
TOLD_BY_BOXES = "/api/edge/"
"""So is what comes under it, once a minute from each camera."""
LONGEST_VALUE = 100


def tell_audit(request: Request, *, subject: str = "", venue_id: str | None = None, **facts: Any) -> None:
    """Have the entry of this request say what it is about: ids and names, never secrets.

    The parameters of the address, and a venue that `Caller.demand` was asked for, are in it anyway.
    """
    request.state.audit = {"subject": subject, "venue_id": venue_id, "facts": facts}


class AuditTrail:
    """Notes unsafe requests that succeed. Inside of the gate, which says who asked."""

    def __init__(self, app: ASGIApp, audit: AuditLog) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or _is_left_out(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await run_in_threadpool(self._note, scope, message["status"])
            await send(message)

        await self._app(scope, receive, send_noted)

    def _note(self, scope: Scope, status: int) -> None:
        route = scope.get("route")
        if route is None:
            return
        state = scope.get("state", {})
        caller: Caller | None = state.get("caller")
        told = state.get("audit") or {"subject": "", "venue_id": None, "facts": {}}
        given = {name: str(value)[:LONGEST_VALUE] for name, value in scope.get("path_params", {}).items()}
        client = scope.get("client")
        try:
            self._audit.note(
                state.get("actor") or (caller.actor if caller is not None else NOBODY),
                f"{scope['method']} {route.path}",
                venue_id=told["venue_id"] or given.get("venue_id") or _only(caller),
                subject=told["subject"] or ", ".join(f"{name}={value}" for name, value in given.items()),
                facts={"status": status, **told["facts"]},
                address=client[0] if client else None,
            )
        except SightlineError as error:  # it is done: an error would only have it done again
            log.error(  # noqa: TRY400  foreseen: one line
                "a change is not in the audit log",
                action=f"{scope['method']} {route.path}",
                reason=str(error),
            )


def _is_left_out(path: str) -> bool:
    return path in LEFT_OUT or path.startswith(TOLD_BY_BOXES)


def _only(caller: Caller | None) -> str | None:
    """The one venue that the request was about."""
    return caller.demanded[0] if caller is not None and len(caller.demanded) == 1 else None
