"""What the page needs on which zones and lines of a camera are drawn."""

from collections.abc import Mapping
from typing import Any

from sightline.pipeline.drawn_zones import DrawnZones

MOST_ZONES, MOST_LINES, FEWEST_POINTS, MOST_POINTS, LONGEST_NAME = 20, 20, 3, 100, 50
"""As the API demands it; it is what decides."""
KINDS = ("area", "service", "queue", "staff", "entrance", "restricted", "ignore")
COLORS = {
    "area": "#0f67a8", "service": "#00795b", "queue": "#c96a00", "staff": "#b25585", "entrance": "#56b4e9",
    "restricted": "#a3281b", "ignore": "#7c8781",
}  # fmt: skip
"""A new zone is coloured by its kind."""
BLANK = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='960' height='540'/%3E"
"""Where there is no picture."""


def zone_page_data(
    facts: Mapping[str, Any], drawn: DrawnZones, words: Mapping[str, str], *, can_manage: bool, timezone: str
) -> dict[str, Any]:
    """All that the script draws with.

    Args:
        facts: of the camera, as `CameraAdmin.facts` tells them.
    """
    staff = dict(facts["rules"].get("staff") or {})
    why = words["read_only_file"] if drawn.read_only else words["read_only_viewer"]
    return {
        "venue": drawn.venue_id,
        "camera": drawn.camera_id,
        "zones": list(drawn.zones),
        "staff": staff,
        "lines": list(facts["rules"].get("lines") or ()),
        "read_only": drawn.read_only or not can_manage,
        "why_read_only": why if drawn.read_only or not can_manage else "",
        "can_have_line": facts["origin"] is not None,
        "blank": BLANK,
        "kinds": KINDS,
        "colors": COLORS,
        "limits": {
            "zones": MOST_ZONES,
            "lines": MOST_LINES,
            "fewest": FEWEST_POINTS,
            "points": MOST_POINTS,
            "name": LONGEST_NAME,
        },
        "timezone": timezone,
        "words": dict(words),
    }
