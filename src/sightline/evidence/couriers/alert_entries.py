"""From an item of the outbox to an entry of an alert, with the best link there is, and the truth about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal

from sightline.delivery.alert_mail import AlertEntry, LinkedVideo
from sightline.domain.event import EventKind
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import DeliveryRefused, EvidenceError, PictureWithheld
from sightline.evidence.couriers.desk import Desk, Matter, sealed_parts
from sightline.evidence.couriers.upload import SHOWN
from sightline.evidence.couriers.words import incident_facts, sentence
from sightline.evidence.hosted_videos import purpose_of
from sightline.evidence.private_links import PrivateLinks
from sightline.evidence.standing import manifest_of_row
from sightline.store import hosted_videos, outbox_items
from sightline.store.outbox_items import StoredItem

Way = Literal["hosted_link", "link", "local_link", "text_only"]
"""Where an alert shows its video: a foreign host, our public address, this machine only, nowhere."""

NoVideo = Literal["", "privacy", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry, the way its video goes, and the id of the link, if it is one of ours."""

    entry: AlertEntry
    way: Way
    link_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The video of an alert, or why there is none."""

    way: Way = "text_only"
    video: LinkedVideo | None = None
    reason: NoVideo = ""
    link_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEntries:
    """Makes the entries of alerts.

    Attributes:
        links: makes our own private links.
        life_hours: how long a link lives from the moment the alert is sent.
    """

    desk: Desk
    links: PrivateLinks
    life_hours: int
    clock: Callable[[], datetime]

    def of(self, item: StoredItem, language: str) -> Told:
        """What `item` tells, as it stands now.

        Raises:
            DeliveryRefused: the event is gone.
        """
        matter = self.desk.matter(item)
        if item.event_id is None:
            return self._of_frames(matter)
        event = matter.require_event()
        facts = incident_facts(event, matter.answer_of(Channel.ANALYZER))
        shown = self._shown(matter)
        entry = AlertEntry(
            alert_type=event.kind.value.upper(),
            at=(event.confirmed_at or event.started_at).astimezone(matter.venue.zone),
            venue_name=matter.venue.name,
            camera_name=event.camera_id,
            risk_level=facts.risk_level,
            frame_number=_frame_number(matter),
            confidence=facts.confidence,
            message=sentence(event, language),
            incident_type=facts.incident_type if event.kind is EventKind.SECURITY else None,
            analysis=facts.analysis,
            assessment=facts.assessment,
            duration_s=(event.ended_at - event.started_at).total_seconds(),
            ongoing=event.ongoing,
            video=shown.video,
            no_video_reason=shown.reason,
            event_id=event.id,
        )
        return Told(entry=entry, way=shown.way, link_id=shown.link_id)

    def _shown(self, matter: Matter) -> _Shown:
        hosted = matter.answer_of(Channel.HOSTED) or (matter.answer_of(Channel.UPLOAD) or {}).get(SHOWN)
        if hosted is not None:
            return self._hosted(matter, hosted)
        evidence = matter.evidence
        if evidence is None or evidence.state != "sealed" or evidence.moved_at is not None:
            return _Shown(reason="missing")
        part = sealed_parts(evidence)[0]
        try:
            released = self.desk.released(evidence, part, for_viewing=True)
        except DeliveryRefused as refused:
            return _Shown(reason="privacy" if isinstance(refused.__cause__, PictureWithheld) else "missing")
        return self._own(matter, released.size_bytes, evidence_id=evidence.id, part=part)

    def _hosted(self, matter: Matter, answer: Mapping[str, Any]) -> _Shown:
        expires_at = datetime.fromisoformat(str(answer["expires_at"]))
        video = LinkedVideo(
            link=str(answer["private_link"]),
            size_bytes=int(answer["size_bytes"]),
            expires_at=expires_at.astimezone(matter.venue.zone),
            life_hours=max(1, round((expires_at - self.clock()) / timedelta(hours=1))),
            video_id=str(answer["video_id"]),
            reach="private",
        )
        return _Shown(way="hosted_link", video=video)

    def _own(
        self,
        matter: Matter,
        size_bytes: int,
        *,
        evidence_id: str | None = None,
        part: int = 0,
        hosted_video_id: str | None = None,
    ) -> _Shown:
        """Our own link, the same one when the alert is tried again, with its full life ahead."""
        item = matter.item
        try:
            link = self.links.make(
                Scope.of(item.venue_id),
                hours=self.life_hours,
                purpose=purpose_of(hosted_video_id) if hosted_video_id else _purpose(item),
                made_by="alert",
                evidence_id=evidence_id,
                part=part,
                hosted_video_id=hosted_video_id,
            )
        except EvidenceError:
            return _Shown(reason="missing")
        video = LinkedVideo(
            link=link.url,
            size_bytes=size_bytes,
            expires_at=link.expires_at.astimezone(matter.venue.zone),
            life_hours=link.life_hours,
            video_id=hosted_video_id or link.id,
            reach=link.reach,
        )
        way: Way = "link" if link.reach == "private" else "local_link"
        return _Shown(way=way, video=video, link_id=link.id)

    def _of_frames(self, matter: Matter) -> Told:
        """An alert that another program asked for, with pictures of its own or none."""
        given = matter.item.payload
        shown = self._shown_of_frames(matter)
        entry = AlertEntry(
            alert_type="SECURITY",
            at=datetime.fromisoformat(str(given["at"])).astimezone(matter.venue.zone),
            venue_name=matter.venue.name,
            camera_name=str(given.get("camera_id") or "-"),
            risk_level=given.get("risk_level"),
            frame_number=given.get("frame_count"),
            confidence=given.get("confidence"),
            message=str(given.get("message") or ""),
            incident_type=given.get("incident_type"),
            analysis=given.get("analysis"),
            video=shown.video,
            no_video_reason=shown.reason,
        )
        return Told(entry=entry, way=shown.way, link_id=shown.link_id)

    def _shown_of_frames(self, matter: Matter) -> _Shown:
        given, item = matter.item.payload, matter.item
        video_id = given.get("hosted_video_id")
        hosted = _answer_beside(self.desk, item)
        if hosted is not None:
            return self._hosted(matter, hosted)
        if video_id is None:
            return _Shown(reason="privacy" if given.get("withheld") else "missing")
        with self.desk.database.reading() as connection:
            stored = hosted_videos.get_hosted_video(Scope.of(item.venue_id), connection, str(video_id))
        if stored is None:
            return _Shown(reason="missing")
        return self._own(matter, stored.size_bytes, hosted_video_id=str(video_id))


def _purpose(item: StoredItem) -> str:
    """Each receiver has a link of its own, so that one who is told late makes nobody else's live longer."""
    return f"alert:{item.channel.value}:{item.destination}:{item.key}"


def _answer_beside(desk: Desk, item: StoredItem) -> Mapping[str, Any] | None:
    """What a video host said of the clip of the same alert."""
    with desk.database.reading() as connection:
        sent = outbox_items.list_items(
            Scope.of(item.venue_id),
            connection,
            chain=item.chain,
            channel=Channel.HOSTED,
            states=[ItemState.SENT],
        )
    return sent[-1].answer if sent else None


def _frame_number(matter: Matter) -> int | None:
    """The picture of the clip at which it began, counted from 1."""
    event, evidence = matter.event, matter.evidence
    if event is None or evidence is None or not evidence.parts:
        return None
    first = evidence.parts[0]
    parts = manifest_of_row(evidence).get("parts") or [{}]
    frames = parts[0].get("frames")
    if first.starts_at is None or first.ends_at is None or not isinstance(frames, int):
        return None
    share = (event.started_at - first.starts_at) / max(first.ends_at - first.starts_at, timedelta(seconds=1))
    return min(frames, max(1, ceil(share * frames)))
