"""Settings from the environment: `SIGHTLINE_A__B`, three short names, and those of an earlier product."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sightline.config.document import Document
from sightline.config.groups_of import GroupType, field_of, group_in, is_list, is_secret, is_structured
from sightline.config.settings import Settings
from sightline.config.site_checks import Problem, SettingPath, nearest

PREFIX = "SIGHTLINE_"
SHORT_NAMES: dict[str, SettingPath] = {"SIGHTLINE_MODELS": ("models", "dir")}
EARLIER_NAMES: dict[str, SettingPath] = {
    "SPARSE_AI_API_KEY": ("delivery", "hosted", "api_key"),
    "SPARSE_AI_BASE_URL": ("delivery", "hosted", "base_url"),
    "VIDEO_LINK_EXPIRATION_HOURS": ("delivery", "links", "expiration_hours"),
}


def apply_environment(document: Document, environ: Mapping[str, str]) -> None:
    """Write the values of the environment over those of the file. An empty variable counts as not set.

    A variable that names no setting becomes a problem, unless a secret refers to it.
    """
    referred = set(_referred(document.data)) | {Settings().identity.key.shown()}
    variables = {name: value for name, value in environ.items() if value.strip()}
    for name, path in EARLIER_NAMES.items():
        if name in variables:
            _put(document, path, name, variables[name])
    for name in sorted(variables):
        if not name.startswith(PREFIX) or f"env:{name}" in referred:
            continue
        path_found = SHORT_NAMES.get(name) or _path_of(name, document.data)
        if path_found is None:
            document.origins[(name,)] = name
            text = f"names no setting{nearest(name, _all_names())}"
            document.problems.append(Problem((name,), text))
        else:
            _put(document, path_found, name, variables[name])


def _referred(data: Any) -> Iterator[str]:
    """Every `env:NAME` in the file."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _referred(value)
    elif isinstance(data, list):
        for value in data:
            yield from _referred(value)
    elif isinstance(data, str) and data.startswith("env:"):
        yield data


def _path_of(name: str, data: Any) -> SettingPath | None:
    """The setting that `SIGHTLINE_A__0__B` names; list positions must exist in the file."""
    group: GroupType | None = Settings
    path: SettingPath = ()
    for word in name.removeprefix(PREFIX).lower().split("__"):
        if isinstance(data, list):
            if not word.isdecimal() or int(word) >= len(data):
                return None
            data, path = data[int(word)], (*path, int(word))
            continue
        field = field_of(group, word) if group is not None else None
        if field is None:
            return None
        group, path = group_in(field), (*path, word)
        data = data.get(word) if isinstance(data, Mapping) else None
    return path


def _put(document: Document, path: SettingPath, name: str, value: str) -> None:
    """Set one value; a secret stays in its variable and only the reference is kept."""
    group: GroupType = Settings
    place: Any = document.data
    for key in path[:-1]:
        if isinstance(key, int):
            place = place[key]
            continue
        field = field_of(group, key)
        group = (group_in(field) if field is not None else None) or group
        if not isinstance(place.get(key), dict | list):
            place[key] = {}
        place = place[key]
    last = path[-1]
    field = None if isinstance(last, int) else field_of(group, last)
    if field is None or is_structured(field):
        place[last] = _structured(document, path, value)
    elif is_secret(field) and not value.startswith(("env:", "file:")):
        place[last] = f"env:{name}"
    else:
        place[last] = value
    for known in [known for known in document.origins if known[: len(path)] == path]:
        del document.origins[known]
    document.origins[path] = name


def _structured(document: Document, path: SettingPath, value: str) -> Any:
    """A whole group or list in one variable, as YAML or JSON."""
    try:
        return yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        document.problems.append(Problem(path, "the variable is not readable as YAML"))
        return None


def _all_names(group: GroupType = Settings, prefix: str = PREFIX) -> Iterator[str]:
    for key, field in group.model_fields.items():
        name = f"{prefix}{(field.alias or key).upper()}"
        yield name
        inner = group_in(field)
        if inner is not None:
            yield from _all_names(inner, f"{name}__0__" if is_list(field) else f"{name}__")
