"""What /review can be narrowed down by, beside place and days, as its form offers it."""

from collections.abc import Mapping
from typing import Any, get_args

from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.review_asked import ReviewAsked
from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Behavior
from sightline.domain.face_votes import BRACKETS
from sightline.domain.stay_traits import UNKNOWN, Facing, Level

Options = list[tuple[Any, str]]
"""Values of a condition and how people read them."""


def conditions_shown(wanted: ReviewAsked, words: Mapping[str, str], shown: Shown) -> dict[str, Any]:
    """For the template: options of each condition, and whether the rarer ones are in sight."""
    known = wanted.parts()
    unknown = (UNKNOWN, words["label_unknown"])
    of_people: list[tuple[str, Options]] = [
        ("age", [*((one, one.replace("-", "–")) for one in BRACKETS), unknown]),
        ("gender", [*((one, words[f"gender_{one}"].capitalize()) for one in "FM"), unknown]),
        ("behavior", [(one.value, words[f"behavior_{one.value}"].capitalize()) for one in Behavior]),
        ("posture", [(one.value, words[f"posture_{one.value}"].capitalize()) for one in Posture]),
        ("level", [(one, words[f"level_{one}"]) for one in get_args(Level)]),
        ("facing", [(one, words[one].capitalize()) for one in get_args(Facing)]),
    ]
    names = ("hour", "weekday", "confirmed", "dismissed", *(name for name, _ in of_people))
    return {
        "weekdays": [(day, words[f"weekday_{day}"].capitalize()) for day in range(7)],
        "hours": [(hour, shown.hour(hour)) for hour in range(24)],
        "of_people": [
            (words[f"condition_{name}"], name, _with(options, known[name]), known[name])
            for name, options in of_people
        ],
        "more_is_open": any(known[name] is not None for name in names),
    }


def _with(options: Options, chosen: str | None) -> Options:
    """What was chosen is offered, too, where another program called it something that we do not."""
    if chosen is None or chosen in [value for value, _ in options]:
        return options
    return [*options, (chosen, chosen)]
