"""What an event says about its video: the `video_evidence` of the metrics file and of `analyze --json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.durations import local_text
from sightline.domain.scope import Scope
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence, evidence_of_events
from sightline.store.links import links_of_events

KEYS = ("segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp")
"""The keys of `video_evidence` in the contract's order."""


@dataclass(frozen=True, slots=True)
class VideoEvidence:
    """Where the video of stored events is, in the words of the contract.

    Attributes:
        segments_dir: holds `<venue>/<camera>/<file>`; `video_url` is the file's address there.
        zone: of the venue, for `upload_timestamp`.
    """

    segments_dir: Path
    zone: tzinfo

    def of(
        self, scope: Scope, connection: Connection, events: Sequence[StoredEvent]
    ) -> dict[str, dict[str, Any]]:
        """`video_evidence` by event id, for every one of `events`; empty when there is no video.

        What another program linked by event id wins over a clip of ours. Two statements in all.
        """
        ids = [one.id for one in events]
        sealed = evidence_of_events(scope, connection, ids)
        linked = links_of_events(scope, connection, ids)
        return {one: self._words(sealed.get(one), linked.get(one)) for one in ids}

    def _words(self, ours: StoredEvidence | None, linked: Mapping[str, Any] | None) -> dict[str, Any]:
        if linked is not None:
            return {name: linked[name] for name in KEYS if name in linked} | dict(linked)
        if ours is None or not ours.parts or ours.state == "missing":
            return {}
        name = ours.parts[0].file_name
        url = (self.segments_dir.absolute() / ours.venue_id / ours.camera_id / name).as_uri()
        if ours.sealed_at is None:
            return {"segment_filename": name, "video_url": url}
        return {
            "segment_filename": name,
            "uploaded_filename": name,
            "video_url": url,
            "incident_id": ours.incident_id,
            "upload_timestamp": local_text(ours.sealed_at, self.zone),
        }
