"""Lists on standard output, so that they can be piped; remarks stay on standard error."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sightline.cli.terminal import WIDTH_IN_A_LOG


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print `rows` under `headings`; one that begins with ">" is set to the right."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_LOG
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in headings:
        right = heading.startswith(">")
        table.add_column(heading.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
