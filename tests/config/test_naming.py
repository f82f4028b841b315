"""Which venue and camera a video on the command line belongs to."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.config import Settings, camera_for_video
from sightline.config.naming import camera_id_from
from sightline.errors import ConfigError

Load = Callable[..., Settings]

VIDEO = Path("footage/Caisse n°1.mp4")
TWO_CAMERAS = "venues: [{id: shop, cameras: [{id: till, source: a.mp4}, {id: door, source: b.mp4}]}]"


def test_without_a_site_file_the_venue_is_default_and_the_camera_is_called_like_the_video() -> None:
    venue, camera = camera_for_video(Settings(), VIDEO)
    assert (venue.id, camera.id) == ("default", "Caisse_n_1")
    assert camera.unattended.threshold_s == 30


def test_names_given_on_the_command_line_are_used_without_a_site_file() -> None:
    venue, camera = camera_for_video(Settings(), VIDEO, venue_id="north", camera_id="till")
    assert (venue.id, camera.id) == ("north", "till")


def test_the_only_camera_of_the_only_venue_is_taken(load: Load) -> None:
    settings = load("venues: [{id: shop, cameras: [{id: till, source: a.mp4}]}]")
    venue, camera = camera_for_video(settings, VIDEO)
    assert (venue.id, camera.id) == ("shop", "till")


def test_a_video_called_like_a_camera_belongs_to_it(load: Load) -> None:
    assert camera_for_video(load(TWO_CAMERAS), Path("door.mp4"))[1].id == "door"


@pytest.mark.parametrize(
    ("text", "names", "message"),
    [
        (TWO_CAMERAS, {}, "several cameras; say which with --camera: till, door"),
        (TWO_CAMERAS, {"camera_id": "tlil"}, "no camera 'tlil'; did you mean 'till'"),
        (TWO_CAMERAS, {"venue_id": "north"}, "no venue 'north'; there are: shop"),
        ("venues: [{id: a}, {id: b}]", {}, "several venues; say which with --venue: a, b"),
        ("", {"venue_id": "../etc"}, "a venue id is 1 to 50 letters"),
        ("", {"camera_id": "a/b"}, "a camera id is 1 to 50 letters"),
    ],
    ids=["several cameras", "misspelt camera", "unknown venue", "several venues", "bad venue", "bad camera"],
)
def test_what_cannot_be_told_is_asked_for(load: Load, text: str, names: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        camera_for_video(load(text), VIDEO, **names)


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_every_file_name_gives_a_valid_camera_id(stem: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,50}", camera_id_from(Path("folder") / f"{stem}.mp4"))
