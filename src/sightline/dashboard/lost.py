"""Addresses that nothing answers: who opens one in a browser gets a page that leads back."""

from collections.abc import MutableMapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers
from starlette.routing import Match

from sightline.dashboard.asking import Asking, PageRoute
from sightline.errors import NotFound

OF_PROGRAMS = ("/api/", "/static/", "/video/")


class LostRoute(PageRoute):
    """Matches what a browser opens as a page; to programs the API says the same as problem details."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(OF_PROGRAMS):
            return Match.NONE, {}
        if "text/html" not in Headers(scope=scope).get("accept", "").lower():
            return Match.NONE, {}
        return super().matches(scope)


def lost_routes() -> APIRouter:
    """The last route of all."""
    routes = APIRouter(include_in_schema=False, route_class=LostRoute)

    @routes.get("/{path:path}")
    def lost(asked: Asking, path: str) -> RedirectResponse:
        if path.endswith("/"):
            return RedirectResponse("/" + path.strip("/"))  # one slash before: never another host
        raise NotFound(f"there is no page {path!r} for {asked.caller.name}")

    return routes
