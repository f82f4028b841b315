"""Zones as programs and pages send and read them."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sightline.api.typed_words import ShortName
from sightline.domain.geometry import polygon_area
from sightline.domain.zone import ZoneKind, crosses_itself

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
RelativePoint = Annotated[tuple[Share, Share], Field(description="[x, y], shares of the picture's size.")]
TINY = 1e-6
"""Share of the picture below which a polygon encloses nothing."""


class Zone(BaseModel):
    """A named place on the picture of a camera. A person is in it when their feet are."""

    name: ShortName = Field(description="Unique within the camera.")
    kind: ZoneKind = Field(default=ZoneKind.AREA, description="What the rules make of it.")
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#3b82f6"
    points: Annotated[
        list[RelativePoint],
        Field(min_length=3, max_length=100, description="A polygon that does not cross itself."),
    ]
    zoom: bool = Field(default=False, description="Look at it once more at full resolution: for far places.")

    @field_validator("points")
    @classmethod
    def _encloses_something(cls, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if crosses_itself(points):
            raise ValueError("the polygon crosses itself; put its points in order")
        if polygon_area(np.asarray(points, np.float64)) < TINY:
            raise ValueError("the points enclose no area")
        return points


class ZonesIn(BaseModel):
    """All zones of one camera; they take the place of those it had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "zones": [
                        {"name": "till", "kind": "service", "points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}
                    ]
                }
            ]
        }
    )

    zones: Annotated[list[Zone], Field(max_length=20)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> "ZonesIn":
        names = [zone.name for zone in self.zones]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two zones are called {twice!r}; give each its own name")
        return self


class ZonesOut(BaseModel):
    """The zones of one camera as they are stored."""

    venue_id: str
    camera_id: str
    zones: list[Zone]
    read_only: bool = Field(description="They stand in the site file, and are changed there.")
