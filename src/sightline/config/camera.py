"""Settings of one camera: where its picture comes from, who is staff, zones, and the rules' figures."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from sightline.config.group import Group
from sightline.config.references import Source
from sightline.config.values import Color, Count, Id, Point, Reach, Seconds, Share, Words, parse_distance

ZoneKind = Literal["area", "service", "queue", "staff", "entrance", "restricted", "ignore"]


class StaffSettings(Group):
    """How staff are told from customers. Without a line, zones or uniform nobody is staff."""

    line: tuple[Point, Point] | None = None
    side: Literal["left", "right"] = Field(
        default="left", description="where staff stand, seen from the first point of the line to the second"
    )
    zones: Words = Field(default=(), description="names of zones of this camera in which only staff stand")
    uniform: Annotated[tuple[Color, ...], Field(max_length=5)] = Field(
        default=(), description="colours of the staff's clothes"
    )

    @field_validator("line")
    @classmethod
    def _has_a_length(cls, line: tuple[Point, Point] | None) -> tuple[Point, Point] | None:
        if line is not None and line[0] == line[1]:
            raise ValueError("the two points of the staff line are the same")
        return line


class ZoneSettings(Group):
    """A named polygon in relative coordinates."""

    name: Annotated[str, Field(min_length=1, max_length=50)]
    kind: ZoneKind = "area"
    color: Color = "#3b82f6"
    points: Annotated[tuple[Point, ...], Field(min_length=3, max_length=100)]
    zoom: bool = Field(
        default=False,
        description="look at this zone once more at full resolution: for places so far away that people are "
        "missed there; costs as much as one more camera, and builtin cannot",
    )

    @field_validator("points")
    @classmethod
    def _has_an_area(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if abs(signed_area(points)) < 1e-6:
            raise ValueError("the points enclose no area")
        return points


class LineSettings(Group):
    """A line between two points, over which people are counted in and out."""

    name: Annotated[str, Field(min_length=1, max_length=50)]
    line: tuple[Point, Point]
    side: Literal["left", "right"] = Field(
        default="left", description="where inside is, seen from the first point of the line to the second"
    )

    @field_validator("line")
    @classmethod
    def _has_a_length(cls, line: tuple[Point, Point]) -> tuple[Point, Point]:
        if line[0] == line[1]:
            raise ValueError("the two points of the line are the same")
        return line


def signed_area(points: Sequence[tuple[float, float]]) -> float:
    """Shoelace area of a closed polygon, in shares of the picture; the sign tells its direction."""
    following = [*points[1:], *points[:1]]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(points, following, strict=True)) / 2


class InteractionSettings(Group):
    """When staff and customer count as together."""

    distance: Reach = Field(
        default=parse_distance(1.2), description="body heights between foot points, or pixels as 650px"
    )
    min_duration_s: Seconds = 5
    start_after_s: Seconds = 0.5
    end_after_s: Seconds = 2


class UnattendedSettings(Group):
    """When a customer has waited alone for too long."""

    threshold_s: Annotated[Seconds, Field(gt=0)] = 30
    confirmation_s: Seconds = 30
    grace_s: Seconds = 15


class QueueSettings(Group):
    """When a customer is queueing, and when a queue is too long."""

    min_duration_s: Seconds = 8
    validation_s: Annotated[Seconds, Field(gt=0)] = 3
    stability: Share = 0.7
    alert_length: Annotated[Count, Field(ge=1, le=1000)] = 4
    alert_wait_s: Seconds = 180


class CameraSecuritySettings(Group):
    """What this camera does otherwise than the site's `security`; what is not set stays as there."""

    after_hours: bool | None = None
    loiter_s: Annotated[Seconds, Field(gt=0)] | None = None
    crowd: Annotated[Count, Field(ge=1)] | None = None
    min_duration_s: Seconds | None = None


class CameraSettings(Group):
    """One camera of a venue."""

    id: Id
    source: Source
    record_source: Source | None = None
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="of RTSP; udp only where tcp fails")
    staff: StaffSettings = StaffSettings()
    zones: Annotated[tuple[ZoneSettings, ...], Field(max_length=20)] = ()
    lines: Annotated[tuple[LineSettings, ...], Field(max_length=20)] = ()
    interaction: InteractionSettings = InteractionSettings()
    unattended: UnattendedSettings = UnattendedSettings()
    queue: QueueSettings = QueueSettings()
    security: CameraSecuritySettings = CameraSecuritySettings()

    @model_validator(mode="after")
    def _staff_zones_exist(self) -> "CameraSettings":
        names = [zone.name for zone in self.zones]
        missing = [name for name in self.staff.zones if name not in names]
        if missing:
            known = ", ".join(names) or "none"
            raise ValueError(f"staff.zones names {missing[0]!r}, but the zones of this camera are: {known}")
        return self
