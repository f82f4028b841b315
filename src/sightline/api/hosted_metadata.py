"""What comes with a hosted video, as the protocol has it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import HTTPException
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StringConstraints,
    ValidationError,
)


def video_id_from(text: str) -> str:
    """`text` as a uuid is written, in lower case; it becomes the name of a file, so nothing else passes.

    Raises:
        ValueError: it is not one.
    """
    written = text.lower()
    if str(UUID(written)) != written:
        raise ValueError("a uuid is written as 8-4-4-4-12 hex digits")
    return written


def _time(value: object) -> datetime:
    """A time; one that lacks its zone is UTC."""
    if not isinstance(value, str):
        raise ValueError("a time is a text")  # noqa: TRY004  pydantic turns ValueError into its own
    at = datetime.fromisoformat(value)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


VideoId = Annotated[str, StringConstraints(strict=True, max_length=36), AfterValidator(video_id_from)]
Time = Annotated[datetime, BeforeValidator(_time)]
Word = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]
Sha256 = Annotated[str, StringConstraints(strict=True, to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]


class Metadata(BaseModel):
    """All of it. What is not known of an incident is null; further members are forgotten."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    video_id: VideoId
    upload_timestamp: Time
    expiration_time: Time
    source: Word
    type: Word
    incident_type: Word | None
    risk_level: Word | None
    confidence: Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)] | None
    frame_count: Annotated[StrictInt, Field(ge=0)] | None
    analysis: Annotated[str, StringConstraints(strict=True, max_length=20_000)] | dict[str, Any] | None
    file_hash: Sha256


def metadata_from(text: str | None) -> Metadata:
    """The metadata in a form's field.

    Raises:
        HTTPException: 400, naming what is missing or wrong.
    """
    if text is None:
        raise HTTPException(400, "the form has no field 'metadata'")
    try:
        return Metadata.model_validate_json(text)
    except ValidationError as error:
        wrong = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
        reason = f"missing or wrong: {', '.join(wrong)}" if wrong else "not a JSON object"
        raise HTTPException(400, f"metadata: {reason}") from error
