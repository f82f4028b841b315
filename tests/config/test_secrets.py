"""Passwords and keys are referred to, read when needed, and never shown."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.config import Settings, load_settings
from sightline.config.references import DatabaseUrl, Secret, Source, mask_address
from sightline.errors import ConfigError

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

PASSWORD = "hunter2-7f3a"


def test_a_secret_is_read_from_the_environment_when_asked() -> None:
    assert Secret("env:MAIL_PASSWORD").reveal({"MAIL_PASSWORD": PASSWORD}) == PASSWORD


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "mail"
    file.write_text(PASSWORD + "\n")
    assert Secret(f"file:{file}").reveal({}) == PASSWORD


@pytest.mark.parametrize("reference", ["env:NOT_SET", "env:EMPTY", "file:/no/such/file"])
def test_a_secret_that_is_not_there_is_named(reference: str) -> None:
    with pytest.raises(ConfigError, match=reference.partition(":")[2]):
        Secret(reference).reveal({"EMPTY": ""})


@pytest.mark.parametrize(
    "text",
    [
        f"delivery: {{evidence: {{api_key: {PASSWORD}}}}}",
        f"delivery: {{incidents: {{api_key: [{PASSWORD}]}}}}",
        f"delivery: {{mail: {{host: h, from: a@b, to: c@d, password: {PASSWORD}}}}}",
        f"delivery: {{webhooks: [{{url: 'https://h', secret: {PASSWORD}}}]}}",
        f"delivery: {{mqtt: {{host: h, password: {PASSWORD}}}}}",
        f"delivery: {{mqtt: {{host: h, pasword: {PASSWORD}}}}}",
        f"identity: {{key: {PASSWORD}}}",
        f"security: {{analyzer: {{url: 'https://h', api_key: {PASSWORD}}}}}",
        f"delivery: {{evidence: {{url: 'https://user:{PASSWORD}@h'}}}}",
        f"venues: [{{id: a, cameras: [{{id: b, source: 'ftp://u:{PASSWORD}@h'}}]}}]",
        f"venues: [{{id: a, cameras: [{{id: b, sorce: 'rtsp://u:{PASSWORD}@h', source: x.mp4}}]}}]",
        f"database_url: mysql://u:{PASSWORD}@h/d",
        f"venues: [{{id: a, timezone: 'rtsp://u:{PASSWORD}@h'}}]",
        f"delivery: {{mail: {{password: 'x{PASSWORD}",
    ],
)
def test_no_message_repeats_what_could_be_a_secret(problems: Problems, text: str) -> None:
    assert PASSWORD not in "\n".join(problems(text))


def test_a_literal_secret_is_refused_with_the_way_out(problems: Problems) -> None:
    assert problems(f"delivery: {{evidence: {{api_key: {PASSWORD}}}}}") == [
        "sightline.yaml:1: delivery.evidence.api_key: a secret is not written here;"
        " write env:NAME or file:PATH and put it there"
    ]


def test_a_camera_password_is_never_shown(load: Load) -> None:
    settings = load(f"""
        database_url: postgresql://u:{PASSWORD}@db/sightline
        venues: [{{id: a, cameras: [{{id: b, source: 'rtsp://admin:{PASSWORD}@10.0.0.9:554/s1'}}]}}]
        """)
    camera = settings.camera("a", "b")
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(camera.source), repr(camera)]
    assert all(PASSWORD not in text for text in shown)
    assert str(camera.source) == "rtsp://***@10.0.0.9:554/s1"
    assert camera.source.resolve({}) == f"rtsp://admin:{PASSWORD}@10.0.0.9:554/s1"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://u:p@ss/w@host/x", "rtsp://***@host/x"),
        ("http://host/snap.cgi?usr=admin&pwd=x&ch=1", "http://host/snap.cgi?usr=***&pwd=***&ch=***"),
        ("rtsp://host/live", "rtsp://host/live"),
        ("footage/till.mp4", "footage/till.mp4"),
    ],
    ids=["unescaped signs", "in the query", "none", "a file"],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=20))
def test_no_password_survives_masking(password: str) -> None:
    marked = f"<{password}>"
    assert marked not in mask_address(f"rtsp://user:{marked}@host/stream")


@pytest.mark.parametrize(
    "source", ["exec:rm -rf /", "ffmpeg:x", "file:", "rtsp:/host", "webcam:front", "concat:a|b", "pipe:0", ""]
)
def test_a_source_that_could_reach_more_than_a_camera_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"source|address|webcam|text"):
        Source.parse(source)


def test_a_source_behind_a_variable_is_checked_when_it_is_read() -> None:
    with pytest.raises(ConfigError, match="'exec:' are not accepted"):
        Source.parse("env:TILL").resolve({"TILL": "exec:rm -rf /"})


@pytest.mark.parametrize(
    "source", ["rtsp://h/1", "webcam:0", "a b.mp4", "/srv/clips", "./12:30.mp4", "env:A"]
)
def test_cameras_files_folders_and_references_are_sources(source: str) -> None:
    assert str(Source.parse(source)) == source


def test_a_database_is_sqlite_or_postgresql() -> None:
    assert DatabaseUrl.parse("sqlite:///x.db").resolve({}) == "sqlite:///x.db"
    with pytest.raises(ValueError, match="sqlite:///PATH"):
        DatabaseUrl.parse("mysql://h/d")


def test_settings_survive_the_way_to_another_process() -> None:
    settings = load_settings(None, environ={"SIGHTLINE_DATABASE_URL": f"postgresql://u:{PASSWORD}@h/d"})
    again: Settings = pickle.loads(pickle.dumps(settings))
    assert again == settings
    assert again.database_url is not None
    assert PASSWORD in again.database_url.resolve({})
