"""Evidence and private links as programs and pages send and read them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sightline.api.moments import Moment
from sightline.api.typed_words import Reason, SiteId

EvidenceState = Literal["wanted", "sealed", "missing", "deleted"]


class Held(BaseModel):
    """A legal hold."""

    since: str
    by: str | None
    reason: str | None


class Wanted(BaseModel):
    """The capture span that was asked for; `from` and `until`."""

    model_config = ConfigDict(populate_by_name=True)

    since: str = Field(alias="from")
    until: str


class EntryInStory(BaseModel):
    """One deed."""

    position: int | None = Field(description="Its place in the chain; null while it waits for one.")
    at: str
    action: str
    actor: str
    facts: dict[str, Any]
    entry_hash: str | None


class EvidenceDocument(BaseModel):
    """Everything about one piece of evidence, as `sightline evidence show --json` tells it."""

    evidence_id: str
    event_id: str | None = Field(description="null: a clip that a person asked for.")
    incident_id: str
    venue_id: str
    camera_id: str
    kind: str | None
    reason: str
    state: EvidenceState
    note: str | None
    held: Held | None
    wanted: Wanted
    clips: list[str]
    length_s: float | None
    size_bytes: int | None
    verified: bool = Field(description="Manifest, signature and every byte of the clips are as sealed.")
    troubles: list[str]
    manifest: dict[str, Any] | None
    manifest_sha256: str | None
    signature: str | None
    key_id: str | None
    ledger: list[EntryInStory]


class SignedManifest(BaseModel):
    """A line of `evidence.jsonl`: canonical JSON, signed with the site's key (Ed25519)."""

    key_id: str
    manifest: dict[str, Any]
    signature: str


class LedgerEntry(EntryInStory):
    previous_hash: str | None


class LedgerHead(BaseModel):
    """Where the venue's ledger ended when it was last signed."""

    position: int
    entry_hash: str
    signed_at: str
    signature: str
    key_id: str


class EvidenceLedger(BaseModel):
    """What happened to one piece of evidence."""

    evidence_id: str
    venue_id: str
    entries: list[LedgerEntry]
    head: LedgerHead | None


class HoldIn(BaseModel):
    """Why a clip is to be kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Police, case 2026/118"}]})

    reason: Reason


class HoldState(BaseModel):
    """Whether a clip is kept from every retention."""

    evidence_id: str
    held: Held | None


class CutIn(BaseModel):
    """A stretch of recorded footage, in capture time."""

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "camera_id": "till",
                    "from": "2026-03-02T09:30:00+01:00",
                    "to": "2026-03-02T09:31:00+01:00",
                    "reason": "Broken bottle",
                }
            ]
        },
    )

    venue_id: SiteId | None = Field(
        default=None, description="Needed when several venues have such a camera."
    )
    camera_id: SiteId
    since: Moment = Field(alias="from", description="Without an offset: UTC.")
    until: Moment = Field(alias="to")
    reason: Reason

    @model_validator(mode="after")
    def _goes_forward(self) -> "CutIn":
        if self.until <= self.since:
            raise ValueError("'to' must be later than 'from'")
        return self


class CutOut(BaseModel):
    """A clip that was asked for."""

    evidence_id: str
    venue_id: str
    camera_id: str
    state: EvidenceState = Field(description="wanted: it is still being recorded or cut.")
    clips: list[str]
    failure: str | None = Field(description="What of it could not be had.")


Hours = Annotated[int, Field(ge=1, le=8_760)]


class LinkIn(BaseModel):
    """A link to one part of a clip."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 48}]})

    hours: Hours | None = Field(default=None, description="How long it lives; default: as the site is set.")
    part: Annotated[int, Field(ge=0, le=10_000)] = Field(default=0, description="0 is the first.")


class LinkMade(BaseModel):
    """A new link: who has its address sees the video."""

    link_id: str
    private_link: str = Field(description="The whole address, told this once.")
    expires_at: datetime
    life_hours: int
    reach: Literal["private", "local"] = Field(description="local: works on the site's machine only.")


class LinkChange(BaseModel):
    """How much longer a link is to live."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 24}]})

    hours: Hours


class BoxOfPerson(BaseModel):
    """One person in one picture."""

    track_id: int
    role: Literal["staff", "customer", "unknown"]
    box: tuple[float, float, float, float] = Field(
        description="x1, y1, x2, y2 in shares of the picture's width and height."
    )


class BoxesOfPicture(BaseModel):
    """Everybody in one picture."""

    t: float = Field(description="Seconds from the start of the first part.")
    people: list[BoxOfPerson]


class ClipBoxesDocument(BaseModel):
    """Who stood where in a clip."""

    width: int | None = Field(description="Pixels of the picture; null: nothing was kept.")
    height: int | None
    frames: list[BoxesOfPicture] = Field(description="Those with anybody in them, about five a second.")


class LinkFacts(BaseModel):
    """A link, without its address."""

    link_id: str
    venue_id: str
    evidence_id: str | None
    part: int
    video_id: str | None = Field(description="Of a hosted video.")
    state: Literal["alive", "expired", "revoked"]
    created_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None
    views: int
