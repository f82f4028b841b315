"""The page with which anybody checks a case in a browser: one file, no installation, no request to anywhere.

It is put together from the parts beside this module, so that each can be read. Its content security policy
names the hash of its one script and its one style and allows nothing else.
"""

import base64
import hashlib
from importlib.resources import files

PAGE_NAME = "verify.html"
_SCRIPTS = ("sha256.js", "zip.js", "papers.js", "chain.js", "checks.js", "words.js", "page.js")


def verifier_page() -> bytes:
    """The page, whole; the same bytes at every call."""
    style = _part("style.css")
    script = '"use strict";\n' + "\n".join(_part(name) for name in _SCRIPTS)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _part("page.html")
    for mark, content in (("{{policy}}", policy), ("{{style}}", style), ("{{script}}", script)):
        page = page.replace(mark, content)
    return page.encode()


def _part(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
