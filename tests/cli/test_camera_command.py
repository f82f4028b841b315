"""`sightline camera` and `sightline venue` as typed, over real files, a real database and a real stream."""

import io
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sightline.cli.main import exit_code_of
from sightline.config.vault import SecretName, Vault
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.store.cameras import get_camera
from sightline.store.database import open_database, sqlite_url
from sightline.store.gaps import open_gap
from sightline.store.status import put_status
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing

Captured = pytest.CaptureFixture[str]
ADDRESS = "rtsp://gazer:s3cret@10.0.0.5:554/stream1"
SITE_FILE = """
venues:
  - id: shop
    timezone: Europe/Paris
    cameras:
      - {id: door, source: "rtsp://owner:hidden@10.0.0.7/door"}
      - {id: old, source: old.mp4}
"""
RULES = """
zones:
  - {name: line, kind: queue, points: [[0.7, 0.5], [1, 0.5], [1, 1]]}
queue: {alert_length: 3}
"""


@pytest.fixture(autouse=True)
def in_a_fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(capsys: Captured) -> Callable[..., tuple[int, str, str]]:
    """Runs one command line: exit code, standard output, standard error on one line."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = exit_code_of([str(one) for one in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, " ".join(said.err.split())

    return run


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(say: Say) -> Path:
    """A site with the venue `shop`; its data folder."""
    assert say("venue", "add", "shop", "--name", "The shop", "--timezone", "Europe/Paris")[0] == 0
    return Path("sightline-data").absolute()


def settings_of(data_dir: Path, camera: str) -> dict[str, Any]:
    with (
        open_database(sqlite_url(data_dir / "sightline.db")) as database,
        database.reading() as connection,
    ):
        stored = get_camera(Scope.site(), connection, "shop", camera)
    assert stored is not None
    assert stored.origin == "typed"
    return dict(stored.settings)


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_typed_password_is_nowhere_but_encrypted_in_the_vault(
    say: Say, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ADDRESS}\n"))
    code, out, err = say("camera", "add", "till", "--venue", "shop", "--source", "-")
    assert code == 0
    assert "s3cret" not in out + err
    assert "shell's history" not in err
    assert settings_of(shop, "till")["source"] == "rtsp://***@10.0.0.5:554/stream1"
    assert Vault(shop / "secrets").reveal(SecretName("shop", "till", "source")) == ADDRESS
    assert b"s3cret" not in everything_below(shop)


def test_a_password_typed_as_an_argument_is_taken_with_a_word_of_warning(say: Say, shop: Path) -> None:
    code, out, err = say("camera", "add", "till", "--venue", "shop", "--source", ADDRESS)
    assert code == 0
    assert "shell's history" in err
    assert "--source -" in err
    assert "s3cret" not in out + err


def test_a_password_in_the_path_or_the_query_is_neither_stored_nor_shown_in_the_clear(
    say: Say, shop: Path
) -> None:
    address = "rtsp://10.0.0.5/user=admin_password=s3cret_channel=1_stream=0.sdp"
    other = "http://10.0.0.6/video.cgi?usr=admin&pwd=s3cret"
    added = say("camera", "add", "till", "--venue", "shop", "--source", address, "--record-source", other)
    assert added[0] == 0
    said = str([added, say("camera", "list"), say("camera", "list", "--json")])
    assert "s3cret" not in said
    assert "10.0.0.6" in said
    assert b"s3cret" not in everything_below(shop)
    vault = Vault(shop / "secrets")
    assert vault.reveal(SecretName("shop", "till", "source")) == address
    assert vault.reveal(SecretName("shop", "till", "record_source")) == other


def test_references_are_stored_as_such_and_not_followed(
    say: Say, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILL_URL", ADDRESS)
    assert say("camera", "add", "till", "--venue", "shop", "--source", "env:TILL_URL")[0] == 0
    assert settings_of(shop, "till")["source"] == "env:TILL_URL"
    assert not list((shop / "secrets").glob("*/*"))
    assert b"s3cret" not in everything_below(shop)


def test_what_is_drawn_is_stored_with_the_camera(say: Say, shop: Path) -> None:
    Path("rules.yaml").write_text(RULES)
    line = ("--staff-line", "0.35,0,0.55,1", "--staff-side", "right")
    source = ("--source", "webcam:0", "--transport", "udp", "--zones", "rules.yaml")
    assert say("camera", "add", "till", "--venue", "shop", *source, *line)[0] == 0
    stored = settings_of(shop, "till")
    assert stored["staff"]["line"] == [[0.35, 0.0], [0.55, 1.0]]
    assert stored["staff"]["side"] == "right"
    assert [zone["name"] for zone in stored["zones"]] == ["line"]
    assert stored["queue"]["alert_length"] == 3
    assert stored["transport"] == "udp"


BAD = [
    (("--venue", "shpo"), "there is no venue 'shpo'; did you mean 'shop'?"),
    (("--venue", "elsewhere"), "sightline venue add elsewhere"),
    (("--source", "exec:rm -rf /"), "sources of the kind 'exec:' are not accepted"),
    (("--source", "clip.mp4"), "sightline analyze"),
    (("--source", "rtsp:10.0.0.5"), "needs // and a host"),
    (("--transport", "quic"), "must be one of tcp, udp"),
    (("--staff-line", "0,0,1"), "write x1,y1,x2,y2"),
    (("--staff-line", "0,0,2,1"), "each from 0 to 1"),
    (("--staff-line", "0.1,0.1,0.1,0.1"), "the same"),
    (("--zones", "nowhere.yaml"), "nowhere.yaml"),
    (("--zones", "wrong.yaml"), "wrong.yaml:2: zones[0].kind must be one of"),
]


@pytest.mark.parametrize(("change", "said"), BAD, ids=[" ".join(change) for change, _ in BAD])
def test_bad_input_is_one_clear_line_and_stores_nothing(
    say: Say, shop: Path, change: tuple[str, str], said: str
) -> None:
    Path("wrong.yaml").write_text("zones:\n  - {name: a, kind: qeue, points: [[0,0],[1,0],[1,1]]}\n")
    given = {"--venue": "shop", "--source": "webcam:0", change[0]: change[1]}
    code, _, err = say("camera", "add", "till", *[part for pair in given.items() for part in pair])
    assert code == 2
    assert said in err
    assert json.loads(say("camera", "list", "--json")[1]) == {"cameras": []}
    assert not (shop / "secrets" / "shop").exists()


def test_a_bad_id_is_refused(say: Say, shop: Path) -> None:
    code, _, err = say("camera", "add", "../till", "--venue", "shop", "--source", "webcam:0")
    assert code == 2
    assert "the camera's id must be 1 to 50 letters" in err
    code, _, err = say("venue", "add", "a/b")
    assert code == 2
    assert "the venue's id must be 1 to 50 letters" in err


def test_an_empty_line_is_no_address(say: Say, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    code, _, err = say("camera", "add", "till", "--venue", "shop", "--source", "-")
    assert code == 2
    assert "no address of the camera was given" in err


def test_an_unknown_time_zone_names_the_nearest(say: Say) -> None:
    code, _, err = say("venue", "add", "shop", "--timezone", "Europe/Pariss")
    assert code == 2
    assert "did you mean 'Europe/Paris'?" in err


def test_venues_are_listed_with_their_cameras_and_none_twice(say: Say, shop: Path) -> None:
    say("camera", "add", "till", "--venue", "shop", "--source", "webcam:0")
    assert json.loads(say("venue", "list", "--json")[1]) == {
        "venues": [{"id": "shop", "name": "The shop", "timezone": "Europe/Paris", "cameras": 1}]
    }
    assert "The shop" in say("venue", "list")[1]
    code, _, err = say("venue", "add", "shop")
    assert code == 2
    assert "there is a venue 'shop' already" in err


def test_empty_lists_say_how_to_begin_and_make_no_data_folder(say: Say, tmp_path: Path) -> None:
    assert "sightline venue add" in say("venue", "list")[2]
    assert "sightline venue add" in say("camera", "list")[2]
    assert list(tmp_path.iterdir()) == []


def test_a_camera_of_the_site_file_is_changed_and_removed_there(say: Say) -> None:
    Path("sightline.yaml").write_text(SITE_FILE)
    code, _, err = say("camera", "remove", "door")
    assert code == 2
    assert "sightline.yaml; remove it there" in err
    code, _, err = say("camera", "add", "door", "--venue", "shop", "--source", "webcam:0")
    assert code == 2
    assert "sightline.yaml; change it there" in err
    rows = json.loads(say("camera", "list", "--json")[1])["cameras"]
    assert [(row["camera_id"], row["state"], row["origin"]) for row in rows] == [
        ("door", "never", "file"),
        ("old", "recordings", "file"),
    ]
    code, out, err = say("camera", "list")
    assert "hidden" not in out + err
    assert "sightline serve" in err


def test_a_camera_may_be_typed_for_a_venue_that_stands_in_the_file_only(say: Say) -> None:
    Path("sightline.yaml").write_text(SITE_FILE)
    assert say("camera", "add", "till", "--venue", "shop", "--source", "webcam:0")[0] == 0
    venues = json.loads(say("venue", "list", "--json")[1])["venues"]
    assert venues == [{"id": "shop", "name": "shop", "timezone": "Europe/Paris", "cameras": 3}]


def test_removing_forgets_the_address_and_says_what_stays(say: Say, shop: Path) -> None:
    say("camera", "add", "till", "--venue", "shop", "--source", ADDRESS)
    code, _, err = say("camera", "remove", "til")
    assert code == 2
    assert "did you mean 'till'?" in err
    code, _, err = say("camera", "remove", "till")
    assert code == 0
    assert "Footage stays for 3 days, evidence 30, events 400" in err
    assert not (shop / "secrets" / "shop" / "till.source").exists()
    assert json.loads(say("camera", "list", "--json")[1]) == {"cameras": []}
    assert say("camera", "remove", "till")[0] == 2
    assert say("camera", "add", "till", "--venue", "shop", "--source", ADDRESS)[0] == 0


def test_a_camera_that_is_there_is_not_added_twice(say: Say, shop: Path) -> None:
    say("camera", "add", "till", "--venue", "shop", "--source", ADDRESS)
    code, _, err = say("camera", "add", "till", "--venue", "shop", "--source", "webcam:0")
    assert code == 2
    assert "has a camera 'till' already (rtsp://***@10.0.0.5:554/stream1)" in err
    assert Vault(shop / "secrets").reveal(SecretName("shop", "till", "source")) == ADDRESS


def test_two_venues_may_have_a_camera_of_one_name_which_then_must_be_told(say: Say, shop: Path) -> None:
    say("venue", "add", "kiosk")
    for venue in ("shop", "kiosk"):
        assert say("camera", "add", "till", "--venue", venue, "--source", "webcam:0")[0] == 0
    code, _, err = say("camera", "remove", "till")
    assert code == 2
    assert "--venue: kiosk, shop" in err
    assert say("camera", "remove", "till", "--venue", "kiosk")[0] == 0
    rows = json.loads(say("camera", "list", "--json")[1])["cameras"]
    assert [row["venue_id"] for row in rows] == ["shop"]


def test_the_list_shows_what_the_camera_process_told_last(say: Say, shop: Path) -> None:
    for camera in ("till", "door"):
        say("camera", "add", camera, "--venue", "shop", "--source", "webcam:0")
    now = datetime.now(UTC)
    told = {"state": "running", "width": 1280, "height": 720, "codec": "h264", "fps_in": 14.96}
    with (
        open_database(sqlite_url(shop / "sightline.db")) as database,
        database.transaction() as connection,
    ):
        picture = {**told, "last_packet_at": (now - timedelta(seconds=2)).isoformat()}
        put_status(Scope.site(), connection, "shop", "till", picture, at=now)
        put_status(Scope.site(), connection, "shop", "door", {"state": "gap"}, at=now)
        lost = Gap(started_at=now - timedelta(minutes=65), ended_at=None, reason=GapReason.UNAUTHORIZED)
        open_gap(Scope.site(), connection, "shop", "door", lost)
    out = say("camera", "list")[1]
    (till,) = [line for line in out.splitlines() if " till " in line]
    (door,) = [line for line in out.splitlines() if " door " in line]
    assert "running" in till
    assert "1280x720 h264" in till
    assert "15.0" in till
    assert "unauthorized for 1 h 5 min" in door
    rows = {row["camera_id"]: row for row in json.loads(say("camera", "list", "--json")[1])["cameras"]}
    assert rows["door"]["gap"]["reason"] == "unauthorized"
    assert rows["till"]["fps"] == 14.96


@pytest.fixture
def rtsp() -> Iterator[RtspServer]:
    lacking = rtsp_server_missing()
    if lacking is not None:
        pytest.skip(lacking)
    mounts = {"/camera": TestPicture(width=320, height=240, fps=10, gop=10)}
    with RtspServer(mounts, user="viewer", password="s3cret") as server:
        yield server


@pytest.mark.slow
def test_testing_a_camera_shows_what_it_sends_and_leaves_a_picture(
    say: Say, shop: Path, rtsp: RtspServer
) -> None:
    address = rtsp.url("/camera", with_password=True)
    say("camera", "add", "till", "--venue", "shop", "--source", address)
    code, out, err = say("camera", "test", "till", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["width"], told["height"], told["codec"]) == (320, 240, "h264")
    assert told["fps"] == pytest.approx(10, abs=0.5)
    assert told["key_frame_interval_s"] == pytest.approx(1, abs=0.1)
    assert Path(told["snapshot"]) == shop / "snapshots" / "shop" / "till.jpg"
    assert Path(told["snapshot"]).read_bytes()[:3] == b"\xff\xd8\xff"
    assert Path(told["snapshot"]).stat().st_mode & 0o077 == 0
    assert "s3cret" not in out + err


@pytest.mark.slow
def test_each_way_in_which_a_camera_fails_is_one_line_with_a_way_out(say: Say, rtsp: RtspServer) -> None:
    right = rtsp.url("/camera", with_password=True)
    failures = {
        right.replace("s3cret", "wrong"): "check user and password",
        right.replace("/camera", "/elsewhere"): "look up the path",
        "rtsp://127.0.0.1:9/": "check that it has power and network",
    }
    for address, way_out in failures.items():
        code, out, err = say("camera", "test", address)
        assert code == 1
        assert way_out in err
        assert "s3cret" not in out + err
        assert "wrong" not in err


def test_what_is_no_camera_is_not_opened(say: Say) -> None:
    Path("sightline.yaml").write_text(SITE_FILE)
    assert "analyze" in say("camera", "test", "old")[2]
    assert say("camera", "test", "exec:ls")[0] == 2
    code, _, err = say("camera", "test", "dor")
    assert code == 2
    assert "did you mean 'door'?" in err


def test_the_database_has_no_column_that_would_hold_a_password(say: Say, shop: Path) -> None:
    say("camera", "add", "till", "--venue", "shop", "--source", ADDRESS)
    with sqlite3.connect(shop / "sightline.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "10.0.0.5" in dump
    assert "s3cret" not in dump
    assert "gazer" not in dump
