"""Visitors by hour, by day, by day and hour, and week by week."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from sightline.analytics.traffic_window import HoursOfWindow, Slot
from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.heat import heat_grid
from sightline.dashboard.charts.lines import trend
from sightline.dashboard.charts.marks import ON_SCREEN, Mark, on_both
from sightline.dashboard.figures_shown import WEEKDAYS
from sightline.dashboard.full_context import Context

HOURS = range(24)
WEEK = 7
Known = Collection[Slot]
MOST_DAYS_APART = 14
"""Days of which each has a row of its own; of more, weekdays are shown."""
LABELS, LABELS_ON_PHONE = 8, 5
HALF, LABELS_OF_HALF = 560.0, 6
"""Of a chart that shares its row with another."""


def people_by_hour(context: Context) -> Figure:
    """Different people by hour of the day, with intervals."""
    seen, words, shown = context.seen, context.words, context.shown
    known = {hour for _, hour in seen.known_slots}
    marks, rows = [], []
    for hour in HOURS:
        name = shown.hour(hour)
        href = context.visits(hour=hour)
        people = seen.by_hour.get(hour, 0) if hour in known else None
        mark = _counted(context, str(hour), name, people, href)
        marks.append(mark)
        stays = seen.stays_of_hour(hour) if hour in known else None
        rows.append((named(name, href), *_cells(context, mark, people), context.number(stays)))
    method = seen.interval(seen.current.presence.people)
    title = words["people_by_hour"]
    return Figure(
        name="by-hour",
        title=title,
        chart=on_both(lambda width: bars(marks, title=title, number=shown.number, every=3, width=width)),
        columns=(words["hour"], words["people"], words["between"], words["stays"]),
        rows=rows,
        note=context.say(
            "people_by_hour_note",
            percent=method["nominal_percent"],
            method=words[f"method_{method['method']}"],
        ),
        is_wide=True,
    )


def people_by_day(context: Context) -> Figure:
    """Different people on each day, with intervals."""
    seen, words, shown = context.seen, context.words, context.shown
    known = {day for day, _ in seen.known_slots}
    marks, rows = [], []
    for number, (day, there) in enumerate(zip(seen.days, seen.by_day, strict=True)):
        name, one = shown.day(day, year=False), day.isoformat()
        people = there.people if number in known or there.stays else None
        href = context.venue.page("analytics-dashboard", days=1, to=one)
        mark = _counted(context, context.short_day(day), name, people, href)
        marks.append(mark)
        stays = context.number(there.stays if people is not None else None)
        rows.append((named(name, href), *_cells(context, mark, people), stays))
    title = words["people_by_day"]

    def draw(width: float) -> Markup:
        every = -(-len(marks) // (LABELS if width == ON_SCREEN else LABELS_ON_PHONE))
        return bars(marks, title=title, number=shown.number, every=every, width=width)

    return Figure(
        name="by-day",
        title=title,
        chart=on_both(draw),
        columns=(words["day"], words["people"], words["between"], words["stays"]),
        rows=rows,
        note=words["people_by_day_note"],
        is_wide=True,
    )


def heat(context: Context, hours: HoursOfWindow) -> Figure:
    """Visitors by day and hour; of more than two weeks the means by weekday.

    Args:
        hours: of a longer window than the page is about, where that is short; the note says so.
    """
    known = hours.known_slots(context.seen.now)
    if hours.window.days <= MOST_DAYS_APART:
        return _heat_of_days(context, hours, known)
    return _heat_of_weekdays(context, hours, known)


def weeks(context: Context, found: Mapping[str, Any]) -> list[Figure]:
    """Visitors, dwell and returns week by week.

    Args:
        found: as `/analytics/{venue_id}/trends` answers it.
    """
    words, shown = context.words, context.shown
    percent = shown.percent_change(found["growth_rate_percent"] or 0.0)
    led = context.say(f"trend_{found['trend']}", percent=percent)
    weekly = found["weekly"]

    def of(
        key: str,
        title: str,
        name: Callable[[float | None], str],
        *,
        axis: Callable[[float], str] | None = None,
        note: str = words["weeks_note"],
        wide: bool = False,
    ) -> Figure:
        return _week_lines(context, weekly, key, words[title], name, axis or name, note=note, wide=wide)

    return [
        of("visitors", "weeks_visitors", shown.number, note=f"{words['weeks_note']} {led}", wide=True),
        of("avg_dwell_minutes", "weeks_dwell", _minutes(context), axis=_whole_minutes(context)),
        of("return_rate_percent", "weeks_returns", shown.percent, note=words["weeks_returns_note"]),
    ]


def _minutes(context: Context) -> Callable[[float | None], str]:
    return lambda value: context.shown.span(None if value is None else 60 * value)


def _whole_minutes(context: Context) -> Callable[[float], str]:
    return lambda value: f"{context.shown.number(value, 0 if value == int(value) else 1)}\u00a0min"


def _week_lines(
    context: Context,
    weekly: list[Mapping[str, Any]],
    key: str,
    title: str,
    name: Callable[[float | None], str],
    axis: Callable[[float], str],
    *,
    note: str,
    wide: bool,
) -> Figure:
    marks, rows = [], []
    for one in weekly:
        monday: date = one["week"]
        value = one[key]
        day = context.shown.day(monday, year=False)
        said = context.say("week_said" if value is not None else "week_unseen", day=day, value=name(value))
        sunday = monday + timedelta(days=WEEK - 1)
        href = context.visits(first=monday.isoformat(), last=sunday.isoformat())
        marks.append(Mark(label=context.short_day(monday), value=value, said=said, href=href))
        rows.append((named(day, href), Cell(said=name(value))))

    def draw(width: float) -> Markup:
        labels = {ON_SCREEN: LABELS, HALF: LABELS_OF_HALF}.get(width, LABELS_ON_PHONE)
        return trend(marks, title=title, number=axis, every=-(-len(marks) // labels), width=width)

    return Figure(
        name=f"weeks-{key.split('_')[0]}",
        title=title,
        chart=on_both(draw) if wide else draw(HALF),
        columns=(context.words["week"], title),
        rows=rows,
        note=note,
        is_empty=all(one.value is None for one in marks),
        is_wide=wide,
    )


def _heat_of_days(context: Context, hours: HoursOfWindow, known_slots: Known) -> Figure:
    words, shown = context.words, context.shown
    lines = []
    for number, day in enumerate(hours.days):
        name = shown.day(day, year=False)
        marks = []
        for hour in HOURS:
            known = (number, hour) in known_slots
            value = hours.by_slot.get((number, hour), 0) if known else None
            said = context.say(
                "heat_said" if known else "heat_unseen",
                day=name,
                hour=shown.hour(hour),
                n=shown.number(value),
            )
            href = context.venue.of_hour(day, hour, show="visits")
            marks.append(Mark(label=str(hour), value=value, said=said, href=href))
        lines.append((context.short_day(day), name, marks))
    return _grid(context, words["heat_days"], words["heat_days_note"], lines, digits=0)


def _heat_of_weekdays(context: Context, hours: HoursOfWindow, known_slots: Known) -> Figure:
    words, shown = context.words, context.shown
    lines = []
    for weekday, name in enumerate(WEEKDAYS[shown.language]):
        marks = []
        for hour in HOURS:
            days = [
                number
                for number, day in enumerate(hours.days)
                if day.weekday() == weekday and (number, hour) in known_slots
            ]
            stays = sum(hours.by_slot.get((number, hour), 0) for number in days)
            mean = stays / len(days) if days else None
            said = context.say(
                "heat_mean_said" if days else "heat_unseen",
                day=name,
                hour=shown.hour(hour),
                n=shown.number(mean, 1),
                all=shown.number(stays),
            )
            first, last = (day.isoformat() for day in (hours.days[0], hours.days[-1]))
            href = context.visits(first=first, last=last, weekday=weekday, hour=hour) if days else ""
            marks.append(Mark(label=str(hour), value=mean, said=said, href=href))
        lines.append((name, name, marks))
    first, last = (shown.day(day, year=False) for day in (hours.days[0], hours.days[-1]))
    note = f"{words['heat_weekdays_note']} {context.say('heat_window', first=first, last=last)}"
    return _grid(context, words["heat_weekdays"], note, lines, digits=1)


def _grid(
    context: Context, title: str, note: str, lines: list[tuple[str, str, list[Mark]]], *, digits: int
) -> Figure:
    hours = [str(hour) for hour in HOURS]
    rows = [
        (named(name), *(context.number(mark.value, digits, mark.href) for mark in marks))
        for _, name, marks in lines
    ]
    return Figure(
        name="heat",
        title=title,
        chart=heat_grid([(short, marks) for short, _, marks in lines], hours, title=title),
        columns=(context.words["day"], *hours),
        rows=rows,
        note=note,
        is_wide=True,
    )


def _counted(context: Context, label: str, name: str, people: int | None, href: str) -> Mark:
    """People with their interval; None where nobody looked."""
    if people is None:
        return Mark(label=label, value=None, said=context.say("unseen_said", name=name), href=href)
    interval = context.seen.interval(people)
    said = context.say(
        "people_said_1" if people == 1 else "people_said",
        name=name,
        n=context.shown.number(people),
        low=context.shown.number(interval["low"]),
        high=context.shown.number(interval["high"]),
    )
    low, high = (interval["low"], interval["high"]) if people else (None, None)
    return Mark(label=label, value=people, said=said, href=href, low=low, high=high)


def _cells(context: Context, mark: Mark, people: int | None) -> tuple[Cell, Cell]:
    if people is None:
        return context.number(None), context.number(None)
    if mark.low is None:
        return context.number(people), context.number(people)
    low, high = context.shown.number(mark.low), context.shown.number(mark.high)
    return context.number(people), Cell(said=context.say("range", low=low, high=high))
