"""`delivery.centre`: where a box tells, with what key, how often."""

from typing import Any

import pytest
from pydantic import ValidationError

from sightline.config.settings import Settings


def settings(**centre: Any) -> Settings:
    return Settings.model_validate({"delivery": {"centre": centre}})


@pytest.mark.parametrize(
    "url",
    ["https://centre.example.org", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"],
)
def test_the_way_is_encrypted_or_stays_on_this_machine(url: str) -> None:
    centre = settings(url=url, api_key="env:KEY").delivery.centre
    assert centre is not None
    assert (centre.url, centre.every_s) == (url, 60)


@pytest.mark.parametrize(
    "url", ["http://centre.example.org", "http://10.0.0.8:8000", "http://127.0.0.1.example.org", "ftp://x"]
)
def test_any_other_way_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="https://"):
        settings(url=url, api_key="env:KEY")


def test_a_key_is_not_written_down() -> None:
    with pytest.raises(ValidationError, match="a secret is not written here"):
        settings(url="https://centre.example.org", api_key="0123")


def test_an_address_holds_no_password_and_is_not_shown() -> None:
    with pytest.raises(ValidationError, match="holds no user"):
        settings(url="https://me:secret@centre.example.org")
    assert "centre.example.org" not in repr(settings(url="https://centre.example.org"))


@pytest.mark.parametrize("every_s", [0, 3601, True])
def test_pauses_are_between_a_second_and_an_hour(every_s: float) -> None:
    with pytest.raises(ValidationError):
        settings(url="https://centre.example.org", every_s=every_s)
