"""What an event says about its video, in the words of the contract: `video_evidence`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from sightline.domain.outbox import Channel, ItemState

KEYS = ("segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp")
"""In the contract's order."""

LOCAL_TIME = "%Y-%m-%d %H:%M:%S"


class Delivery(Protocol):
    """What is read of an item of the outbox."""

    @property
    def channel(self) -> Channel: ...
    @property
    def state(self) -> ItemState: ...
    @property
    def answer(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """How far the clip and the report of one event have got.

    Attributes:
        upload_wanted: the clip is to leave the site; while it has not, only local words are true.
        copy: what the receiver of the clip answered, None until it did.
        incident_id: the server's own id of the incident, None until it gave one.
    """

    upload_wanted: bool = False
    copy: Mapping[str, Any] | None = None
    incident_id: str | None = None

    @classmethod
    def of(cls, items: Iterable["Delivery"]) -> "Deliveries":
        """What the stored items of one piece of evidence say."""
        wanted, copy, incident_id = False, None, None
        for item in items:
            answer = item.answer if item.state is ItemState.SENT else None
            if item.channel is Channel.UPLOAD and item.state is not ItemState.CANCELLED:
                wanted, copy = True, answer or copy
            elif item.channel is Channel.INCIDENT and answer is not None:
                incident_id = answer.get("incident_id") or incident_id
        return cls(upload_wanted=wanted, copy=copy, incident_id=incident_id)


HERE = Deliveries()
"""Nothing leaves the site."""


def video_evidence(
    *,
    segment_filename: str,
    local_url: str,
    incident_id: str,
    sealed_at: datetime | None,
    zone: tzinfo,
    deliveries: Deliveries = HERE,
) -> dict[str, Any]:
    """All five keys once the clip is where it belongs; until then its name and where it lies here.

    Args:
        incident_id: ours; the server's takes its place.
        sealed_at: None until it is sealed.
        zone: of the venue, for `upload_timestamp`.
    """
    pending = {"segment_filename": segment_filename, "video_url": local_url}
    copy = deliveries.copy
    if sealed_at is None or (deliveries.upload_wanted and copy is None):
        return pending
    if copy is not None:
        sealed_at = datetime.fromisoformat(str(copy["uploaded_at"]))
    return {
        "segment_filename": segment_filename,
        "uploaded_filename": copy["stored_name"] if copy is not None else segment_filename,
        "video_url": (copy["video_url"] or local_url) if copy is not None else local_url,
        "incident_id": deliveries.incident_id or incident_id,
        "upload_timestamp": sealed_at.astimezone(zone).strftime(LOCAL_TIME),
    }
