"""A zip from a stranger: what means harm is refused with one line, by the command line and by the page."""

import io
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from case_tampering import export
from evidence_site import SmallSite
from page_driver import VerifierPage, verifier_page
from playwright.sync_api import Browser

from in_chromium import a_browser
from sightline.cli.main import exit_code_of
from sightline.errors import EvidenceError
from sightline.evidence.verification import verify_case
from sightline.evidence.verifier import verifier_page as page_bytes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VerifierPage]:
    file = tmp_path_factory.mktemp("page") / "verify.html"
    file.write_bytes(page_bytes())
    with verifier_page(browser, file) as page:
        yield page


@pytest.fixture
def page(opened: VerifierPage) -> Iterator[VerifierPage]:
    opened.begin_anew()
    yield opened
    assert opened.asked == []
    assert opened.troubles == []


def zip_of(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as target:
        for name, content in entries:
            target.writestr(name, content)
    return packed.getvalue()


def named(name: str) -> Callable[[], bytes]:
    return lambda: zip_of(("evidence.jsonl", b""), (name, b"root::0:0"))


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zip_of(("evidence.jsonl", b"a"), ("evidence.jsonl", b"b"))


def link() -> bytes:
    info = zipfile.ZipInfo("segments/clip.mp4")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zip_of(("evidence.jsonl", b""), (info, b"/etc/passwd"))


def patched(*changes: tuple[int, str, int], entry: int = 1) -> Callable[[], bytes]:
    """A zip whose entry claims something else in the central directory: (offset, format, value)."""

    def make() -> bytes:
        content = bytearray(zip_of(("evidence.jsonl", b""), ("segments/a.mp4", b"abcdefgh")))
        at = -1
        for _ in range(entry + 1):
            at = content.index(b"PK\1\2", at + 1)
        for offset, shape, value in changes:
            struct.pack_into(shape, content, at + offset, value)
        return bytes(content)

    return make


def bomb() -> bytes:
    """A hundred megabytes of nothing in a hundred kilobytes."""
    return zip_of(("ledger.jsonl", bytes(100 << 20)), method=zipfile.ZIP_DEFLATED)


def local_name() -> bytes:
    """Called one thing in the directory and another where it lies."""
    content = zip_of(("evidence.jsonl", b""), ("segments/a.mp4", b"abcdefgh"))
    return content.replace(b"segments/a.mp4", b"segments/b.mp4", 1)


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "up": (named("../../etc/cron.d/x"), "leads out of its folder", "leads out of its folder"),
    "up inside": (named("segments/../../x.mp4"), "leads out", "leads out"),
    "absolute": (named("/etc/passwd"), "leads out", "leads out"),
    "a drive": (named("C:/x.mp4"), "not a name that every system", "not a name that every system"),
    "backslashes": (named("..\\x.mp4"), "not a name that every system", "not a name that every system"),
    "a control character": (named("segments/a\x1b[2J.mp4"), "not a name", "not a name"),
    "a long name": (named("segments/" + "a" * 300), "not a name", "not a name"),
    "twice": (twice, "is in it twice", "is in it twice"),
    "twice in other letters": (
        lambda: zip_of(("evidence.jsonl", b"a"), ("Evidence.JSONL", b"b")),
        "is in it twice",
        "is in it twice",
    ),
    "a link": (link, "is a link", "is a link"),
    "a bomb": (bomb, "is compressed", "is compressed"),
    "4 GB claimed": (
        patched((20, "<L", 0xFFFF_FFF0), (24, "<L", 0xFFFF_FFF0)),
        "listed as something else than it is",
        "listed as something else",
    ),
    "4 EB claimed": (
        patched((20, "<L", 0xFFFF_FFFF), (24, "<L", 0xFFFF_FFFF)),
        "directory is damaged",
        "damaged",
    ),
    "one length packed and another unpacked": (
        patched((24, "<L", 1 << 30)),
        "is compressed",
        "is compressed",
    ),
    "encrypted": (patched((8, "<H", 1)), "is encrypted", "is encrypted"),
    "the bytes of another": (
        patched((42, "<L", 0)),
        "something else than it is",
        "something else than it is",
    ),
    "outside the file": (patched((42, "<L", 1 << 30)), "does not lie in the file", "claims more bytes"),
    "two names for one place": (local_name, "something else than it is", "something else than it is"),
    "something behind it": (
        lambda: zip_of(("evidence.jsonl", b"")) + b"x",
        "does not end as a zip",
        "not a ZIP",
    ),
    "something before it": (
        lambda: b"#!/bin/sh\n" + zip_of(("evidence.jsonl", b"")),
        "directory does not lie",
        "damaged",
    ),
    "cut off": (lambda: zip_of(("evidence.jsonl", b"x" * 99))[:-40], "does not end as a zip", "not a ZIP"),
    "nothing": (lambda: b"", "it is not a zip", "not a ZIP"),
    "no zip": (lambda: b"x" * 5000, "does not end as a zip", "not a ZIP"),
    "a zip of something else": (
        lambda: zip_of(("holiday.jpg", b"x")),
        "is not a folder of evidence",
        "holds neither",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_with_one_line_and_nothing_is_written(
    page: VerifierPage, tmp_path: Path, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    make, reason, page_reason = HOSTILE[what]
    case = tmp_path / "in" / "case.zip"
    case.parent.mkdir()
    case.write_bytes(make())
    before = sorted(tmp_path.rglob("*"))

    assert exit_code_of(["evidence", "verify", str(case)]) == 1
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert reason in told.err
    assert sorted(tmp_path.rglob("*")) == before

    assert page.give(case) == "bad"
    assert page.verdict == "Refused: this is not a case that can be checked"
    assert page_reason in page.refusal


def test_an_entry_that_overlaps_another_is_refused(tmp_path: Path, page: VerifierPage) -> None:
    """Two whole entries of which one lies inside the bytes of the other: written by hand, byte by byte."""
    inner = b"inner"
    inner_local = (
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(inner), 5, 5, 5, 0) + b"b.mp4" + inner
    )
    sums = (zlib.crc32(inner_local), len(inner_local), len(inner_local))
    outer_local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, *sums, 5, 0) + b"a.mp4" + inner_local
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, size, size, 5, 0, 0, 0, 0, 0, place)
        + name
        for name, size, place in ((b"a.mp4", len(inner_local), 0), (b"b.mp4", 5, 35))
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), len(outer_local), 0)
    (tmp_path / "case.zip").write_bytes(outer_local + directory + end)

    with pytest.raises(EvidenceError, match="shares its bytes with another"):
        verify_case(tmp_path / "case.zip")
    page.give(tmp_path / "case.zip")
    assert "shares its bytes with another" in page.refusal


@pytest.mark.parametrize("seed", range(4))
def test_no_spoilt_zip_crashes_the_reader_or_passes(
    sealed_site: SmallSite, tmp_path: Path, seed: int
) -> None:
    """One byte changed anywhere: refused, or a finding, or what nothing depends on; never a crash."""
    export(sealed_site, tmp_path / "case.zip")
    whole = (tmp_path / "case.zip").read_bytes()
    directory_at = whole.index(b"PK\1\2")
    chance = random.Random(seed)
    for _ in range(60):
        content = bytearray(whole)
        place = chance.randrange(directory_at, len(whole))
        content[place] ^= 1 << chance.randrange(8)
        (tmp_path / "spoilt.zip").write_bytes(content)
        try:
            verify_case(tmp_path / "spoilt.zip")
        except EvidenceError as error:
            assert "\n" not in str(error)  # noqa: PT017  both ways are right


def test_a_case_above_2_gb_is_read(
    sealed_site: SmallSite, tmp_path: Path, page: VerifierPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From there on the library writes lengths and places with 64 bits; here it does so from 4 kB on."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 4_000)
    export(sealed_site, tmp_path / "case.zip")

    assert b"PK\6\6" in (tmp_path / "case.zip").read_bytes()
    assert verify_case(tmp_path / "case.zip").clean
    assert page.give(tmp_path / "case.zip") == "good"


@pytest.mark.parametrize("said", [0, 1])
def test_a_directory_of_64_bits_that_contradicts_the_other_is_refused(
    sealed_site: SmallSite, tmp_path: Path, page: VerifierPage, said: int
) -> None:
    export(sealed_site, tmp_path / "case.zip")
    content = (tmp_path / "case.zip").read_bytes()
    *_, count, length, at, _ = struct.unpack("<4s4H2LH", content[-22:])
    place = len(content) - 22
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF - said, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "wide.zip").write_bytes(content[:-22] + record + locator + end)

    if not said:
        assert verify_case(tmp_path / "wide.zip").clean
    else:
        with pytest.raises(EvidenceError, match="contradict each other"):
            verify_case(tmp_path / "wide.zip")
    assert page.give(tmp_path / "wide.zip") == ("bad" if said else "good")
