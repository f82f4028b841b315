"""What the route of the service answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from sightline.api.traffic_models import OfWindow

SECONDS = "Seconds, two decimals; null of nothing."
PERCENTILE = "Seconds: linear interpolation between the two nearest values; null of nothing."


class Percentiles(BaseModel):
    """Of durations."""

    p50: float | None = Field(description=PERCENTILE, examples=[42.5])
    p90: float | None = Field(description=PERCENTILE, examples=[121.8])


class WithMean(Percentiles):
    """With the mean."""

    mean: float | None = Field(description=SECONDS, examples=[57.31])


class Waits(Percentiles):
    """With the longest."""

    longest: float | None = Field(description=SECONDS, examples=[312.4])


class FirstAttention(Percentiles):
    """From being first alone, or else first seen, to the begin of the first interaction in the window."""

    count: int = Field(description="Customers of whom both are known.", examples=[37])


class Interactions(BaseModel):
    """Members of staff with customers."""

    count: int = Field(examples=[58])
    duration_s: WithMean


class Unattended(BaseModel):
    """Customers who were alone for longer than the camera's threshold."""

    count: int = Field(examples=[9])
    duration_s: Percentiles
    confirmed: int = Field(description="Of them, those that went on until they were confirmed.", examples=[6])


class Queues(BaseModel):
    """Stays in line."""

    count: int = Field(examples=[21])
    wait_s: Waits
    mean_length: float | None = Field(
        description="People in line when somebody joins, they included.", examples=[2.3]
    )
    longest_line: int | None = Field(examples=[5])


class Customers(BaseModel):
    """Different customers: tracks of one camera and recording."""

    served: int = Field(description="Of an interaction.", examples=[51])
    unattended_or_served: int = Field(description="Of an interaction or an unattended wait.", examples=[56])


class HourOfService(BaseModel):
    """Events that begin in one hour on the venue's clock; counts are null when nobody looked."""

    hour: int = Field(ge=0, le=23, examples=[11])
    interactions: int | None = Field(examples=[7])
    unattended: int | None = Field(examples=[1])
    queues: int | None = Field(examples=[2])
    unattended_rate_percent: float | None = Field(
        description="Unattended waits / (interactions + unattended waits); null of none.", examples=[12.5]
    )


class StaffDay(BaseModel):
    """One member of staff, a track of one camera and recording, on one local day."""

    date: date
    camera_id: str = Field(examples=["till"])
    run_id: str | None = Field(description="The recording's analysis; null of what another program told.")
    staff_id: int = Field(description="Track id.", examples=[3])
    interactions: int = Field(description="That begin on the day.", examples=[14])
    share_percent: float | None = Field(description="Of all of the day.", examples=[24.1])
    busy_s: float = Field(description="Within any interaction; two at once count once.", examples=[811.25])
    busy_percent: float | None = Field(
        description="Of the time in view on that day; null when that is not known.", examples=[38.2]
    )


class Person(BaseModel):
    """Somebody in an event."""

    track_id: int = Field(examples=[12])
    role: str = Field(description="staff, customer or unknown.", examples=["customer"])
    confidence: float = Field(examples=[0.94])
    reason: str = Field(examples=["seen on the customers' side"])


class ServiceRow(BaseModel):
    """One event with the video that proves it."""

    event_id: str
    kind: str = Field(description="interaction, unattended or queue.", examples=["interaction"])
    camera_id: str = Field(examples=["till"])
    start: datetime = Field(examples=["2026-11-20T11:04:31+01:00"])
    end: datetime = Field(examples=["2026-11-20T11:05:12.5+01:00"])
    duration_s: float = Field(examples=[41.5])
    confirmed: bool | None = Field(description="Of unattended waits; null of others.")
    people: list[Person]
    score: float = Field(description="How sure the rule is, 0 to 1.", examples=[0.87])
    video_evidence: dict[str, Any] = Field(
        description="As in analytics_metrics.json; empty when there is no video.",
        examples=[{"segment_filename": "segment_8_20261120_100425_interaction_start.mp4"}],
    )


class ServiceSums(OfWindow):
    """How customers were served in the window; events count where they begin."""

    interactions: Interactions
    unattended: Unattended
    queues: Queues
    customers: Customers
    share_served_percent: float | None = Field(
        description="customers.served / customers.unattended_or_served; null without any.", examples=[91.1]
    )
    time_to_first_attention_s: FirstAttention
    by_hour: list[HourOfService] = Field(description="24, from 0 to 23.")
    staff: list[StaffDay]


class Service(ServiceSums):
    """The same, with the events."""

    rows: list[ServiceRow] = Field(
        description="A page of the events, the newest first; X-Total-Count says how many there are."
    )
