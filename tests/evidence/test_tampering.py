"""Whatever is changed after sealing is found, and named."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from evidence_site import SCOPE, VENUE, SmallSite, problems

from sightline.errors import EvidenceError
from sightline.evidence.canonical import canonical_json
from sightline.evidence.keys import PublicKey, Signer
from sightline.evidence.ledger import FIRST_PREVIOUS_HASH, Head, entry_hash
from sightline.evidence.manifest import sha256_of_text
from sightline.evidence.verification import VerificationReport, verify_folder
from sightline.store import ledger


@pytest.fixture(scope="session")
def exported(sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of evidence. To be copied, not used: its clips are hard links."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(sealed, folder / "data")
    site = SmallSite.open(folder / "data")
    site.export(folder / "out")
    site.database.close()
    return folder / "out"


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy for one test to spoil; the site's data folder is no longer needed from here on."""
    return Path(shutil.copytree(exported, tmp_path / "out"))


@pytest.fixture
def key(sealed: Path) -> PublicKey:
    site = SmallSite.open(sealed)
    site.database.close()
    return site.signer().public


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def clip_in(folder: Path, number: int = 0) -> Path:
    return sorted((folder / "segments").iterdir())[number]


def flip_a_byte(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def test_an_untouched_folder_is_clean_and_says_what_was_checked(folder: Path, key: PublicKey) -> None:
    report = verify_folder(folder, pinned_key=key)

    assert report.clean
    assert report.pinned
    assert report.checked["clips"] == report.checked["manifests"] == 3
    assert report.checked["ledger entries"] == 3
    assert report.checked["clip bytes"] == sum(
        path.stat().st_size for path in (folder / "segments").iterdir()
    )
    assert not report.notes


def test_without_a_pinned_key_the_report_says_so(folder: Path, key: PublicKey) -> None:
    report = verify_folder(folder)
    assert report.clean
    assert not report.pinned
    assert report.notes[0].startswith(
        f"key not pinned: checked with the key that came with the evidence ({key.key_id})"
    )


@pytest.mark.parametrize("offset", [0, 5_000, -1])
def test_one_byte_of_a_clip(folder: Path, key: PublicKey, offset: int) -> None:
    clip = clip_in(folder)
    flip_a_byte(clip, offset)
    (problem,) = problems(verify_folder(folder, pinned_key=key))
    assert problem.startswith(f"{clip.name}: was altered: SHA-256")


def test_a_clip_cut_short(folder: Path, key: PublicKey) -> None:
    clip = clip_in(folder)
    content = clip.read_bytes()
    clip.unlink()
    clip.write_bytes(content[:-1])
    (problem,) = problems(verify_folder(folder, pinned_key=key))
    assert problem == f"{clip.name}: is {len(content) - 1} bytes long, its manifest says {len(content)}"


def test_a_missing_clip(folder: Path, key: PublicKey) -> None:
    clip_in(folder).unlink()
    (problem,) = problems(verify_folder(folder, pinned_key=key))
    assert problem.endswith("the clip is missing; its manifest names it")


def test_a_clip_nobody_sealed(folder: Path, key: PublicKey) -> None:
    (folder / "segments" / "segment_9_20251025_113004_queue.mp4").write_bytes(b"x")
    (problem,) = problems(verify_folder(folder, pinned_key=key))
    assert problem == "segment_9_20251025_113004_queue.mp4: no manifest names this file"


def test_two_clips_exchanged(folder: Path, key: PublicKey) -> None:
    first, second = clip_in(folder, 0), clip_in(folder, 1)
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)
    assert {problem.split(":")[0] for problem in problems(verify_folder(folder, pinned_key=key))} == {
        first.name,
        second.name,
    }


def test_every_single_byte_of_every_paper_is_covered(folder: Path, key: PublicKey) -> None:
    """One bit flipped anywhere, at a stride that meets each field many times: never clean, never a crash."""
    for name in ("evidence.jsonl", "ledger.jsonl", "ledger_head.json", "contents.json", "public_key.pem"):
        whole = (folder / name).read_bytes()
        for offset in range(0, len(whole), 1 + len(whole) // 60):
            flip_a_byte(folder / name, offset)
            report = verify_folder(folder, pinned_key=key)
            # In a PEM file a blank may become another blank without changing the key.
            assert name == "public_key.pem" or not report.clean, f"{name} byte {offset}"
        (folder / name).write_bytes(whole)
    assert verify_folder(folder, pinned_key=key).clean


def test_an_altered_manifest_is_named_with_its_evidence(folder: Path, key: PublicKey) -> None:
    written = lines(folder / "evidence.jsonl")
    evidence_id = json.loads(written[1])["manifest"]["evidence_id"]
    written[1] = written[1].replace(b'"track_id":3', b'"track_id":8')
    (folder / "evidence.jsonl").write_bytes(b"".join(written))

    found = problems(verify_folder(folder, pinned_key=key))
    assert found[0] == (
        f"evidence.jsonl line 2 (evidence {evidence_id}): the manifest was altered:"
        f" the signature of key {key.key_id} does not fit it"
    )
    assert f"evidence {evidence_id}: its manifest is not the one the ledger tells of" in found


def test_a_manifest_taken_out_with_its_clip(folder: Path, key: PublicKey) -> None:
    written = lines(folder / "evidence.jsonl")
    manifest = json.loads(written[0])["manifest"]
    (folder / "segments" / manifest["parts"][0]["file"]).unlink()
    (folder / "evidence.jsonl").write_bytes(b"".join(written[1:]))

    found = problems(verify_folder(folder, pinned_key=key))
    assert found == [
        f"evidence {manifest['evidence_id']}: its manifest is missing; the list of contents names it"
    ]


def edit_ledger(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    (folder / "ledger.jsonl").write_bytes(b"".join(change(lines(folder / "ledger.jsonl"))))


def hashed_anew(line: bytes, **changes: object) -> bytes:
    fields = {**json.loads(line), **changes}
    del fields["entry_hash"]
    return canonical_json({**fields, "entry_hash": entry_hash(fields)}) + b"\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            lambda entries: [entries[0].replace(b'"action":"sealed"', b'"action":"viewed"'), *entries[1:]],
            "ledger.jsonl line 1 (ledger entry 1): was altered: its content does not give its hash",
            id="altered",
        ),
        pytest.param(
            lambda entries: [hashed_anew(entries[0], actor="nobody"), *entries[1:]],
            "ledger.jsonl line 2 (ledger entry 2): does not follow the entry before it",
            id="altered with its hash made anew",
        ),
        pytest.param(
            lambda entries: [entries[0], entries[2]],
            "ledger.jsonl line 2 (ledger entry 3): entry 2 is missing before it",
            id="removed",
        ),
        pytest.param(
            lambda entries: [entries[1], entries[0], entries[2]],
            "ledger.jsonl line 2 (ledger entry 1): is out of order or twice: entry 3 was due",
            id="reordered",
        ),
        pytest.param(
            lambda entries: entries[:-1],
            "ledger_head.json: the last entry 3 is missing: the ledger was signed up to 3, here it ends at 2",
            id="the last one removed",
        ),
        pytest.param(
            lambda entries: entries[:0],
            "ledger_head.json: the last entries 1-3 are missing: the ledger was signed up to 3,",
            id="all removed",
        ),
        pytest.param(
            lambda entries: [*entries[:2], b"{}\n"],
            "ledger.jsonl line 3: is not a ledger entry: look at action",
            id="not an entry",
        ),
    ],
)
def test_the_ledger(
    folder: Path, key: PublicKey, change: Callable[[list[bytes]], list[bytes]], expected: str
) -> None:
    edit_ledger(folder, change)
    assert any(problem.startswith(expected) for problem in problems(verify_folder(folder, pinned_key=key)))


@pytest.mark.parametrize(
    "name", ["evidence.jsonl", "ledger.jsonl", "ledger_head.json", "contents.json", "public_key.pem"]
)
def test_a_missing_paper(folder: Path, key: PublicKey, name: str) -> None:
    (folder / name).unlink()
    assert f"{name}: the file is missing" in problems(verify_folder(folder, pinned_key=key))


def sign_anew(
    folder: Path, signer: Signer, keep: Callable[[dict[str, object]], bool] = lambda _: True
) -> None:
    """What a forger with a key of their own does: rewrite every paper so that all fits together."""
    kept = [json.loads(line) for line in lines(folder / "evidence.jsonl")]
    manifests = [{**one["manifest"], "key_id": signer.key_id} for one in kept if keep(one["manifest"])]
    hashes = {one["evidence_id"]: sha256_of_text(canonical_json(one)) for one in manifests}
    (folder / "evidence.jsonl").write_bytes(
        b"".join(
            canonical_json(
                {"manifest": one, "signature": signer.sign(canonical_json(one)), "key_id": signer.key_id}
            )
            + b"\n"
            for one in manifests
        )
    )
    previous, position, entries = FIRST_PREVIOUS_HASH, 0, []
    for line in lines(folder / "ledger.jsonl"):
        fields = json.loads(line)
        del fields["entry_hash"]
        if fields["subject_id"] not in hashes:
            continue
        position += 1
        fields["facts"]["manifest_sha256"] = hashes[fields["subject_id"]]
        fields |= {"position": position, "previous_hash": previous}
        previous = entry_hash(fields)
        entries.append(canonical_json({**fields, "entry_hash": previous}) + b"\n")
    (folder / "ledger.jsonl").write_bytes(b"".join(entries))
    listed = [{"evidence_id": one, "manifest_sha256": sha256} for one, sha256 in sorted(hashes.items())]
    for name, changes in {
        "ledger_head.json": {"head_hash": previous, "position": position},
        "contents.json": {"evidence": listed, "ledger_position": position, "ledger_head_hash": previous},
    }.items():
        statement = {**json.loads((folder / name).read_bytes()), **changes, "key_id": signer.key_id}
        del statement["signature"]
        signed = {**statement, "signature": signer.sign(canonical_json(statement))}
        (folder / name).write_bytes(canonical_json(signed) + b"\n")
    (folder / "public_key.pem").write_bytes(signer.public.pem)


def test_a_folder_signed_anew_with_another_key(folder: Path, key: PublicKey) -> None:
    forger = Signer.generate()
    sign_anew(folder, forger)

    found = problems(verify_folder(folder, pinned_key=key))
    assert found[0] == f"public_key.pem: is key {forger.key_id}, not the pinned key {key.key_id}"
    assert any("was signed with key" in problem for problem in found)
    unpinned = verify_folder(folder)
    assert unpinned.clean
    assert "key not pinned" in unpinned.notes[0]


def test_a_forger_with_the_old_public_key_left_in_place(folder: Path, key: PublicKey) -> None:
    sign_anew(folder, Signer.generate())
    (folder / "public_key.pem").write_bytes(key.pem)
    assert not verify_folder(folder).clean


def test_an_earlier_state_put_back_is_found_by_a_head_noted_since(
    sealed_site: SmallSite, tmp_path: Path, key: PublicKey
) -> None:
    early, late = tmp_path / "early", tmp_path / "late"
    noted_early = sealed_site.export(early).head
    add_a_deed(sealed_site)
    noted = sealed_site.export(late).head
    for name in ("ledger.jsonl", "ledger_head.json", "contents.json", "evidence.jsonl"):
        shutil.copy(early / name, late / name)

    assert verify_folder(late, pinned_key=key, known_head=noted_early).clean
    assert problems(verify_folder(late, pinned_key=key, known_head=noted)) == [
        f"ledger: the last entry {noted.position} is missing: the ledger was noted earlier up to"
        f" {noted.position}, here it ends at {noted_early.position}"
    ]


def add_a_deed(site: SmallSite) -> None:
    with site.database.transaction() as connection:
        ledger.add_entry(
            SCOPE,
            connection,
            venue_id=VENUE,
            action="viewed",
            subject_kind="evidence",
            subject_id="x",
            actor="test",
            facts={},
        )


def test_a_chain_written_anew_by_the_holder_of_the_key_is_found_by_a_noted_head(
    folder: Path, key: PublicKey, sealed: Path
) -> None:
    site = SmallSite.open(sealed)
    signer = site.signer()
    site.database.close()
    noted = verify_folder(folder, pinned_key=key).head
    gone = clip_in(folder)
    gone.unlink()
    sign_anew(folder, signer, keep=lambda manifest: manifest["parts"][0]["file"] != gone.name)  # type: ignore[index]

    assert verify_folder(folder, pinned_key=key).clean
    assert not verify_folder(folder, pinned_key=key, known_head=noted).clean


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "a/b.mp4", ""])
def test_a_manifest_that_names_a_file_elsewhere_is_not_followed(folder: Path, name: str) -> None:
    forger = Signer.generate()
    sign_anew(folder, forger)
    first = json.loads(lines(folder / "evidence.jsonl")[0])
    first["manifest"]["parts"][0]["file"] = name
    first["signature"] = forger.sign(canonical_json(first["manifest"]))
    (folder / "evidence.jsonl").write_bytes(canonical_json(first) + b"\n")
    found = problems(verify_folder(folder))
    assert found[0] == f"evidence.jsonl line 1: is not a manifest: names {name!r}, which is not a file name"


@pytest.mark.parametrize("name", ["ledger_head.json", "contents.json"])
@pytest.mark.parametrize(
    "shape", [{}, {"schema": {"name": "sightline.contents", "version": 1}, "evidence": 7}]
)
def test_a_signed_statement_of_another_shape_is_a_finding_not_a_crash(
    folder: Path, name: str, shape: dict[str, object]
) -> None:
    forger = Signer.generate()
    sign_anew(folder, forger)
    statement = {**shape, "key_id": forger.key_id}
    signed = {**statement, "signature": forger.sign(canonical_json(statement))}
    (folder / name).write_bytes(canonical_json(signed) + b"\n")
    assert any(problem.startswith(f"{name}: is of no use") for problem in problems(verify_folder(folder)))


def test_a_folder_without_evidence_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not a folder of evidence"):
        verify_folder(tmp_path)
    with pytest.raises(EvidenceError, match="no folder"):
        verify_folder(tmp_path / "none")


SITE_TAMPERING = {
    "clip": "",
    "manifest": "UPDATE evidence SET manifest = replace(manifest, '\"track_id\":3', '\"track_id\":8')",
    "manifest and its hash": "UPDATE evidence SET manifest = 'x', manifest_sha256 = 'y'",
    "state back to missing": "UPDATE evidence SET state = 'missing'",
    "row gone": "DELETE FROM evidence",
    "entry altered": "UPDATE ledger_entry SET actor = 'nobody' WHERE position = 2",
    "entry gone": "DELETE FROM ledger_entry WHERE position = 2",
    "last entry gone": "DELETE FROM ledger_entry WHERE position = 3",
    "entry unchained": "UPDATE ledger_entry SET position = NULL WHERE position = 3",
    "seal gone": "DELETE FROM ledger_seal",
    "seal altered": "UPDATE ledger_seal SET signed_at = signed_at + 1",
}


@pytest.mark.parametrize("what", SITE_TAMPERING)
def test_tampering_with_the_database_is_found(sealed_site: SmallSite, what: str) -> None:
    if what == "clip":
        flip_a_byte(min(sealed_site.clips.iterdir()), 99)
    else:
        with sealed_site.database.transaction() as connection:
            connection.exec_driver_sql(SITE_TAMPERING[what])
    assert not sealed_site.verify().clean


def test_a_signature_is_base64_of_64_bytes(folder: Path) -> None:
    signed = json.loads(lines(folder / "evidence.jsonl")[0])
    assert len(base64.b64decode(signed["signature"])) == 64


def test_a_noted_head_reads_as_position_and_hash(folder: Path) -> None:
    report: VerificationReport = verify_folder(folder)
    assert str(report.head) == f"3:{report.head.head_hash}"
    assert report.head == Head(3, json.loads((folder / "ledger_head.json").read_bytes())["head_hash"])
