"""A YAML file as plain data that remembers on which line everything stood."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sightline.config.references import reason
from sightline.config.site_checks import Problem, SettingPath
from sightline.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40
MERGE_TAG = "tag:yaml.org,2002:merge"


@dataclass(slots=True)
class Document:
    """Plain data of one site file.

    Attributes:
        data: the settings as dicts, lists and scalars.
        origins: where each setting stood: "sightline.yaml:7", or the name of a variable.
        problems: keys used twice and the like, found while reading; also with their path.
    """

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[SettingPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, path: SettingPath) -> str:
        """Where `path`, or the nearest group around it that was written down, stood."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return "settings"


def read_document(path: Path) -> Document:
    """Read a site file. An empty file is a site with all defaults.

    Raises:
        ConfigError: the file cannot be read or is not YAML; the message names the line, never its content.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES:,} bytes; this is no site file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the site file {path}: {reason(error)}") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        reader = _Reader(str(path))
        if root is not None:
            reader.read(root)
    except yaml.YAMLError as error:
        raise ConfigError(_yaml_trouble(path, error)) from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply; this is no site file") from None
    return reader.document


def _yaml_trouble(path: Path, error: yaml.YAMLError) -> str:
    """One line without the stretch of file that the library would quote: it may hold a password."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = f":{mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
    if "\\t" in problem:
        problem = "a tab; YAML is indented by spaces"
    return f"{path}{line}: not readable as YAML: {problem}"


class _Reader:
    """Walks the nodes of one file. Bounded, so that nested references cannot blow it up."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._scalars = yaml.SafeLoader("")
        self._nodes = 0
        self.document = Document()
        self.document.origins[()] = name

    def read(self, root: yaml.Node) -> None:
        data = self._value(root, ())
        if data is None:
            return
        if not isinstance(data, dict):
            raise ConfigError(f"{self._line(root)}: a site file is a list of 'setting: value' lines")
        self.document.data = data

    def _line(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"

    def _value(self, node: yaml.Node, path: SettingPath) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise ConfigError(f"{self._line(node)}: too many or too deeply nested settings")
        self.document.origins.setdefault(path, self._line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, position)) for position, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: SettingPath) -> Any:
        try:
            return self._scalars.construct_object(node)
        except yaml.constructor.ConstructorError:
            self.document.problems.append(Problem(path, f"the tag {node.tag} is not accepted here"))
        except ValueError:
            self.document.problems.append(Problem(path, "neither a number nor a date; put it in quotes"))
        return None

    def _mapping(self, node: yaml.MappingNode, path: SettingPath) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE_TAG:
                merged.update(self._merge(value_node, path))
                continue
            key = self._scalar(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                text = f"the name of a setting must be a text, got {key!r}; put it in quotes"
                self._found(key_node, (*path, f"line {key_node.start_mark.line + 1}"), text)
                continue
            here = (*path, key)
            if key in own:
                self._found(key_node, (*here, "again"), f"{key!r} is set twice; first on {self._at(here)}")
                continue
            # The key's line, not the value's: `zones:` and its list may be lines apart. Overwrites what
            # a merge left there, since own settings win.
            if here in self.document.origins:
                self._forget(here)
            self.document.origins[here] = self._line(key_node)
            own[key] = self._value(value_node, here)
        return {**merged, **own}

    def _merge(self, node: yaml.Node, path: SettingPath) -> dict[str, Any]:
        """`<<: *other` or `<<: [*one, *two]`; earlier ones win."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        result: dict[str, Any] = {}
        for item in reversed(nodes):
            data = self._value(item, path)
            if isinstance(data, dict):
                result.update(data)
            else:
                self.document.problems.append(Problem(path, "'<<' takes settings from a group, not a value"))
        return result

    def _found(self, node: yaml.Node, path: SettingPath, text: str) -> None:
        self.document.origins[path] = self._line(node)
        self.document.problems.append(Problem(path, text))

    def _at(self, path: SettingPath) -> str:
        return "line " + self.document.origins[path].rpartition(":")[2]

    def _forget(self, path: SettingPath) -> None:
        origins = self.document.origins
        for known in [known for known in origins if known[: len(path)] == path]:
            del origins[known]
