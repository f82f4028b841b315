"""What the routes of audits take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sightline.api.moments import Moment
from sightline.api.typed_words import Reason, SiteId

Rule = Literal["visitors", "interaction", "unattended", "queue", "security"]
Count = Annotated[int, Field(ge=0, le=100_000)]


class AuditIn(BaseModel):
    """What a person counted in [from, to) of one camera: what begins there."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "venue_id": "my_store",
                    "camera_id": "till",
                    "rule": "visitors",
                    "from": "2026-03-02T09:30:00+01:00",
                    "to": "2026-03-02T09:31:00+01:00",
                    "truth": 7,
                    "matched": 6,
                }
            ]
        },
    )

    venue_id: SiteId
    camera_id: SiteId
    rule: Rule
    since: Moment = Field(alias="from", description="Without an offset: UTC.")
    until: Moment = Field(alias="to")
    truth: Count = Field(description="How many there were.")
    matched: Count | None = Field(
        default=None,
        description="Of those that had been found, how many were right; for precision and recall.",
    )
    note: Reason | None = None

    @model_validator(mode="after")
    def _goes_forward(self) -> "AuditIn":
        if self.until <= self.since:
            raise ValueError("'to' must be later than 'from'")
        return self


class Audit(BaseModel):
    """A stretch that was counted."""

    audit_id: int
    venue_id: str
    camera_id: str
    rule: str
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    found: int = Field(description="What had been found by then.")
    truth: int
    matched: int | None
    audited_at: datetime
    audited_by: str
    note: str | None


class AuditMade(Audit):
    """The same, and what makes it say less than it seems to."""

    warnings: list[str]


class Estimate(BaseModel):
    """A figure with the bounds of its interval."""

    value: float
    low: float
    high: float


class AuditReport(BaseModel):
    """How right the figures of one rule at one camera are."""

    venue_id: str
    camera_id: str
    rule: str
    stretches: int
    audited_minutes: float
    found: int
    truth: int
    precision: Estimate | None = Field(description="Right / found; null where matches were not counted.")
    recall: Estimate | None = Field(description="Right / there.")
    count_ratio: Estimate | None = Field(
        description="There for each found; null of fewer stretches than `fewest_stretches_for_ratio`."
    )
    nominal_percent: int = Field(description="Coverage of the intervals.")
    fewest_stretches_for_ratio: int


class Audited(BaseModel):
    """What was counted, and what follows from it."""

    audits: list[Audit]
    report: list[AuditReport]


class StretchOut(BaseModel):
    """What begins in [from, to) is counted; show it up to `shown_until`."""

    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    shown_until: datetime


class StretchesOut(BaseModel):
    """Drawn by chance, earliest first."""

    stretches: list[StretchOut]
    available_s: float = Field(description="How much recorded and observed video there was to draw from.")


class FoundOut(BaseModel):
    """When each began that was found."""

    found: int
    moments: list[datetime]
