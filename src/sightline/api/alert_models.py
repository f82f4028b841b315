"""What the routes of alerts answer."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Alert(BaseModel):
    """Something that a person should look at."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[17])
    venue_id: str = Field(examples=["my_store"])
    alert_type: str = Field(
        description="traffic_spike, traffic_drop, unusual_hours, camera_lost, disk_low, outbox_stuck ...",
        examples=["traffic_drop"],
    )
    subject: str = Field(
        description="What it is about: a camera's id, a date; empty for the whole venue.", examples=[""]
    )
    severity: str = Field(description="info, warning or critical.", examples=["warning"])
    title: str = Field(examples=["Far fewer visitors"])
    message: str = Field(examples=["412 different visitors in the last 7 days, 903 in the 7 days before."])
    data: dict[str, Any] = Field(
        description="Figures that belong to it.", examples=[{"visitors": 412, "visitors_before": 903}]
    )
    created_at: datetime
    cleared_at: datetime | None = Field(description="When the condition was over; null while it holds.")
    acknowledged: bool = Field(description="Whether a person has seen it.", examples=[False])
    acknowledged_at: datetime | None


class Alerts(BaseModel):
    """A page of alerts."""

    alerts: list[Alert] = Field(description="Newest first.")


class Acknowledged(BaseModel):
    """A person has seen an alert."""

    message: str = Field(examples=["alert 17 is acknowledged"])
    alert_id: int = Field(examples=[17])


class Checked(BaseModel):
    """What a look at the traffic of a venue has raised."""

    alerts_generated: int = Field(description="Conditions that did not hold before.", examples=[1])
    alerts: list[Alert]
