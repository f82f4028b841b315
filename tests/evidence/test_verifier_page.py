"""The page that checks a case: it finds what the command line finds, and asks nobody for anything."""

import base64
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from case_tampering import TAMPERING, add_a_door, export, pack, unpack
from evidence_site import SmallSite
from page_driver import VerifierPage, verifier_page
from playwright.sync_api import Browser

from in_chromium import a_browser
from sightline.evidence.verification import verify_case
from sightline.evidence.verifier import verifier_page as page_bytes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "verify.html"
    file.write_bytes(page_bytes())
    return file


@pytest.fixture(scope="module")
def whole(sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of three pieces of evidence, as a zip."""
    folder = tmp_path_factory.mktemp("whole")
    subprocess.run(["cp", "-r", sealed, folder / "data"], check=True)
    site = SmallSite.open(folder / "data")
    export(site, folder / "case.zip")
    site.database.close()
    return folder / "case.zip"


@pytest.fixture(scope="module")
def opened(browser: Browser, page_file: Path) -> Iterator[VerifierPage]:
    with verifier_page(browser, page_file) as page:
        yield page


@pytest.fixture
def page(opened: VerifierPage) -> Iterator[VerifierPage]:
    opened.begin_anew()
    yield opened
    assert opened.asked == []
    assert opened.troubles == []


def test_an_untouched_case_is_whole(page: VerifierPage, whole: Path) -> None:
    report = verify_case(whole)

    assert page.give(whole) == "good"
    assert page.verdict == "Whole: everything is as it was sealed"
    assert page.findings == []
    assert page.fact("notedKey") == report.key_id
    assert page.fact("notedHead") == str(report.head)
    for text in (
        "corner_shop",
        "till",
        "interaction",
        "unattended customer",
        "queue",
        "3 clips",
        "6 ledger entries",
    ):
        assert text in page.told
    assert "25 Oct 2025, 11:30:06 UTC (13:30 here)" in page.told


def test_the_page_that_lies_in_the_case_is_the_one_the_program_gives(whole: Path) -> None:
    with zipfile.ZipFile(whole) as case:
        assert case.read("verify.html") == page_bytes()


def test_key_and_head_are_compared_with_those_noted_elsewhere(page: VerifierPage, whole: Path) -> None:
    page.give(whole)
    for field, value, answer in (
        ("notedKey", page.fact("notedKey"), "The same key"),
        ("notedKey", "0" * 16, "Another key"),
        ("notedKey", "ab", "A key is 16 hex digits or more"),
        ("notedHead", page.fact("notedHead"), "The ledger holds this head"),
        ("notedHead", f"3:{'0' * 64}", "The ledger does not hold this head"),
        ("notedHead", "3", "Not of the form POSITION:HASH"),
    ):
        page.page.locator(f"#{field}").fill(value)
        assert page.page.locator(f"output[for={field}]").inner_text() == answer


def test_the_unpacked_folder_is_as_good(page: VerifierPage, whole: Path, tmp_path: Path) -> None:
    folder = unpack(whole, tmp_path / "case")
    assert page.give_folder(folder) == "good"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert page.give(*files) == "good"  # chosen one by one, as on a telephone
    next((folder / "segments").iterdir()).unlink()
    assert page.give_folder(folder) == "bad"


def test_two_cameras_and_a_clip_asked_for_by_a_person(
    page: VerifierPage, sealed_site: SmallSite, tmp_path: Path
) -> None:
    add_a_door(sealed_site)
    export(sealed_site, tmp_path / "case.zip")

    assert page.give(tmp_path / "case.zip") == "good"
    assert "asked for by a person" in page.told
    assert "door, till" in page.told


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_named_as_the_command_line_names_it(
    page: VerifierPage, whole: Path, tmp_path: Path, what: str
) -> None:
    change, expected = TAMPERING[what]
    folder = unpack(whole, tmp_path / "case")
    change(folder)
    case = pack(folder, tmp_path / "case.zip")
    report = verify_case(case)

    assert page.give(case) == "bad"
    assert any(expected in finding for finding in page.findings), page.findings
    assert [plain(finding) for finding in page.findings] == [plain(str(one)) for one in report.findings]
    assert page.verdict.startswith(f"{len(report.findings)} finding")


def plain(finding: str) -> str:
    """A finding without what the two say in words of their own: why a text cannot be read."""
    finding = re.sub(
        r"(\.jsonl line \d+|\.jsonl?|\.pem): was altered: (?!SHA|its content).*", r"\1: was altered", finding
    )
    return re.sub(r"is not a ledger entry.*", "is not a ledger entry", finding)


def test_a_browser_that_cannot_check_signatures_does_not_say_whole(
    browser: Browser, page_file: Path, whole: Path, tmp_path: Path
) -> None:
    unable = "crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'));"
    with verifier_page(browser, page_file, before=unable) as page:
        assert page.give(whole) == "doubt"
        assert page.verdict == "Not proven: this browser cannot check the signatures"
        change, expected = TAMPERING["a bit of a clip"]
        folder = unpack(whole, tmp_path / "case")
        change(folder)
        assert page.give(pack(folder, tmp_path / "case.zip")) == "bad"
        assert expected in page.findings[0]


def test_hashes_of_every_length_are_those_of_the_library(page: VerifierPage) -> None:
    lengths = [*range(130), 1_000, 100_003]
    found = page.page.evaluate(
        "lengths => lengths.map(n => sha256OfBytes(Uint8Array.from({length: n}, (_, i) => (i * 7) % 251)))",
        lengths,
    )
    assert found == [
        hashlib.sha256(bytes((i * 7) % 251 for i in range(length))).hexdigest() for length in lengths
    ]


def test_a_large_clip_is_read_in_pieces(page: VerifierPage, whole: Path, tmp_path: Path) -> None:
    """Another file of a manifest's name, and much longer, is not even read; one of its length is."""
    size = 48 << 20
    (tmp_path / "large.bin").write_bytes(b"sightline" * (size // 9))
    page.page.evaluate("() => { window.pieces = 0; }")
    page.page.evaluate(
        """() => { const input = document.createElement('input'); input.type = 'file'; input.id = 'large';
        document.body.append(input); }"""
    )
    page.page.locator("#large").set_input_files(str(tmp_path / "large.bin"))
    found, pieces = page.page.evaluate(
        """async () => { let pieces = 0;
        const hash = await sha256OfFile(document.getElementById('large').files[0], () => { pieces += 1; });
        return [hash, pieces]; }"""
    )
    assert found == hashlib.sha256((tmp_path / "large.bin").read_bytes()).hexdigest()
    assert pieces > 10


@pytest.mark.parametrize(("language", "title"), [("fr-FR", "Intact"), ("de-DE", "Whole")])
def test_it_speaks_the_language_of_the_browser_and_can_be_switched(
    browser: Browser, page_file: Path, whole: Path, language: str, title: str
) -> None:
    with verifier_page(browser, page_file, language=language) as page:
        page.give(whole)
        assert page.verdict.startswith(title)
        page.page.get_by_role("button", name="Français").click()
        assert page.verdict == "Intact : tout est tel que scellé"
        assert page.page.locator("html").get_attribute("lang") == "fr"
        page.page.get_by_role("button", name="English").click()
        assert page.verdict == "Whole: everything is as it was sealed"


def test_both_languages_say_everything(page: VerifierPage) -> None:
    shapes = page.page.evaluate(
        """() => { const shape = (words) => Object.entries(words).flatMap(([name, value]) =>
        value && typeof value === 'object' ? shape(value).map((inner) => `${name}.${inner}`) : [name]);
        return [shape(WORDS.en).sort(), shape(WORDS.fr).sort()]; }"""
    )
    assert shapes[0] == shapes[1]
    used = page.page.evaluate("() => [Object.keys(WORDS.en.findingsOf), Object.keys(WORDS.en.refusals)]")
    script = page_bytes().decode()
    for code in [*used[0], *used[1]]:
        assert f'"{code}"' in script, f"{code} is never said"


def test_the_page_may_do_nothing_but_run_its_own_script() -> None:
    page = page_bytes().decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)
    assert policy is not None
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy[1].startswith(f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?://|@import|\bfetch\(|XMLHttpRequest|innerHTML|\bsrc=", page)


def test_names_from_a_case_are_shown_as_text(page: VerifierPage, whole: Path, tmp_path: Path) -> None:
    folder = unpack(whole, tmp_path / "case")
    line = json.loads((folder / "evidence.jsonl").read_bytes().splitlines()[0])
    line["manifest"]["camera_id"] = "<img src=x onerror=alert(1)>"
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / "evidence.jsonl").write_text(text + "\n")

    assert page.give(pack(folder, tmp_path / "case.zip")) == "bad"
    assert "<img src=x onerror=alert(1)>" in page.told
    assert page.page.locator("#told img").count() == 0
