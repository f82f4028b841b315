"""Lists come a page at a time: `limit` and `offset` in, `X-Total-Count` and `Link` out."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="How many to leave out at the beginning.")]

PAGED_HEADERS = {
    "X-Total-Count": {"description": "How many there are in all.", "schema": {"type": "integer"}},
    "Link": {"description": "Addresses of the first, previous, next and last page (RFC 8288).",
             "schema": {"type": "string"}},
}  # fmt: skip
"""For the documentation of a route that answers with a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def tell_total(request: Request, response: Response, page: Page, total: int) -> None:
    """Say in the headers of `response` how many there are, and where the other pages are.

    The addresses in `Link` are relative, so that they hold behind a proxy, too.
    """
    response.headers["X-Total-Count"] = str(total)
    last = max(0, (total - 1) // page.limit * page.limit)
    targets = {"first": 0, "last": last}
    if page.offset > 0:
        targets["prev"] = max(0, min(page.offset - page.limit, last))
    if page.offset + page.limit < total:
        targets["next"] = page.offset + page.limit
    others = [
        (name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "offset")
    ]
    links = []
    for relation, offset in sorted(targets.items()):
        query = urlencode([*others, ("limit", page.limit), ("offset", offset)])
        links.append(f'<{request.url.path}?{query}>; rel="{relation}"')
    response.headers["Link"] = ", ".join(links)
