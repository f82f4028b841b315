"""Under which name, and at which address, a receiver says it has stored a file: an answer in, words out."""

import re
from collections.abc import Mapping
from urllib.parse import quote

NAME_FIELDS = ("filename", "file", "name", "stored_name", "saved_as", "path", "url", "data", "result")
INNER_FIELDS = ("filename", "file", "name", "path", "url")
BODY_CHARS = 512


def stored_name(document: object, body: str, own_name: str) -> str:
    """The receiver's name for the file.

    The first of `NAME_FIELDS` that is a text and not empty; `data` and `result` may also be an object with
    one of `INNER_FIELDS`. A body that is no JSON, and short, is the name itself.

    Args:
        document: the answer read as JSON; None when it is no JSON.
        body: the answer as text.
        own_name: what the file was sent as; holds when the receiver says nothing of use.
    """
    if document is None and body.strip() != "null":
        text = plain_text(body)
        return text if text and len(body) < BODY_CHARS else own_name
    if isinstance(document, str):
        return plain_text(document) or own_name
    if not isinstance(document, Mapping):
        return own_name
    return _first_name(document, NAME_FIELDS) or own_name


def video_url(document: object, name: str, public_base_url: str | None) -> str | None:
    """Where the file can be seen: the answer's `url`, else the stored name under `public_base_url`.

    A stored name that is itself an address is that address. None when nothing of this is there.
    """
    given = plain_text(document.get("url")) if isinstance(document, Mapping) else ""
    for address in (given, name):
        if re.match(r"https?://[^/\s]", address, re.IGNORECASE):
            return address
    if not public_base_url:
        return None
    return f"{public_base_url.rstrip('/')}/{quote(name.lstrip('/'))}"


def plain_text(value: object) -> str:
    """`value` if it is a text, as any database takes it: trimmed, one line, no half characters; else ""."""
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-8", "ignore").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", whole).strip()


def _first_name(document: Mapping[str, object], fields: tuple[str, ...]) -> str:
    for field in fields:
        value = document.get(field)
        if field in ("data", "result") and isinstance(value, Mapping):
            value = _first_name(value, INNER_FIELDS)
        if text := plain_text(value):
            return text
    return ""
