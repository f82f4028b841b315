"""Pages made of templates: navigation, language, figures as people read them, and the policy of browsers."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sightline.dashboard.asking import Asked, asked_by, language_of
from sightline.dashboard.assets import address_of
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.sentences import Sentences, in_language
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.words import Language

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
MANAGED = ("audit",)
"""Parts that are not for those who only look."""
PARTS = {"": "home", "dashboard": "venues", "analytics": "venues", "analytics-dashboard": "venues"} | {
    "report": "venues",
    "process": "uploads",
}
"""The part of the menu for the first word of a path, where they differ."""
PASSING = (429, 500, 503)
"""Statuses of which the same page may come the next time."""


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
        menu=menu_for(asked),
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
    """Instead of a page: why it cannot be shown, in words, and what to do."""
    language, asked = language_of(request), asked_by(request)
    words = in_language(language, SHELL)
    key = f"problem_{status}" if f"problem_{status}" in words else "problem_other"
    query = f"?{request.url.query}" if request.url.query else ""
    html = (
        _templates()
        .get_template("problem.html")
        .render(
            asked=asked,
            words=words,
            language=language,
            menu=menu_for(asked),
            here=PARTS.get(asked.here, asked.here) if asked else "",
            scripts=(),
            title=words.get(f"problem_title_{status}", words["problem_title"]),
            sentence=words[key].format(id=getattr(request.state, "request_id", "")),
            again=request.url.path + query if status in PASSING else "",
        )
    )
    return HTMLResponse(html, status, headers={**HEADERS, "Content-Language": language})


def menu_for(asked: Asked | None) -> list[tuple[str, str]]:
    """The parts that whoever asks may see."""
    return [(key, path) for key, path in MENU if asked and (asked.can_manage or key not in MANAGED)]


def page_of_nobody(template: str, language: Language, words: Mapping[str, str], **values: Any) -> str:
    """The HTML of a page for whoever is not signed in yet: our frame without navigation, and no script."""
    frame = in_language(language, SHELL)
    return (
        _templates()
        .get_template(template)
        .render(
            asked=None, menu=(), here="", scripts=(), language=language, words={**frame, **words}, **values
        )
    )


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
