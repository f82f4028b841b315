"""The pages for signing in, for the first administrator and for a new password. No script."""

from sightline.dashboard.pages import page_of_nobody
from sightline.dashboard.sign_in_words import SIGN_IN_WORDS
from sightline.dashboard.video_page import Page
from sightline.dashboard.words import preferred_language
from sightline.domain.account import LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)


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
    limits = {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD, "longest_name": LONGEST_NAME}
    said = words[f"problem_{problem}"].format(shortest=SHORTEST_PASSWORD) if problem else ""
    return Page(page_of_nobody(template, language, words, problem=said, **limits, **values), language, POLICY)
