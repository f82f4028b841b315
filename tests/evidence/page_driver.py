"""The verifier page in a real browser, opened from the disk with the network off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page


@dataclass
class VerifierPage:
    """One open page. `asked` is every request it made, the page itself left out; `troubles` what its console
    complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def begin_anew(self) -> None:
        """As if it had just been opened, which takes the browser much longer."""
        address = self.page.url
        self.page.goto("about:blank")
        self.asked.clear()
        self.troubles.clear()
        self.page.goto(address)

    def give(self, *files: Path) -> str:
        """Choose files; its verdict: good, bad or doubt."""
        self.page.locator("#files").set_input_files([str(file) for file in files])
        return self._verdict()

    def give_folder(self, folder: Path) -> str:
        self.page.locator("#folder").set_input_files(str(folder))
        return self._verdict()

    def _verdict(self) -> str:
        self.page.wait_for_selector("body[data-verdict]", timeout=60_000)
        return str(self.page.locator("body").get_attribute("data-verdict"))

    @property
    def verdict(self) -> str:
        return self.page.locator("#verdict").inner_text()

    @property
    def findings(self) -> list[str]:
        """As the command line prints them."""
        rows = self.page.locator("table.findings tbody tr").all()
        return [": ".join(cell.inner_text() for cell in row.locator("td").all()) for row in rows]

    @property
    def refusal(self) -> str:
        return self.page.locator("p.refusal").inner_text()

    @property
    def told(self) -> str:
        return self.page.locator("#told").inner_text()

    def fact(self, name: str) -> str:
        return self.page.locator(f"[data-fact={name}]").inner_text()


@contextmanager
def verifier_page(
    browser: Browser,
    file: Path,
    *,
    language: str = "en-GB",
    dark: bool = False,
    width: int = 1280,
    before: str = "",
) -> Iterator[VerifierPage]:
    """The page in `file`.

    Args:
        before: script to run before that of the page.
    """
    context = browser.new_context(
        offline=True,
        locale=language,
        timezone_id="Europe/Paris",
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    opened = VerifierPage(page)
    address = file.as_uri()
    page.on("request", lambda request: opened.asked.append(request.url) if request.url != address else None)
    page.on("console", lambda line: opened.troubles.append(line.text))
    page.on("pageerror", lambda error: opened.troubles.append(str(error)))
    if before:
        page.add_init_script(before)
    page.goto(address)
    try:
        yield opened
    finally:
        context.close()
