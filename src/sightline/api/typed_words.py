"""Words that people type into the API: trimmed, of sensible length, without control characters."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints


def _plain(text: str) -> str:
    for sign in text:
        # Cc: line feeds and NUL; Cs: halves of signs; Zl, Zp: line ends in disguise.
        if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValueError("holds a control character")
    return text


def _plain_lines(text: str) -> str:
    for line in text.splitlines():
        _plain(line)
    return text


PlainText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_plain)]
Name = Annotated[PlainText, Field(max_length=200)]
ShortName = Annotated[PlainText, Field(max_length=50)]
Place = Annotated[PlainText, Field(max_length=300)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    AfterValidator(_plain_lines),
]
"""Why somebody wants something; may have several lines."""

SiteId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
"""Of a venue or a camera, in a body."""
