"""The README's pictures are there, are what their names say, and load quickly."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_BYTES = 500_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SVG_ROOT = "{http://www.w3.org/2000/svg}svg"


def pictures() -> list[str]:
    """Those that `docs/pictures/make.py` draws, and every other local picture that the README shows."""
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"!\[[^\]]*\]\(([^)\s]+)|<img[^>]*\ssrc=\"([^\"]+)\"", readme)
    local = {path for pair in shown for path in pair if path and "://" not in path}
    return sorted({"docs/pictures/demo.png", "docs/pictures/timeline.svg"} | local)


@pytest.mark.parametrize("name", pictures())
def test_picture_exists_and_is_light_enough_for_the_first_page(name: str) -> None:
    size = (ROOT / name).stat().st_size
    assert 0 < size < LIMIT_BYTES, f"{name} has {size} bytes"


@pytest.mark.parametrize("name", pictures())
def test_picture_is_a_png_or_an_svg_as_its_name_says(name: str) -> None:
    content = (ROOT / name).read_bytes()
    if name.endswith(".png"):
        assert content.startswith(PNG_SIGNATURE)
    else:
        assert name.endswith(".svg"), f"{name} is neither"
        assert ElementTree.fromstring(content).tag == SVG_ROOT


@pytest.mark.parametrize("name", [name for name in pictures() if name.endswith(".svg")])
def test_svg_loads_nothing_from_elsewhere(name: str) -> None:
    assert not re.search(r"href|<script|@import|url\(", (ROOT / name).read_text())
