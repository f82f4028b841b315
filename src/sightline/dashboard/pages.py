"""Pages made of templates: navigation, language, figures as people read them, and the policy of browsers."""

from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sightline.api.caller import caller_of
from sightline.dashboard.asking import Asked, language_of
from sightline.dashboard.assets import address_of
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.sentences import Sentences, in_language
from sightline.dashboard.sentences.shell import SHELL

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'"
    " blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
MENU = (
    ("home", "/"),
    ("venues", "/analytics"),
    ("review", "/review"),
    ("cameras", "/cameras"),
    ("uploads", "/uploads"),
    ("map", "/map"),
    ("alerts", "/alerts"),
    ("audit", "/audit"),
    ("settings", "/settings"),
)
"""Key of the sentence, and path. The first four are shown on a phone, the rest behind "more"."""
PARTS = {"": "home", "dashboard": "venues", "analytics": "venues", "analytics-dashboard": "venues"} | {
    "report": "venues",
    "process": "uploads",
}
"""The part of the menu for the first word of a path, where they differ."""


def show(
    template: str,
    asked: Asked,
    *,
    sentences: Sentences,
    zone: tzinfo = UTC,
    scripts: tuple[str, ...] = (),
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page.

    Args:
        template: below `templates/`, extends `page.html`.
        sentences: of this page; those of every page are there as well.
        zone: of the venue, for times.
        scripts: names of files in `static/`.
        values: for the template; what is `None` is not known.
    """
    return _answer(
        template,
        asked,
        sentences,
        zone,
        status,
        menu=MENU,
        here=PARTS.get(asked.here, asked.here),
        scripts=[address_of(name) for name in scripts],
        **values,
    )


def show_part(
    template: str, asked: Asked, *, sentences: Sentences, zone: tzinfo = UTC, **values: Any
) -> HTMLResponse:
    """A part of a page alone, for a script that puts it in its place. Takes the same as `show`."""
    return _answer(template, asked, sentences, zone, 200, **values)


def _answer(
    template: str, asked: Asked, sentences: Sentences, zone: tzinfo, status: int, **values: Any
) -> HTMLResponse:
    html = (
        _templates()
        .get_template(template)
        .render(
            asked=asked,
            words=in_language(asked.language, SHELL, sentences),
            language=asked.language,
            shown=Shown(asked.language, zone),
            **values,
        )
    )
    return HTMLResponse(html, status, headers={**HEADERS, "Content-Language": asked.language})


def refusal(request: Request, status: int) -> HTMLResponse:
    """Instead of a page: why it cannot be shown, in words."""
    language = language_of(request)
    words = in_language(language, SHELL)
    key = f"problem_{status}" if f"problem_{status}" in words else "problem_other"
    html = (
        _templates()
        .get_template("problem.html")
        .render(
            words=words,
            language=language,
            sentence=words[key].format(id=getattr(request.state, "request_id", "")),
            status=status,
            path=request.url.path,
            signed_in=caller_of(request) is not None,
        )
    )
    return HTMLResponse(html, status, headers={**HEADERS, "Content-Language": language})


def link(path: str, **query: Any) -> str:
    """An address with those parts of its query that are something; `path` is quoted already."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def part(name: str) -> str:
    """A name as part of a path."""
    return quote(name, safe="")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("sightline.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=address_of, link=link, part=part)
    return environment
