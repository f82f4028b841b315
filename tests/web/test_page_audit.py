"""/audit and /api/audits: what people counted, and how right the figures are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform, answering_copy
from evidence_site import CAMERA, OPENING, VENUE, at
from people_and_keys import CLOSED, Asker, with_account

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.store.coverage import add_coverage
from sightline.store.venues import ensure_camera

SITE = Scope.site()
WHERE = {"venue_id": VENUE, "camera_id": CAMERA}


def counted(start: float, end: float, **other: Any) -> dict[str, Any]:
    span = {"from": at(start).isoformat(), "to": at(end).isoformat()}
    return {**WHERE, "rule": "interaction", **span, "truth": 1, "matched": 1, **other}


@pytest.fixture(scope="module")
def shop(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipPlatform]:
    with answering_copy(sealed_shop, tmp_path_factory.mktemp("audited") / "data") as site:
        with site.database.transaction() as connection:
            add_coverage(SITE, connection, VENUE, CAMERA, {OPENING: 300})
        yield site


def test_stretches_are_drawn_and_what_was_found_in_one_is_told_apart(shop: ClipPlatform) -> None:
    wish = {"rule": "queue", "last": "2025-10-25", "seconds": 10, "count": 3}
    drawn = shop.get(f"/api/audits/{VENUE}/{CAMERA}/stretches", **wish)
    found = shop.get(
        f"/api/audits/{VENUE}/{CAMERA}/found",
        rule="interaction",
        **{"from": at(0).isoformat(), "to": at(40).isoformat()},
    )

    assert 2 <= len(drawn["stretches"]) <= 3
    assert drawn["available_s"] == pytest.approx(38, abs=0.2)  # but for the lead of two seconds
    assert "found" not in drawn
    assert found == {"found": 1, "moments": [at(6).isoformat().replace("+00:00", "Z")]}


def test_a_count_is_kept_beside_what_was_found_and_figures_follow(shop: ClipPlatform) -> None:
    before = shop.ask("GET", f"/dashboard/{VENUE}").text
    made = shop.ask("POST", "/api/audits", json=counted(5, 15))
    shop.ask("POST", "/api/audits", json=counted(16, 30, truth=1, matched=0))
    told = shop.get("/api/audits", venue_id=VENUE)
    page = shop.ask("GET", "/audit", params={**WHERE, "rule": "interaction", "done": 2}).text

    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("found", "truth", "matched", "audited_by", "warnings")} == {
        "found": 1, "truth": 1, "matched": 1, "audited_by": "this machine", "warnings": [],
    }  # fmt: skip
    assert [one["from"][:19] for one in told["audits"]] == ["2025-10-25T11:30:05", "2025-10-25T11:30:16"]
    (report,) = told["report"]
    assert report["precision"]["value"] == 1.0
    assert report["recall"]["value"] == 0.5
    assert report["count_ratio"] is None
    assert "2 stretches counted" in page
    assert re.search(r"1 / 2</a>.*?100%.*?50%.*?–", page, re.DOTALL)
    assert re.search(r'href="/review\?[^"]*kind=interaction', page)
    verified = rf'href="/audit\?venue_id={VENUE}">figures verified on \w+ \d+ \w+ \d+</a>'
    assert "figures verified on" not in before
    assert re.search(verified, shop.ask("GET", f"/dashboard/{VENUE}").text)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"camera_id": "door"}, 404, id="no such camera"),
        pytest.param({"truth": -1}, 422, id="fewer than none"),
        pytest.param({"matched": 2}, 400, id="more right than found"),
        pytest.param({"rule": "clouds"}, 422, id="no such rule"),
        pytest.param({"to": at(-5).isoformat()}, 422, id="ends before it begins"),
        pytest.param({"to": "2199-01-01T00:00:00Z"}, 400, id="not over yet"),
    ],
)
def test_a_count_that_cannot_be_is_refused(
    standing: ClipPlatform, change: dict[str, Any], status: int
) -> None:
    assert standing.ask("POST", "/api/audits", json=counted(5, 15) | change).status_code == status


def test_the_page_says_what_is_there_to_count_and_never_what_was_found(standing: ClipPlatform) -> None:
    page = standing.ask("GET", "/audit").text

    assert f'value="{VENUE}/{CAMERA}" data-last="2025-10-25"' in page
    assert "Nothing was counted yet" in page
    assert 'id="moments" class="row"></div>' in page


@pytest.fixture(scope="module")
def closed(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipPlatform]:
    with answering_copy(sealed_shop, tmp_path_factory.mktemp("closed_audit") / "data", CLOSED) as site:
        with_account(site, "viewer", Role.VIEWER, VENUE)
        with_account(site, "manager", Role.MANAGER, VENUE)
        with_account(site, "stranger", Role.MANAGER, "other_shop")
        yield site


def test_counting_is_for_managers_of_the_venue(closed: ClipPlatform) -> None:
    viewer, manager = Asker(closed).signed_in("viewer"), Asker(closed).signed_in("manager")
    stranger = Asker(closed).signed_in("stranger")

    made = manager.ask("POST", "/api/audits", json=counted(5, 15))

    assert (made.status_code, made.json()["audited_by"]) == (201, "manager")
    assert viewer.status("GET", "/audit") == 403
    assert viewer.status("POST", "/api/audits", json=counted(5, 15)) == 403
    assert stranger.status("POST", "/api/audits", json=counted(5, 15)) == 403
    assert stranger.get("/api/audits") == {"audits": [], "report": []}
    assert VENUE not in stranger.ask("GET", "/audit").text


def test_one_camera_of_the_venue_is_chosen(shop: ClipPlatform) -> None:
    with shop.database.transaction() as connection:
        ensure_camera(SITE, connection, VENUE, "upload", source_label="old.mp4")

    page = shop.ask("GET", f"/audit?venue_id={VENUE}").text
    cameras = re.search(r'<select name="camera">(.*?)</select>', page, re.DOTALL)

    assert cameras is not None
    assert re.findall(r'value="([^"]*)"[^>]* selected', cameras[1]) == [f"{VENUE}/{CAMERA}"]
