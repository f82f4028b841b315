"""Service events as programs and pages read them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sightline.api.typed_words import Reason
from sightline.domain.event import EventKind, Role


class Person(BaseModel):
    """One track in one event, with the role it had when the event closed."""

    track_id: int
    role: Role
    role_confidence: float
    role_reason: str


class EventEvidence(BaseModel):
    """The clip of an event."""

    evidence_id: str
    incident_id: str
    state: Literal["wanted", "sealed", "missing", "deleted"]
    stage: Literal["provisional", "final"] = Field(description="provisional: of an event that goes on.")
    held: bool = Field(description="Under a legal hold.")
    sealed_at: datetime | None
    failure: str | None
    clips: list[str]


class Verification(BaseModel):
    """Whether the clip is as it was sealed."""

    state: Literal["none", "wanted", "missing", "deleted", "as_sealed", "altered", "elsewhere"]
    checked: Literal["nothing", "signature", "lengths", "bytes"] = Field(
        description="Of a list: signature, names and lengths; of one event the bytes of its clips, too."
    )
    troubles: list[str]


class Assessment(BaseModel):
    """What an outside analyser says of an incident."""

    verdict: Literal["incident", "no_incident", "undecided"]
    incident_type: str | None = None
    risk_level: Literal["LOW", "MEDIUM", "HIGH"] | None = None
    confidence: float | None = None
    analysis: str | None = None
    reason: str | None = None


class VerdictIn(BaseModel):
    """What a person says of an event who has looked at it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": "dismissed", "reason": "A cardboard figure"}]}
    )

    verdict: Literal["confirmed", "dismissed"] = Field(description="dismissed: there was no such event.")
    reason: Reason | None = Field(default=None, description="Needed to dismiss.")

    @model_validator(mode="after")
    def _says_why(self) -> "VerdictIn":
        if self.verdict == "dismissed" and self.reason is None:
            raise ValueError("say why it is dismissed: 'reason'")
        return self


class Verdict(BaseModel):
    """The last word of a person about an event."""

    verdict: Literal["confirmed", "dismissed"]
    reason: str
    by: str = Field(description="As the ledger names them.")
    at: datetime


class ServiceEvent(BaseModel):
    """One event."""

    event_id: str
    venue_id: str
    camera_id: str
    kind: EventKind
    sort: str = Field(description="The kind; of an incident with its type and zone.")
    state: Literal["current", "superseded"]
    ongoing: bool = Field(description="It goes on: `ended_at` is its end so far.")
    started_at: datetime
    ended_at: datetime
    duration_s: float
    confirmed: bool
    confirmed_at: datetime | None
    score: float = Field(description="0..1, how sure the rule is.")
    people: list[Person]
    details: dict[str, Any]
    video_evidence: dict[str, Any] = Field(
        description="Where its video is, as the metrics file has it; `video_url` is one of this API while the"
        " clip lies here. Empty without a video."
    )
    evidence: EventEvidence | None
    verification: Verification
    assessment: Assessment | None
    verdict: Verdict | None = Field(
        description="Of a person; an event that was dismissed does not count in the figures of service."
    )
