"""The style and scripts of the pages, served from the package under their hash."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
FOR_EVER = "public, max-age=31536000, immutable"


def asset_routes() -> APIRouter:
    """GET /static/HASH/NAME. What lies there is no secret: the page of /login needs it, too."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/static/{version}/{name}")
    def asset(version: str, name: str) -> Response:
        if version != all_assets_hash() or name not in _assets():
            raise HTTPException(404, "there is no such file")
        content, kind = _assets()[name]
        headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=kind, headers=headers)

    return routes


def address_of(name: str) -> str:
    """Where a page finds a file of `static/`.

    Raises:
        KeyError: there is no such file.
    """
    if name not in _assets():
        raise KeyError(name)
    return f"/static/{all_assets_hash()}/{name}"


@cache
def all_assets_hash() -> str:
    """One for all of them: a script that imports another one by its relative name finds it beside itself."""
    together = hashlib.sha256()
    for name, (content, _) in sorted(_assets().items()):
        together.update(f"{name}\0{len(content)}\0".encode() + content)
    return together.hexdigest()[:16]


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    return {
        file.name: (file.read_bytes(), TYPES[file.suffix])
        for file in sorted(FOLDER.iterdir())
        if file.suffix in TYPES
    }
