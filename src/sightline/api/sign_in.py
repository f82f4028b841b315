"""Signing in and out, and one's own password: as JSON for programs, as pages without script for people."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from sightline.api.access import Access, Page
from sightline.api.account_models import Credentials, Message, PasswordChange, Session, Whoever
from sightline.api.accounts import person_facts
from sightline.api.caller import OPEN, Known, SignedIn, signed_in
from sightline.api.gate import has_csrf_token, is_own_page
from sightline.api.problem_docs import problems
from sightline.api.received_fields import FORM, Fields, received_fields
from sightline.api.sign_in_answers import SignInAnswers
from sightline.errors import SightlineError
from sightline.pipeline.sign_ins import NewSession, csrf_token

LANGUAGE_COOKIE = "sightline_language"
DIFFER = "the two passwords are not the same"
PAGE_PROBLEMS = {401: "wrong", 403: "refused", 409: "already", 422: "rules", 429: "wait", 503: "busy"}
"""Which of its sentences a page says."""
TO_ANOTHER_PAGE = {"description": "The next page, for a form"}


def sign_in_routes(access: Access) -> APIRouter:
    """The routes, over `access`."""
    routes = APIRouter(tags=["accounts"])
    answers = SignInAnswers(access)
    _add_session_routes(routes, access, answers)
    _add_password_routes(routes, access, answers)
    _add_first_routes(routes, access, answers)

    @routes.get("/api/me", response_model=Whoever, summary="Who asks")
    def me(request: Request, caller: Known) -> dict[str, Any]:
        """Who asks, as this site sees it, and the CSRF token of the session."""
        session = getattr(request.state, "session", None)
        return {
            "kind": caller.kind,
            "id": caller.id,
            "name": caller.name,
            "role": caller.role,
            "venues": None if caller.venues is None else sorted(caller.venues),
            "must_change": caller.must_change,
            "csrf_token": None if session is None else csrf_token(session),
        }

    return routes


def _add_session_routes(routes: APIRouter, access: Access, answers: SignInAnswers) -> None:
    pages = access.pages

    @routes.get("/login", include_in_schema=False)
    def sign_in_page(request: Request) -> Response:
        goal, language = own_path(request.query_params.get("next", "")), _language(request)
        try:
            is_first = answers.may_make_first(request)
        except SightlineError:
            return _html(pages.sign_in(accept_language=language, problem="busy", goal=goal), 503)
        if is_first:
            return _html(pages.first(accept_language=language))
        return _html(pages.sign_in(accept_language=language, goal=goal))

    @routes.post(
        "/login",
        response_model=Session,
        responses=_pages_too(401, 403, 413, 415, 422, 429, 503),
        openapi_extra={**OPEN, **_takes(Credentials)},
        summary="Sign in",
    )
    async def sign_in(request: Request) -> Response:
        """Sign in with `name` and `password`, as JSON or as a form. The session comes as a cookie.

        After five wrong guesses at one name from one address there are pauses (429), longer and longer.
        """
        _demand_own_page(request, access)
        fields = await received_fields(request)
        goal = own_path(fields.text("goal"))
        try:
            begun = await run_in_threadpool(answers.sign_in, request, fields.checked(Credentials))
        except (HTTPException, RequestValidationError) as error:
            if not fields.is_form:
                raise
            status, problem = _problem(error)
            name, language = fields.text("name"), _language(request)
            page = pages.sign_in(accept_language=language, problem=problem, name=name, goal=goal)
            return _html(page, status)
        if begun.account.must_change:
            goal = "/password"
        return _begun(access, begun, goal if fields.is_form else None)

    @routes.post(
        "/logout",
        response_model=Message,
        responses={**problems(401, 403, 413), 303: TO_ANOTHER_PAGE},
        openapi_extra=_with_token(),
        summary="Sign out",
    )
    async def sign_out(request: Request, caller: SignedIn) -> Response:
        """End this session. A form brings the token as `csrf_token`."""
        fields = await received_fields(request)
        _demand_token(request, fields)
        await run_in_threadpool(answers.sign_out, request, caller)
        done: Response = JSONResponse({"message": "signed out"})
        if fields.is_form:
            done = RedirectResponse("/login", status_code=303)
        done.headers.append("Set-Cookie", access.cookie.dropped())
        return done


def _add_password_routes(routes: APIRouter, access: Access, answers: SignInAnswers) -> None:
    pages = access.pages

    @routes.get("/password", include_in_schema=False)
    def password_page(request: Request) -> Response:
        try:
            signed_in(request)
        except HTTPException:
            return RedirectResponse("/login?next=/password", status_code=303)
        token = csrf_token(request.state.session)
        return _html(pages.password(accept_language=_language(request), csrf_token=token))

    @routes.post(
        "/password",
        response_model=Session,
        responses=_pages_too(401, 403, 409, 413, 415, 422, 429, 503),
        openapi_extra={**_takes(PasswordChange), **_with_token()},
        summary="Change one's own password",
    )
    async def change_password(request: Request, caller: SignedIn) -> Response:
        """As JSON or as a form. All other sessions of the account end, and this one gets a new cookie."""
        fields = await received_fields(request)
        _demand_token(request, fields)
        try:
            if fields.is_form:
                _demand_same(fields.text("new"), fields.text("again"))
            wanted = fields.checked(PasswordChange)
            begun = await run_in_threadpool(answers.change_password, request, caller, wanted)
        except (HTTPException, RequestValidationError) as error:
            if not fields.is_form:
                raise
            status, problem = _problem(error)
            token, language = csrf_token(request.state.session), _language(request)
            page = pages.password(accept_language=language, csrf_token=token, problem=problem)
            return _html(page, status)
        return _begun(access, begun, "/" if fields.is_form else None)


def _add_first_routes(routes: APIRouter, access: Access, answers: SignInAnswers) -> None:
    @routes.post("/login/first", include_in_schema=False)
    async def first(request: Request) -> Response:
        _demand_own_page(request, access)
        fields = await received_fields(request)
        name = fields.text("name")
        try:
            _demand_same(fields.text("password"), fields.text("again"))
            begun = await run_in_threadpool(answers.first, request, name, fields.text("password"))
        except HTTPException as error:
            status, problem = _problem(error)
            page = access.pages.first(accept_language=_language(request), problem=problem, name=name)
            return _html(page, status)
        return _begun(access, begun, "/")


def own_path(goal: str) -> str:
    """Where to go after signing in: a path of this site, whatever the address asked for."""
    plain = goal.isascii() and goal.isprintable() and "\\" not in goal
    return goal if plain and goal.startswith("/") and not goal.startswith("//") else "/"


def _begun(access: Access, begun: NewSession, goal: str | None) -> Response:
    """The cookie, with the page at `goal` or, for programs, the facts."""
    answer: Response
    if goal is not None:
        answer = RedirectResponse(goal, status_code=303)
    else:
        facts = {"user": person_facts(begun.account), "csrf_token": csrf_token(begun.token)}
        answer = JSONResponse(Session.model_validate(facts).model_dump(mode="json"))
    access.cookie.put(answer, begun.token)
    return answer


def _demand_own_page(request: Request, access: Access) -> None:
    """No other site's page may sign a browser in, either: as somebody else, say."""
    if not is_own_page(request.headers, access.public_url):
        raise HTTPException(403, "this request comes from a page of another site")


def _demand_token(request: Request, fields: Fields) -> None:
    given = request.headers.get("x-csrf-token") or fields.text("csrf_token")
    if not has_csrf_token(request.state.session, given):
        raise HTTPException(403, "this needs the session's X-CSRF-Token, from POST /login or GET /api/me")


def _demand_same(password: str, again: str) -> None:
    if password != again:
        raise HTTPException(422, DIFFER)


def _problem(error: HTTPException | RequestValidationError) -> tuple[int, str]:
    """The status of a page that says what went wrong, and which of its sentences says it."""
    if isinstance(error, RequestValidationError):
        return 422, PAGE_PROBLEMS[422]
    if error.detail == DIFFER:
        return 422, "differ"
    return error.status_code, PAGE_PROBLEMS.get(error.status_code, "busy")


def _language(request: Request) -> str:
    """The one chosen on a page, else what the browser prefers."""
    return request.cookies.get(LANGUAGE_COOKIE) or request.headers.get("accept-language", "")


def _html(page: Page, status: int = 200) -> Response:
    headers = {
        "Content-Security-Policy": page.content_security_policy,
        "Content-Language": page.language,
        "Referrer-Policy": "same-origin",  # with `no-referrer` browsers send forms with `Origin: null`
        "Vary": "Accept-Language",
    }
    return HTMLResponse(page.html, status_code=status, headers=headers)


def _pages_too(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Refusals, which a form gets as a page, and where it is sent when all is well."""
    refusals = problems(*statuses)
    for one in refusals.values():
        one["content"]["text/html"] = {"schema": {"type": "string"}}
    return {**refusals, 303: TO_ANOTHER_PAGE}


def _takes(model: type[BaseModel]) -> dict[str, Any]:
    """The body, in both of its media types."""
    schema = model.model_json_schema()
    content = {media_type: {"schema": schema} for media_type in ("application/json", FORM)}
    return {"requestBody": {"required": True, "content": content}}


def _with_token() -> dict[str, Any]:
    token = {
        "name": "X-CSRF-Token",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Of the session; a form may bring it as `csrf_token` instead.",
    }
    return {"parameters": [token]}
