"""A chart with the same figures as a table: nobody needs to see colours, or a picture at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of a table.

    Attributes:
        said: as people read it.
        href: where its events and clips are; empty for none.
        is_number: stands at the right.
    """

    said: str
    href: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of them.

    Attributes:
        name: of its place on the page, for links to it.
        title: what it shows, in words.
        chart: empty where there is only a table.
        columns: heads of the table.
        rows: its cells, as many as there are columns; the first of each names the row.
        legend: class of the style sheet and name of each colour.
        note: what must be known to read it.
        is_empty: there is nothing to show.
        empty: why, and what would change it.
        is_wide: takes the whole width of the page.
    """

    name: str
    title: str
    chart: Markup
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""
    is_empty: bool = False
    empty: str = ""
    is_wide: bool = False


def named(said: str, href: str = "") -> Cell:
    """The first cell of a row."""
    return Cell(said=said, href=href, is_number=False)
