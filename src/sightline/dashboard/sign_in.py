"""The pages for signing in, for the first administrator and for a new password. No script, one style."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sightline.dashboard.sign_in_words import SIGN_IN_WORDS
from sightline.dashboard.video_page import Page
from sightline.dashboard.words import preferred_language
from sightline.domain.account import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD


class SignInPages:
    """Renders the pages; `problem` is a key of their sentences, empty when nothing went wrong."""

    def sign_in(self, *, accept_language: str, problem: str = "", name: str = "", goal: str = "") -> Page:
        """Name and password. `goal`: the path to go to afterwards."""
        return _page("sign_in.html", accept_language, problem=problem, name=name, goal=goal)

    def first(self, *, accept_language: str, problem: str = "", name: str = "") -> Page:
        """The first administrator of a site that has no account yet."""
        return _page("first_administrator.html", accept_language, problem=problem, name=name)

    def password(self, *, accept_language: str, csrf_token: str, problem: str = "") -> Page:
        """A new password for oneself."""
        problem = "old_wrong" if problem == "refused" else problem
        return _page("password.html", accept_language, problem=problem, csrf_token=csrf_token)


def _page(template: str, accept_language: str, *, problem: str, **values: str) -> Page:
    language = preferred_language(accept_language)
    words = SIGN_IN_WORDS[language]
    style = _style()
    limits = {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD, "longest_name": LONGEST_NAME}
    html = (
        _templates()
        .get_template(template)
        .render(
            words=words,
            language=language,
            style=Markup(style),  # noqa: S704  our own files
            problem=_sentence(words, problem),
            **limits,
            **values,
        )
    )
    return Page(html, language, _policy(style))


def _sentence(words: Mapping[str, str], problem: str) -> str:
    return words[f"problem_{problem}"].format(shortest=SHORTEST_PASSWORD) if problem else ""


def _policy(style: str) -> str:
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    )


@cache
def _style() -> str:
    environment = _templates()
    assert environment.loader is not None
    return "".join(
        environment.loader.get_source(environment, name)[0] for name in ("video.css", "sign_in.css")
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("sightline.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
