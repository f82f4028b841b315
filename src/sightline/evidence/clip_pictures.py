"""A picture of each clip for lists: of the middle of its event, with what may not be seen covered."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.errors import EvidenceError, NotFound
from sightline.evidence.clip_files import ClipFiles, part_here
from sightline.evidence.releasing import Blur
from sightline.store.database import Database
from sightline.store.events import get_event
from sightline.store.evidence import StoredEvidence, StoredEvidencePart
from sightline.video.clip_still import clip_still

KEPT = 400
"""Pictures in memory, some tens of kilobytes each. Nothing of them lies on the disk, so nothing has to be
erased there."""
AT_ONCE = 2
"""Clips that are decoded at one time: a page of them must not take the machine from the cameras."""

_Key = tuple[object, ...]


class ClipPictures:
    """Makes pictures of clips.

    A picture is taken out of the sealed clip and covered by itself: a masked copy of the whole clip, which
    takes as long as watching it, is made only for who plays it.

    Args:
        files: opens clips and checks them.
        masks: of one camera, by venue and camera id.
        blur: what faces are blurred with; None: they are shown.
    """

    def __init__(
        self,
        database: Database,
        files: ClipFiles,
        *,
        masks: Callable[[str, str], Sequence[Sequence[Point]]],
        blur: Blur | None,
    ) -> None:
        self._database = database
        self._files = files
        self._masks = masks
        self._blur = blur
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def of(self, evidence: StoredEvidence, *, by: str) -> bytes:
        """JPEG, 640 pixels wide at most.

        Args:
            by: who asks, for the ledger when something is wrong.

        Raises:
            NotFound: nothing is sealed, it is gone, or no picture of it can be decoded or may be shown.
            TamperedError: it is not as it was sealed.
        """
        part_here(evidence, next((one.part for one in evidence.parts if one.sha256), 0))
        part, offset_s = self._moment(evidence)
        masks = tuple(tuple(mask) for mask in self._masks(evidence.venue_id, evidence.camera_id))
        means = tuple(sorted(self._blur.means().items())) if self._blur is not None else None
        key: _Key = (evidence.id, part.sha256, round(offset_s, 1), masks, means)
        with self._lock:
            known = self._kept.get(key)
        if known is not None:
            return known
        with self._free:
            found = self._files.open(evidence, part.part, original=True, by=by)
            try:
                look = self._blur.open() if self._blur is not None else None
                picture = clip_still(found.path, offset_s, masks=masks, look=look)
            except EvidenceError as error:
                raise NotFound(f"there is no picture of evidence {evidence.id}: {error}") from error
        with self._lock:
            self._kept[key] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return picture

    def _moment(self, evidence: StoredEvidence) -> tuple[StoredEvidencePart, float]:
        """The part that shows the middle of what happened, and how far into it that is."""
        middle = self._middle(evidence)
        sealed = [one for one in evidence.parts if one.sha256 and one.starts_at and one.ends_at]
        for one in sealed:
            if one.starts_at and one.ends_at and one.starts_at <= middle < one.ends_at:
                return one, (middle - one.starts_at).total_seconds()
        first = sealed[0] if sealed else evidence.parts[0]
        return first, 0.0

    def _middle(self, evidence: StoredEvidence) -> datetime:
        if evidence.event_id is not None:
            with self._database.reading() as connection:
                event = get_event(Scope.of(evidence.venue_id), connection, evidence.event_id)
            if event is not None:
                return event.started_at + event.duration / 2
        return evidence.wanted_from + (evidence.wanted_until - evidence.wanted_from) / 2
