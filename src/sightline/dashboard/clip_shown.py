"""A clip as the player shows it: its parts in seconds, and the bar under the video."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from sightline.dashboard.charts.marks import chart, line, rect, text
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import part

WIDTH, HIGH, TALL = 960.0, 22.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """One file of a clip.

    Attributes:
        starts_s, ends_s: from the start of the first part.
        frame_s: how long a picture stands.
    """

    number: int
    src: str
    starts_at: datetime
    starts_s: float
    ends_s: float
    frame_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClip:
    """What is played.

    Attributes:
        happened: begin and end of the event in seconds from the start; None for a clip of no event.
    """

    evidence_id: str
    parts: tuple[ShownPart, ...]
    happened: tuple[float, float] | None

    @property
    def length_s(self) -> float:
        return max((one.ends_s for one in self.parts), default=0.0)

    def page_data(self) -> dict[str, Any]:
        """For the player's script."""
        return {
            "evidence_id": self.evidence_id,
            "parts": [
                {
                    "part": one.number,
                    "src": one.src,
                    "starts": one.starts_s,
                    "ends": one.ends_s,
                    "frame": one.frame_s,
                }
                for one in self.parts
            ],
            "happened": self.happened,
            "length": self.length_s,
        }


def shown_clip(
    evidence_id: str, document: Mapping[str, Any], happened: tuple[datetime, datetime] | None
) -> ShownClip | None:
    """The clip of a piece of evidence; None where its manifest names no part.

    Args:
        document: of the evidence, as the API tells it.
        happened: begin and end of its event.
    """
    told = (document["manifest"] or {}).get("parts", [])
    if not told:
        return None
    zero = min(datetime.fromisoformat(one["starts_at"]) for one in told)
    parts = []
    for number, one in enumerate(told):
        starts_at, ends_at = (datetime.fromisoformat(one[name]) for name in ("starts_at", "ends_at"))
        length_s = (ends_at - starts_at).total_seconds()
        index = int(one.get("part", number))
        parts.append(
            ShownPart(
                number=index,
                src=f"/api/evidence/{part(evidence_id)}/clip?part={index}",
                starts_at=starts_at,
                starts_s=round((starts_at - zero).total_seconds(), 3),
                ends_s=round((ends_at - zero).total_seconds(), 3),
                frame_s=round(length_s / max(1, one["frames"]), 4),
            )
        )
    within = None
    if happened is not None:
        length_s = max(one.ends_s for one in parts)
        begin, end = (min(length_s, max(0.0, (at - zero).total_seconds())) for at in happened)
        within = (round(begin, 3), round(end, 3))
    return ShownClip(evidence_id=evidence_id, parts=tuple(parts), happened=within)


def clip_bar(clip: ShownClip, words: Mapping[str, str], shown: Shown) -> Markup:
    """What of the clip is before the event, it, and after it; the player moves a line over it."""
    length = clip.length_s or 1.0

    def x(seconds: float) -> float:
        return WIDTH * seconds / length

    parts = [rect("track", 0, 0, WIDTH, HIGH)]
    title = ""
    if clip.happened is not None:
        begin, end = clip.happened
        parts += [rect("gap", 0, 0, x(begin), HIGH), rect("gap", x(end), 0, WIDTH - x(end), HIGH)]
        parts.append(rect("s2", x(begin), 0, max(3.0, x(end) - x(begin)), HIGH))
        spans = {"before": begin, "event": end - begin, "after": length - end}
        title = words["bar_title"].format(**{name: shown.span(value) for name, value in spans.items()})
        for name, (left, right) in {
            "before": (0.0, begin), "event": (begin, end), "after": (end, length)
        }.items():  # fmt: skip
            if x(right) - x(left) > WIDTH * 0.14:
                said = f"{words[f'bar_{name}']} · {shown.span(right - left)}"
                at, anchor = {"before": (0.0, "start"), "after": (float(WIDTH), "end")}.get(
                    name, ((x(left) + x(right)) / 2, "middle")
                )
                parts.append(text(said, at, TALL - 8, anchor=anchor))
    parts += [line("divider", x(one.starts_s), 0, x(one.starts_s), HIGH) for one in clip.parts[1:]]
    parts.append(
        Markup('<line id="playhead" class="playhead" x1="0" y1="-3" x2="0" y2="{}"/>').format(HIGH + 3)
    )
    return chart(WIDTH, TALL, title, parts, kind="clip-bar")
