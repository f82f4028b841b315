"""Clips that belong to nothing any more: left by a kill, or of evidence that was deleted."""

from collections.abc import Iterable
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.evidence.layout import CLIP_NAME, camera_folder
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.video.disk import PART_SUFFIX, writing


def remove_leftovers(
    database: Database, scope: Scope, venue_id: str, camera_id: str, segments_dir: Path
) -> list[str]:
    """Remove what a kill left in a camera's folder: half-written files, and clips that no evidence names.

    Clips of deleted evidence go the same way: their row says so first. Files that are not named like ours are
    left alone. Only for who holds the camera's turn.

    Returns:
        names of the files removed.
    """
    folder = camera_folder(segments_dir, venue_id, camera_id)
    if not folder.is_dir():
        return []
    with database.reading() as connection:
        known = evidence_store.list_evidence(scope, connection, venue_id=venue_id, camera_id=camera_id)
    named = files_of(one for one in known if one.state in ("wanted", "sealed"))
    removed = []
    for path in sorted(folder.iterdir()):
        ours = CLIP_NAME.fullmatch(path.name.removesuffix(PART_SUFFIX))
        if ours and path.name not in named:
            with writing(path):
                path.unlink()
            removed.append(path.name)
    return removed


def files_of(evidence: Iterable[StoredEvidence]) -> set[str]:
    """Names of the clips and viewing copies of these pieces of evidence."""
    parts = [part for one in evidence for part in one.parts]
    return {part.file_name for part in parts} | {part.viewing_copy for part in parts if part.viewing_copy}
