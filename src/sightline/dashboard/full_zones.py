"""Zones: people, dwell and engagement in each, and where they lie on the picture of a camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sightline.dashboard.charts.figure import Cell, Figure, named
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.charts.shares import share_bars
from sightline.dashboard.charts.zones_drawn import DrawnZone, zones_drawn
from sightline.dashboard.full_context import Context
from sightline.dashboard.pages import link, part
from sightline.dashboard.venue_shown import zone_said

MOST = 12
"""Zones with a bar; the table has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPicture:
    """The picture of a camera with its zones on it.

    Attributes:
        picture: its address; empty where the camera never sent or recorded one.
        edit: where its zones are drawn.
    """

    title: str
    name: str
    picture: str
    zones: Markup
    edit: str


def zone_figures(context: Context) -> list[Figure]:
    """People, dwell and engagement by zone."""
    return [_people(context), _dwell(context), _engagement(context)]


def camera_pictures(context: Context, cameras: Sequence[Mapping[str, Any]]) -> list[CameraPicture]:
    """The pictures of cameras on which zones are drawn.

    Args:
        cameras: as `/api/cameras` tells each.
    """
    counted = {one["zone"]: one for one in context.seen.zones}
    return [
        _picture(context, camera, zones, counted)
        for camera in cameras
        if (zones := camera["rules"].get("zones"))
    ]


def _picture(
    context: Context,
    camera: Mapping[str, Any],
    zones: Sequence[Mapping[str, Any]],
    counted: Mapping[str, Mapping[str, Any]],
) -> CameraPicture:
    title = context.say("zones_drawn", camera=camera["name"])
    place = part(camera["camera_id"])
    drawn = [_zone(context, zone, counted.get(zone["name"])) for zone in zones if zone["kind"] != "ignore"]
    has_picture = camera["recorded_until"] is not None or camera["last_picture_at"] is not None
    return CameraPicture(
        title=title,
        name=camera["camera_id"],
        picture=link(f"/api/cameras/{place}/snapshot", venue_id=context.venue.id) if has_picture else "",
        zones=zones_drawn(drawn, title=title),
        edit=f"/cameras/{part(context.venue.id)}/{place}",
    )


def _zone(context: Context, zone: Mapping[str, Any], counted: Mapping[str, Any] | None) -> DrawnZone:
    name = zone["name"]
    href = context.visits(zone=name)
    points = [(float(x), float(y)) for x, y in zone["points"]]
    if counted is None:
        mark = Mark(label=name, value=None, said=context.say("zone_none_said", zone=name), href=href)
        return DrawnZone(mark=mark, points=points, figure="–")
    people = context.shown.number(counted["visitors"])
    said = _people_said(context, counted)
    mark = Mark(label=name, value=counted["visitors"], said=said, href=href)
    return DrawnZone(mark=mark, points=points, figure=people)


def _people(context: Context) -> Figure:
    words, shown = context.words, context.shown
    marks, figures, rows = [], [], []
    for one in context.seen.zones:
        href = context.visits(zone=one["zone"])
        share = shown.percent(one["traffic_percent"])
        name = zone_said(one["zone"], words)
        marks.append(Mark(label=name, value=one["visitors"], said=_people_said(context, one), href=href))
        figures.append(f"{shown.number(one['visitors'])} · {share}")
        rows.append((named(name, href), context.number(one["visitors"]), Cell(said=share)))
    columns = (words["zone"], words["people"], words["share"])
    return _figure("zones-people", words["zones_people"], marks, figures, columns, rows)


def _dwell(context: Context) -> Figure:
    words, shown = context.words, context.shown
    marks, figures, rows = [], [], []
    for one in context.seen.zones:
        minutes = one["avg_dwell_minutes"]
        dwell = shown.span(None if minutes is None else 60 * minutes)
        href, name = context.visits(zone=one["zone"]), zone_said(one["zone"], words)
        said = context.say("zone_dwell_said", zone=name, dwell=dwell)
        marks.append(Mark(label=name, value=minutes, said=said, href=href))
        figures.append(dwell)
        rows.append((named(name, href), Cell(said=dwell)))
    columns = (words["zone"], words["zone_dwell"])
    return _figure("zones-dwell", words["zones_dwell"], marks, figures, columns, rows)


def _engagement(context: Context) -> Figure:
    words, shown = context.words, context.shown
    marks, figures, rows = [], [], []
    for zone, (score, scored) in context.seen.engagement_by_zone.items():
        href, name = context.visits(zone=zone), zone_said(zone, words)
        said = context.say("zone_engagement_said", zone=name, score=shown.number(score, 1))
        marks.append(Mark(label=name, value=score, said=said, href=href))
        figures.append(shown.number(score, 1))
        rows.append((named(name, href), Cell(said=shown.number(score, 1)), context.number(scored)))
    columns = (words["zone"], words["zone_score"], words["count"])
    known = any(one.value is not None for one in marks)
    return _figure(
        "zones-engagement",
        words["zones_engagement"],
        marks,
        figures,
        columns,
        rows,
        whole=100,
        known=known,
        empty=words["nobody_scored"],
    )


def _people_said(context: Context, one: Mapping[str, Any]) -> str:
    return context.say(
        "zone_people_said",
        zone=zone_said(one["zone"], context.words),
        n=context.shown.number(one["visitors"]),
        share=context.shown.percent(one["traffic_percent"]),
    )


def _figure(
    name: str,
    title: str,
    marks: Sequence[Mark],
    figures: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    whole: float | None = None,
    known: bool = True,
    empty: str = "",
) -> Figure:
    return Figure(
        name=name,
        title=title,
        empty="" if known else empty,
        chart=share_bars(marks[:MOST], title=title, figures=figures[:MOST], whole=whole),
        columns=columns,
        rows=rows,
        is_empty=not marks or not known,
    )
