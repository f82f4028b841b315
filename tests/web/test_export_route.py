"""GET /analytics/{venue_id}/export over HTTP: one document, or every stay in a file that is safe to open."""

import builtins
import csv
import gc
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from behavior_oracle import made_up, noon, within
from platform_site import PlatformSite
from pyarrow import parquet
from small_disks import mounted

from sightline.analytics import stay_files
from sightline.analytics.stay_files import COLUMNS, StayFiles
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import DiskFull
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

SITE = Scope.site()
PARIS = ZoneInfo("Europe/Paris")
MONTH: dict[str, Any] = {"days": 30, "to": "2026-11-05"}
LAST = datetime(2026, 11, 5, tzinfo=UTC).date()


def told(database: Database, venue_id: str, stays: list[Stay], zone: str = "Europe/Paris") -> None:
    with database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone)
        add_stays(SITE, connection, venue_id, stays)


def row_of(one: Stay) -> dict[str, Any]:
    """What a file must say of a stay."""
    return {
        "at": one.at.astimezone(PARIS).isoformat(),
        "pseudo_id": one.pseudo_id,
        "zone": one.zone,
        "camera_id": one.camera_id,
        "dwell_seconds": one.dwell.total_seconds(),
        "age_bracket": one.age_bracket,
        "gender": one.gender,
        "is_repeat": one.is_repeat,
        "track_frames": one.track_frames,
        "detection_conf": one.detection_conf,
        "engagement_score": one.engagement_score,
        "behavior_type": one.behavior_type,
        "body_orientation": one.body_orientation,
        "posture": one.posture,
        "event_id": one.event_id,
    }


def by_event(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["event_id"])


def csv_of(platform: PlatformSite, venue_id: str = "shop") -> list[dict[str, str]]:
    answer = platform.ask("GET", f"/analytics/{venue_id}/export", params=MONTH | {"format": "csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{venue_id}_analytics.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_each_part_of_the_document_is_what_its_own_route_answers(platform: PlatformSite) -> None:
    told(platform.database, "shop", made_up(1))
    document = platform.get("/analytics/shop/export", **MONTH)
    assert document["venue_id"] == "shop"
    assert document["period"] == "Last 30 days"
    assert (document["from"], document["to"]) == ("2026-10-07", "2026-11-05")
    assert datetime.fromisoformat(document["generated_at"]).utcoffset() is not None
    for part, route in {
        "executive_summary": "summary",
        "demographics": "demographics",
        "zone_performance": "zones",
        "behavior_analytics": "behavior",
    }.items():
        assert document[part] == platform.get(f"/analytics/shop/{route}", **MONTH), part
    service = platform.get("/analytics/shop/service", **MONTH)
    service.pop("rows")
    assert document["service"] == service


def test_heatmap_of_the_document_is_over_its_own_days(platform: PlatformSite) -> None:
    told(platform.database, "shop", made_up(1))
    whole = platform.get("/analytics/shop/heatmap", weeks=4, to="2026-11-05")
    assert platform.get("/analytics/shop/export", days=28, to="2026-11-05")["hourly_heatmap"] == whole
    three = platform.get("/analytics/shop/export", days=3, to="2026-10-26")
    counted = within(made_up(1), "Europe/Paris", 3, datetime(2026, 10, 26, tzinfo=UTC).date())
    assert sum(one["count"] for one in three["hourly_heatmap"]["heatmap"]) == len(counted) > 0


def test_csv_has_a_row_for_each_stay_of_the_window_in_order(platform: PlatformSite) -> None:
    stays = made_up(1)
    told(platform.database, "shop", stays)
    told(platform.database, "other", made_up(2))
    rows = csv_of(platform)
    assert [datetime.fromisoformat(row["at"]) for row in rows] == sorted(
        datetime.fromisoformat(row["at"]) for row in rows
    )
    expected = [row_of(one) for one in within(stays, "Europe/Paris", 30, LAST)]
    as_text = [{name: "" if v is None else str(v) for name, v in row.items()} for row in by_event(expected)]
    assert by_event([dict(row) for row in rows]) == as_text


def test_parquet_has_the_same_rows_with_their_types(platform: PlatformSite) -> None:
    stays = made_up(1)
    told(platform.database, "shop", stays)
    answer = platform.ask("GET", "/analytics/shop/export", params=MONTH | {"format": "parquet"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="shop_analytics.parquet"'
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.schema.names == list(COLUMNS)
    expected = [row_of(one) for one in within(stays, "Europe/Paris", 30, LAST)]
    assert by_event(table.to_pylist()) == by_event(expected)


def test_cell_that_a_spreadsheet_would_run_is_text(platform: PlatformSite) -> None:
    nasty = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", 'a"b,c', "line\nbreak", "<script>", "é 你"]
    stays = [
        Stay(
            pseudo_id=text,
            at=noon("2026-11-01"),
            zone=text,
            behavior_type=text,
            posture=text,
            event_id=text,
            body_orientation=-0.5,
        )
        for text in nasty
    ]
    told(platform.database, "shop", stays)
    rows = csv_of(platform)
    told_text = [f"'{text}" if text[0] in "=+-@" else text for text in nasty]
    for column in ("pseudo_id", "zone", "behavior_type", "posture", "event_id"):
        assert sorted(row[column] for row in rows) == sorted(told_text)
    assert {row["body_orientation"] for row in rows} == {"-0.5"}


def test_venue_without_stays_gives_the_head_alone(platform: PlatformSite) -> None:
    answer = platform.ask("GET", "/analytics/nobody/export", params={"format": "csv"})
    assert answer.text == ",".join(COLUMNS) + "\r\n"
    answer = platform.ask("GET", "/analytics/nobody/export", params={"format": "parquet"})
    assert parquet.read_table(io.BytesIO(answer.content)).num_rows == 0
    assert platform.get("/analytics/nobody/export")["executive_summary"]["current"]["total_visitors"] == 0


@pytest.mark.parametrize("query", ["format=xml", "format=CSV", "format=", "days=0", "to=x"])
def test_other_formats_and_windows_are_refused(platform: PlatformSite, query: str) -> None:
    answer = platform.ask("GET", f"/analytics/shop/export?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


def test_server_without_parquet_says_how_to_get_it(
    platform: PlatformSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_pyarrow(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    answer = platform.ask("GET", "/analytics/shop/export", params={"format": "parquet"})
    assert answer.status_code == 400
    assert "sightline[parquet]" in answer.json()["detail"]


def test_pages_join_where_many_stays_begin_at_the_same_moment(
    platform: PlatformSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stay_files, "PAGE", 3)
    at = noon("2026-11-01")
    stays = [
        Stay(pseudo_id="p", at=at + timedelta(seconds=number // 5), zone="till", event_id=f"e{number:02}")
        for number in range(20)
    ]
    told(platform.database, "shop", stays)
    rows = csv_of(platform)
    assert sorted(row["event_id"] for row in rows) == [one.event_id for one in stays]


@pytest.fixture(params=["sqlite", "postgres"])
def months_of_stays(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StayFiles]:
    """The stays of a shop: 6 pages of 2,000."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path / "sightline.db")
    else:
        url = request.getfixturevalue("postgres_url")
    noon_of_it = noon("2026-11-01")
    stays = [
        Stay(pseudo_id=f"p{n % 50}", at=noon_of_it + timedelta(seconds=n // 7), zone="till", event_id=str(n))
        for n in range(12_000)
    ]
    with open_database(url) as database:
        told(database, "shop", stays, "UTC")
        window = Window.of_days(7, LAST, UTC)
        yield StayFiles(database=database, scope=SITE, venue_id="shop", window=window)


def test_reading_holds_one_page_and_nothing_open_in_the_database(
    months_of_stays: StayFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stay_files, "PAGE", 2_000)
    sizes = []
    pool = months_of_stays.database.engine.pool
    gc.collect()
    tracemalloc.start()
    try:
        for piece in months_of_stays.csv():
            # Whoever reads slowly keeps no transaction open.
            assert pool.checkedout() == 0  # type: ignore[attr-defined]
            sizes.append((tracemalloc.get_traced_memory()[0], piece.count("\r\n")))
    finally:
        tracemalloc.stop()
    assert [lines for _, lines in sizes] == [1, *[2_000] * 6]
    # From the second page on the one before is still there while the next is read.
    first, last = sizes[2][0], sizes[-1][0]
    assert last < first * 1.1, "memory grows with the number of stays"


def test_parquet_file_has_no_name_and_is_gone_when_closed(months_of_stays: StayFiles, tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    before = set(Path("/proc/self/fd").iterdir())
    file = months_of_stays.parquet(folder)
    assert list(folder.iterdir()) == []
    chunks = stay_files.chunks_of(file)
    assert next(chunks).startswith(b"PAR1")
    chunks.close()
    assert file.closed
    assert len(set(Path("/proc/self/fd").iterdir()) - before) <= 1


def test_disk_that_fills_up_leaves_nothing_behind(months_of_stays: StayFiles, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "64k") as folder:
        with pytest.raises(DiskFull):
            months_of_stays.parquet(folder)
        assert list(folder.iterdir()) == []
