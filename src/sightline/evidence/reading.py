"""Evidence as programs and pages read it: found by its own id or its event's, told, checked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sightline.domain.scope import Scope
from sightline.errors import NotFound, OutOfScope, TamperedError
from sightline.evidence.canonical import utc_text
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.file_verdicts import FileVerdicts
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import signed_line
from sightline.evidence.standing import troubles_of
from sightline.evidence.story import document_of
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry
from sightline.store.outbox_items import list_items


class EvidenceReading:
    """Reads the evidence of a site.

    Args:
        segments_dir: holds `<venue>/<camera>/` with the clips.
        public_key: the site's, called for every look; None when it has none.
        verdicts: shared with whoever else shows the files, so that no file is hashed twice in ten minutes.
    """

    def __init__(
        self,
        database: Database,
        *,
        segments_dir: Path,
        public_key: Callable[[], PublicKey | None],
        verdicts: FileVerdicts,
    ) -> None:
        self._database = database
        self._segments_dir = segments_dir
        self._public_key = public_key
        self._verdicts = verdicts

    def find(self, scope: Scope, name: str) -> StoredEvidence:
        """The evidence with this id, or of the event with this id.

        Raises:
            OutOfScope: it is another venue's.
            NotFound: there is none.
        """
        for looked_in in (scope, Scope.site()):
            with self._database.reading() as connection:
                found = evidence_store.get_evidence(looked_in, connection, name)
                found = found or evidence_store.evidence_of_events(looked_in, connection, [name]).get(name)
            if found is not None:
                if not scope.allows(found.venue_id):
                    raise OutOfScope(f"the evidence {name!r} is another venue's")
                return found
        raise NotFound(f"no evidence has the id {name!r}, and no event of that id has evidence")

    def document(self, evidence: StoredEvidence) -> dict[str, Any]:
        """As `evidence show --json` tells it; the bytes of its clips are checked."""
        return document_of(
            self._database,
            evidence,
            self._segments_dir,
            self._public_key(),
            hash_of=self._verdicts.sha256,
        )

    def verification(self, evidence: StoredEvidence | None, *, thorough: bool) -> dict[str, Any]:
        """Whether evidence is as it was sealed.

        Args:
            thorough: the bytes of the clips are hashed; otherwise only signature, names and lengths are
                looked at, which lists can afford.

        Returns:
            `state`: none, wanted, missing, deleted, as_sealed, altered, or elsewhere (the clips lie at their
            receiver, the papers are as they were); `checked`: what was looked at; `troubles`: one sentence
            each.
        """
        if evidence is None or evidence.state != "sealed":
            reason = [evidence.failure] if evidence is not None and evidence.failure else []
            return {"state": evidence.state if evidence else "none", "checked": "nothing", "troubles": reason}
        hash_of = self._verdicts.sha256 if thorough else None
        troubles = troubles_of(evidence, self._segments_dir, self._public_key(), hash_of=hash_of)
        state = "altered" if troubles else "as_sealed"
        if evidence.moved_at is not None and not troubles:
            return {"state": "elsewhere", "checked": "signature", "troubles": []}
        return {"state": state, "checked": "bytes" if thorough else "lengths", "troubles": troubles}

    def deliveries(self, evidence: StoredEvidence) -> list[dict[str, Any]]:
        """What of it leaves the site, and how far that is; addresses of receivers are not told."""
        with self._database.reading() as connection:
            items = list_items(Scope.of(evidence.venue_id), connection, evidence_id=evidence.id)
        return [
            {
                "channel": one.channel.value,
                "destination": one.destination,
                "state": one.state.value,
                "attempts": one.attempts,
                "settled_at": one.settled_at,
                "due_at": one.due_at,
            }
            for one in items
        ]

    def signed_manifest(self, evidence: StoredEvidence) -> bytes:
        """The manifest with its signature, as it stands in `evidence.jsonl` of an export: canonical JSON.

        Raises:
            NotFound: nothing is sealed yet, or nothing could be.
            TamperedError: what is stored is no manifest.
        """
        if evidence.manifest is None or evidence.signature is None or evidence.key_id is None:
            reason = evidence.failure or f"it is {evidence.state}"
            raise NotFound(f"evidence {evidence.id} has no manifest: {reason}")
        try:
            return signed_line(evidence.manifest.encode(), evidence.signature, evidence.key_id)
        except ValueError as error:
            raise TamperedError(f"the manifest of evidence {evidence.id} was altered: it {error}") from error

    def ledger(self, evidence: StoredEvidence) -> dict[str, Any]:
        """What happened to it, entry by entry, and the signed head of the venue's ledger.

        Entries that have no place in the chain yet are the last ones.
        """
        scope = Scope.of(evidence.venue_id)
        with self._database.reading() as connection:
            entries = ledger.entries_of(scope, connection, EVIDENCE, evidence.id)
            head = ledger.last_seal(scope, connection, evidence.venue_id)
        return {
            "evidence_id": evidence.id,
            "venue_id": evidence.venue_id,
            "entries": [_entry(one) for one in entries],
            "head": None
            if head is None
            else {
                "position": head.position,
                "entry_hash": head.head_hash,
                "signed_at": utc_text(head.signed_at),
                "signature": head.signature,
                "key_id": head.key_id,
            },
        }


def _entry(one: LedgerEntry) -> dict[str, Any]:
    return {
        "position": one.position,
        "at": utc_text(one.at),
        "action": one.action,
        "actor": one.actor,
        "facts": dict(one.facts),
        "previous_hash": one.previous_hash,
        "entry_hash": one.entry_hash,
    }
