"""The example site file with all that is commented out taken in."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from typer.testing import CliRunner

from sightline.cli.config import app
from sightline.config import Settings, load_settings
from sightline.config.delivery import CentreDelivery, DeliverySettings, EvidenceDelivery, MailSettings
from sightline.config.references import Secret

EXAMPLE = (Path(__file__).parents[2] / "examples" / "sightline.yaml").read_text(encoding="utf-8")
PLACES = get_args(EvidenceDelivery.model_fields["to"].annotation)


def taken_in(text: str) -> str:
    """Lines with one # without it; those with two are remarks."""
    return re.sub(r"^( *)# ", r"\1", text, flags=re.MULTILINE)


def example(folder: Path, to: str = "local") -> Path:
    file = folder / "sightline.yaml"
    text, places = re.subn(r"\bto: local\b", f"to: {to}", taken_in(EXAMPLE))
    assert places == 1
    if to == "hosted":
        text = text.replace("keep_local: false", "keep_local: true")  # a host's copy expires
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("to", PLACES)
def test_it_passes_config_check_wherever_clips_go(tmp_path: Path, to: str) -> None:
    result = CliRunner().invoke(app, ["check", str(example(tmp_path, to))])
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("group", [DeliverySettings, EvidenceDelivery, CentreDelivery, MailSettings])
def test_it_shows_every_receiver_and_every_setting_of_it(group: Any) -> None:
    delivery = yaml.safe_load(taken_in(EXAMPLE))["delivery"]
    written = {
        DeliverySettings: delivery,
        EvidenceDelivery: delivery["evidence"],
        CentreDelivery: delivery["centre"],
        MailSettings: delivery["mail"],
    }
    names = {field.alias or name for name, field in group.model_fields.items()}
    assert set(written[group]) == names


def test_every_secret_of_it_is_said_to_be_elsewhere(tmp_path: Path) -> None:
    settings = load_settings(example(tmp_path), environ={})
    secrets = list(_secrets(settings))
    assert len(secrets) == 12
    assert all(one.is_reference for one in secrets)


def _secrets(value: object) -> Any:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets(one)
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))


def test_as_it_stands_nothing_leaves(tmp_path: Path) -> None:
    file = tmp_path / "sightline.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    assert load_settings(file, environ={}).delivery == Settings().delivery
