"""/docs: the OpenAPI document as a page, from files of an installed package; no other host is asked."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

OURS = Path(__file__).parent / "docs_files"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Styles inline: the page sets some on its elements. Scripts are files."""
PACKAGED = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}


def docs_routes() -> APIRouter:
    """The page and its files."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    def page() -> HTMLResponse:
        html = (OURS / "page.html").read_text(encoding="utf-8")
        return HTMLResponse(
            html, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
        )

    @routes.get("/docs/assets/{name}")
    def asset(name: str) -> FileResponse:
        if name == "start.js":
            return FileResponse(OURS / name, media_type="text/javascript")
        if name not in PACKAGED:
            raise HTTPException(404, "there is no such file")
        headers = {"Cache-Control": "public, max-age=86400"}
        return FileResponse(_packaged() / name, media_type=PACKAGED[name], headers=headers)

    return routes


@cache
def _packaged() -> Path:
    found = find_spec("fastapi_offline")
    assert found is not None, "a package that this one depends on"
    return Path(str(found.origin)).parent / "static"
