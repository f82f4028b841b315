"""Clips that programs and pages ask for: which camera is meant, cut at once or left to `serve`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, NotFound, OutOfScope
from sightline.evidence.asked_clips import Stretch, cut_only
from sightline.evidence.outgoing import DeliveryPlan
from sightline.evidence.sealing import EvidenceSealer
from sightline.evidence.site_key import site_signer
from sightline.store.cameras import venues_with_camera
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence


class ClipCutting:
    """Cuts clips of recorded footage.

    Args:
        recordings_dir, segments_dir, keys_dir: of the site.
        software: name and version, for manifests.
        plan: what leaves the site; a clip that a person asks for stays here.
        rule: how long one part may be.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        segments_dir: Path,
        keys_dir: Path,
        software: str,
        plan: DeliveryPlan,
        rule: ClipRule,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._segments_dir = segments_dir
        self._keys_dir = keys_dir
        self._software = software
        self._plan = plan
        self._rule = rule
        self._clock = clock

    def cut(
        self,
        scope: Scope,
        *,
        venue_id: str | None,
        camera_id: str,
        since: datetime,
        until: datetime,
        by: str,
        reason: str,
    ) -> StoredEvidence:
        """A sealed clip of a stretch that was recorded; `wanted` while it is still being recorded or cut.

        Args:
            venue_id: may be None where one venue of the scope has a camera of this id.

        Raises:
            EvidenceError: nothing of it was recorded, or it is too short, too long or still to come.
            NotFound: there is no such camera.
            OutOfScope: it is another venue's.
            ConfigError: several venues have one, and none is named.
            DiskFull: it is made at the next sealing.
        """
        venue = self._venue_of(scope, camera_id, venue_id)
        own = Scope.of(venue)
        return cut_only(
            self._database,
            own,
            Stretch(venue_id=venue, camera_id=camera_id, since=since, until=until),
            sealer=EvidenceSealer(
                self._database,
                own,
                recordings_dir=self._recordings_dir,
                segments_dir=self._segments_dir,
                signer=site_signer(self._database, own, self._keys_dir),
                software=self._software,
                plan=self._plan,
            ),
            rule=self._rule,
            by=by,
            reason=reason,
            now=self._clock(),
        )

    def _venue_of(self, scope: Scope, camera_id: str, venue_id: str | None) -> str:
        """Also of a camera that was taken out: its footage is still here for a while."""
        with self._database.reading() as connection:
            known = venues_with_camera(Scope.site(), connection, camera_id)
        called = [one for one in known if venue_id in (None, one)]
        found = [one for one in called if scope.allows(one)]
        if len(found) > 1:
            raise ConfigError(
                f"several venues have a camera {camera_id!r}; say which with venue_id: {', '.join(found)}"
            )
        if found:
            return found[0]
        if called:
            raise OutOfScope(f"the camera {camera_id!r} is another venue's")
        of_venue = f" in venue {venue_id!r}" if venue_id else ""
        raise NotFound(f"there is no camera {camera_id!r}{of_venue}; GET /api/cameras lists all")
