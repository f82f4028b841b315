"""How engaged people were, what they did and how they stood."""

from collections.abc import Mapping
from typing import Any

from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.figure import Figure, named
from sightline.dashboard.charts.marks import Mark, on_both
from sightline.dashboard.full_context import Context, names_of_whole, parts_of_whole


def levels(context: Context) -> Figure:
    """High, moderate and low scores as one bar in parts, with the mean."""
    found, words, shown = context.seen.behavior["engagement"], context.words, context.shown
    keys = {
        "high": "highly_engaged_count",
        "moderate": "moderately_engaged_count",
        "low": "low_engaged_count",
    }
    counts = {words[f"level_{level}"]: found[key] for level, key in keys.items()}
    note = context.say(
        "level_note",
        mean=shown.number(found["average_score"], 1),
        n=shown.number(context.seen.behavior["total_analyzed"]),
        low=shown.number(found["min_score"]),
        high=shown.number(found["max_score"]),
    )
    return parts_of_whole(
        context,
        "engagement",
        words["engagement_levels"],
        counts,
        said="level_said",
        behind={words[f"level_{level}"]: {"level": level} for level in keys},
        note=note,
    )


def behaviors(context: Context) -> Figure:
    """What people did, the commonest first."""
    return _labelled(context, "behavior", "behaviors", context.seen.behavior["behavior_types"])


def postures(context: Context) -> Figure:
    """How people stood, the commonest first."""
    return _labelled(context, "posture", "postures", context.seen.behavior["postures"])


def orientation(context: Context) -> Figure:
    """Which way people faced."""
    found = context.seen.behavior["body_orientation"]
    sides = {context.words[side]: side for side in ("facing_camera", "sideways", "facing_away")}
    return parts_of_whole(
        context,
        "orientation",
        context.words["orientation"],
        {name: found[side] for name, side in sides.items()},
        said="level_said",
        behind={name: {"facing": side} for name, side in sides.items()},
    )


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
        chart=on_both(lambda width: bars(marks, title=title, number=shown.number, every=3, width=width)),
        columns=(words["hour"], words["zone_score"], words["stays"]),
        rows=rows,
        note=words["engagement_hour_note"],
        is_empty=all(one.value is None for one in marks),
        is_wide=True,
    )


def _labelled(context: Context, kind: str, name: str, counts: Mapping[str, int]) -> Figure:
    """Labels in words; of two that would read the same the second one is told as it came."""
    found: dict[str, int] = {}
    behind: dict[str, dict[str, str]] = {}
    for label, number in counts.items():
        said = context.label(kind, label)
        said = f"{said} ({label})" if said in found else said
        found[said], behind[said] = number, {kind: label}
    return names_of_whole(context, name, context.words[name], found, said="level_said", behind=behind)
