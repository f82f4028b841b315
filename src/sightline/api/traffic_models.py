"""What the routes about traffic answer."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

PERCENT = "Percent, one decimal; null of nothing."
MINUTES = "Two decimals; null of nothing."
STAYS = "Stays."

Shares = dict[str, float]


class Coverage(BaseModel):
    """What of the window was observed, as far as it is over."""

    known: bool = Field(
        description="Whether cameras of ours watch the venue. If not, figures are what was told.",
        examples=[True],
    )
    cameras: int = Field(description="How many looked in the window.", examples=[2])
    observed_hours: float | None = Field(
        description="Hours in which a camera looked, by the hour that of the one that looked most; null when"
        " `known` is false.",
        examples=[154.5],
    )
    window_hours: float = Field(description="Length of the window up to now.", examples=[162.0])
    observed_share: float | None = Field(
        description="0..1; null when `known` is false, or nothing of the window is over.", examples=[0.9537]
    )


class VisitorRange(BaseModel):
    """Between how many people it were."""

    low: int = Field(examples=[231])
    high: int = Field(examples=[262])
    method: str = Field(description="`audit` or `track_quality`.", examples=["track_quality"])
    nominal_percent: int = Field(
        description="In how many of 100 cases the truth is to lie within.", examples=[90]
    )


class OfWindow(BaseModel):
    """What answers about a number of days say first."""

    venue_id: str = Field(examples=["my_store"])
    period: str = Field(examples=["Last 7 days"])


class Overview(OfWindow):
    """The visitors of a window."""

    total_visitors: int = Field(description="Stays: one person in two zones is two.", examples=[412])
    unique_visitors: int = Field(description="Different people.", examples=[246])
    repeat_rate: float | None = Field(
        description="People who came back, of all people. " + PERCENT, examples=[23.2]
    )
    avg_dwell_minutes: float | None = Field(description="Per visit. " + MINUTES, examples=[11.25])
    peak_hour: int | None = Field(
        ge=0,
        le=23,
        description="With most stays, on the venue's wall; the earlier one on a tie.",
        examples=[17],
    )
    gender_split: Shares | None = Field(
        description="Percent of the people; null when there is nobody.",
        examples=[{"M": 41.1, "F": 47.2, "unknown": 11.7}],
    )
    age_distribution: Shares | None = Field(
        description="Percent of the people by the labels that were told; null when there is nobody.",
        examples=[{"20-29": 30.1, "30-39": 40.2, "unknown": 29.7}],
    )
    hourly_breakdown: None = Field(description="Always null; `/hourly` has it.")
    confidence_level: float | None = Field(
        description="0.5..1, over the stays that carry frames and confidence; null when none does.",
        examples=[0.8812],
    )
    visitor_range: VisitorRange
    data_quality: Literal["high", "medium", "low"] | None = Field(
        description="`high` from 0.85, `medium` from 0.70; null without `confidence_level`.",
        examples=["high"],
    )
    coverage: Coverage


class HourOfDay(BaseModel):
    """One hour on the venue's wall; the two of one name, when the clock goes back, together."""

    hour: int = Field(ge=0, le=23, examples=[17])
    visitors: int | None = Field(description=STAYS + " Null when nobody looked.", examples=[38])
    unique: int | None = Field(description="People. Null when nobody looked.", examples=[29])


class HourlyTraffic(BaseModel):
    """One local day."""

    venue_id: str = Field(examples=["my_store"])
    date: date
    hourly: list[HourOfDay] = Field(description="24, from 0 to 23.")
    coverage: Coverage


class LabelShares(BaseModel):
    """The people of a window by their labels."""

    gender: Shares | None = Field(
        description="Percent of the people; null when there is nobody.",
        examples=[{"M": 41.1, "F": 47.2, "unknown": 11.7}],
    )
    age: Shares | None = Field(
        description="Percent of the people by the labels that were told; null when there is nobody.",
        examples=[{"20-29": 30.1, "30-39": 40.2, "unknown": 29.7}],
    )
    total: int = Field(description="People.", examples=[246])


class LabelChange(BaseModel):
    """By how many points the shares have changed; null where a window had nobody."""

    gender: Shares | None = Field(examples=[{"M": -1.2, "F": 0.9, "unknown": 0.3}])
    age: Shares | None = Field(examples=[{"20-29": 2.0, "30-39": -2.5, "unknown": 0.5}])


class Demographics(OfWindow):
    """Gender and age of a window and of the one before."""

    current: LabelShares
    previous: LabelShares
    change: LabelChange


class ZoneOfVenue(BaseModel):
    """One zone."""

    zone: str = Field(examples=["shelves"])
    visitors: int = Field(description="Different people.", examples=[120])
    traffic_percent: float | None = Field(description="Of the people of the window.", examples=[48.8])
    avg_dwell_minutes: float | None = Field(description="Per stay there. " + MINUTES, examples=[2.31])
    engagement: Literal["High", "Medium", "Low"] = Field(
        description="By the mean dwell: `High` above 300 s, `Medium` above 120 s.", examples=["Medium"]
    )


class ZoneTraffic(OfWindow):
    """The zones in which people were."""

    total_unique_visitors: int = Field(description="Different people in the window.", examples=[246])
    zones: list[ZoneOfVenue] = Field(description="Those with most people first.")


class WeekOfTrend(BaseModel):
    """One whole week."""

    week: date = Field(description="Its Monday.")
    visitors: int | None = Field(
        description=STAYS + " Null when nobody looked, or before anything was told.", examples=[402]
    )
    avg_dwell_minutes: float | None = Field(description="Per visit. " + MINUTES, examples=[11.4])
    return_rate_percent: float | None = Field(
        description="People who came back, of all people. " + PERCENT, examples=[22.9]
    )


class Trends(BaseModel):
    """Week by week."""

    venue_id: str = Field(examples=["my_store"])
    weekly: list[WeekOfTrend] = Field(description="Ascending.")
    trend: Literal["growing", "declining", "stable", "insufficient_data"] = Field(examples=["growing"])
    growth_rate_percent: float | None = Field(
        description="Visitors of the later half of the weeks against the earlier half.", examples=[7.4]
    )
    coverage: Coverage


class SummaryOfWindow(BaseModel):
    """One window of a summary."""

    total_visitors: int = Field(description=STAYS, examples=[412])
    unique_visitors: int = Field(description="Different people.", examples=[246])
    return_visitors: int = Field(description="Of them, those who came back.", examples=[57])
    return_rate_percent: float | None = Field(description=PERCENT, examples=[23.2])
    avg_dwell_minutes: float | None = Field(description="Per visit. " + MINUTES, examples=[11.25])
    peak_hour: int | None = Field(ge=0, le=23, examples=[17])
    peak_day: str | None = Field(description="Weekday with most stays, in English.", examples=["Saturday"])
    top_demographic: str | None = Field(
        description="What most people are of whom both labels are known.", examples=["F 20-29"]
    )
    avg_engagement: float | None = Field(description="0..100, one decimal.", examples=[61.3])
    engaged_percent: float | None = Field(
        description="Stays with a score of 70 or more, of those with one. " + PERCENT, examples=[34.0]
    )


class SummaryChange(BaseModel):
    """The window against the one before; null where nobody knows."""

    visitors: int | None = Field(description=STAYS, examples=[36])
    visitors_percent: float | None = Field(
        description="Null also when there was nobody before.", examples=[9.6]
    )
    dwell_minutes: float | None = Field(examples=[-0.42])


class Summary(OfWindow):
    """A window beside the one before."""

    current: SummaryOfWindow
    previous: SummaryOfWindow
    change: SummaryChange
    insights: list[str] = Field(
        examples=[["Most visitors come on Saturday, and from 17:00 to 18:00."]],
    )
    coverage: Coverage


class Heat(BaseModel):
    """One hour of the week."""

    day: int = Field(ge=0, le=6, description="0 is Monday.", examples=[5])
    hour: int = Field(ge=0, le=23, examples=[17])
    count: int | None = Field(description=STAYS + " Null when nobody looked.", examples=[64])
    intensity: float | None = Field(description="`count` / `max_count`, two decimals.", examples=[0.82])


class Peak(BaseModel):
    """One of the busiest hours of the week."""

    day: int = Field(ge=0, le=6, description="0 is Monday.", examples=[5])
    hour: int = Field(ge=0, le=23, examples=[17])
    count: int = Field(description=STAYS, examples=[64])


class Heatmap(BaseModel):
    """Stays by weekday and hour."""

    venue_id: str = Field(examples=["my_store"])
    heatmap: list[Heat] = Field(description="168: each day from Monday, each hour from 0.")
    peak_times: list[Peak] = Field(description="The five busiest; fewer when fewer had a stay.")
    max_count: int = Field(description="0 when there was nobody.", examples=[78])
    coverage: Coverage
