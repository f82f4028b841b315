"""Venues: POST, GET, DELETE /venues."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sightline.api.addresses import VenueId
from sightline.api.audit_trail import tell_audit
from sightline.api.caller import Administering, Viewing
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.api.typed_words import Name, Place, ShortName, SiteId
from sightline.pipeline.venues import Venues


def _is_known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("unknown time zone; write an IANA name such as Europe/Paris")
    return name


Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
TimeZone = Annotated[str, Field(max_length=100), AfterValidator(_is_known_zone)]


class VenueIn(BaseModel):
    """A venue to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "my_store", "name": "My Store"},
                {
                    "id": "paris_1",
                    "name": "Paris, rue de Rivoli",
                    "timezone": "Europe/Paris",
                    "latitude": 48.8566,
                    "longitude": 2.3522,
                    "venue_type": "retail",
                },
            ]
        }
    )

    id: SiteId
    name: Name
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    address: Place | None = None
    city: ShortName | None = None
    country: ShortName | None = None
    venue_type: ShortName | None = Field(default=None, description="For comparing with others of the type.")
    timezone: TimeZone = Field(default="UTC", description="IANA name; its hours and days count.")

    @model_validator(mode="after")
    def _has_both_coordinates(self) -> "VenueIn":
        if (self.latitude is None) is not (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self


class VenueMade(BaseModel):
    """A venue that was made, with its key."""

    venue_id: str
    api_key: str = Field(description="64 hex digits, shown this once and stored as its hash.")
    h3_zone: str | None = Field(description="H3 cell of resolution 9; null without coordinates.")
    message: str


class VenueOut(BaseModel):
    """A venue."""

    id: str
    name: str
    created_at: datetime
    latitude: float | None
    longitude: float | None
    h3_zone: str | None
    city: str | None
    country: str | None
    venue_type: str | None
    timezone: str


class VenueDeleted(BaseModel):
    """What went."""

    venue_id: str
    message: str
    removed: dict[str, int] = Field(description="Rows that went, by table; empty tables are left out.")


def venue_routes(venues: Venues) -> APIRouter:
    """The three routes, over `venues`."""
    router = APIRouter(prefix="/venues", tags=["venues"])

    @router.post(
        "",
        response_model=VenueMade,
        responses=problems(400, 401, 403, 422),
        summary="Make a venue and its first key",
    )
    def make(request: Request, body: VenueIn, caller: Administering) -> dict[str, Any]:
        """An id that is taken is refused with 400. The key reaches this venue only; keep it, it is not shown
        again."""
        words = body.model_dump(exclude={"id", "name"})
        made = venues.make(caller.scope, body.id, name=body.name, **words)
        tell_audit(request, venue_id=made.venue.id)
        return {
            "venue_id": made.venue.id,
            "api_key": made.api_key,
            "h3_zone": made.venue.h3_zone,
            "message": f"venue {made.venue.id} is made; keep the key, it is not shown again",
        }

    @router.get(
        "",
        response_model=list[VenueOut],
        responses={200: {"headers": PAGED_HEADERS}, **problems(401, 403, 422)},
        summary="The venues that you may see",
    )
    def page(
        request: Request,
        response: Response,
        caller: Viewing,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
    ) -> list[Any]:
        """By id. Never with a key."""
        found, total = venues.page(caller.scope, limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), total)
        return [VenueOut.model_validate(one, from_attributes=True) for one in found]

    @router.delete(
        "/{venue_id}",
        response_model=VenueDeleted,
        responses=problems(401, 403, 404, 409, 422),
        summary="Delete a venue with all that is known of it",
    )
    def remove(venue_id: VenueId, caller: Administering) -> dict[str, Any]:
        """Its cameras, recordings, events, clips, links, visitors, figures, alerts, jobs and keys, in one
        transaction. What stays is the ledger: that there was evidence, and who deleted it. Refused with 409
        while a clip is under a legal hold, and for a venue of the site file."""
        removed = venues.remove(caller.scope, venue_id, by=caller.actor)
        return {
            "venue_id": venue_id,
            "message": f"venue {venue_id} is deleted with all that was known of it",
            "removed": {table: count for table, count in removed.items() if count},
        }

    return router
