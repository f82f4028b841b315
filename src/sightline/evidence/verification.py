"""`evidence verify`: is everything as it was sealed? Offline: only the evidence and a public key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.bundle import EvidenceBundle, Finding
from sightline.evidence.checks import Examination
from sightline.evidence.folder_reading import CaseSource, FolderCase, bundle_of_case
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import PUBLIC_KEY
from sightline.evidence.ledger import Head
from sightline.evidence.site_reading import bundle_of_site
from sightline.evidence.stamp_checking import stamp_verdict
from sightline.evidence.zip_reading import open_zip_case
from sightline.store import venues
from sightline.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """What a verification found.

    Attributes:
        where: the folder, or the site and venue.
        findings: everything that is not as it was sealed.
        notes: what a reader should know though nothing is wrong.
        checked: how many of each kind of thing were looked at: clips, manifests, ledger entries ...
        head: where the ledger ends; to be noted down and given as `--head` next time.
        key_id: the key under which everything was checked; None when there was none to check with.
        pinned: whether that key came from somewhere else than the evidence itself.
    """

    where: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    checked: Mapping[str, int]
    head: Head
    key_id: str | None
    pinned: bool

    @property
    def clean(self) -> bool:
        return not self.findings


def verify_folder(
    folder: Path, *, pinned_key: PublicKey | None = None, known_head: Head | None = None
) -> VerificationReport:
    """Check an exported folder of evidence.

    Args:
        folder: what `sightline analyze --out` or an export wrote.
        pinned_key: the key the site is known by. Without it the folder's own key is used, which cannot tell
            a folder signed anew by somebody else from a true one; the report then says so.
        known_head: where the ledger ended at some earlier time; it must still contain that.

    Raises:
        EvidenceError: there is no such folder, or nothing of ours in it.
    """
    if not folder.is_dir():
        raise EvidenceError(f"there is no folder {folder}")
    return verify_case(folder, pinned_key=pinned_key, known_head=known_head)


def verify_case(
    path: Path,
    *,
    pinned_key: PublicKey | None = None,
    known_head: Head | None = None,
    authority: Path | None = None,
) -> VerificationReport:
    """Check a case: an exported folder, or a zip, which is read where it lies.

    Args:
        pinned_key, known_head: as for `verify_folder`.
        authority: PEM file with the certificates of the time-stamp authority to trust. Without it a time
            stamp is only compared with what it was given for, and the report says so.

    Raises:
        EvidenceError: nothing of ours, or a zip that is damaged or refused.
        ConfigError: `authority` cannot be used.
    """
    if not path.exists():
        raise EvidenceError(f"there is no folder or zip {path}")
    if path.is_dir():
        return _examine_case(FolderCase(path), pinned_key, known_head, authority)
    with open_zip_case(path) as case:
        return _examine_case(case, pinned_key, known_head, authority)


def _examine_case(
    case: CaseSource, pinned_key: PublicKey | None, known_head: Head | None, authority: Path | None
) -> VerificationReport:
    try:
        report = examine(bundle_of_case(case), pinned_key=pinned_key, known_head=known_head)
        findings, notes = stamp_verdict(case, authority)
    except OSError as error:
        raise EvidenceError(f"cannot read {error.filename or case.where}: {error.strerror}") from error
    return replace(report, findings=(*report.findings, *findings), notes=(*report.notes, *notes))


def verify_site(
    database: Database,
    scope: Scope,
    *,
    segments_dir: Path,
    venue_id: str | None = None,
    own_key: PublicKey | None,
    pinned_key: PublicKey | None = None,
    known_head: Head | None = None,
) -> list[VerificationReport]:
    """The same checks over the site's own data: database rows and files, one report per venue.

    Args:
        segments_dir: the site's clips.
        venue_id: only this venue; None for all in the scope. A `known_head` needs one, it belongs to a venue.
        own_key: the key that the site keeps; None when it has none.
        pinned_key: the key it should be, from elsewhere.
    """
    with database.reading() as connection:
        known = [one.id for one in venues.list_venues(scope, connection)]
        return [
            examine(
                bundle_of_site(connection, scope, one, segments_dir, own_key),
                pinned_key=pinned_key,
                known_head=known_head,
            )
            for one in known
            if venue_id in (None, one)
        ]


def examine(
    bundle: EvidenceBundle, *, pinned_key: PublicKey | None, known_head: Head | None
) -> VerificationReport:
    """Run all checks over `bundle`; see `verify_folder` for the arguments."""
    key = pinned_key or bundle.public_key
    findings: list[Finding] = []
    notes: list[str] = []
    if pinned_key is None:
        own = bundle.public_key.key_id if bundle.public_key else "none"
        notes.append(
            f"key not pinned: checked with the key that came with the evidence ({own}); whoever signs"
            " everything anew can also exchange that key. Give the site's own public key with --public-key"
        )
    elif bundle.public_key is not None and bundle.public_key.key_id != pinned_key.key_id:
        findings.append(
            Finding(PUBLIC_KEY, f"is key {bundle.public_key.key_id}, not the pinned key {pinned_key.key_id}")
        )
    if key is None:
        findings.append(Finding(PUBLIC_KEY, "without a public key no signature can be checked"))
        findings.extend(bundle.damage)
        return VerificationReport(
            where=bundle.where,
            findings=tuple(findings),
            notes=tuple(notes),
            checked={},
            head=Head.of_empty_chain(),
            key_id=None,
            pinned=False,
        )
    examination = Examination(bundle, key)
    findings.extend(examination.findings(known_head))
    return VerificationReport(
        where=bundle.where,
        findings=tuple(findings),
        notes=(*notes, *examination.notes),
        checked=dict(examination.checked),
        head=examination.walk.head,
        key_id=key.key_id,
        pinned=pinned_key is not None,
    )


def all_clean(reports: Sequence[VerificationReport]) -> bool:
    """Whether none of the reports has a finding."""
    return all(report.clean for report in reports)
