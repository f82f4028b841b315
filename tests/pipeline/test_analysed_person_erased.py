"""Somebody whom our own analysis would know again is erased: no row, byte, file, log or answer is left."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from all_rows import all_rows
from clip_platform import ClipPlatform, answering_copy
from erased_person import in_files
from known_faces_made import KEY, book, enter, face, track
from small_shop import analysis, make_video, recording
from sqlalchemy import select

from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.domain.track import TrackedBox
from sightline.domain.track_looks import NOTHING_SEEN, TrackLooks
from sightline.pipeline.backup import write_backup
from sightline.pipeline.face_templates import FaceTemplates
from sightline.privacy_wiring import erasure_of
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.face_templates import templates_of_venue
from sightline.store.recount import differences
from sightline.store.visitor_tables import stay, visitor
from sightline.video.picture import Frame
from sightline.wiring import Site

SHOP = Scope.of("shop")


@dataclass
class Looks:
    """The face of whoever is seen: one is alone from the start, the other comes later."""

    people: dict[int, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def see(self, _frame: Frame, people: Sequence[TrackedBox], *_others: Collection[Any]) -> None:
        for one in people:
            self.people.setdefault(one.track_id, 4 if one.box[0] > 240 else 3)

    def take(self, track_id: int) -> TrackLooks:
        who = self.people.get(track_id)
        if who is None:
            return NOTHING_SEEN
        return TrackLooks(template=face(who, 1), age_bracket="30-39", gender="F")

    def finish(self) -> None:
        """Nothing is waited for."""

    def facts(self) -> Mapping[str, str]:
        return {}

    def status(self) -> Mapping[str, Any]:
        return {}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a shop in which two people are known by their faces. To be copied."""
    folder = tmp_path_factory.mktemp("analysed")
    make_video(folder / "shop.mp4")
    plain = analysis(folder)
    means = replace(plain.means, visitors=book(), looks=Looks())
    out = folder / "data" / "analysis" / "shop" / "till"
    replace(plain, means=means, out=out).run(recording(folder / "shop.mp4"), on_frame=lambda _: None)
    plain.means.database.close()
    return folder / "data"


def known(database: Database) -> dict[str, bytes]:
    """Pseudonyms and sealed faces of the two, whoever was there longest first."""
    query = (
        select(visitor.c.pseudo_id, visitor.c.dwell_ms).where(visitor.c.lasting).order_by(visitor.c.dwell_ms)
    )
    with database.reading() as connection:
        sealed = {one.pseudo_id: one.sealed for one in templates_of_venue(SHOP, connection, "shop")}
        names = [row.pseudo_id for row in connection.execute(query)][::-1]
    return {name: sealed[name] for name in names}


def traces(site: ClipPlatform, marks: tuple[bytes, ...]) -> set[str]:
    """Tables and files that hold one of these bytes."""
    found = set(in_files(site.site.data_dir, marks))
    for name, rows in all_rows(site.database).items():
        for value in (value for row in rows for value in row.values()):
            plain = value.encode() if isinstance(value, str) else value
            if isinstance(plain, bytes) and any(mark in plain for mark in marks):
                found.add(name)
    return found


def test_nothing_is_left_of_them(analysed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with answering_copy(analysed, tmp_path / "data") as site:
        (who, sealed), (other, _) = known(site.database).items()
        with site.database.reading() as connection:
            faces = dict(FaceTemplates(KEY).read_in(SHOP, connection, "shop", model="net"))
            clips = evidence_store.list_evidence(SHOP, connection, venue_id="shop")
            looks = connection.execute(select(stay.c.age_bracket).where(stay.c.run_id.is_not(None))).scalars()
            assert set(looks) == {"30-39"}
        folder = site.site.segments_dir / "shop" / "till"
        files = [folder / part.file_name for one in clips for part in one.parts]
        vector = np.asarray(faces[who].mean, "<f4").tobytes()
        marks = (who.encode(), sealed, vector)
        assert {"visitor", "face_template"} <= traces(site, marks)

        answer = site.ask("DELETE", f"/api/visitors/shop/{who}")

        assert answer.status_code == 200, answer.text
        receipt = answer.json()["receipt"]
        assert receipt["removed"]["templates"] == 1
        assert receipt["removed"]["tracks"] > 0
        gone = {path.name for path in files if not path.exists()}
        assert gone, "clips that show them"
        assert [path for path in tmp_path.rglob("*") if path.name in gone] == [], "results hold copies"
        assert traces(site, marks) == set()
        write_backup(site.database, tmp_path / "backup.db", clock=lambda: datetime.now(UTC))
        assert list(in_files(tmp_path, marks)) == []
        for path in (
            "/api/visitors/shop?limit=500", "/analytics/shop/export?format=json&to=2026-12-31",
            "/analytics/shop/export?format=csv&to=2026-12-31", "/api/audit-log", "/api/events?venue_id=shop",
            f"/api/visitors/shop/history/{other}",
        ):  # fmt: skip
            found = site.ask("GET", path)
            assert found.status_code == 200, (path, found.text)
            assert who not in found.text, path
        assert site.ask("GET", f"/api/visitors/shop/history/{who}").status_code == 404
        assert who not in "".join(capfd.readouterr())
        assert list(known(site.database)) == [other]
        with site.database.reading() as connection:
            assert differences(SHOP, connection, "shop") == []


def test_a_process_that_knows_their_face_does_not_bring_their_name_back(
    analysed: Path, tmp_path: Path
) -> None:
    shutil.copytree(analysed, tmp_path / "data")
    site = Site(Settings(), tmp_path / "data")
    (who, _), _ = known(site.database).items()
    elsewhere = book()
    elsewhere.prepare(SHOP, site.database, venue_id="shop")
    assert enter(site.database, elsewhere, [track(1, face(3, 2), 0, 10)], run="a")[1].pseudo_id == who
    assert erasure_of(site).erase(SHOP, "shop", who, by="test") is not None
    assert enter(site.database, elsewhere, [track(1, face(3, 5), 99, 110)], run="b")[1].pseudo_id != who
    assert who not in known(site.database)
    assert who not in repr(all_rows(site.database))
    site.database.close()
