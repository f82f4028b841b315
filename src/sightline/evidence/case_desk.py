"""A case for who asks over the web: one piece of evidence with all its papers, in a file that soon goes."""

import shutil
import time
from pathlib import Path
from tempfile import mkdtemp

from sightline.config.settings import PrivacySettings
from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.case_zip import export_case, require_unmasked
from sightline.evidence.site_key import site_signer
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence

LEFT_FOR_S = 86_400
"""A case that lies longer was left by a kill."""


class CaseDesk:
    """Writes cases.

    Args:
        work_dir: where they lie until they are sent; on the disk of the clips, since they are as large.
    """

    def __init__(
        self,
        database: Database,
        *,
        segments_dir: Path,
        keys_dir: Path,
        work_dir: Path,
        privacy: PrivacySettings,
    ) -> None:
        self._database = database
        self._segments_dir = segments_dir
        self._keys_dir = keys_dir
        self._work_dir = work_dir
        self._privacy = privacy

    def is_covered(self, evidence: StoredEvidence) -> bool:
        """Whether the site covers what a case would show."""
        try:
            require_unmasked([evidence], self._privacy)
        except EvidenceError:
            return True
        return False

    def write(self, evidence: StoredEvidence, *, original: bool, by: str) -> Path:
        """The zip, alone in a folder that is the caller's to remove.

        Args:
            original: hand over the sealed clip although the site masks or blurs what it shows.
            by: who asks, for the ledger.

        Raises:
            EvidenceError: there is no clip to hand over, or it is to be covered and `original` is not said.
            TamperedError: it is not as it was sealed.
            DiskFull: no room.
        """
        if not original:
            require_unmasked([evidence], self._privacy)
        scope = Scope.of(evidence.venue_id)
        self._work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clear()
        folder = Path(mkdtemp(prefix="case-", dir=self._work_dir))
        try:
            export_case(
                self._database,
                scope,
                [evidence],
                segments_dir=self._segments_dir,
                out=folder / "case.zip",
                signer=site_signer(self._database, scope, self._keys_dir),
                exported_by=by,
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder / "case.zip"

    def _clear(self) -> None:
        for folder in self._work_dir.glob("case-*"):
            if time.time() - folder.stat().st_mtime > LEFT_FOR_S:
                shutil.rmtree(folder, ignore_errors=True)
