"""What a person types and sees: exit code, standard output, standard error."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from outbox_site import OutboxSite

from sightline.cli.main import exit_code_of


@dataclass(frozen=True)
class Said:
    """Of one command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def typed(site: OutboxSite, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`command("outbox", "list")` on a site."""
    options = ["--config", str(site.data_dir.parent / f"{site.data_dir.name}.yaml")]
    options += ["--data-dir", str(site.data_dir)]

    def command(*words: str) -> Said:
        capsys.readouterr()
        with _own_logs():
            code = exit_code_of([*words, *options])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return command


@contextmanager
def _own_logs() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
