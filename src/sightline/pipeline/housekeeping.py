"""What has to be done again and again beside the cameras: seal ripe evidence, keep recordings within bounds.

Nothing here may stop for what goes wrong with one clip or one camera: it is logged, and tried again later.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.evidence.ledger import seal_ledger
from sightline.evidence.outgoing import DeliveryPlan
from sightline.evidence.sealing import EvidenceSealer
from sightline.evidence.site_key import site_signer
from sightline.pipeline.disk_alerts import DiskAlerts
from sightline.pipeline.retention import Retention
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence, ripe_evidence
from sightline.store.venues import list_cameras, list_venues

log = structlog.get_logger()

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0
SAID_AGAIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds from one time to the next: a round, retention, retention on a full disk, cleaning up."""

    round: float = 0.5
    retention: float = 60.0
    retention_when_full: float = 10.0
    cleaning: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something else that has to be done every so many seconds."""

    name: str
    every_s: float
    do: Callable[[], object]


@dataclass(slots=True)
class _Retry:
    """When something that failed is due again."""

    due: float = 0.0
    pause: float = FIRST_PAUSE_S

    def failed(self, now: float) -> None:
        self.due = now + self.pause
        self.pause = min(LONGEST_PAUSE_S, 2 * self.pause)


class Housekeeping:
    """The worker process's work.

    Each round costs what is ripe, not what is stored: looking through all clips and files of a site happens
    at the start, when a kill may have left something, and once a day.

    Args:
        segments_dir, recordings_dir, keys_dir: of the site.
        software: name and version, for manifests.
        plan: what leaves the site once it is sealed.
        chores: what else is done here.
        on_sealed: called when evidence was sealed: something may have to leave.
        step: called whenever the work has come a step further.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        segments_dir: Path,
        keys_dir: Path,
        software: str,
        retention: Retention,
        alerts: DiskAlerts,
        plan: DeliveryPlan | None = None,
        chores: Sequence[Chore] = (),
        on_sealed: Callable[[], None] = lambda: None,
        step: Callable[[], None] = lambda: None,
        rhythm: Rhythm | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._segments_dir = segments_dir
        self._keys_dir = keys_dir
        self._software = software
        self._retention = retention
        self._alerts = alerts
        self._plan = plan
        self._chores = chores
        self._chores_done: dict[str, float] = {}
        self._on_sealed = on_sealed
        self._step = step
        self._rhythm = rhythm or Rhythm()
        self._clock = clock
        self._monotonic = monotonic
        self._retries: dict[str, _Retry] = {}
        self._said: dict[str, tuple[str, float]] = {}
        self._retention_at = self._cleaning_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; a clip that is being sealed is finished first."""
        while not stop.is_set():
            self.round(stop)
            stop.wait(self._rhythm.round)

    def round(self, stop: threading.Event | None = None) -> None:
        """Whatever is due now."""
        now = self._monotonic()
        if now - self._cleaning_at >= self._rhythm.cleaning:
            self._cleaning_at = now
            self._clean()
        self._attempt("evidence", partial(self.seal_ripe, stop))
        self._attempt("retention", self._keep_within_bounds)
        for chore in self._chores:
            if now - self._chores_done.get(chore.name, float("-inf")) >= chore.every_s:
                self._chores_done[chore.name] = now
                self._attempt(chore.name, chore.do)
        self._step()

    def seal_ripe(self, stop: threading.Event | None = None) -> int:
        """Seal every piece of evidence whose footage is complete; how many became sealed or missing.

        What fails is tried again after 2 s, then twice as long each time, up to 5 minutes.

        Raises:
            StoreError: what is ripe cannot be read.
        """
        with self._database.reading() as connection:
            ripe = ripe_evidence(Scope.site(), connection, now=self._clock())
        ids = {one.id for one in ripe}
        self._retries = {name: retry for name, retry in self._retries.items() if name in ids}
        done = 0
        for one in ripe:
            if stop is not None and stop.is_set():
                break
            retry = self._retries.setdefault(one.id, _Retry())
            if self._monotonic() < retry.due:
                continue
            if self._attempt("sealing", partial(self._seal, one), camera=_camera(one), evidence=one.id):
                done += 1
            else:
                retry.failed(self._monotonic())
            self._step()
        if done:
            self._on_sealed()
        return done

    def _seal(self, wanted: StoredEvidence) -> None:
        results = self._sealer(wanted.venue_id).seal_all(
            wanted.venue_id, wanted.camera_id, only={wanted.id}, clean_up=False
        )
        for result in results:
            log.info(
                f"evidence {result.state}",
                camera=_camera(wanted),
                evidence=result.evidence_id,
                of_event=result.event_id,
                files=list(result.files),
                reason=result.failure,
            )

    def _sealer(self, venue_id: str) -> EvidenceSealer:
        scope = Scope.of(venue_id)
        return EvidenceSealer(
            self._database,
            scope,
            recordings_dir=self._recordings_dir,
            segments_dir=self._segments_dir,
            signer=site_signer(self._database, scope, self._keys_dir),
            software=self._software,
            plan=self._plan,
            clock=self._clock,
        )

    def _keep_within_bounds(self) -> None:
        full = self._retention.over_its_share()
        pause = self._rhythm.retention_when_full if full else self._rhythm.retention
        if self._monotonic() - self._retention_at >= pause:
            self._retention_at = self._monotonic()
            self._alerts.judge(self._retention.run())

    def _clean(self) -> None:
        """What a kill left: half-cut clips, entries without a place in the ledger, files without a row."""
        self._attempt("cleaning", self._clean_evidence)
        self._attempt("sweeping", self._retention.sweep)

    def _clean_evidence(self) -> None:
        site = Scope.site()
        with self._database.reading() as connection:
            venues = [one.id for one in list_venues(site, connection)]
            cameras = [(venue, one.id) for venue in venues for one in list_cameras(site, connection, venue)]
        for venue_id, camera_id in cameras:
            if (self._segments_dir / venue_id / camera_id).is_dir():
                seal = partial(self._sealer(venue_id).seal_all, venue_id, camera_id, only=())
                self._attempt("cleaning", seal, camera=f"{venue_id}/{camera_id}")
            self._step()
        for venue_id in venues:
            self._attempt("sealing the ledger", partial(self._seal_ledger, venue_id), venue=venue_id)

    def _seal_ledger(self, venue_id: str) -> None:
        scope = Scope.of(venue_id)
        signer = site_signer(self._database, scope, self._keys_dir)
        seal_ledger(self._database, scope, venue_id, signer, self._clock())

    def _attempt(self, what: str, call: Callable[[], object], **about: str) -> bool:
        """Do it; False, and a line in the log, when it failed. The same line again only after a while."""
        try:
            call()
        except SightlineError as error:
            said, at = self._said.get(what, ("", float("-inf")))
            if said != str(error) or self._monotonic() - at > SAID_AGAIN_S:
                self._said[what] = (str(error), self._monotonic())
                log.error(f"{what} failed", reason=str(error), **about)  # noqa: TRY400  foreseen: one line
            return False
        except Exception:  # the top of the worker's loop: whatever happens, the next thing is done
            log.exception(f"{what} failed", **about)
            return False
        self._said.pop(what, None)
        return True


def _camera(evidence: StoredEvidence) -> str:
    return f"{evidence.venue_id}/{evidence.camera_id}"
