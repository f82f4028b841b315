"""/openapi.json: what each route needs, and every refusal that may come back, said in one place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from sightline.api.access import RateLimit
from sightline.api.bearer_keys import DemandKey
from sightline.api.caller import NEEDS
from sightline.api.problem_docs import PROBLEM
from sightline.api.problems import MEDIA_TYPE
from sightline.api.rate_limits import limit_of

KEY_NEED = "key"
"""The need of the hosted-video protocol: a key, in local mode, too."""

SCHEMES = {
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key; never in an address.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The same key as `Authorization: Bearer KEY`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sightline",
        "description": "Set by POST /login; behind TLS it is called `__Host-sightline`. Changes need the"
        " header `X-CSRF-Token`, too, which POST /login and GET /api/me tell.",
    },
}
Security = list[dict[str, list[str]]]

BY_KEY: Security = [{"key": []}, {"bearer": []}]
BY_SESSION: Security = [{"session": []}]
SECURITY: dict[str, Security] = {
    "nothing": [],
    KEY_NEED: BY_KEY,
    "signed in": BY_SESSION,
}

REFUSALS = {
    400: "Something in the request does not make sense, or a key stands in the address.",
    401: "Nobody said who asks, or the key or session opens nothing (any more).",
    403: "Whoever asks may not, or, in local mode, the request came from elsewhere.",
    413: "More bytes than are taken at once.",
    422: "A wrong value; `detail` lists where.",
    429: "Too many calls in a minute; `Retry-After` says how many seconds to wait.",
    503: "The database cannot be asked now.",
}

TEXT = """Figures, events and evidence of a site. Times are ISO 8601 with offset; lists take `limit` and
`offset` and tell the total in `X-Total-Count`; errors are RFC 9457 problem details. `x-needs` says who may:
*nothing* (anybody), *known* (with any key or session), *viewing*, *managing*, *managing in person* (not with
a venue's key), *administering*, *signed in* (people, about themselves), *key* (one, in local mode, too)."""


def describe(
    app: FastAPI, routers: Sequence[APIRouter], limits: RateLimit | None
) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` is to be: made once, on first use."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(
                get_openapi(title=app.title, version=app.version, description=TEXT, routes=app.routes)
            )
            _complete(made, needs_of(routers), limits or RateLimit())
        return made

    return openapi


def needs_of(routers: Iterable[APIRouter]) -> dict[tuple[str, str], str]:
    """The need of every route that has one, by method and address template."""
    needs = {}
    for route in _routes(routers):
        found = _needs(route.dependant)
        if found:
            # The last one named is the narrowest: a route that views and administers administers.
            need = max(found, key=[*NEEDS.values(), KEY_NEED].index)
            needs.update({(method, route.path_format): need for method in route.methods or ()})
    return needs


def _routes(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route


def _needs(dependant: Dependant) -> set[str]:
    found = set()
    for one in dependant.dependencies:
        if isinstance(one.call, DemandKey):
            found.add(KEY_NEED)
        elif one.call in NEEDS:
            found.add(NEEDS[one.call])
        found |= _needs(one)
    return found


def _complete(document: dict[str, Any], needs: dict[tuple[str, str], str], limits: RateLimit) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            need = needs.get((method.upper(), path))
            if need is not None:
                operation["x-needs"] = need
            _secure(operation)
            limited = limit_of(method.upper(), path, limits) is not None
            _refuse(operation, limited=limited)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _secure(operation: dict[str, Any]) -> None:
    need = operation.get("x-needs")
    if need is not None:
        operation["security"] = SECURITY.get(need, [*BY_KEY, *BY_SESSION])


def _refuse(operation: dict[str, Any], *, limited: bool) -> None:
    """Add the refusals that any route may give; what the route says itself stays."""
    statuses = {400, 403, 503}
    if operation.get("x-needs") != "nothing":
        statuses.add(401)
    if operation.get("parameters") or operation.get("requestBody"):
        statuses.add(422)
    if operation.get("requestBody"):
        statuses.add(413)
    if limited:
        statuses.add(429)
    responses = operation["responses"]
    for status in sorted(statuses):
        said = responses.get(str(status))
        problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        if said is None or "application/json" in said.get("content", {}):
            responses[str(status)] = {"description": REFUSALS[status], "content": problem}
    for status, said in responses.items():
        problem_schema = said.get("content", {}).get(MEDIA_TYPE)
        if problem_schema is not None:
            problem_schema["schema"] = {"$ref": "#/components/schemas/Problem"}
        if status == "429":
            said.setdefault("headers", {})["Retry-After"] = {
                "description": "Seconds to wait.",
                "schema": {"type": "integer"},
            }
