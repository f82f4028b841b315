"""How customers were served: how long it took, when, and by whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.marks import Mark, on_both
from sightline.dashboard.charts.stacks import Stack, stacks
from sightline.dashboard.full_context import Context

KINDS = (("interactions", "interaction"), ("unattended", "unattended"), ("queues", "queue"))
"""Member of the document, and kind of its events; the place is the colour."""
NAMES = {"interactions": "kind_interactions", "unattended": "kind_unattendeds", "queues": "kind_queues"}
DURATIONS = {"interactions": "duration_s", "unattended": "duration_s", "queues": "wait_s"}
STAFF = 20


def durations(context: Context) -> Figure:
    """How many of each kind, and how long they took."""
    words, service = context.words, context.seen.service
    rows = []
    for member, kind in KINDS:
        took = service[member][DURATIONS[member]]
        href = context.venue.review(kind=kind)
        rows.append(
            (
                named(words[NAMES[member]], href),
                context.number(service[member]["count"], href=href),
                context.span(took["p50"]),
                context.span(took["p90"]),
            )
        )
    first = service["time_to_first_attention_s"]
    href = context.venue.review(kind="interaction")
    rows.append(
        (
            named(words["first_attention"], href),
            context.number(first["count"], href=href),
            context.span(first["p50"]),
            context.span(first["p90"]),
        )
    )
    return Figure(
        name="durations",
        title=words["service_kinds"],
        chart=Markup(""),
        columns=(words["kind"], words["count"], words["half_within"], words["tenth_above"]),
        rows=rows,
        is_empty=is_empty(context),
        is_wide=True,
    )


def service_by_hour(context: Context) -> Figure:
    """Events of the three kinds by hour of the day."""
    words, shown = context.words, context.shown
    bars, rows = [], []
    for one in context.seen.service["by_hour"]:
        hour = shown.hour(one["hour"])
        parts = [_part(context, one, member, kind, hour) for member, kind in KINDS]
        unseen = context.say("unseen_said", name=hour) if one["interactions"] is None else ""
        bars.append(Stack(label=str(one["hour"]), parts=parts, unseen=unseen))
        cells = [context.number(part.value, href=part.href) for part in parts]
        rows.append((named(hour), *cells, context.percent(one["unattended_rate_percent"])))
    title = words["service_by_hour"]
    names = [words[NAMES[member]] for member, _ in KINDS]
    return Figure(
        name="service-by-hour",
        title=title,
        chart=on_both(lambda width: stacks(bars, title=title, number=shown.number, every=3, width=width)),
        columns=(words["hour"], *names, words["unattended_share"]),
        rows=rows,
        legend=[(f"s{place + 1}", name) for place, name in enumerate(names)],
        note=words["service_note"],
        is_empty=is_empty(context),
        is_wide=True,
    )


def staff(context: Context) -> Figure:
    """Who served how often, the last days first."""
    words = context.words
    found = sorted(
        context.seen.service["staff"], key=lambda one: (one["date"], one["interactions"]), reverse=True
    )
    rows = [_member(context, one) for one in found[:STAFF]]
    cut = context.say("staff_cut", n=len(rows), all=len(found)) if len(found) > len(rows) else ""
    return Figure(
        name="staff",
        title=words["staff"],
        chart=Markup(""),
        columns=(
            words["member"],
            words["day"],
            words["camera"],
            words["served_times"],
            words["share_of_day"],
            words["busy"],
            words["busy_share"],
        ),
        rows=rows,
        note=words["staff_note"] + cut,
        is_empty=not rows,
        is_wide=True,
    )


def is_empty(context: Context) -> bool:
    """Whether nothing of service is known in the window."""
    return not any(context.seen.service[member]["count"] for member, _ in KINDS)


def _part(context: Context, one: Mapping[str, Any], member: str, kind: str, hour: str) -> Mark:
    number = one[member]
    name = context.words[NAMES[member]]
    said = context.say("service_said", hour=hour, kind=name, n=context.shown.number(number))
    href = context.venue.review(kind=kind, hour=one["hour"]) if number else ""
    return Mark(label=name, value=number, said=said, href=href)


def _member(context: Context, one: Mapping[str, Any]) -> tuple[Cell, ...]:
    day: date = one["date"]
    href = context.venue.review(
        first=day.isoformat(), last=day.isoformat(), camera_id=one["camera_id"], kind="interaction"
    )
    return (
        named(context.say("member_named", n=one["staff_id"]), href),
        Cell(said=context.shown.day(day, year=False)),
        Cell(said=one["camera_id"]),
        context.number(one["interactions"], href=href),
        context.percent(one["share_percent"]),
        context.span(one["busy_s"]),
        context.percent(one["busy_percent"]),
    )
