"""What the routes of benchmarks and of the map answer."""

from pydantic import BaseModel, Field

DAILY = "Different people of a day, averaged over the observed days of the window."
DWELL = "Dwell of the visits / their number."
RETURN = "People with a return / people."
PEAK = "Hour on the wall with most stays, the earlier one on a tie."


class Benchmarks(BaseModel):
    """Means; null of nothing."""

    avg_daily_visitors: float | None = Field(description=DAILY, examples=[142.0])
    avg_dwell_minutes: float | None = Field(description=DWELL, examples=[11.85])
    return_rate_percent: float | None = Field(description=RETURN, examples=[23.4])
    peak_hour: int | None = Field(description=PEAK, examples=[17])


class VenueFigures(Benchmarks):
    """One venue."""

    venue_id: str = Field(examples=["my_store"])
    name: str = Field(examples=["My Store"])
    total_visitors: int = Field(description="Stays.", examples=[2310])
    unique_visitors: int = Field(description="Different people.", examples=[871])


class Averages(Benchmarks):
    """Means over the venues that have the figure, each weighing the same."""

    total_visitors: float | None = Field(examples=[2104.5])
    unique_visitors: float | None = Field(examples=[802.5])


class VenueBenchmark(BaseModel):
    """Some venues beside each other."""

    period: str = Field(examples=["Last 7 days"])
    venues: list[VenueFigures] = Field(description="In the order asked for.")
    averages: Averages


class IndustryBenchmark(BaseModel):
    """The venues of one type."""

    venue_type: str = Field(examples=["cafe"])
    period: str = Field(examples=["Last 7 days"])
    sample_size: int = Field(description="Venues of the type that had visitors and are in it.", examples=[12])
    benchmarks: Benchmarks
    source: str = Field(
        description="`all venues of this type`; `your venues of this type` for who may not see all, while"
        " fewer than five venues of others would be in it; `generic` when there is none.",
        examples=["all venues of this type"],
    )
    note: str | None = Field(description="Only with generic figures.", examples=[None])


class VenueOnMap(BaseModel):
    """Where a venue is, and how busy."""

    id: str = Field(examples=["my_store"])
    name: str = Field(examples=["My Store"])
    latitude: float | None = Field(examples=[-26.2041])
    longitude: float | None = Field(examples=[28.0473])
    h3_zone: str | None = Field(description="H3 cell of resolution 9.", examples=["89bcc352cb3ffff"])
    city: str | None = Field(examples=["Johannesburg"])
    country: str | None = Field(examples=["ZA"])
    venue_type: str | None = Field(examples=["cafe"])
    visitors: int = Field(description="Stays of the last 30 local days, today included.", examples=[9120])


class VenuesOnMap(BaseModel):
    """All venues the caller may see, also those without a place."""

    venues: list[VenueOnMap]
