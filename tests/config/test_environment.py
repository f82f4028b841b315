"""Variables of the environment override the file, by name and with the same care."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.config import Settings, load_settings

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

SITE = """
analysis_fps: 3
delivery: {evidence: {to: local}}
venues: [{id: shop, cameras: [{id: till, source: a.mp4}, {id: door, source: b.mp4}]}]
"""


def test_a_variable_overrides_the_file(load: Load) -> None:
    settings = load(
        SITE,
        SIGHTLINE_ANALYSIS_FPS="7.5",
        SIGHTLINE_DELIVERY__EVIDENCE__TO="http",
        SIGHTLINE_DELIVERY__EVIDENCE__URL="https://store.example/upload",
        SIGHTLINE_PRIVACY__BLUR_FACES="true",
        SIGHTLINE_VENUES__0__CAMERAS__1__SOURCE="c.mp4",
    )
    assert settings.analysis_fps == 7.5
    assert settings.delivery.evidence.to == "http"
    assert settings.privacy.blur_faces is True
    assert [str(camera.source) for camera in settings.venues[0].cameras] == ["a.mp4", "c.mp4"]


def test_the_short_names_of_the_manual_work() -> None:
    settings = load_settings(
        None,
        environ={
            "SIGHTLINE_MODELS": "/srv/models",
            "SIGHTLINE_DATA_DIR": "/srv/data",
            "SIGHTLINE_DATABASE_URL": "postgresql://db/sightline",
        },
    )
    assert (settings.models.dir, settings.data_dir) == (Path("/srv/models"), Path("/srv/data"))
    assert str(settings.database_url) == "postgresql://db/sightline"


def test_lists_and_groups_are_written_as_yaml(load: Load) -> None:
    settings = load(
        "",
        SIGHTLINE_SERVER__CORS_ORIGINS="[https://a.example, https://b.example]",
        SIGHTLINE_DOWNLOADS__HOSTS="one.example",
        SIGHTLINE_RETENTION_DAYS='{"evidence": 7}',
    )
    assert settings.server.cors_origins == ("https://a.example", "https://b.example")
    assert settings.downloads.hosts == ("one.example",)
    assert settings.retention_days.evidence == 7


def test_a_secret_in_its_variable_stays_there(load: Load) -> None:
    settings = load("", SIGHTLINE_DELIVERY__INCIDENTS__API_KEY="k-123")
    key = settings.delivery.incidents.api_key
    assert str(key) == "env:SIGHTLINE_DELIVERY__INCIDENTS__API_KEY"
    assert key is not None
    assert key.reveal({"SIGHTLINE_DELIVERY__INCIDENTS__API_KEY": "k-123"}) == "k-123"


def test_the_names_of_the_earlier_product_are_honoured() -> None:
    environ = {
        "SPARSE_AI_API_KEY": "k",
        "SPARSE_AI_BASE_URL": "https://videos.example",
        "VIDEO_LINK_EXPIRATION_HOURS": "72",
    }
    delivery = load_settings(None, environ=environ).delivery
    assert str(delivery.hosted.api_key) == "env:SPARSE_AI_API_KEY"
    assert delivery.hosted.base_url == "https://videos.example"
    assert delivery.links.expiration_hours == 72


def test_our_own_name_wins_over_the_earlier_one() -> None:
    environ = {"VIDEO_LINK_EXPIRATION_HOURS": "72", "SIGHTLINE_DELIVERY__LINKS__EXPIRATION_HOURS": "24"}
    assert load_settings(None, environ=environ).delivery.links.expiration_hours == 24


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SIGHTLINE_DELIVRY__EVIDENCE__TO", "; did you mean 'SIGHTLINE_DELIVERY__EVIDENCE__TO'?"),
        ("SIGHTLINE_VENUES__0__CAMERAS__2__ID", "; did you mean 'SIGHTLINE_VENUES__0__CAMERAS__0__ID'?"),
        ("SIGHTLINE_VENUES__SHOP__NAME", "; did you mean 'SIGHTLINE_VENUES__0__NAME'?"),
    ],
    ids=["misspelt", "no such camera", "id for a position"],
)
def test_a_variable_that_names_nothing_is_refused_by_name(problems: Problems, name: str, hint: str) -> None:
    assert problems(SITE, **{name: "secret-value"}) == [f"{name}: names no setting{hint}"]


def test_a_wrong_value_is_blamed_on_its_variable(problems: Problems) -> None:
    assert problems(SITE, SIGHTLINE_TRACKER__NAME="sort") == [
        "SIGHTLINE_TRACKER__NAME: tracker.name must be one of botsort, deepsort, bytetrack, got 'sort';"
        " did you mean 'botsort'?"
    ]


def test_a_variable_that_a_secret_refers_to_is_no_setting(load: Load) -> None:
    settings = load(
        "delivery: {footfall: {api_key: env:SIGHTLINE_FOOTFALL}}",
        SIGHTLINE_FOOTFALL="k",
        SIGHTLINE_IDENTITY_KEY="k",
    )
    assert str(settings.delivery.footfall.api_key) == "env:SIGHTLINE_FOOTFALL"


def test_an_empty_variable_counts_as_not_set(load: Load) -> None:
    assert load(SITE, SIGHTLINE_ANALYSIS_FPS="", SIGHTLINE_NONSENSE="").analysis_fps == 3


def test_other_programs_variables_are_left_alone(load: Load) -> None:
    assert load(SITE, PATH="/bin", SIGHTLINER="x").analysis_fps == 3
