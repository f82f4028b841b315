"""How engaged people were, what they did and how they stood."""

from collections.abc import Mapping
from typing import Any

from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.figure import Figure, named
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.full_context import Context, names_of_whole, parts_of_whole


def levels(context: Context) -> Figure:
    """High, moderate and low scores as one bar in parts, with the mean."""
    found, words, shown = context.seen.behavior["engagement"], context.words, context.shown
    counts = {
        words[f"level_{level}"]: found[key]
        for level, key in (
            ("high", "highly_engaged_count"),
            ("moderate", "moderately_engaged_count"),
            ("low", "low_engaged_count"),
        )
    }
    note = context.say(
        "level_note",
        mean=shown.number(found["average_score"], 1),
        n=shown.number(context.seen.behavior["total_analyzed"]),
        low=shown.number(found["min_score"]),
        high=shown.number(found["max_score"]),
    )
    return parts_of_whole(
        context, "engagement", words["engagement_levels"], counts, said="level_said", note=note
    )


def behaviors(context: Context) -> Figure:
    """What people did, the commonest first."""
    counts = _named(context, "behavior", context.seen.behavior["behavior_types"])
    return names_of_whole(context, "behaviors", context.words["behaviors"], counts, said="level_said")


def postures(context: Context) -> Figure:
    """How people stood, the commonest first."""
    counts = _named(context, "posture", context.seen.behavior["postures"])
    return names_of_whole(context, "postures", context.words["postures"], counts, said="level_said")


def orientation(context: Context) -> Figure:
    """Which way people faced."""
    found = context.seen.behavior["body_orientation"]
    counts = {context.words[side]: found[side] for side in ("facing_camera", "sideways", "facing_away")}
    return parts_of_whole(context, "orientation", context.words["orientation"], counts, said="level_said")


def engagement_by_hour(context: Context, found: Mapping[str, Any]) -> Figure:
    """The mean score by hour of the day.

    Args:
        found: as `/analytics/{venue_id}/behavior/hourly` answers it.
    """
    words, shown = context.words, context.shown
    marks, rows = [], []
    for one in found["hourly_engagement"]:
        hour, score, stays = shown.hour(one["hour"]), one["avg_engagement"], one["visitor_count"]
        key = "engagement_hour_said" if score is not None else "engagement_hour_unseen"
        said = context.say(key, hour=hour, score=shown.number(score, 1), n=shown.number(stays))
        href = context.visits(hour=one["hour"])
        marks.append(Mark(label=str(one["hour"]), value=score, said=said, href=href))
        rows.append((named(hour, href), context.number(score, 1), context.number(stays)))
    title = words["engagement_by_hour"]
    return Figure(
        name="engagement-by-hour",
        title=title,
        chart=bars(marks, title=title, number=shown.number, every=3),
        columns=(words["hour"], words["zone_score"], words["stays"]),
        rows=rows,
        note=words["engagement_hour_note"],
        is_empty=all(one.value is None for one in marks),
        is_wide=True,
    )


def _named(context: Context, kind: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Labels in words; two that read the same are added up."""
    found: dict[str, int] = {}
    for label, number in counts.items():
        said = context.label(kind, label)
        found[said] = found.get(said, 0) + number
    return found
