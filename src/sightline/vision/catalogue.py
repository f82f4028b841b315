"""Which models there are, what they may be used for, and where a file of each lies on this machine."""

import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from platformdirs import user_cache_dir
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.errors import ConfigError

MODELS_VARIABLE = "SIGHTLINE_MODELS"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class ModelEntry(BaseModel):
    """One model of the catalogue.

    Attributes:
        addresses: where it can be fetched, tried in this order; empty when its makers publish no ONNX file.
        address_verified: whether somebody fetched it from there and ran it.
        layout: how its tensors are read.
        input: width and height in pixels; None when any size will do.
        confidence: least score (or cosine) this model should be used with.
        cost_ms: nominal milliseconds of one call, at `input` or at 320 x 320 pixels where any size will do.
            For weighing what is looked at when, never for judging a machine; None when nobody measured it.
        normalise: what is subtracted from pixel values 0..255, and what they are then divided by; None as
            the layout has it.
        sha256: known copies of the file; empty means trusted on first use and then pinned.
        hint: how to come by a file where there is no address.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]
    kind: str = "person detector"
    purpose: str = ""
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.onnx$")]
    addresses: tuple[str, ...] = ()
    address_verified: bool = False
    licence: str = "none stated"
    licence_class: Literal["permissive", "copyleft", "non-commercial", "none stated"] = "none stated"
    layout: str = "auto"
    input: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    cost_ms: Annotated[float, Field(gt=0)] | None = None
    normalise: tuple[float, Annotated[float, Field(gt=0)]] | None = None
    sha256: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    hint: str = ""

    @property
    def wants_a_yes(self) -> bool:
        """Whether its licence binds the user in a way that has to be accepted first."""
        return self.licence_class != "permissive"


def load_catalogue(site_file: Path | None = None) -> dict[str, ModelEntry]:
    """The shipped catalogue, with what a site adds or overrides.

    Args:
        site_file: YAML in the form of the shipped `models.yaml`; an entry of a known name may
            hold only what differs.

    Raises:
        ConfigError: `site_file` cannot be read or an entry is wrong, naming the entry and the setting.
    """
    shipped = yaml.safe_load(files("sightline.vision").joinpath("models.yaml").read_text(encoding="utf-8"))
    entries: dict[str, dict[str, Any]] = dict(shipped)
    if site_file is not None:
        for name, own in _site_entries(site_file).items():
            entries[name] = {**entries.get(name, {"file": f"{name}.onnx"}), **own}
    return {name: _entry(name, entry, site_file) for name, entry in entries.items()}


def _site_entries(file: Path) -> dict[str, dict[str, Any]]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"cannot read the catalogue of models {file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not readable as YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(data, dict) or not all(isinstance(entry, dict) for entry in data.values()):
        raise ConfigError(
            f"{file}: a catalogue of models is a list of 'name: {{file: ..., addresses: [...]}}'"
        )
    return {str(name): entry for name, entry in data.items()}


def _entry(name: str, fields: dict[str, Any], site_file: Path | None) -> ModelEntry:
    try:
        return ModelEntry.model_validate({**fields, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        setting = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{site_file or 'models.yaml'}: model {name!r}, {setting}: {first['msg']}"
        ) from None


def search_places(
    models_dir: Path | None = None, *, environ: Mapping[str, str] = os.environ
) -> tuple[Path, ...]:
    """Folders in which models are looked for, best first: the configured one, SIGHTLINE_MODELS, the cache."""
    places = [models_dir] if models_dir is not None else []
    if environ.get(MODELS_VARIABLE, "").strip():
        places.append(Path(environ[MODELS_VARIABLE].strip()))
    places.append(Path(user_cache_dir("sightline", appauthor=False)) / "models")
    return tuple(dict.fromkeys(place.expanduser() for place in places))


def find_model(
    name: str,
    *,
    models_dir: Path | None = None,
    catalogue: Mapping[str, ModelEntry] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Path | None:
    """The file of a model on this machine, or None when it has not been fetched.

    Args:
        name: as in the catalogue; a name it does not have is looked for as NAME.onnx.
        models_dir: the configured folder (`models: {dir: ...}`), searched first.
        catalogue: None for the shipped one.
    """
    if not NAME.fullmatch(name):
        return None
    entry = (load_catalogue() if catalogue is None else catalogue).get(name)
    file = entry.file if entry is not None else f"{name}.onnx"
    for place in search_places(models_dir, environ=environ):
        if (place / file).is_file():
            return place / file
    return None
