"""What may stand in a site file, and what is used where nothing does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from sightline.config import Settings, config_schema, load_settings
from sightline.config.values import Distance, OpenSpan

Load = Callable[..., Settings]

EXAMPLE = Path(__file__).parents[2] / "examples" / "sightline.yaml"

MINIMAL = """
venues:
  - id: my_store
    timezone: Europe/Paris
    cameras:
      - id: till
        source: env:TILL_RTSP_URL            # rtsp://..., file.mp4, webcam:0
        staff: {line: [[0.35, 0.0], [0.55, 1.0]]}
        zones: [{name: counter, kind: service, points: [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0], [0.1, 1.0]]}]
delivery:
  evidence: {to: local}                      # local | http | s3 | hosted
"""

CAMERA = """
venues:
  - id: shop
    cameras:
      - id: till
        source: till.mp4
"""


def test_the_minimal_site_of_the_manual_loads(load: Load) -> None:
    camera = load(MINIMAL).camera("my_store", "till")
    assert camera.staff.line == ((0.35, 0.0), (0.55, 1.0))
    assert camera.staff.side == "left"
    assert camera.zones[0].kind == "service"
    assert camera.source.resolve({"TILL_RTSP_URL": "rtsp://camera/1"}) == "rtsp://camera/1"


def test_the_shipped_example_loads() -> None:
    settings = load_settings(EXAMPLE, environ={})
    assert [camera.id for camera in settings.venue("my_store").cameras] == ["till", "entrance"]


def test_a_camera_without_figures_has_those_of_the_contract(load: Load) -> None:
    camera = load(CAMERA).camera("shop", "till")
    assert camera.interaction.distance == Distance(1.2, "body_heights")
    assert (camera.interaction.min_duration_s, camera.interaction.start_after_s) == (5, 0.5)
    assert camera.interaction.end_after_s == 2
    unattended = camera.unattended
    assert (unattended.threshold_s, unattended.confirmation_s, unattended.grace_s) == (30, 30, 15)
    queue = camera.queue
    assert (queue.min_duration_s, queue.validation_s, queue.stability) == (8, 3, 0.7)
    assert (queue.alert_length, queue.alert_wait_s) == (4, 180)


def test_a_site_without_file_has_the_defaults_of_the_contract() -> None:
    settings = load_settings(None, environ={})
    assert settings.model_dump(mode="json") == {
        "data_dir": "sightline-data",
        "database_url": None,
        "models": {"dir": None, "catalogue": None},
        "detector": {
            "name": "auto",
            "confidence": 0.25,
            "runtime": "auto",
            "precision": "f32",
            "threads": 0,
        },
        "tracker": {"name": "botsort", "looks": "motion"},
        "analysis_fps": 5,
        "identity": {
            "enabled": False,
            "demographics": True,
            "reid": True,
            "key": "env:SIGHTLINE_IDENTITY_KEY",
        },
        "behavior": {"enabled": False},
        "privacy": {"blur_faces": False, "masks": []},
        "recording": {"disk_share": 0.8, "segment_s": 120, "pre_s": 5, "post_s": 5},
        "retention_days": {"recording": 3, "evidence": 30, "events": 400, "identity": 30, "audit": 400},
        "security": {
            "after_hours": False,
            "loiter_s": None,
            "crowd": None,
            "min_duration_s": 3,
            "analyzer": None,
        },
        "venues": [],
        "delivery": {
            "evidence": {
                "to": "local",
                "url": None,
                "api_key": None,
                "public_base_url": None,
                "bucket": None,
                "access_key_id": None,
                "secret_access_key": None,
                "region": "us-east-1",
                "keep_local": True,
            },
            "hosted": {"base_url": None, "api_key": None},
            "incidents": {"url": None, "api_key": None},
            "footfall": {"url": None, "api_key": None},
            "centre": None,
            "links": {"expiration_hours": 48},
            "mail": None,
            "webhooks": [],
            "mqtt": None,
            "apprise": [],
        },
        "downloads": {
            "hosts": ["youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"],
            "max_upload_mb": 2048,
        },
        "server": {
            "host": "127.0.0.1",
            "port": 8000,
            "public_url": None,
            "auth": "auto",
            "cors_origins": [],
            "rate_limits": {"ingest": 100, "process": 10},
        },
    }


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"], ids=["empty", "comments", "marker"])
def test_a_file_without_settings_is_a_site_of_defaults(load: Load, text: str) -> None:
    assert load(text) == Settings()


def test_a_setting_left_empty_means_its_default(load: Load) -> None:
    assert load(CAMERA + "        zones:\n        staff:\n").camera("shop", "till").zones == ()


@pytest.mark.parametrize(
    ("written", "distance"),
    [
        pytest.param("1.5", Distance(1.5, "body_heights"), id="body heights"),
        pytest.param("650px", Distance(650, "pixels"), id="pixels"),
        pytest.param('"2"', Distance(2, "body_heights"), id="quoted number"),
    ],
)
def test_a_distance_is_body_heights_or_pixels(load: Load, written: str, distance: Distance) -> None:
    settings = load(CAMERA + f"        interaction: {{distance: {written}}}\n")
    assert settings.camera("shop", "till").interaction.distance == distance


def test_opening_hours_are_minutes_of_the_day(load: Load) -> None:
    settings = load(
        'venues: [{id: bar, opening_hours: {mon: ["09:00-12:30", "14:00-24:00"], sat: "18:00-02:00"}}]'
    )
    hours = settings.venue("bar").opening_hours
    assert hours is not None
    assert hours.mon == (OpenSpan(540, 750), OpenSpan(840, 1440))
    assert hours.sat == (OpenSpan(1080, 120),)
    assert hours.sun == ()


def test_shared_figures_can_be_written_once_and_merged(load: Load) -> None:
    settings = load("""
        venues:
          - id: shop
            cameras:
              - &till {id: till, source: a.mp4, queue: {alert_length: 2}}
              - {<<: *till, id: second}
        """)
    second = settings.camera("shop", "second")
    assert (second.id, second.queue.alert_length) == ("second", 2)


def test_two_venues_may_each_have_a_till(load: Load) -> None:
    settings = load("""
        venues:
          - {id: north, cameras: [{id: till, source: n.mp4}]}
          - {id: south, cameras: [{id: till, source: s.mp4}]}
        """)
    assert str(settings.camera("south", "till").source) == "s.mp4"


def test_settings_cannot_be_changed_after_loading() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.analysis_fps = 7


def test_camera_security_inherits_what_it_does_not_set(load: Load) -> None:
    settings = load("""
        security: {after_hours: true, loiter_s: 60, analyzer: {url: "https://look.example"}}
        venues: [{id: shop, cameras: [{id: till, source: a.mp4, security: {loiter_s: 5}}]}]
        """)
    security = settings.security.for_camera(settings.camera("shop", "till").security)
    assert (security.after_hours, security.loiter_s, security.min_duration_s) == (True, 5, 3)
    assert security.analyzer is not None


def test_what_is_loaded_can_be_written_out_and_loaded_again(load: Load) -> None:
    settings = load_settings(EXAMPLE, environ={})
    again = load(yaml.safe_dump(settings.model_dump(mode="json", by_alias=True)))
    assert again == settings


def test_the_schema_names_every_group_and_is_plain_json() -> None:
    schema = json.loads(json.dumps(config_schema()))
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["ZoneSettings"]["properties"]["kind"]["enum"][:2] == ["area", "service"]
    assert "from" in schema["$defs"]["MailSettings"]["properties"]
