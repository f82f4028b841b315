"""What an event says about its video: the `video_evidence` of the metrics file and of `analyze --json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sightline.domain.outbox import Channel
from sightline.domain.scope import Scope
from sightline.domain.video_evidence import KEYS, Deliveries, video_evidence
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence, evidence_of_events
from sightline.store.links import links_of_events
from sightline.store.outbox_items import StoredItem, items_of_events


@dataclass(frozen=True, slots=True)
class VideoEvidence:
    """Where the video of stored events is, in the words of the contract.

    Attributes:
        segments_dir: holds `<venue>/<camera>/<file>`; `video_url` is the file's address there. None: for
            readers elsewhere, who get the address at which the API gives the clip and no path of ours.
        zone: of the venue, for `upload_timestamp`.
    """

    segments_dir: Path | None
    zone: tzinfo

    def of(
        self, scope: Scope, connection: Connection, events: Sequence[StoredEvent]
    ) -> dict[str, dict[str, Any]]:
        """`video_evidence` by event id, for every one of `events`; empty when there is no video.

        What another program linked by event id wins over a clip of ours. Three statements in all.
        """
        ids = [one.id for one in events]
        clips = evidence_of_events(scope, connection, ids)
        linked = links_of_events(scope, connection, ids)
        told = items_of_events(scope, connection, ids, (Channel.UPLOAD, Channel.INCIDENT))
        return {one: self._words(clips.get(one), linked.get(one), told.get(one, [])) for one in ids}

    def _words(
        self, ours: StoredEvidence | None, linked: Mapping[str, Any] | None, told: Sequence[StoredItem]
    ) -> dict[str, Any]:
        if linked is not None:
            return {name: linked[name] for name in KEYS if name in linked} | dict(linked)
        if ours is None or not ours.parts or ours.state == "missing":
            return {}
        name = ours.parts[0].file_name
        return video_evidence(
            segment_filename=name,
            local_url=self._local_url(ours, name),
            incident_id=ours.incident_id,
            sealed_at=ours.sealed_at,
            zone=self.zone,
            deliveries=Deliveries.of(one for one in told if one.evidence_id == ours.id),
        )

    def _local_url(self, ours: StoredEvidence, file_name: str) -> str:
        if self.segments_dir is None:
            return f"/api/evidence/{ours.id}/clip"
        return (self.segments_dir.absolute() / ours.venue_id / ours.camera_id / file_name).as_uri()
