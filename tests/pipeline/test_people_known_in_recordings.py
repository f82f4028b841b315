"""Recordings whose people have faces: known in the next one, the same in a second analysis, counted once."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from known_faces_made import KEY, SHOP, at, book, enter, face, lasting, templates, track
from small_shop import analysis, make_video, recording

from sightline.domain.track import TrackedBox
from sightline.domain.track_looks import NOTHING_SEEN, TrackLooks
from sightline.errors import ConfigError
from sightline.look_wiring import visitor_book
from sightline.pipeline.recorded_visitors import RecordedVisitors, replace_visitors
from sightline.pipeline.results import SUMMARY, AnalysisResult
from sightline.pipeline.visitor_book import VisitorBook
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recount import differences
from sightline.store.runs import StoredRun, get_run, list_runs, replace_run
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.store.visitors import get_visitor
from sightline.video.picture import Frame
from sightline.wiring import Site, open_site


@dataclass
class MadeLooks:
    """Everybody's face, by where they were seen first: 3 is alone from the start, 4 stands in the line."""

    shot: int
    people: dict[int, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def see(self, _frame: Frame, people: Sequence[TrackedBox], *_others: Collection[Any]) -> None:
        for one in people:
            self.people.setdefault(one.track_id, 4 if one.box[0] > 240 else 3)

    def take(self, track_id: int) -> TrackLooks:
        who = self.people.get(track_id)
        return NOTHING_SEEN if who is None else TrackLooks(template=face(who, self.shot))

    def finish(self) -> None:
        """Nothing is waited for."""

    def facts(self) -> Mapping[str, str]:
        return {"faces": "made"}

    def status(self) -> Mapping[str, Any]:
        return {}


def watch(folder: Path, shot: int) -> AnalysisResult:
    plain = analysis(folder)
    means = replace(plain.means, visitors=book(), looks=MadeLooks(shot))
    return replace(plain, means=means).run(recording(folder / "shop.mp4"), on_frame=lambda _: None)


def test_who_was_in_one_recording_is_known_in_the_next_and_the_same_in_a_second_analysis(
    tmp_path: Path,
) -> None:
    make_video(tmp_path / "shop.mp4")
    figures = {"known": 1, "new": 1, "same_visit": 0, "faceless": 0}
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        (ann,) = enter(database, book(), [track(1, face(3, 1), -3600, -3500)], run="before").values()
        assert watch(tmp_path, 2).document()["reid"] == figures
        people, kept = lasting(database), templates(database)
        assert sorted(one.faces for one in kept.values()) == [1, 2]
        result = watch(tmp_path, 7)
        assert result.document()["reid"] == figures
        assert json.loads((result.out / SUMMARY).read_text())["reid"] == figures
        assert lasting(database) == people
        again = templates(database)
        for name, one in kept.items():
            assert again[name].faces == one.faces, "the same footage has no more faces than before"
            assert (again[name].mean == one.mean).all()
        with database.reading() as connection:
            for name in people:
                visitor = get_visitor(SHOP, connection, "shop", name)
                assert visitor is not None
                assert visitor.visits == (2 if name == ann.pseudo_id else 1)
            assert differences(SHOP, connection, "shop") == []
            assert [run.visitors["count"] for run in list_runs(SHOP, connection)] == [2]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "s.db")) as database:
        with database.transaction() as connection:
            ensure_venue(SHOP, connection, "shop")
            ensure_camera(SHOP, connection, "shop", "till", source_label="till")
        yield database


def test_two_tracks_of_one_known_person_are_one_visitor_of_the_recording(database: Database) -> None:
    tracks = [track(1, face(1, 1), 0, 10), track(2, face(2, 1), 5, 20), track(3, face(1, 2), 30, 40)]
    run = StoredRun(
        id="run",
        venue_id="shop",
        camera_id="till",
        source_name="till.mp4",
        source_sha256="0" * 64,
        recorded_at=at(0),
        recorded_until=at(60),
        recorded_at_source="given",
        started_at=at(100),
        finished_at=at(101),
        software="test",
        analysis={},
        frames=1,
        analysed_frames=1,
        warnings=(),
        visitors={"count": 3, "low": 3, "high": 3},
    )

    def analysed(visitors: VisitorBook) -> RecordedVisitors:
        with database.transaction() as connection:
            gone = replace_run(SHOP, connection, run, [one.stored() for one in tracks])
            return replace_visitors(SHOP, connection, run, visitors, tracks, gone=gone, zone=UTC)

    came = analysed(book())
    assert (came.count.low, came.count.count, came.count.high) == (2, 2, 2)
    assert came.reid == {"known": 0, "new": 2, "same_visit": 0, "faceless": 0}
    with database.reading() as connection:
        stored = get_run(SHOP, connection, "run")
    assert stored is not None
    assert stored.visitors == {"count": 2, "low": 2, "high": 2}
    plain = analysed(VisitorBook())
    assert (plain.count.count, plain.reid) == (3, None)


def site(folder: Path, more: str = "") -> Site:
    (folder / "site.yaml").write_text(f"identity: {{enabled: true, key: 'file:{folder / 'key'}'}}\n{more}")
    return open_site(folder / "site.yaml", folder / "data", environ={})


def test_all_cameras_of_a_process_share_what_knows_people_again(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("11" * 31 + "12")
    here = site(tmp_path)
    one, other = visitor_book(here), visitor_book(here)
    assert one.recognition is other.recognition is not None
    off = open_site(None, tmp_path / "data", environ={"SIGHTLINE_IDENTITY__ENABLED": "false"})
    assert visitor_book(off).recognition is None


def test_without_the_key_or_a_threshold_no_work_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"identity\.reid"):
        visitor_book(site(tmp_path))
    assert not (tmp_path / "data").exists()
    (tmp_path / "key").write_text("22" * 31 + "23")
    (tmp_path / "own.yaml").write_text("mine: {kind: face embedding, file: mine.onnx}\n")
    with pytest.raises(ConfigError, match="'mine' without confidence"):
        visitor_book(site(tmp_path, f"models: {{catalogue: '{tmp_path / 'own.yaml'}'}}\n"))
    here = site(tmp_path)
    with here.database.transaction() as connection:
        ensure_venue(SHOP, connection, "shop")
        seen = [track(1, face(1), 0, 10)]
        book().enter(SHOP, connection, seen, venue_id="shop", camera_id="till", run_id="run", zone=UTC)
    with pytest.raises(ConfigError, match=KEY.key_id):
        visitor_book(here)
