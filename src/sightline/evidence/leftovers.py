"""Clips that belong to nothing any more: left by a kill, or of evidence that was deleted."""

from collections.abc import Iterable
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.evidence.layout import CLIP_NAME, camera_folder, is_released_copy
from sightline.evidence.turns import release_turn_if_free
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.released_copies import released_copies_of
from sightline.video.disk import PART_SUFFIX, writing


def remove_leftovers(
    database: Database, scope: Scope, venue_id: str, camera_id: str, segments_dir: Path
) -> list[str]:
    """Remove what a kill left in a camera's folder: half-written files, and clips that no evidence names.

    Clips of deleted or moved evidence go the same way: their row says so first. So do released copies without
    a row, unless somebody is making one just now. Files that are not named like ours are left alone. Only for
    who holds the camera's turn.

    Returns:
        names of the files removed.
    """
    folder = camera_folder(segments_dir, venue_id, camera_id)
    if not folder.is_dir():
        return []
    removed = []
    with release_turn_if_free(segments_dir, venue_id, camera_id) as nobody_releases:
        with database.reading() as connection:
            known = evidence_store.list_evidence(scope, connection, venue_id=venue_id, camera_id=camera_id)
            here = [one for one in known if one.state in ("wanted", "sealed") and one.moved_at is None]
            named = files_of(here)
            sealed = [one.id for one in here if one.state == "sealed"]
            named |= {copy.file_name for copy in released_copies_of(scope, connection, sealed)}
        for path in sorted(folder.iterdir()):
            name = path.name.removesuffix(PART_SUFFIX)
            if not CLIP_NAME.fullmatch(name) or path.name in named:
                continue
            if is_released_copy(name) and not nobody_releases:
                continue
            with writing(path):
                path.unlink()
            removed.append(path.name)
    return removed


def files_of(evidence: Iterable[StoredEvidence]) -> set[str]:
    """Names of the clips and viewing copies of these pieces of evidence."""
    parts = [part for one in evidence for part in one.parts]
    return {part.file_name for part in parts} | {part.viewing_copy for part in parts if part.viewing_copy}
