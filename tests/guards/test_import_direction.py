"""Imports point one way. Read this table as the architecture diagram."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "sightline"
TECHNOLOGY = {"vision", "tracking", "video", "store", "delivery", "simulate", "config"}
SERVICES = {"pipeline", "evidence", "analytics", "jobs"}
WIRING = {"wiring", "live_wiring", "delivery_wiring", "link_wiring", "receivers", "trial_sends"} | {
    "access_wiring", "api_wiring", "cluster_wiring", "dashboard_wiring", "job_wiring", "look_wiring",
    "privacy_wiring",
}  # fmt: skip
BASE = {"domain", "errors", "logs", "__version__"}
MAY_IMPORT: dict[str, set[str]] = {
    "domain": {"errors"},
    **dict.fromkeys(TECHNOLOGY, BASE),
    "evidence": BASE | TECHNOLOGY,
    "analytics": BASE | TECHNOLOGY,
    "pipeline": BASE | TECHNOLOGY | {"evidence", "analytics"},
    "jobs": BASE | TECHNOLOGY | {"pipeline", "evidence", "analytics"},
    "api": BASE | SERVICES,
    "dashboard": BASE | SERVICES | {"api"},
    "testing": BASE | TECHNOLOGY,
    "cli": BASE | TECHNOLOGY | SERVICES | {"api", "dashboard", "testing"} | WIRING,
}
SIMULATOR_MAY_IMPORT = {"errors", "simulate", "__version__"}
DOMAIN_MAY_USE = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "enum", "functools",
    "itertools", "math", "numpy", "pathlib", "scipy", "statistics", "types", "typing", "unicodedata",
    "zoneinfo",
}  # fmt: skip


def imported_by(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def rooms_imported_by(file: Path) -> set[str]:
    return {name.split(".")[1] for name in imported_by(file) if name.startswith("sightline.")}


def python_files(layer: str) -> list[Path]:
    return sorted((SRC / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", sorted(MAY_IMPORT))
def test_layer_imports_only_what_is_below_it(layer: str) -> None:
    allowed = MAY_IMPORT[layer] | {layer}
    for file in python_files(layer):
        ours = rooms_imported_by(file)
        assert ours <= allowed, f"{file.relative_to(SRC)} reaches up to {ours - allowed}"


def test_the_wiring_does_not_import_the_command_line() -> None:
    """Only `__main__` does, to start it: what both need belongs into a room."""
    for file in SRC.glob("[!_]*.py"):
        assert "cli" not in rooms_imported_by(file), f"{file.name} imports from the command line"


def test_no_layer_is_missing_from_the_table() -> None:
    layers = {path.name for path in SRC.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert layers <= set(MAY_IMPORT)


def test_domain_does_no_io() -> None:
    for file in python_files("domain"):
        outside = {name.split(".")[0] for name in imported_by(file)} - {"sightline"}
        assert outside <= DOMAIN_MAY_USE, f"{file.name} imports {outside - DOMAIN_MAY_USE}"


def test_the_simulator_knows_nothing_of_the_rules_it_is_used_to_judge() -> None:
    for file in python_files("simulate"):
        ours = rooms_imported_by(file)
        assert ours <= SIMULATOR_MAY_IMPORT, f"{file.name} imports {ours - SIMULATOR_MAY_IMPORT}"
