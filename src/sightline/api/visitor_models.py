"""What the routes of visitors answer."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

PERCENT = "Percent, one decimal; null of nobody."
RETENTION = "Percent of the known people before who were seen again; null when there were none before."


class Visitor(BaseModel):
    """One person of a venue."""

    visitor_id: str = Field(description="The pseudonym as it was told.", examples=["v-81c3"])
    known: bool = Field(
        description="Whether the pseudonym means the same person tomorrow. Those of our own cameras without"
        " identity hold for one track on one day, and are in no list.",
        examples=[True],
    )
    first_seen: datetime = Field(description="Begin of the first stay.")
    last_seen: datetime = Field(description="End of the last stay.")
    visit_count: int = Field(description="Presences with more than 30 minutes between them.", examples=[6])
    total_dwell_minutes: float = Field(description="All stays together.", examples=[74.5])
    avg_dwell_minutes: float | None = Field(description="Per visit.", examples=[12.42])
    age_bracket: str | None = Field(description="The newest label told.", examples=["30-39"])
    gender: str | None = Field(description="The newest label told, M or F.", examples=["F"])
    loyalty_score: int = Field(
        description="0 to 100: ten points a visit up to a hundred, in full for 30 days after the last one,"
        " then fading evenly to nothing at 90 days.",
        examples=[60],
    )
    loyalty_tier: str = Field(
        description="First that fits: VIP (10 visits or more, the last at most 30 days ago), Loyal (5, 30),"
        " Regular (3, 60), Occasional (2), New.",
        examples=["Loyal"],
    )
    lapsed: bool = Field(description="Not seen for more than 90 days.", examples=[False])


class KnownVisitors(BaseModel):
    """A page of the known visitors."""

    venue_id: str = Field(examples=["my_store"])
    total_known_visitors: int = Field(examples=[812])
    visitors: list[Visitor]


class VisitorStats(BaseModel):
    """All known visitors together."""

    venue_id: str = Field(examples=["my_store"])
    total_known_visitors: int = Field(examples=[812])
    loyalty_distribution: dict[str, int] = Field(
        description="People by tier.",
        examples=[{"VIP": 12, "Loyal": 40, "Regular": 95, "Occasional": 205, "New": 460}],
    )
    loyalty_percentages: dict[str, float | None] = Field(
        description=PERCENT,
        examples=[{"VIP": 1.5, "Loyal": 4.9, "Regular": 11.7, "Occasional": 25.2, "New": 56.7}],
    )
    lapsed_visitors: int = Field(description="Not seen for more than 90 days.", examples=[130])
    avg_visits_per_visitor: float | None = Field(examples=[2.31])
    avg_lifetime_dwell_minutes: float | None = Field(
        description="Of all visits of a person.", examples=[27.8]
    )
    total_return_visits: int = Field(
        description="Visits that were not the person's first, or that the sender marked.", examples=[1066]
    )


class Session(BaseModel):
    """What one person did on one local day of the venue."""

    date: date
    visits: int = Field(description="That began on this day.", examples=[1])
    dwell_minutes: float = Field(description="Of those visits, with all their stays.", examples=[14.5])
    zones: list[str] = Field(description="In the order in which they were entered.", examples=[["entrance"]])
    first_seen: datetime = Field(description="Begin of the first stay that begins on this day.")
    last_seen: datetime = Field(description="End of the last of them to end.")


class History(BaseModel):
    """One person over time."""

    venue_id: str = Field(examples=["my_store"])
    profile: Visitor
    sessions: list[Session] = Field(description="The 400 days up to the last stay, newest first.")


class ReturnSummary(BaseModel):
    """Who came, and who came back."""

    total_visitors: int = Field(description="Different people in the window.", examples=[950])
    known_visitors: int = Field(description="Those of a lasting pseudonym.", examples=[310])
    tracking_rate: float | None = Field(description="Known people / people. " + PERCENT, examples=[32.6])
    return_events: int = Field(
        description="Returning visits that begin in the window: not the person's first, or marked.",
        examples=[120],
    )
    return_event_rate: float | None = Field(description="Of all visits. " + PERCENT, examples=[11.3])


class WeekOfRetention(BaseModel):
    """Seven days against the seven before them."""

    week_ending: date
    known_visitors: int = Field(examples=[88])
    previous_known_visitors: int = Field(examples=[92])
    seen_again: int = Field(examples=[31])
    retention_percent: float | None = Field(description=RETENTION, examples=[33.7])


class Retention(BaseModel):
    """The window against the one of the same length before it."""

    previous_known_visitors: int = Field(examples=[290])
    seen_again: int = Field(description="Of those, known people seen in the window.", examples=[101])
    retention_percent: float | None = Field(description=RETENTION, examples=[34.8])
    weekly: list[WeekOfRetention] = Field(description="The whole sevens of days of the window, oldest first.")


class ReturningVisitor(Visitor):
    """A known person who returned in the window."""

    visits_in_period: int = Field(examples=[4])


class Returning(BaseModel):
    """Returns of a window."""

    venue_id: str = Field(examples=["my_store"])
    period: str = Field(examples=["Last 30 days"])
    summary: ReturnSummary
    retention: Retention
    top_returning_visitors: list[ReturningVisitor] = Field(
        description="Ten at most, those with most visits in the window first."
    )


class RemovedRows(BaseModel):
    """How many of each went, or were taken back."""

    stays: int = Field(examples=[14])
    visits: int = Field(examples=[6])
    tracks: int = Field(description="Of our cameras, no longer linked to anybody.", examples=[9])
    templates: int = Field(description="Of the face.", examples=[1])
    evidence: int = Field(examples=[2])
    files: int = Field(description="Clips, viewing and released copies.", examples=[3])
    links: int = Field(description="Private links that were revoked.", examples=[1])
    deliveries: int = Field(description="That were still to be sent, and are not any more.", examples=[0])


class KeptEvidence(BaseModel):
    """A clip that could not be deleted; it goes once the hold is lifted."""

    evidence_id: str
    reason: Literal["legal_hold"]
    since: str = Field(description="ISO 8601, UTC.")


class CopyElsewhere(BaseModel):
    """What has left the site, or was on its way."""

    evidence_id: str | None = Field(description="Null: figures, no clip.")
    channel: str = Field(examples=["upload"])
    destination: str = Field(description="Label of the receiver.", examples=["http"])
    at: str | None = Field(description="When it arrived; null: it was on its way.")
    holds_clip: bool = Field(description="Whether the clip itself lies there; else words, or a dead link.")
    advice: str = Field(examples=["sent to http by upload on 2026-03-02 12:00 UTC: ask there"])


class ErasureReceipt(BaseModel):
    """What an erasure did, as it stands in the venue's ledger, too."""

    schema_: dict[str, str | int] = Field(
        alias="schema", examples=[{"name": "sightline.erasure_receipt", "version": 1}]
    )
    receipt_id: str
    venue_id: str = Field(examples=["my_store"])
    visitor_sha256: str = Field(
        description="SHA-256, hex, of `sightline erased visitor`, the venue's id and the pseudonym, parted by"
        " NUL: the pseudonym itself is gone."
    )
    erased_at: str = Field(description="ISO 8601, UTC.")
    erased_by: str = Field(examples=["person:4f1c"])
    key_id: str = Field(description="Of the site's key.", examples=["3f9a12c47bd0e581"])
    removed: RemovedRows
    evidence_deleted: list[str] = Field(description="Ids; each has a tombstone in the ledger.")
    evidence_kept: list[KeptEvidence]
    evidence_of_others: list[str] = Field(
        description="Ids of clips of other people from the same cameras and times, which may show this person"
        " in passing. They stay until their own time is over."
    )
    elsewhere: list[CopyElsewhere]
    recordings_until: str | None = Field(
        description="When the last recorded file that shows the person is deleted by its age; null: there is"
        " none."
    )


class Forgotten(BaseModel):
    """A person was erased."""

    message: str = Field(examples=["everything about this visitor is erased"])
    visitor_id: str = Field(examples=["v-81c3"])
    venue_id: str = Field(examples=["my_store"])
    receipt: ErasureReceipt
    signature: str = Field(
        description="Ed25519 by the site's key, base64, over the canonical JSON of `receipt`: keys sorted, no"
        " blanks, UTF-8."
    )
    overwritten: bool = Field(
        description="Whether no byte of it is left in the files of the database; false: the database was"
        " busy, and it is tried again every minute."
    )
