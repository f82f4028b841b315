"""What the export answers as JSON."""

from datetime import date, datetime

from pydantic import Field

from sightline.api.behavior_models import Behavior
from sightline.api.service_models import ServiceSums
from sightline.api.traffic_models import Demographics, Heatmap, OfWindow, Summary, ZoneTraffic


class Export(OfWindow):
    """Every part as its own route answers it, all about the same days."""

    from_: date = Field(alias="from", description="First local day of the window.", examples=["2026-11-14"])
    to: date = Field(description="Last local day of the window.", examples=["2026-11-20"])
    generated_at: datetime = Field(examples=["2026-11-20T18:02:11+01:00"])
    executive_summary: Summary = Field(description="As /summary.")
    demographics: Demographics
    zone_performance: ZoneTraffic = Field(description="As /zones.")
    hourly_heatmap: Heatmap = Field(description="As /heatmap, over the days of this window.")
    behavior_analytics: Behavior = Field(description="As /behavior.")
    service: ServiceSums = Field(description="As /service, without its rows.")
