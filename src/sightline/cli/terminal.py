"""What every command shares at the terminal: progress on standard error, JSON on standard output."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PLAIN_LINE_EVERY_S = 10.0
WIDTH_IN_A_LOG = 130

Advance = Callable[[float], None]
"""Called with how much of the whole is done, in the unit of the total."""


def messages() -> Console:
    """Where people read: standard error, so that standard output stays a clean document."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_LOG
    return console


def print_json(document: Any) -> None:
    """The one document of `--json`."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def progress(label: str, total: float | None, *, unit: str = "", quiet: bool = False) -> Iterator[Advance]:
    """A bar on a terminal, a plain line every ten seconds elsewhere, nothing when `quiet`.

    Args:
        label: what is being done.
        total: how much there is to do; None when it is not known.
        unit: what is counted, for the plain lines.
    """
    console = messages()
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        yield _plain_lines(console, label, total, unit)


def _plain_lines(console: Console, label: str, total: float | None, unit: str) -> Advance:
    last = time.monotonic()

    def advance(done: float) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_LINE_EVERY_S:
            last = time.monotonic()
            share = f" of {total:.0f} ({100 * done / total:.0f} %)" if total else ""
            console.print(f"{label}: {done:.0f}{share} {unit}".rstrip(), markup=False)

    return advance


def clock(at: datetime, zone: Any) -> str:
    """Time of day in the venue's zone, to the second."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def length(duration: timedelta) -> str:
    """`12.4 s` below a minute, `3:07` above."""
    seconds = duration.total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)}:{int(seconds % 60):02d}"
