"""Who asks for a page, in which language, and what becomes of those who may not see it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from sightline.api.caller import Caller, administering, caller_of, managing, viewing
from sightline.api.problems import status_of
from sightline.api.sign_in import LANGUAGE_COOKIE
from sightline.dashboard.words import Language, preferred_language
from sightline.errors import SightlineError
from sightline.pipeline.sign_ins import csrf_token

log = structlog.get_logger()

SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a page.

    Attributes:
        caller: may see it; the venue of the address has been checked.
        csrf_token: for changes made by the page; empty in local mode, where none is needed.
        path: with its query, to come back to.
        here: the part of the menu that this page belongs to.
    """

    caller: Caller
    language: Language
    csrf_token: str
    path: str
    here: str

    @property
    def can_manage(self) -> bool:
        """Whether the page may offer to change something."""
        return self.caller.role != "viewer"

    @property
    def is_administrator(self) -> bool:
        return self.caller.role == "administrator"


def asked_by(request: Request) -> Asked | None:
    """Whoever asks, also for what they may not see; None for nobody."""
    caller = caller_of(request)
    return None if caller is None else _asked(request, lambda _: caller)


def asked(request: Request) -> Asked:
    """For pages that show something."""
    return _asked(request, viewing)


def asked_to_manage(request: Request) -> Asked:
    """For pages on which something of a venue is changed."""
    return _asked(request, managing)


def asked_to_administer(request: Request) -> Asked:
    """For pages on which the site is changed."""
    return _asked(request, administering)


Asking = Annotated[Asked, Depends(asked)]
AskingToManage = Annotated[Asked, Depends(asked_to_manage)]
AskingToAdminister = Annotated[Asked, Depends(asked_to_administer)]


class PageRoute(APIRoute):
    """A route for people: refusals and failures are pages, and whoever is not signed in gets to sign in and
    back here.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_people(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError:
                return _refused(request, 422)
            except HTTPException as error:
                return _refused(request, error.status_code)
            except SightlineError as error:
                status = status_of(error)
                if status >= 500:
                    log.error("page refused", **_of(request), reason=str(error))  # noqa: TRY400  foreseen
                return _refused(request, status)
            except Exception:  # the top of a page: whoever opened it must see more than nothing
                log.exception("page failed", **_of(request))
                return _refused(request, 500)

        return answer_people


def language_of(request: Request) -> Language:
    """The one chosen on a page, else the one the browser prefers."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen == "fr":
        return "fr"
    return "en" if chosen == "en" else preferred_language(request.headers.get("accept-language", ""))


def _asked(request: Request, allowed: Callable[[Request], Caller]) -> Asked:
    caller = allowed(request)
    session = getattr(request.state, "session", None)
    query = f"?{request.url.query}" if request.url.query else ""
    return Asked(
        caller=caller,
        language=language_of(request),
        csrf_token=csrf_token(session) if session is not None else "",
        path=request.url.path + query,
        here=request.url.path.split("/")[1],
    )


def _of(request: Request) -> dict[str, str]:
    """By which the log and the page tell of the same request."""
    return {"request_id": getattr(request.state, "request_id", ""), "path": request.url.path}


def _refused(request: Request, status: int) -> Response:
    caller = caller_of(request)
    goal = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    if status == 401:
        return RedirectResponse(f"/login?next={goal}", status_code=SEE_OTHER)
    if status == 403 and caller is not None and caller.must_change:
        return RedirectResponse("/password", status_code=SEE_OTHER)
    from sightline.dashboard.pages import refusal

    return refusal(request, status)
