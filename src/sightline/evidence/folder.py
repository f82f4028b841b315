"""`analyze --out`: a folder of evidence that can be handed to anybody, and checked with nothing else."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.case import gather_case
from sightline.evidence.files import write_whole
from sightline.evidence.keys import Signer
from sightline.evidence.layout import CLIP_NAME, SEGMENTS
from sightline.evidence.ledger import Head
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.video.disk import PART_SUFFIX, publish, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderExport:
    """What was written: where, how much, and the ledger head, worth noting down by whoever receives it."""

    folder: Path
    evidence: int
    clips: int
    head: Head
    removed: tuple[str, ...]


def export_folder(
    database: Database,
    scope: Scope,
    *,
    venue_id: str,
    camera_id: str,
    event_ids: Iterable[str] | None,
    segments_dir: Path,
    out: Path,
    signer: Signer,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FolderExport:
    """Write the sealed evidence of one camera to `out`, in place of what an earlier export wrote there.

    Evidence whose clips were moved to their receiver is left out.

    Clips come first and the list of contents last, each file whole or not there at all. A kill leaves a
    folder that does not verify yet; exporting again completes it. Other files in the folder are left alone.

    Args:
        event_ids: only the evidence of these events; None for all of the camera's.
        segments_dir: the site's clips, in `<venue>/<camera>/`.
        out: made when missing. On the same disk the clips are hard links and cost no space.

    Raises:
        EvidenceError: a sealed clip is missing, or its manifest cannot be read.
        DiskFull, ConfigError: `out` cannot be written.
    """
    chosen = set(event_ids) if event_ids is not None else None

    def of_camera(connection: Connection) -> list[StoredEvidence]:
        sealed = evidence_store.list_evidence(
            scope, connection, venue_id=venue_id, camera_id=camera_id, state="sealed"
        )
        here = [one for one in sealed if one.moved_at is None]
        return [one for one in here if chosen is None or one.event_id in chosen]

    case = gather_case(
        database,
        scope,
        of_camera,
        venue_id=venue_id,
        camera_id=camera_id,
        segments_dir=segments_dir,
        signer=signer,
        clock=clock,
    )
    with writing(out):
        (out / SEGMENTS).mkdir(parents=True, exist_ok=True)
    for clip in case.clips:
        _place(clip.source, out / clip.name)
    for name, content in case.papers.items():
        write_whole(out / name, content)
    removed = _remove_earlier(out / SEGMENTS, {clip.source.name for clip in case.clips})
    return FolderExport(
        folder=out,
        evidence=len(case.evidence),
        clips=len(case.clips),
        head=case.head,
        removed=tuple(removed),
    )


def _place(source: Path, target: Path) -> None:
    """`source` under the name `target`: a hard link, or a copy where the file system has none."""
    if not source.is_file():
        raise EvidenceError(f"the sealed clip {source} is missing; `sightline evidence verify` tells more")
    if target.exists() and target.samefile(source):
        return
    beside = target.with_name(target.name + PART_SUFFIX)
    with writing(target, remove=beside):
        beside.unlink(missing_ok=True)
        try:
            os.link(source, beside)
        except OSError:  # another disk, or no links there
            shutil.copyfile(source, beside)
        publish(beside, target)


def _remove_earlier(folder: Path, keep: set[str]) -> list[str]:
    """Clips of an earlier export that no longer belong; anything not named like a clip of ours stays."""
    removed = []
    for path in sorted(folder.iterdir()):
        if CLIP_NAME.fullmatch(path.name.removesuffix(PART_SUFFIX)) and path.name not in keep:
            path.unlink()
            removed.append(path.name)
    return removed
