"""Who stood where in a clip, for drawing it over the video."""

from typing import Any

from sightline.domain.scope import Scope
from sightline.store import seen_boxes
from sightline.store.database import Database
from sightline.store.events import get_event
from sightline.store.evidence import StoredEvidence


class ClipBoxes:
    """Reads what was seen while a clip was recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, evidence: StoredEvidence) -> dict[str, Any]:
        """Frames with people, by time from the start of the first part; none when nothing was kept of it.

        A person's role is the one that the analysis concluded in the end; of who took part in the event, the
        one they had in it.
        """
        scope = Scope.of(evidence.venue_id)
        starts = [one.starts_at for one in evidence.parts if one.starts_at is not None]
        ends = [one.ends_at for one in evidence.parts if one.ends_at is not None]
        start = min(starts, default=evidence.wanted_from)
        end = max(ends, default=evidence.wanted_until)
        with self._database.reading() as connection:
            found = seen_boxes.boxes_between(
                scope, connection, evidence.venue_id, evidence.camera_id, start, end
            )
            event = get_event(scope, connection, evidence.event_id) if evidence.event_id else None
            roles = seen_boxes.roles_of_tracks(scope, connection, {one.run_id for one in found})
        if event is not None and event.run_id is not None:
            roles |= {(event.run_id, who.track_id): who.role.value for who in event.participants}
        frames: dict[float, list[dict[str, Any]]] = {}
        for one in found:
            for box in one.stretch.boxes:
                if start <= box.at < end:
                    second = round((box.at - start).total_seconds(), 3)
                    frames.setdefault(second, []).append(
                        {
                            "track_id": box.track_id,
                            "role": roles.get((one.run_id, box.track_id), "unknown"),
                            "box": [round(edge, 4) for edge in box.box],
                        }
                    )
        return {
            "width": found[0].stretch.width if found else None,
            "height": found[0].stretch.height if found else None,
            "frames": [{"t": second, "people": people} for second, people in sorted(frames.items())],
        }
