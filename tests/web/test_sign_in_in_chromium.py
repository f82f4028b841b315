"""The first administrator and signing in, in a real browser that runs no script."""

from collections.abc import Iterator
from typing import Any

import pytest
from people_and_keys import PASSWORD
from platform_site import PlatformSite

from in_chromium import NEEDS_CHROMIUM, a_browser

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


def test_people_come_in_without_a_script_and_without_a_complaint(
    platform: PlatformSite, browser: Any
) -> None:
    base = f"http://127.0.0.1:{platform.port}"
    complaints: list[str] = []
    context = browser.new_context(
        java_script_enabled=False, locale="fr-FR", viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{base}/login")
    assert "Le premier administrateur" in page.title()
    assert page.locator("button").bounding_box()["width"] > 200, "the style is applied"
    assert page.locator("main").bounding_box()["width"] <= 320
    page.fill("[name=name]", "Anna")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD + "!")
    page.click("button")
    assert page.locator("[role=alert]").inner_text() == "Les deux mots de passe ne sont pas les mêmes."
    assert page.input_value("[name=name]") == "Anna"
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("button")
    page.wait_for_url(f"{base}/")
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("sightline", True, "Lax")
    page.goto(f"{base}/api/me")
    assert '"anna"' in page.content()

    context.clear_cookies()
    page.goto(f"{base}/login?next=/health")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url(f"{base}/health")
    context.close()
    # The answer to two passwords that differ is 422; the page at / is another story.
    assert [one for one in complaints if "422" not in one and "404" not in one] == []
