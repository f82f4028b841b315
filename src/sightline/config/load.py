"""Site file and environment -> checked settings, or one error that lists everything that is wrong."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sightline.config.document import Document, read_document
from sightline.config.environment import apply_environment
from sightline.config.groups_of import group_at, names_in, places_of
from sightline.config.references import mask_address
from sightline.config.settings import Settings
from sightline.config.site_checks import Problem, SettingPath, nearest, site_problems, where
from sightline.errors import ConfigError


def load_settings(path: Path | None, *, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings of a site: defaults, then the file, then the environment.

    Args:
        path: the site file; None for defaults and environment alone.
        environ: variables by name; `SIGHTLINE_A__B` overrides `a: {b: ...}`.

    Raises:
        ConfigError: one line for each thing that is wrong, each naming its line in the file or its
            variable, and the nearest right word. Secrets are not repeated.
    """
    document = Document() if path is None else read_document(path)
    apply_environment(document, environ)
    return checked_settings(document)


def checked_settings(document: Document) -> Settings:
    """The settings that stand in `document`.

    Raises:
        ConfigError: as `load_settings`.
    """
    problems = document.problems + site_problems(document.data)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            # What concerns the whole site was found above already, with its path.
            if details["type"] != "site" or not problems:
                problems += _explain(details, document.data)
        settings = None
    if settings is None or problems:
        raise ConfigError("\n".join(_lines(document, problems))) from None
    return settings


def config_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of the site file, for editors that complete and check it."""
    schema = Settings.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "sightline.yaml"}


def _lines(document: Document, problems: list[Problem]) -> list[str]:
    """The problems in the order of the file, then those of the environment, each once."""

    def place(problem: Problem) -> tuple[int, str]:
        origin = document.origin(problem.path)
        line = origin.rpartition(":")[2]
        return (int(line), "") if line.isdecimal() else (sys.maxsize, origin)

    lines = []
    for problem in sorted(problems, key=place):
        line = f"{document.origin(problem.path)}: {mask_address(problem.text)}"
        if line not in lines:
            lines.append(line)
    return lines


def _explain(details: ErrorDetails, data: Any) -> Iterator[Problem]:
    """One error of the checking library in the words of the site file."""
    path = _existing(details["loc"], data)
    last = details["loc"][-1] if details["loc"] else ""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "too_short" and len(details["input"]) >= context["min_length"]:
        return  # entries that were refused, and are reported, are not counted by the library
    if kind == "extra_forbidden":
        yield Problem(path, _unknown(path))
    elif kind == "missing" and isinstance(last, int):
        yield Problem(path, f"{where(path)} needs at least {last + 1} entries")
    elif kind == "missing":
        yield Problem(path, f"{str(last)!r} is missing in {where(tuple(details['loc'][:-1]))}")
    elif kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        got = _shown(details["input"])
        hint = nearest(str(details["input"]), choices)
        yield Problem(path, f"{where(path)} must be one of {', '.join(choices)}, got {got}{hint}")
    elif kind == "value_error":
        yield Problem(path, f"{where(path)}: {context.get('error')}")
    else:
        yield Problem(path, f"{where(path)} {_expectation(details)}{_got(details)}")


def _existing(loc: tuple[int | str, ...], data: Any) -> SettingPath:
    """The part of `loc` that leads through the data; a missing setting ends at its group."""
    path: list[int | str] = []
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        path.append(part)
    return tuple(path)


def _unknown(path: SettingPath) -> str:
    name, group_path = str(path[-1]), path[:-1]
    group = group_at(group_path)
    text = f"unknown setting {name!r} in {where(group_path)}"
    known = names_in(group) if group is not None else []
    hint = nearest(name, known)
    if hint:
        return text + hint
    places = list(places_of(name))
    if len(places) == 1:
        return f"{text}; it belongs in {places[0]}"
    return f"{text}; known here: {', '.join(known)}"


def _expectation(details: ErrorDetails) -> str:
    kind, context, message = details["type"], details.get("ctx", {}), details["msg"]
    if kind in ("too_short", "too_long"):
        if kind == "too_short":
            least = context["min_length"]
            return f"needs at least {least} {'entry' if least == 1 else 'entries'}"
        return f"takes at most {context['max_length']} entries"
    plain = {
        "model_type": "must be a group of settings (name: value)",
        "model_attributes_type": "must be a group of settings (name: value)",
        "tuple_type": "must be a list",
        "string_type": "must be a text; put it in quotes",
        "string_too_short": "must not be empty",
        "bool_parsing": "must be true or false",
        "bool_type": "must be true or false",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "float_parsing": "must be a number",
        "path_type": "must be a path",
    }
    if kind == "string_pattern_mismatch":
        return _pattern_words(str(context.get("pattern", "")))
    return plain.get(kind) or message.replace("Input should be", "must be").replace("valid ", "")


def _pattern_words(pattern: str) -> str:
    if pattern.startswith("^[A-Za-z0-9_-]"):
        return "must be 1 to 50 letters (a-z), digits, '_' or '-'"
    if pattern.startswith("^#"):
        return "must be a colour such as #3b82f6"
    if "@" in pattern:
        return "must be a mail address"
    return f"must look like {pattern}"


def _got(details: ErrorDetails) -> str:
    """ ", got 3". Secrets never come here: their own check refuses them without repeating them."""
    if details["type"] in ("too_short", "too_long"):
        return f", got {details.get('ctx', {}).get('actual_length')}"
    return f", got {_shown(details['input'])}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a group of settings"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return mask_address(repr(value))[:80]
