"""Every `sightline` command that a page or example shows exists, with the options it is shown with."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from sightline.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*")),
]
SHOWN = re.compile(r"(?:^|[`(\s/])sightline ([a-z-]+(?: [^`\n#]*)?)")


def shown_commands(page: Path) -> Iterator[str]:
    """Commands in code, up to what ends them: a remark, a pipe, a bracket of the shell."""
    text = page.read_text().replace("\\|", "|")  # as a bar is written in a table
    for block in re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL):
        for words in SHOWN.findall("".join(block)):
            yield re.split(r" {2,}|\)|[;|>]| \\$", words)[0].strip()
    if page.parent.name == "examples":
        yield from (one.strip() for one in SHOWN.findall(text))


@cache
def all_commands() -> Any:
    return typer.main.get_command(app)


def trouble(words: list[str]) -> str:
    """What of a command does not exist; empty when all of it does."""
    command = all_commands()
    for number, word in enumerate(words):
        commands = getattr(command, "commands", None)
        if commands is None:
            return _unknown_options(command, words[number:])
        for name in word.split("|"):
            if name not in commands:
                return f"there is no {' '.join([*words[:number], name])}"
        command = commands[word.split("|")[-1]]
    return ""


def _unknown_options(command: Any, words: list[str]) -> str:
    known = {name for parameter in command.params for name in parameter.opts}
    used = {found for word in words for found in re.findall(r"^\[?(--[a-z-]+)", word)}
    return f"{command.name} has no {', '.join(sorted(used - known))}" if used - known else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_pages_exist(page: Path) -> None:
    shown = [command for command in shown_commands(page) if "`" not in command]
    wrong = {command: found for command in shown if (found := trouble(command.split()))}
    assert wrong == {}


def test_the_manual_shows_most_commands() -> None:
    assert len(set(shown_commands(ROOT / "docs" / "manual.md"))) > 30
