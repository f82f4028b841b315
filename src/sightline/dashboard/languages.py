"""/language/{code}: a person chooses the language of the pages; a cookie keeps it."""

from typing import Literal

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from sightline.api.sign_in import LANGUAGE_COOKIE, own_path
from sightline.dashboard.asking import SEE_OTHER, PageRoute

YEAR_S = 365 * 24 * 3600


def language_routes() -> APIRouter:
    """The route; anybody may choose."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/language/{code}")
    def choose(
        code: Literal["en", "fr"], goal: str = Query("/", alias="next", max_length=2000)
    ) -> RedirectResponse:
        answer = RedirectResponse(own_path(goal) or "/", status_code=SEE_OTHER)
        answer.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_S, samesite="lax", httponly=True)
        return answer

    return routes
