"""Private links on a real port: who gets in, who does not, and what they get."""

import hashlib
import re
import shutil
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from video_site import BROWSER, CAMERA, SITE, VENUE, VideoSite

PRIVATE = {
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "cross-origin-resource-policy": "same-origin",
}


def test_a_browser_gets_a_page_and_a_program_the_bytes_of_the_sealed_clip(standing: VideoSite) -> None:
    address = standing.address(standing.link())
    page = standing.get(address, **BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    answer = standing.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.content == standing.clip().read_bytes()
    assert answer.headers["content-disposition"] == f'inline; filename="{standing.clip().name}"'


def test_a_range_wins_over_the_page(standing: VideoSite) -> None:
    answer = standing.get(standing.address(standing.link()), Range="bytes=0-9", **BROWSER)
    assert answer.status_code == 206
    assert answer.content == standing.clip().read_bytes()[:10]


WRONG_TOKENS = {
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "one letter changed": lambda token: ("B" if token[0] != "B" else "C") + token[1:],
    "last letter changed": lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    "its mac only": lambda token: token[6:],
    "in lower case": str.lower,
    "nonsense": lambda _: "hunter2",
    "not ASCII": lambda _: "%C3%A9%E2%82%AC",
    "twice": lambda token: f"{token}&token={token}",
}


@pytest.mark.parametrize("wrong", WRONG_TOKENS.values(), ids=WRONG_TOKENS.keys())
@pytest.mark.parametrize("clip", [False, True], ids=["link", "clip"])
def test_a_wrong_token_is_403(standing: VideoSite, wrong: object, clip: bool) -> None:
    address = standing.address(standing.link(), clip=clip)
    base, _, token = address.partition("?token=")
    assert callable(wrong)
    assert standing.get(f"{base}?token={wrong(token)}").status_code == 403
    assert standing.get(address).status_code == 200


def test_the_token_of_another_link_is_403(standing: VideoSite) -> None:
    one, other = (standing.address(standing.link(number)).partition("?") for number in (0, 1))
    assert standing.get(f"{one[0]}?{other[2]}").status_code == 403


def test_without_a_token_it_is_401_whether_there_is_such_a_link_or_not(standing: VideoSite) -> None:
    base = standing.address(standing.link()).partition("?")[0]
    nowhere = base.rpartition("/")[0] + f"/{uuid4()}"
    for address in (base, f"{base}?token=", f"{base}?key=1", nowhere):
        assert standing.get(address).status_code == 401


def test_an_unknown_link_answers_like_a_wrong_token(standing: VideoSite) -> None:
    base, _, token = standing.address(standing.link()).partition("?token=")
    nowhere = base.rpartition("/")[0] + f"/{uuid4()}?token={token}"
    unknown, wrong = standing.get(nowhere), standing.get(f"{base}?token={token[::-1]}")
    assert unknown.status_code == wrong.status_code == 403
    same = {"type", "title", "status", "detail"}
    assert {k: v for k, v in unknown.json().items() if k in same} == {
        k: v for k, v in wrong.json().items() if k in same
    }
    assert set(unknown.headers) == set(wrong.headers)


def test_only_a_valid_token_learns_that_there_is_no_such_link(standing: VideoSite) -> None:
    from sightline.evidence.link_key import open_link_key

    link_id = str(uuid4())
    token = open_link_key(standing.site.keys_dir).token(link_id)
    assert standing.get(f"http://127.0.0.1:{standing.port}/video/{link_id}?token={token}").status_code == 404


def test_an_expired_link_is_410_and_lives_again_when_it_is_extended(shown: VideoSite) -> None:
    link = shown.link()
    shown.expire(link)
    assert shown.get(shown.address(link)).status_code == 410
    assert shown.get(shown.address(link, clip=True), Range="bytes=5-").status_code == 410
    shown.links.extend(SITE, link.id, 2)
    assert shown.get(shown.address(link)).status_code == 200


def test_a_revoked_link_is_403_also_when_it_has_expired(shown: VideoSite) -> None:
    link = shown.link()
    shown.links.revoke(SITE, link.id)
    assert shown.get(shown.address(link)).status_code == 403
    shown.expire(link)
    assert shown.get(shown.address(link)).status_code == 403


def test_a_new_key_makes_every_old_address_worthless_at_once(shown: VideoSite) -> None:
    old = [shown.link(0), shown.link(1)]
    assert [shown.get(shown.address(one)).status_code for one in old] == [200, 200]
    shown.links.revoke_all()
    assert [shown.get(shown.address(one)).status_code for one in old] == [403, 403]
    assert shown.get(shown.address(shown.link())).status_code == 200


TRICKS = [
    "../video", "..%2f..%2fkeys%2flinks.key", "%2e%2e/%2e%2e/keys/links.key", "%00", "a%00b", "x" * 5_000,
    "..%5c..%5ckeys", "%ff%fe", "%2f%2fetc%2fpasswd", "{}", "%s%n", "-1", "null", "' OR 1=1 --", "%E2%80%AE",
]  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
@pytest.mark.parametrize("end", ["", "/clip"])
def test_no_path_leads_anywhere_else(standing: VideoSite, trick: str, end: str) -> None:
    token = standing.address(standing.link()).partition("?")[2]
    answer = standing.get(f"http://127.0.0.1:{standing.port}/video/{trick}{end}?{token}")
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text
    key = (standing.site.keys_dir / "links.key").read_bytes()
    assert key not in answer.content


def test_a_gone_file_is_404_with_no_reason_in_detail(shown: VideoSite) -> None:
    link = shown.link()
    shown.clip().unlink()
    answer = shown.get(shown.address(link))
    assert answer.status_code == 404
    assert str(shown.site.data_dir) not in answer.text
    assert shown.clip().name not in answer.text
    assert shown.alerts() == []


def test_an_altered_clip_is_not_shown_and_raises_one_alert(shown: VideoSite) -> None:
    link = shown.link()
    assert shown.get(shown.address(link)).status_code == 200
    clip = shown.clip()
    content = bytearray(clip.read_bytes())
    content[len(content) // 2] ^= 1
    clip.chmod(0o644)
    clip.write_bytes(content)
    for _ in range(3):
        assert shown.get(shown.address(link)).status_code == 404
        assert shown.get(shown.address(link), **BROWSER).status_code == 404
    (alert,) = shown.alerts()
    assert (alert.alert_type, alert.severity, alert.subject) == ("integrity_failure", "critical", clip.name)
    (entry,) = shown.entries("integrity_failed")
    assert (entry.subject_kind, entry.subject_id) == ("evidence", shown.evidence().id)
    assert entry.facts == {"file": clip.name, "link_id": link.id}


def test_another_file_under_the_name_of_a_clip_is_not_shown(shown: VideoSite) -> None:
    link = shown.link(0)
    assert shown.get(shown.address(link)).status_code == 200
    shown.clip(0).unlink()
    shutil.copy(shown.clip(1), shown.clip(0))
    assert shown.get(shown.address(link)).status_code == 404
    assert [one.subject for one in shown.alerts()] == [shown.clip(0).name]


@pytest.mark.parametrize("column", ["manifest", "signature"])
def test_a_manifest_that_was_altered_in_the_database_shows_nothing(shown: VideoSite, column: str) -> None:
    from sqlalchemy import text

    link = shown.link()
    with shown.site.database.transaction() as connection:
        row = connection.execute(
            text(f"SELECT {column} FROM evidence WHERE id = :id"), {"id": shown.evidence().id}
        )
        old = str(row.scalar_one())
        changed = old.replace('"frames":', '"frames" :') if column == "manifest" else old[:-4] + "AAA="
        assert changed != old
        connection.execute(
            text(f"UPDATE evidence SET {column} = :new WHERE id = :id"),
            {"new": changed, "id": shown.evidence().id},
        )
    assert shown.get(shown.address(link)).status_code == 404
    assert [one.alert_type for one in shown.alerts()] == ["integrity_failure"]


def test_without_a_key_to_check_with_an_altered_manifest_is_found_by_its_hash(shown: VideoSite) -> None:
    from sqlalchemy import text

    link = shown.link()
    (shown.site.keys_dir / "ed25519.pub.pem").unlink()
    assert shown.get(shown.address(link)).status_code == 200
    with shown.site.database.transaction() as connection:
        connection.execute(
            text("UPDATE evidence SET manifest = replace(manifest, 'sightline test', 'forged')")
        )
    assert shown.get(shown.address(link)).status_code == 404


def _statuses(shown: VideoSite) -> dict[str, str]:
    """An address for each answer there is."""
    alive, expired = shown.link(0), shown.link(1)
    shown.expire(expired)
    base = shown.address(alive).partition("?")[0]
    return {
        "200": shown.address(alive),
        "401": base,
        "403": f"{base}?token=wrong",
        "404": f"{base}/nothing/here",
        "410": shown.address(expired),
        "405": shown.address(alive),
    }


@pytest.mark.parametrize("status", ["200", "401", "403", "404", "405", "410"])
@pytest.mark.parametrize("accept", [BROWSER["Accept"], "*/*"], ids=["browser", "program"])
def test_every_answer_keeps_to_itself(standing: VideoSite, status: str, accept: str) -> None:
    method = "POST" if status == "405" else "GET"
    answer = standing.get(_statuses(standing)[status], method=method, Accept=accept)
    assert answer.status_code == int(status)
    assert {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE
    token = standing.address(standing.link()).partition("?token=")[2]
    assert token not in "".join(answer.headers.values())


@pytest.mark.parametrize("status", ["401", "403", "410"])
def test_a_refusal_is_a_page_for_people_and_a_problem_for_programs(standing: VideoSite, status: str) -> None:
    address = _statuses(standing)[status]
    program = standing.get(address)
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["status"] == int(status)
    texts = {}
    for language in ("fr", "en"):
        page = standing.get(address, Accept_Language=language, **BROWSER)
        assert page.status_code == int(status)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-language"] == language
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert f'<html lang="{language}">' in page.text
        texts[language] = page.text
    assert texts["fr"] != texts["en"]


def test_the_page_may_load_its_video_and_its_style_and_nothing_else(standing: VideoSite) -> None:
    page = standing.get(standing.address(standing.link()), **BROWSER)
    policy = dict(one.strip().split(" ", 1) for one in page.headers["content-security-policy"].split(";"))
    (style,) = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "media-src": "'self'",
        "style-src": f"'sha256-{digest}'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "<script" not in page.text
    assert not re.search(r"\bon\w+=|style=|https?://|@import|url\(", page.text)


def test_the_page_tells_venue_camera_time_expiry_size_and_the_hash_that_was_checked(
    standing: VideoSite,
) -> None:
    link = standing.link()
    standing.set_expiry(link, datetime.now(UTC) + timedelta(hours=47, minutes=30))
    page = standing.get(standing.address(link), Accept_Language="fr-FR,fr;q=0.9,en;q=0.5", **BROWSER).text
    text = re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    evidence = standing.evidence()
    assert VENUE in text
    assert f"Caméra {CAMERA}" in text
    # Footage starts at 11:30 UTC on 25 October 2025, which is summer time in Paris.
    assert "25 octobre 2025, 13:30:0" in text
    assert "Europe/Paris, UTC+02:00" in text
    assert "dans 47 h" in text
    assert "Intégrité vérifiée" in text
    assert str(evidence.parts[0].sha256) in text
    assert str(evidence.key_id) in text
    size = standing.clip().stat().st_size
    assert f"{size / 1000:.0f} ko" in text


def test_without_the_public_key_the_page_does_not_claim_a_checked_signature(shown: VideoSite) -> None:
    link = shown.link()
    (shown.site.keys_dir / "ed25519.pub.pem").unlink()
    page = shown.get(shown.address(link), **BROWSER).text
    assert "Integrity verified" not in page
    assert "signature not" in page


@pytest.mark.parametrize(
    ("header", "language"),
    [
        pytest.param("fr", "fr", id="french"),
        pytest.param("fr-CA,fr;q=0.8", "fr", id="of Canada"),
        pytest.param("en;q=0.5,fr;q=0.9", "fr", id="by weight"),
        pytest.param("de,fr;q=0.3,en;q=0.2", "fr", id="third choice"),
        pytest.param("en-GB,fr", "en", id="first of equals"),
        pytest.param("fr;q=0,en;q=0.1", "en", id="not at all"),
        pytest.param("de", "en", id="neither"),
        pytest.param("", "en", id="nothing"),
        pytest.param("fr;q=abc;;,,", "en", id="nonsense"),
    ],
)
def test_the_browser_chooses_the_language(standing: VideoSite, header: str, language: str) -> None:
    page = standing.get(standing.address(standing.link()), Accept_Language=header, **BROWSER)
    assert page.headers["content-language"] == language


def test_names_of_people_s_making_cannot_become_markup(shown: VideoSite) -> None:
    from sightline.store.venues import ensure_venue

    with shown.site.database.transaction() as connection:
        ensure_venue(SITE, connection, VENUE, name="<script>alert(1)</script>&\"'")
    page = shown.get(shown.address(shown.link()), **BROWSER).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#34;&#39;" in page


def test_local_mode_refuses_a_link_through_a_tunnel_without_telling_anything(standing: VideoSite) -> None:
    answer = standing.get(standing.address(standing.link()), X_Forwarded_For="203.0.113.9")
    assert answer.status_code == 403
    assert "local mode" in answer.json()["detail"]
    assert {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE


def test_only_links_serves_links_to_everybody_and_nothing_else(sealed_folder: Path, tmp_path: Path) -> None:
    site = VideoSite.copied(sealed_folder, tmp_path / "data")
    with site.answering(only_links=True):
        foreign = {"Host": "videos.example", "X-Forwarded-For": "203.0.113.9"}
        assert site.get(site.address(site.link()), **foreign).status_code == 200
        for path in (
            "/",
            "/health",
            "/metrics",
            "/openapi.json",
            "/docs",
            "/api/v1/videos/link/verify",
            "/video",
        ):
            answer = site.get(f"http://127.0.0.1:{site.port}{path}", **foreign)
            assert answer.status_code == 404, path
        upload = site.client.post(f"http://127.0.0.1:{site.port}/api/v1/videos/upload")
        assert upload.status_code == 404
    site.close()


def test_a_dead_database_tells_nothing_of_itself(shown: VideoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    from sightline.errors import StoreError
    from sightline.store import private_links

    def broken(*_: object) -> None:
        raise StoreError("/somewhere/secret.db: database disk image is malformed")

    address = shown.address(shown.link())
    monkeypatch.setattr(private_links, "get_link", broken)
    answer: httpx.Response = shown.get(address)
    assert answer.status_code == 503
    assert "secret.db" not in answer.text
    assert {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE
