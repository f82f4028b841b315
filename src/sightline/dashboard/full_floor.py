"""Where people stood, on the picture of each camera whose boxes are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sightline.analytics.floor import Floor, Floors
from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.floor import floor_grid
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.full_context import Context
from sightline.dashboard.pages import link, part
from sightline.domain.scope import Scope

ROWS, COLUMNS = ("floor_far", "floor_middle", "floor_near"), ("floor_left", "floor_centre", "floor_right")


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPicture:
    """`figure` has the table; `grid` lies over `picture`."""

    figure: Figure
    picture: str
    grid: Markup


def floor_pictures(
    context: Context, scope: Scope, cameras: Sequence[Mapping[str, Any]], floors: Floors
) -> list[FloorPicture]:
    """Of the cameras that saw anybody in the window.

    Args:
        cameras: as `/api/cameras` tells each.
    """
    found = []
    for camera in cameras:
        floor = floors.of(scope, context.venue.id, camera["camera_id"], context.seen.window)
        if floor is not None:
            found.append(_picture(context, camera, floor))
    return found


def _picture(context: Context, camera: Mapping[str, Any], floor: Floor) -> FloorPicture:
    words, shown = context.words, context.shown
    title = context.say("floor", camera=camera["name"])
    places = {
        f"{words[row]}, {words[column]}": floor.thirds[y][x]
        for y, row in enumerate(ROWS)
        for x, column in enumerate(COLUMNS)
    }
    most = max(places, key=lambda place: places[place])
    said = context.say("floor_said", place=most, share=shown.percent(100 * places[most]))
    mark = Mark(
        label=camera["name"], value=1.0, said=said, href=context.visits(camera_id=camera["camera_id"])
    )
    has_picture = camera["recorded_until"] is not None or camera["last_picture_at"] is not None
    address = link(f"/api/cameras/{part(camera['camera_id'])}/snapshot", venue_id=context.venue.id)
    figure = Figure(
        name=f"floor-{camera['camera_id']}",
        title=title,
        chart=Markup(""),
        columns=("", words["share"]),
        rows=[(named(place), Cell(said=shown.percent(100 * share))) for place, share in places.items()],
        note=context.say(
            "floor_note", since=shown.moment(floor.since), until=shown.moment(floor.until), said=said
        ),
    )
    return FloorPicture(
        figure=figure,
        picture=address if has_picture else "",
        grid=floor_grid(floor.shares, mark, title=title),
    )
