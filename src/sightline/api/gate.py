"""In front of all routes: who asks? What it finds lies with the request, for `api.caller`.

It refuses little itself: routes say what they need, and one that needs nobody answers everybody. Every
request is looked up anew, in a thread, so that a key, an account or a session that was closed is closed at
once.
"""

import hmac
from dataclasses import replace
from urllib.parse import urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.api.access import Access
from sightline.api.caller import LOCAL, NOBODY, Caller, Refusal
from sightline.api.problems import problem_answer
from sightline.api.refused_bodies import take_in_small
from sightline.domain.account import Role
from sightline.errors import SightlineError
from sightline.pipeline.sign_ins import csrf_token

log = structlog.get_logger()

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_CHECKS = ("/video/", "/api/v1/videos/")
"""Private links and the hosted-video protocol have tokens and answers of their own."""
FORMS = frozenset({"/login", "/login/first", "/logout", "/password"})
"""Forms that work without JavaScript bring their token in a field; `api.sign_in` looks at it."""
NAMES_OF_KEYS = frozenset({"api_key", "apikey", "api-key", "x-api-key", "key", "token", "access_token"})


class LocalGate:
    """Local mode without keys and accounts: whoever gets past `api.local_mode` sits at this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["caller"] = replace(LOCAL, demanded=[])
        await self._app(scope, receive, send)


class Gate:
    """Finds the caller by key, session, or, in local mode, by being here."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http" or scope["path"].startswith(OWN_CHECKS):
            await self._app(scope, receive, send)
            return
        refused = _key_in_address(scope) or self._refused(scope, await self._who(scope))
        if refused is not None:
            await take_in_small(scope, receive)
        await (refused or self._app)(scope, receive, send)

    def _refused(self, scope: Scope, found: Caller | Refusal) -> Response | None:
        """Leave what was found with the request, or say why it goes no further.

        Nobody changes anything, whatever a route says: that is told before a large body is read.
        """
        state, changes = scope.setdefault("state", {}), scope["method"] not in SAFE_METHODS
        if isinstance(found, Refusal):
            state["refusal"] = found
            if not changes or scope["path"] in FORMS:
                return None
            refused = problem_answer(scope, found.status, found.reason)
            refused.headers.update({**found.headers, "Connection": "close"})
            return refused
        state["caller"] = found
        reason = self._why_not_from_here(scope, state["session"]) if changes and "session" in state else ""
        return problem_answer(scope, 403, reason) if reason else None

    async def _who(self, scope: Scope) -> Caller | Refusal:
        headers = Headers(scope=scope)
        keys = keys_in(headers)
        token = cookie_parser(headers.get("cookie", "")).get(self._access.cookie.name)
        if len(keys) > 1:
            return Refusal(status=401, reason="this request holds two different keys; send one")
        try:
            if keys:
                return await run_in_threadpool(self._by_key, keys.pop())
            if token:
                found = await run_in_threadpool(self._by_session, token)
                if isinstance(found, Caller):
                    scope.setdefault("state", {})["session"] = token
                return found
        except SightlineError as error:
            log.error("nobody can be looked up", reason=str(error))  # noqa: TRY400  foreseen: one line
            return Refusal(status=503, reason="who asks cannot be looked up now; the log says why")
        return NOBODY if self._access.closed else replace(LOCAL, demanded=[])

    def _by_key(self, text: str) -> Caller | Refusal:
        found = self._access.keys.holder_of(text)
        if found is None:
            return Refusal(
                status=401,
                reason="this key opens nothing: it is wrong or was revoked",
                headers=NOBODY.headers,
            )
        if found.venue_id is None:
            return Caller(
                kind="key", id=found.id, name=_name(found.name), role=Role.ADMINISTRATOR, venues=None
            )
        venues = frozenset({found.venue_id})
        return Caller(kind="key", id=found.id, name=_name(found.name), role=Role.MANAGER, venues=venues)

    def _by_session(self, token: str) -> Caller | Refusal:
        found = self._access.sign_ins.account_of(token)
        if found is None:
            # In local mode, too: who was signed out is told so once, and is whoever sits here from then on.
            forget = {"Set-Cookie": self._access.cookie.dropped()}
            return Refusal(
                status=401, reason="this session is over; sign in again", headers={**NOBODY.headers, **forget}
            )
        return Caller(
            kind="person",
            id=found.id,
            name=found.name,
            role=found.role,
            venues=None if found.role is Role.ADMINISTRATOR else frozenset(found.venues),
            must_change=found.must_change,
        )

    def _why_not_from_here(self, scope: Scope, token: str) -> str:
        """Why a change that comes with a session's cookie is not from one of our own pages."""
        headers = Headers(scope=scope)
        if not is_own_page(headers, self._access.public_url):
            return "this request comes from a page of another site"
        if scope["path"] not in FORMS and not has_csrf_token(token, headers.get("x-csrf-token", "")):
            return "a change made with a session needs its X-CSRF-Token, from POST /login or GET /api/me"
        return ""


def keys_in(headers: Headers) -> set[str]:
    """The different keys that a request holds; one, hopefully."""
    given = {value.strip() for value in headers.getlist("x-api-key")}
    for value in headers.getlist("authorization"):
        kind, _, bearer = value.partition(" ")
        if kind.lower() == "bearer":
            given.add(bearer.strip())
    return given - {""}


def is_own_page(headers: Headers, public_url: str | None) -> bool:
    """Whether a browser says that one of our own pages sent this; programs that are none say nothing."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    ours = {headers.get("host", "").lower()}
    if public_url is not None:
        ours.add(urlsplit(public_url).netloc.lower())
    return all(_place(origin) in ours for origin in headers.getlist("origin"))


def has_csrf_token(session: str, given: str) -> bool:
    """Whether `given` is the session's CSRF token, compared in constant time."""
    return hmac.compare_digest(csrf_token(session).encode(), given.encode("utf-8", "surrogatepass"))


def _place(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None


def _key_in_address(scope: Scope) -> Response | None:
    """What is answered to a request that has a key in its address, whether it fits or not."""
    names = QueryParams(scope["query_string"]).keys()
    if not any(name.lower() in NAMES_OF_KEYS for name in names):
        return None
    return problem_answer(
        scope,
        400,
        "a key does not belong into an address, where logs keep it; send it as the header X-API-Key, and"
        " replace this one",
    )


def _name(of_key: str) -> str:
    return f"the key {of_key!r}"
