"""Documents stay true: what they point at exists, and every mission row is accounted for."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ROWS = [
    *(f"A{n}" for n in range(1, 14)),
    *(f"B{n}" for n in range(1, 10)),
    *(f"C{n}" for n in range(1, 12)),
    *(f"D{n}" for n in range(1, 11)),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} points at {target}"


def test_coverage_names_every_mission_row_once() -> None:
    rows = re.findall(r"^\| ([A-D]\d+) \|", (ROOT / "docs" / "coverage.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(ROWS)


def test_tests_named_in_coverage_exist() -> None:
    for path in re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "coverage.md").read_text()):
        assert (ROOT / path).exists(), path
