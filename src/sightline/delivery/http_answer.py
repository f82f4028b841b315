"""What a server said to a request, and the errors that this means."""

import email.utils
import json
import re
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from sightline.errors import DeliveryDeferred, DeliveryRefused

RETRY_STATUS = frozenset({408, 425, 429})
EXCERPT_CHARS = 200
_FAILED = frozenset({"error", "failed", "failure", "fail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer, of at most 1 MiB.

    Attributes:
        headers: by name, in any case.
        body: as it was before any compression on the way.
        hidden: what must not be repeated from it: keys, tokens, passwords that the request carried.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """The document in it; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def text(self) -> str:
        charset = re.search(r"charset=\"?([\w.-]+)", self.headers.get("Content-Type", ""))
        try:
            return self.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def excerpt(self, text: str | None = None) -> str:
        """The start of `text`, else of what it says, fit for a message: one line, no markup, no secrets."""
        if text is None:
            text = _words_of(self.json()) or self.text()
        text = self.masked(re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", text))
        text = " ".join(re.sub(r"[^ -~\u00a1-\ud7ff\uf900-\ufffd]+", " ", text).split())
        return text if len(text) <= EXCERPT_CHARS else text[: EXCERPT_CHARS - 1] + "…"

    def masked(self, text: str) -> str:
        """`text` without the keys, tokens and passwords that the request carried."""
        for secret in sorted(self.hidden, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def failure(self) -> str | None:
        """What it says where it takes back its own 200, as `{"success": false}` does; None: it does not."""
        document = self.json()
        if not isinstance(document, Mapping):
            return None
        said_no = any(_is_no(document[name]) for name in ("success", "ok") if name in document)
        status = document.get("status")
        if said_no or (isinstance(status, str) and status.strip().lower() in _FAILED):
            return self.excerpt(_words_of(document)) or "no reason given"
        return None


def judge(answer: HttpAnswer, where: str, accepted: Container[int]) -> HttpAnswer:
    """`answer`, if its status is among `accepted`.

    Raises:
        DeliveryDeferred: 408, 425, 429, 5xx; with what the server asks to wait.
        DeliveryRefused: any other, with the start of what it says.
    """
    status = answer.status
    if status in accepted:
        return answer
    said = answer.excerpt()
    words = f"{where} answered {_named(status)}" + (f": {said}" if said else "")
    if status in RETRY_STATUS or status >= 500:
        raise DeliveryDeferred(words, retry_after_s=retry_after_s(answer.headers))
    if 300 <= status < 400 and (host := _host_of(answer.headers.get("Location", ""))):
        raise DeliveryRefused(
            f"{where} answered {_named(status)} and points to {host}, which is not followed;"
            " put the final address into the settings"
        )
    raise DeliveryRefused(words)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks to wait, from a number or a date; None when it does not ask.

    A date is compared with the server's own `Date` where it sends one: our clock may be wrong.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked[:9])
    until = _date(asked)
    if until is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def uncompressed(body: bytes, encoding: str, limit: int) -> bytes:
    """`body` of a server that compresses although asked not to, `limit` bytes of it; b"" if unreadable."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b""
    try:
        return zlib.decompressobj(wbits=47).decompress(body, limit)
    except zlib.error:
        return b""


def _words_of(document: object) -> str:
    """The sentence in an error document of the usual shapes; "" when there is none."""
    if not isinstance(document, Mapping):
        return ""
    for name in ("message", "error", "detail", "reason", "error_message", "title"):
        value = document.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, Mapping) and (inner := _words_of(value)):
            return inner
    return ""


def _is_no(value: object) -> bool:
    return (
        value is False or value == 0 or (isinstance(value, str) and value.strip().lower() in ("false", "no"))
    )


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _host_of(location: str) -> str:
    """Host of an absolute address, "itself" of one on the same server; "" of none."""
    match = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#@\s]+)", location, re.IGNORECASE)
    if match:
        return re.sub(r"[^\w.:\[\]-]", "", match[1])[:100]
    return "another page of its own" if location else ""


def _date(text: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
