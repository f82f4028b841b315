"""The page behind a private link, and the one that says why there is nothing to see. No script, one style."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sightline.dashboard.words import (
    WORDS,
    Language,
    date_and_time,
    left_text,
    length_text,
    preferred_language,
    size_text,
    zone_label,
)
from sightline.evidence.shown_video import Copy, ShownVideo

COPIES = (Copy.VIEWING, Copy.MASKED, Copy.BLURRED, Copy.MASKED_AND_BLURRED)
"""Of which the page says that, and how, they differ from the sealed clip."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page ready to be sent: its HTML, its language, and the policy that lets it load nothing else."""

    html: str
    language: Language
    content_security_policy: str


def video_page(shown: ShownVideo, *, clip_address: str, accept_language: str, now: datetime) -> Page:
    """The page that plays `shown`.

    Args:
        clip_address: where its bytes are, on the same origin.
        accept_language: what the browser prefers, as it says so.
    """
    language = preferred_language(accept_language)
    return _page(
        "video.html",
        language,
        clip_address=clip_address,
        shown=shown,
        facts=_facts(shown, language, now),
        verdict=_verdict(shown),
        note=shown.copy.value if shown.copy in COPIES else None,
    )


def refusal_page(status: int, *, accept_language: str) -> Page:
    """The page for 401, 403, 404 and 410."""
    return _page("refusal.html", preferred_language(accept_language), status=str(status))


def _facts(shown: ShownVideo, language: Language, now: datetime) -> list[tuple[str, str, str]]:
    """Name, value and small print of each line."""
    words = WORDS[language]
    facts = []
    if shown.camera_name is not None:
        facts.append((words["camera"], shown.camera_name, ""))
    if shown.starts_at is not None:
        when = date_and_time(shown.starts_at, shown.zone, language)
        facts.append((words["recorded"], when, zone_label(shown.starts_at, shown.zone)))
    if shown.starts_at is not None and shown.ends_at is not None:
        facts.append((words["length"], length_text(shown.ends_at - shown.starts_at), ""))
    if shown.received_at is not None:
        when = date_and_time(shown.received_at, shown.zone, language)
        facts.append((words["received"], when, zone_label(shown.received_at, shown.zone)))
    facts.append((words["size"], size_text(shown.size_bytes, language), ""))
    until = date_and_time(shown.expires_at, shown.zone, language)
    facts.append((words["expires"], until, left_text(shown.expires_at - now, language)))
    return facts


def _verdict(shown: ShownVideo) -> tuple[str, str]:
    """Keys of the two sentences that say what was checked."""
    if shown.copy is Copy.HOSTED:
        return "verified", "verified_hosted"
    if shown.key_id is None:
        return "unsigned", "unsigned_text"
    return "verified", f"verified_{shown.copy.value}" if shown.copy in COPIES else "verified_signed"


def _page(template: str, language: Language, **values: object) -> Page:
    style = _style()
    html = (
        _templates()
        .get_template(template)
        .render(
            words=WORDS[language],
            language=language,
            style=Markup(style),  # noqa: S704  our own file
            **values,
        )
    )
    return Page(html, language, _policy(style))


def _policy(style: str) -> str:
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; media-src 'self'; style-src 'sha256-{digest}'; frame-ancestors 'none';"
        " base-uri 'none'; form-action 'none'"
    )


@cache
def _style() -> str:
    environment = _templates()
    assert environment.loader is not None
    return environment.loader.get_source(environment, "video.css")[0]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("sightline.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
