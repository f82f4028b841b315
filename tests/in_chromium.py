"""Debian's Chromium for tests: quiet, listened to, and without any other host."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from sightline.testing.chromium import CHROMIUM, QUIET

NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}")


def _playwright() -> Any:
    return pytest.importorskip("playwright.sync_api", reason="needs playwright, of the dev group")


@contextmanager
def a_browser() -> Iterator[Any]:
    """Started, and closed at the end."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs a browser at {CHROMIUM}")
    with _playwright().sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield chromium
        chromium.close()


def complaints_of(page: Any, base: str) -> list[str]:
    """Filled with all that its console says, with its errors, and with each request to another place."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda one: one.url.startswith((base, "data:", "blob:")) or complaints.append(one.url))
    return complaints


def until(page: Any, condition: str, seconds: int = 10) -> None:
    """`wait_for_function` evaluates text within the page, which the policy of ours forbids."""
    for _ in range(20 * seconds):
        with suppress(_playwright().Error):  # the page is just being loaded anew
            if page.evaluate(condition):
                return
        page.wait_for_timeout(50)
    pytest.fail(f"in {seconds} seconds it did not come to be that {condition}")
