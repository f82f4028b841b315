"""Which group of settings lies behind a name: for messages and for variables of the environment."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from sightline.config.group import Group
from sightline.config.references import Secret
from sightline.config.settings import Settings
from sightline.config.site_checks import SettingPath

GroupType = type[Group]


def field_of(group: GroupType, name: str) -> FieldInfo | None:
    """The field that is called `name` in the file."""
    for key, field in group.model_fields.items():
        if name == (field.alias or key):
            return field
    return None


def names_in(group: GroupType) -> list[str]:
    """The settings of a group as they are called in the file."""
    return [field.alias or key for key, field in group.model_fields.items()]


def group_in(field: FieldInfo) -> GroupType | None:
    """The group that a field holds, one or a list of them; None for a plain value."""
    return next((kind for kind in _types(field.annotation) if issubclass(kind, Group)), None)


def is_list(field: FieldInfo) -> bool:
    return any(issubclass(kind, tuple) for kind in _types(field.annotation))


def is_structured(field: FieldInfo) -> bool:
    """Whether a field holds a group or a list."""
    return is_list(field) or group_in(field) is not None


def is_secret(field: FieldInfo) -> bool:
    return any(issubclass(kind, Secret) for kind in _types(field.annotation))


def group_at(path: SettingPath) -> GroupType | None:
    """The group at a path of keys and list positions; None where there is none."""
    group: GroupType | None = Settings
    for part in path:
        if isinstance(part, int):
            continue
        field = field_of(group, part) if group is not None else None
        group = group_in(field) if field is not None else None
    return group


def places_of(name: str, group: GroupType = Settings, place: str = "") -> Iterator[str]:
    """Every group that has a setting called `name`, as `venues[].cameras[]`."""
    for key, field in group.model_fields.items():
        called = field.alias or key
        if called == name:
            yield place or "the top of the file"
        inner = group_in(field)
        if inner is not None:
            many = "[]" if is_list(field) else ""
            yield from places_of(name, inner, f"{place}.{called}{many}".removeprefix("."))


def _types(annotation: Any) -> Iterator[type]:
    """All classes in an annotation such as `tuple[CameraSettings, ...] | None`."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    origin = getattr(annotation, "__origin__", None)
    if isinstance(origin, type):
        yield origin
    for inner in get_args(annotation):
        yield from _types(inner)
