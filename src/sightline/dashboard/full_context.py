"""What every figure of a venue's analytics is made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sightline.analytics.whole_window import WholeWindow
from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.charts.shares import share_bars, stacked
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.venue_shown import VenueShown

Behind = Mapping[str, Mapping[str, Any]]
"""Of each name of a figure: the query of the stays that it counts."""


@dataclass(frozen=True, slots=True)
class Context:
    """A venue, the days that are shown of it, and the language they are shown in."""

    venue: VenueShown
    seen: WholeWindow
    words: Mapping[str, str]
    shown: Shown

    def say(self, key: str, **values: Any) -> str:
        """A sentence with its values."""
        return self.words[key].format(**values)

    def label(self, kind: str, name: str) -> str:
        """A label of the data in words; of other programs as they told it."""
        return self.words.get(f"{kind}_{name}", name)

    def visits(self, **query: Any) -> str:
        """Where the stays behind a figure are."""
        return self.venue.review(show="visits", **query)

    def number(self, value: float | None, digits: int = 0, href: str = "") -> Cell:
        return Cell(said=self.shown.number(value, digits), href=href)

    def percent(self, value: float | None, digits: int = 0) -> Cell:
        """Of a value 0..100."""
        return Cell(said=self.shown.percent(value, digits))

    def span(self, seconds: float | None) -> Cell:
        return Cell(said=self.shown.span(seconds))

    def short_day(self, day: date) -> str:
        """For an axis."""
        return self.shown.short_day(day)


def parts_of_whole(
    context: Context,
    name: str,
    title: str,
    counts: Mapping[str, int],
    *,
    said: str,
    behind: Behind,
    note: str = "",
    last_is_unknown: bool = False,
) -> Figure:
    """One bar in parts, its names and shares beside it.

    Args:
        counts: by name as people read it, in order.
        said: key of the sentence with `label`, `share` and `n`.
        behind: by name, which of the stays are counted: the query of their list.
        last_is_unknown: the last one is who is not known, and grey.
    """
    words, whole = context.words, sum(counts.values())
    marks, rows, legend = [], [], []
    shares = context.shown.percents(list(counts.values()))
    for place, ((label, number), share) in enumerate(zip(counts.items(), shares, strict=True)):
        sentence = context.say(said, label=label, share=share, n=context.shown.number(number))
        href = context.visits(**behind[label])
        marks.append(Mark(label=label, value=number, said=sentence, href=href))
        is_last = place + 1 == len(counts)
        kind = "s0" if is_last and (last_is_unknown or len(counts) > 1) else f"s{place + 1}"
        legend.append((kind, f"{label} {share}"))
        rows.append((named(label, href), context.number(number), Cell(said=share)))
    return Figure(
        name=name,
        title=title,
        chart=stacked(marks, title=title),
        columns=("", words["count"], words["share"]),
        rows=rows,
        legend=legend,
        note=note,
        is_empty=not whole,
    )


def names_of_whole(
    context: Context,
    name: str,
    title: str,
    counts: Mapping[str, int],
    *,
    said: str,
    behind: Behind | None = None,
    note: str = "",
) -> Figure:
    """A lying bar for each name; see `parts_of_whole`.

    Args:
        behind: None where the list of stays cannot be narrowed down to those that are counted.
    """
    words, whole = context.words, sum(counts.values())
    marks, rows, figures = [], [], []
    for (label, number), share in zip(
        counts.items(), context.shown.percents(list(counts.values())), strict=True
    ):
        sentence = context.say(said, label=label, share=share, n=context.shown.number(number))
        href = context.visits(**(behind[label] if behind else {}))
        marks.append(Mark(label=label, value=number, said=sentence, href=href))
        figures.append(f"{share} · {context.shown.number(number)}")
        rows.append((named(label, href if behind else ""), context.number(number), Cell(said=share)))
    return Figure(
        name=name,
        title=title,
        chart=share_bars(marks, title=title, figures=figures),
        columns=("", words["count"], words["share"]),
        rows=rows,
        note=note,
        is_empty=not whole,
    )
