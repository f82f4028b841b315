"""An alert that another program asks for, with pictures of its own: they become a clip, the clip a link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sightline.domain.outbox import Channel, OutboxItem
from sightline.domain.scope import Scope
from sightline.errors import EvidenceError, PictureWithheld
from sightline.evidence.canonical import utc_text
from sightline.evidence.couriers.alerts import URGENT
from sightline.evidence.hosted_videos import HostedVideos
from sightline.evidence.releasing import Blur
from sightline.store import outbox
from sightline.store.database import Database
from sightline.video.frames_clip import clip_of_frames

RISKS = ("LOW", "MEDIUM", "HIGH")


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesAlert:
    """What was put into the outbox.

    Attributes:
        chain: of its items.
        video_id: of the clip made of the frames; None when there is none, `problem` says why.
    """

    chain: str
    video_id: str | None
    problem: str | None


class FramesAlerts:
    """Takes alerts in. What goes wrong with the pictures never keeps the alert itself from going out.

    Args:
        withhold: why no picture may leave the site; None when they may.
        blur: what faces are blurred with before the frames are kept; None: they are shown.
        hosted_elsewhere: the clip goes to a foreign video host first, for its link.
        life_hours: of the clip and its link.
    """

    def __init__(
        self,
        database: Database,
        videos: HostedVideos,
        *,
        withhold: str | None,
        blur: Blur | None = None,
        hosted_elsewhere: bool,
        life_hours: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._videos = videos
        self._withhold = withhold
        self._blur = blur
        self._hosted_elsewhere = hosted_elsewhere
        self._life_hours = life_hours
        self._clock = clock

    def take(
        self,
        message: str,
        frames: Sequence[Mapping[str, Any]],
        incident_data: Mapping[str, Any],
        *,
        venue_id: str,
        camera_id: str | None,
        recipients: Sequence[str],
    ) -> FramesAlert:
        """Keep the frames as a clip and put the alert into the outbox.

        Raises:
            StoreError, DiskFull: nothing was put there.
        """
        chain = f"alert-{uuid4().hex}"
        try:
            video_id, problem = self._clip(frames, incident_data, venue_id)
            withheld = False
        except PictureWithheld as error:
            video_id, problem, withheld = None, str(error), True
        payload = {
            URGENT: True,
            "recipients": list(recipients),
            "message": message,
            "at": utc_text(self._clock()),
            "camera_id": camera_id,
            "hosted_video_id": video_id,
            "withheld": withheld,
            **_told(incident_data),
        }
        channels = [Channel.MAIL]
        if self._hosted_elsewhere and video_id is not None:
            channels.insert(0, Channel.HOSTED)
        items = [
            OutboxItem(
                key=chain,
                channel=channel,
                destination="hosted" if channel is Channel.HOSTED else "mail",
                venue_id=venue_id,
                chain=chain,
                payload=payload,
            )
            for channel in channels
        ]
        with self._database.transaction() as connection:
            outbox.put_items(Scope.of(venue_id), connection, items, now=self._clock())
        return FramesAlert(chain=chain, video_id=video_id, problem=problem)

    def _clip(
        self, frames: Sequence[Mapping[str, Any]], incident_data: Mapping[str, Any], venue_id: str
    ) -> tuple[str | None, str | None]:
        if self._withhold is not None:
            raise PictureWithheld(self._withhold)
        look = self._blur.open() if self._blur is not None else None
        video_id = str(uuid4())
        part = self._videos.part_for(venue_id, video_id)
        try:
            clip = clip_of_frames(frames, part, look)
            self._videos.keep(
                Scope.of(venue_id),
                part,
                venue_id=venue_id,
                video_id=video_id,
                file_name=f"incident_{video_id}.mp4",
                sha256=clip.sha256,
                size_bytes=clip.size_bytes,
                facts={
                    "type": "security_alert",
                    "frames": clip.frames,
                    **({"faces": "blurred"} if look is not None else {}),
                    **_told(incident_data),
                },
                hours=self._life_hours,
                made_by="alert",
            )
        except PictureWithheld:
            raise
        except EvidenceError as error:
            return None, str(error)
        finally:
            part.unlink(missing_ok=True)
        return video_id, None


def _told(incident_data: Mapping[str, Any]) -> dict[str, Any]:
    """What may be told of an incident; values of the wrong kind are left out rather than believed."""
    risk = str(incident_data.get("risk_level") or "").upper()
    confidence, count = incident_data.get("confidence"), incident_data.get("frame_count")
    told: dict[str, Any] = {
        "risk_level": risk if risk in RISKS else None,
        "confidence": float(confidence)
        if isinstance(confidence, int | float) and 0 <= confidence <= 1
        else None,
        "frame_count": count if isinstance(count, int) and not isinstance(count, bool) else None,
    }
    for name in ("incident_type", "analysis"):
        value = incident_data.get(name)
        told[name] = str(value)[:2_000] if value is not None else None
    return told
