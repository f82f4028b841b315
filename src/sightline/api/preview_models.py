"""Zones to be tried, and what they would have found."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from sightline.api.zone_models import ZonesIn


class PreviewIn(ZonesIn):
    """Zones, and if wanted a staff line, that are not saved yet."""

    staff: Annotated[
        dict[str, Any] | None,
        Field(description="As the site file has this group of a camera; null: as it is now."),
    ] = None
    minutes: int = Field(default=10, ge=1, le=60, description="How much of the newest footage is watched.")


class Span(BaseModel):
    start: str
    end: str
    duration_s: float


class PreviewEvent(BaseModel):
    """One event before and after."""

    change: Literal["new", "gone", "changed", "unchanged", "unjudged"]
    kind: str
    event_id: str | None = Field(description="Of the stored event; null for a new one.")
    before: Span | None
    after: Span | None
    start_shift_s: float | None
    end_shift_s: float | None
    cut_start: bool = Field(description="It began before the footage that was watched.")
    cut_end: bool
    anyway: bool = Field(description="The zones as they are now differ from what is stored in the same way.")


class PreviewResult(BaseModel):
    """What the zones would have found in the newest footage."""

    start: str = Field(alias="from")
    to: str
    footage_s: float
    pictures: int
    detector: str
    summary: dict[str, int] = Field(description="Number of events by change.")
    events: list[PreviewEvent]
    warnings: list[str]


class PreviewOut(BaseModel):
    """A trial of zones."""

    preview_id: str
    venue_id: str
    camera_id: str
    started_at: str
    state: Literal["running", "done", "failed", "cancelled"]
    progress: float | None = Field(description="0 to 1; null while what it needs is loaded.")
    message: str = Field(description="Why it failed.")
    result: PreviewResult | None
