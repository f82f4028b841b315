"""The checks themselves: the same for an exported folder and for the site's own data."""

from collections import Counter
from collections.abc import Iterator

from sightline.evidence.bundle import ClipFile, EvidenceBundle, Finding, SignedText, Unreadable
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.chain import ChainWalk, entries
from sightline.evidence.contents import read_contents_statement
from sightline.evidence.keys import PublicKey
from sightline.evidence.ledger import Head, read_head_statement
from sightline.evidence.manifest import NamedFile, evidence_id_of, files_named_by, sha256_of_text


class Examination:
    """One bundle under one key. Everything wrong is collected, not only the first thing."""

    def __init__(self, bundle: EvidenceBundle, key: PublicKey) -> None:
        self.bundle = bundle
        self.key = key
        self.walk = ChainWalk()
        self.checked = Counter({"clips": 0, "manifests": 0, "ledger entries": 0, "signed heads": 0})
        self.notes: list[str] = []
        self._manifest_hashes: dict[str, str] = {}
        self._named: set[ClipFile] = set()
        self._missing: list[tuple[str, Finding]] = []

    def findings(self, known_head: Head | None) -> Iterator[Finding]:
        """Run every check, in the order in which a person would want to read the trouble."""
        yield from self.bundle.damage
        yield from self._check_manifests()
        yield from self._check_strays()
        yield from self.walk.follow(self.bundle.links)
        self.checked["ledger entries"] += len(self.walk.hashes)
        for waiting in self.bundle.waiting:
            self.walk.note(waiting)
        yield from self._check_missing()
        for head in self.bundle.heads:
            yield from self._check_head(head)
        yield from self._check_end()
        if known_head is not None:
            yield from self._check_known_head(known_head)
        yield from self._check_agreement()
        if self.bundle.contents is not None:
            yield from self._check_contents(self.bundle.contents)

    def _signature_trouble(self, signed: SignedText) -> str | None:
        if signed.key_id != self.key.key_id:
            return f"was signed with key {signed.key_id}, not with key {self.key.key_id}"
        if not self.key.verifies(signed.signature, signed.text):
            return f"was altered: the signature of key {self.key.key_id} does not fit it"
        return None

    def _check_manifests(self) -> Iterator[Finding]:
        for signed in self.bundle.manifests:
            self.checked["manifests"] += 1
            if isinstance(signed, Unreadable):
                yield Finding(signed.place, signed.problem)
                continue
            try:
                manifest = parse_canonical(signed.text)
                files = files_named_by(manifest)
            except ValueError as error:
                yield Finding(signed.place, f"is not a manifest: {error}")
                continue
            subject = f"{signed.place} (evidence {evidence_id_of(manifest)})"
            trouble = self._signature_trouble(signed)
            if trouble:
                yield Finding(subject, f"the manifest {trouble}")
            if evidence_id_of(manifest) in self._manifest_hashes:
                yield Finding(subject, "there are two manifests of this evidence")
            self._manifest_hashes[evidence_id_of(manifest)] = sha256_of_text(signed.text)
            for file in files:
                clip = self.bundle.clip(manifest, file.file)
                self._named.add(clip)
                self.checked["clips"] += 1
                yield from self._check_clip(evidence_id_of(manifest), clip, file, trusted=trouble is None)

    def _check_clip(
        self, evidence_id: str, clip: ClipFile, named: NamedFile, *, trusted: bool
    ) -> Iterator[Finding]:
        against = "its manifest" if trusted else "its (altered) manifest"
        try:
            size_bytes = clip.size_bytes()
            if size_bytes is None:
                yield Finding(named.file, "is not a file")
            elif size_bytes != named.size_bytes:
                yield Finding(named.file, f"is {size_bytes} bytes long, {against} says {named.size_bytes}")
            elif (found := clip.sha256()) != named.sha256:
                yield Finding(named.file, f"was altered: SHA-256 {found}, {against} says {named.sha256}")
            self.checked["clip bytes"] += size_bytes or 0
        except FileNotFoundError:
            # Judged once the ledger has been read: it may tell that the clip was moved to its receiver.
            missing = Finding(named.file, f"the clip is missing; {against} names it")
            self._missing.append((evidence_id, missing))
        except OSError as error:
            yield Finding(named.file, f"cannot be read: {error.strerror}")

    def _check_missing(self) -> Iterator[Finding]:
        moved = 0
        for evidence_id, missing in self._missing:
            if evidence_id in self.walk.moved:
                moved += 1
            else:
                yield missing
        if moved:
            self.notes.append(
                f"{moved} clips lie at their receiver only, compared before they went from here"
            )

    def _check_strays(self) -> Iterator[Finding]:
        for name in sorted(clip.name for clip in self.bundle.clips - self._named):
            yield Finding(name, "no manifest names this file")

    def _check_head(self, signed: SignedText) -> Iterator[Finding]:
        self.checked["signed heads"] += 1
        trouble = self._signature_trouble(signed)
        if trouble:
            yield Finding(signed.place, f"the ledger head {trouble}")
            return
        try:
            venue_id, head = read_head_statement(signed.text)
        except ValueError as error:
            yield Finding(signed.place, f"is of no use: {error}")
            return
        if self.walk.venue_id not in (None, venue_id):
            yield Finding(signed.place, f"is of venue {venue_id!r}, the ledger of {self.walk.venue_id!r}")
        if self.walk.head.position < head.position:
            yield Finding(signed.place, _cut_off(self.walk.head.position, head.position, "was signed"))
        elif not self.walk.knows(head):
            yield Finding(
                signed.place,
                f"was signed over another chain: ledger entry {head.position} has another hash"
                if head.position in self.walk.hashes
                else f"was signed over ledger entry {head.position}, which is missing",
            )

    def _check_end(self) -> Iterator[Finding]:
        last = self.walk.head.position
        signed_to = max((_position(head) for head in self.bundle.heads), default=0)
        if last > signed_to:
            yield Finding("ledger", f"{entries(signed_to + 1, last)} not under any signed head")

    def _check_known_head(self, known: Head) -> Iterator[Finding]:
        self.checked["known heads"] += 1
        if self.walk.head.position < known.position:
            yield Finding("ledger", _cut_off(self.walk.head.position, known.position, "was noted earlier"))
        elif not self.walk.knows(known):
            yield Finding(
                "ledger", f"was written anew: entry {known.position} is not the one noted earlier as {known}"
            )

    def _check_agreement(self) -> Iterator[Finding]:
        """Every manifest stands in the ledger with its hash; a site has all that the ledger tells of."""
        for evidence_id, sha256 in self._manifest_hashes.items():
            stated = self.walk.sealed.get(evidence_id)
            if stated is None:
                yield Finding(f"evidence {evidence_id}", "the ledger does not tell of its sealing")
            elif stated != sha256:
                yield Finding(f"evidence {evidence_id}", "its manifest is not the one the ledger tells of")
        elsewhere = self.walk.sealed.keys() - self.walk.buried - self._manifest_hashes.keys()
        if not self.bundle.partial:
            for evidence_id in sorted(elsewhere):
                yield Finding(f"evidence {evidence_id}", "its manifest is missing; the ledger tells of it")
        elif elsewhere:
            self.notes.append(f"the ledger also tells of {len(elsewhere)} sealed elsewhere on this site")
        if self.bundle.waiting:
            self.notes.append(f"{len(self.bundle.waiting)} ledger entries wait to be chained and signed")

    def _check_contents(self, signed: SignedText) -> Iterator[Finding]:
        trouble = self._signature_trouble(signed)
        if trouble:
            yield Finding(signed.place, f"the list of contents {trouble}")
            return
        try:
            hashes, exported_at = read_contents_statement(signed.text)
        except ValueError as error:
            yield Finding(signed.place, f"is of no use: {error}")
            return
        for evidence_id in sorted(hashes.keys() - self._manifest_hashes.keys()):
            yield Finding(f"evidence {evidence_id}", "its manifest is missing; the list of contents names it")
        for evidence_id in sorted(self._manifest_hashes.keys() - hashes.keys()):
            yield Finding(f"evidence {evidence_id}", "is not in the list of contents")
        if exported_at != self.walk.head:
            yield Finding(
                signed.place, f"was made when the ledger ended at {exported_at}, it ends at {self.walk.head}"
            )


def _position(head: SignedText) -> int:
    """Position a head states; 0 when it cannot be read, which `_check_head` tells."""
    try:
        return read_head_statement(head.text)[1].position
    except ValueError:
        return 0


def _cut_off(last: int, expected: int, how: str) -> str:
    gone = entries(last + 1, expected)
    return f"the last {gone} missing: the ledger {how} up to {expected}, here it ends at {last}"
