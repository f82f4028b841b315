"""Who the visitors are, and who of them comes back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from sightline.analytics.shares import UNKNOWN
from sightline.analytics.traffic_window import people_by_age, people_by_gender
from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.lines import trend
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.charts.shares import stacked
from sightline.dashboard.full_context import Context, names_of_whole

GENDER_KINDS = {"F": "s1", "M": "s2", UNKNOWN: "s0"}
PSEUDONYM_SHOWN = 12
HALF = 560.0


def genders(context: Context) -> Figure:
    """As one bar in parts, unknown ones included."""
    words, shown = context.words, context.shown
    counts = people_by_gender(context.seen.current.labels)
    now, before = (
        context.seen.people["current"]["gender"] or {},
        context.seen.people["previous"]["gender"] or {},
    )
    marks, rows, legend = [], [], []
    shares = shown.percents([counts[gender] for gender in GENDER_KINDS])
    for (gender, kind), share in zip(GENDER_KINDS.items(), shares, strict=True):
        label = words["label_unknown"] if gender == UNKNOWN else words[f"gender_{gender}"]
        said = context.say("age_said", label=label, share=share, n=shown.number(counts[gender]))
        href = context.visits(gender=gender)
        marks.append(Mark(label=label, value=counts[gender], said=said, href=href))
        legend.append((kind, f"{label} {share}"))
        rows.append(
            (
                named(label, href),
                context.number(counts[gender]),
                context.percent(now.get(gender), 1),
                context.percent(before.get(gender), 1),
            )
        )
    title = words["gender"]
    return Figure(
        name="gender",
        title=title,
        chart=stacked(marks, title=title),
        columns=("", words["people"], words["in_window"], words["days_before"]),
        rows=rows,
        legend=legend,
        note=words["labels_note"],
        is_empty=counts[UNKNOWN] == sum(counts.values()),
        empty=words["labels_unknown"],
    )


def ages(context: Context) -> Figure:
    """Shares by age, now in front of before; unknown ones last."""
    words, shown = context.words, context.shown
    counts = people_by_age(context.seen.current.labels)
    now, before = context.seen.people["current"]["age"] or {}, context.seen.people["previous"]["age"] or {}
    labels = [*sorted({*now, *before} - {UNKNOWN}), UNKNOWN]
    marks, rows = [], []
    for age in labels:
        label = words["label_unknown"] if age == UNKNOWN else age
        share, was = now.get(age, 0.0), before.get(age, 0.0 if before else None)
        said = context.say(
            "age_said" if was is None else "age_before_said",
            label=label,
            share=shown.percent(share),
            n=shown.number(counts.get(age, 0)),
            before=shown.percent(was),
        )
        href = context.visits(age=age)
        marks.append(Mark(label=label, value=share, said=said, href=href, before=was))
        cells = context.number(counts.get(age, 0)), context.percent(share, 1), context.percent(was, 1)
        rows.append((named(label, href), *cells))
    title = words["ages"]
    return Figure(
        name="ages",
        title=title,
        chart=bars(marks, title=title, number=shown.percent, width=HALF),
        columns=(title, words["people"], words["in_window"], words["days_before"]),
        rows=rows,
        legend=[("mark", words["in_window"]), ("before", words["days_before"])],
        is_empty=counts.get(UNKNOWN, 0) == sum(counts.values()),
        empty=words["labels_unknown"],
    )


def tiers(context: Context, stats: Mapping[str, Any]) -> Figure:
    """All known people by their loyalty.

    Args:
        stats: as `/api/visitors/{venue_id}/stats` answers it.
    """
    counts = {context.words[f"tier_{tier}"]: number for tier, number in stats["loyalty_distribution"].items()}
    note = context.say("tiers_note", n=context.shown.number(stats["lapsed_visitors"]))
    return names_of_whole(context, "loyalty", context.words["tiers"], counts, said="tier_said", note=note)


def retention(context: Context, returning: Mapping[str, Any]) -> Figure:
    """Of the people of one week, who came in the next.

    Args:
        returning: as `/api/visitors/{venue_id}/returning` answers it.
    """
    words, shown = context.words, context.shown
    marks, rows = [], []
    for one in returning["retention"]["weekly"]:
        day: date = one["week_ending"]
        share = one["retention_percent"]
        said = context.say(
            "retention_said",
            day=shown.day(day, year=False),
            share=shown.percent(share, 1),
            n=shown.number(one["seen_again"]),
            all=shown.number(one["previous_known_visitors"]),
        )
        first = date.fromordinal(day.toordinal() - 6)
        href = context.visits(first=first.isoformat(), last=day.isoformat())
        marks.append(Mark(label=context.short_day(day), value=share, said=said, href=href))
        cells = (one["previous_known_visitors"], one["seen_again"])
        rows.append(
            (named(shown.day(day, year=False), href), *map(context.number, cells), context.percent(share, 1))
        )
    title = words["retention"]
    known = [one for one in marks if one.value is not None]
    return Figure(
        name="retention",
        title=title,
        chart=trend(marks, title=title, number=shown.percent, every=-(-len(marks) // 6), width=HALF)
        if known
        else Markup(""),
        columns=(words["week_ending"], words["known_before"], words["again"], words["share"]),
        rows=rows if known else (),
        note=words["retention_note"] if known else words["retention_short"],
    )


def top_ten(context: Context, returning: Mapping[str, Any]) -> Figure:
    """Who came most often in the window."""
    words, shown = context.words, context.shown
    rows = []
    for one in returning["top_returning_visitors"]:
        last: datetime = one["last_seen"].astimezone(context.venue.zone)
        href = context.venue.of_hour(last.date(), last.hour, show="visits")
        dwell = one["avg_dwell_minutes"]
        rows.append(
            (
                named(_cut(one["visitor_id"])),
                context.number(one["visits_in_period"]),
                context.number(one["visit_count"]),
                context.span(None if dwell is None else 60 * dwell),
                Cell(said=words[f"one_{one['loyalty_tier']}"]),
                Cell(said=shown.moment(one["last_seen"]), href=href),
            )
        )
    return Figure(
        name="top-ten",
        title=words["top_ten"],
        chart=Markup(""),
        columns=(
            words["pseudonym"],
            words["visits_here"],
            words["visits_ever"],
            words["dwell"],
            words["tier"],
            words["last_visit"],
        ),
        rows=rows,
        note=words["top_note"] if rows else words["nobody_returned"],
        is_wide=True,
    )


def _cut(pseudonym: str) -> str:
    return pseudonym if len(pseudonym) <= PSEUDONYM_SHOWN else pseudonym[: PSEUDONYM_SHOWN - 1] + "…"
