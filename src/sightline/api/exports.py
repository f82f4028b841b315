"""A venue's figures in one document, or its stays in one file: GET /analytics/{venue_id}/export."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from sightline.analytics.venue_export import VenueExport
from sightline.api.addresses import VenueId
from sightline.api.caller import Viewing
from sightline.api.export_models import Export
from sightline.api.problem_docs import LOOKING, problems
from sightline.api.windows import Days, To

CSV, PARQUET = "text/csv; charset=utf-8", "application/vnd.apache.parquet"

FILES = {
    "text/csv": {"schema": {"type": "string"}},
    PARQUET: {"schema": {"type": "string", "format": "binary"}},
}
"""What comes back beside JSON, for the documentation."""


class ExportFormat(StrEnum):
    """What comes back."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


Format = Annotated[
    ExportFormat,
    Query(alias="format", description="json: the figures; csv, parquet: one row a stay, as an attachment."),
]


def export_routes(exports: VenueExport) -> APIRouter:
    """The route of the export."""
    router = APIRouter(prefix="/analytics/{venue_id}", tags=["analytics"], responses=LOOKING)

    @router.get(
        "/export",
        response_model=Export,
        summary="All figures as JSON, or all stays as CSV or Parquet",
        responses={200: {"content": FILES}, **problems(400, 507)},
    )
    def export(
        venue_id: VenueId,
        caller: Viewing,
        chosen: Format = ExportFormat.JSON,
        days: Days = 7,
        to: To = None,
    ) -> Any:
        """CSV and Parquet have one row for each stay that begins in the window, in the order of their begin.

        CSV comes while it is read, Parquet once it is complete; neither is ever in memory as a whole.
        400 when the server has no Parquet.
        """
        if chosen is ExportFormat.JSON:
            return exports.document(caller.scope, venue_id, days=days, to=to)
        if chosen is ExportFormat.CSV:
            return _attachment(exports.csv(caller.scope, venue_id, days=days, to=to), CSV, venue_id, chosen)
        file = exports.parquet(caller.scope, venue_id, days=days, to=to)
        return _attachment(file, PARQUET, venue_id, chosen)

    return router


def _attachment(
    pieces: Iterator[str] | Iterator[bytes], media_type: str, venue_id: str, chosen: ExportFormat
) -> StreamingResponse:
    """Pieces that a browser saves. No sign that an id of a venue may hold means anything in a header."""
    name = f"{venue_id}_analytics.{chosen}"
    return StreamingResponse(
        pieces, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
