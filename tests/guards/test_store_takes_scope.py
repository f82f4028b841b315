"""A venue sees itself only: no query can be written that does not say on whose behalf it runs."""

import ast
from pathlib import Path

import pytest

STORE = Path(__file__).parents[2] / "src" / "sightline" / "store"
MACHINERY = {"__init__", "clips", "columns", "database", "event_ids", "schema", "statements"} | {
    "account_tables", "all_tables", "backup_file", "cluster_tables", "delivery_tables", "edge_tables",
    "engines", "failures", "identity_tables",
    "job_tables", "many_rows", "overwriting", "packed_boxes", "review_tables", "table_words", "tables",
    "told_stay", "visit_changes",
    "visitor_tables", "wall_clock", "write_back",
}  # fmt: skip
"""Files that hold no queries about a noun. Every other file is one."""

NOUNS = sorted(file.stem for file in STORE.glob("*.py") if file.stem not in MACHINERY)


def public_functions(name: str) -> list[ast.FunctionDef]:
    tree = ast.parse((STORE / f"{name}.py").read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]


def first_parameters(function: ast.FunctionDef) -> list[str]:
    parameters = function.args.posonlyargs + function.args.args
    return [f"{one.arg}: {ast.unparse(one.annotation) if one.annotation else '?'}" for one in parameters[:2]]


@pytest.mark.parametrize("name", NOUNS)
def test_every_public_function_of_a_noun_takes_the_scope_and_then_the_connection(name: str) -> None:
    functions = public_functions(name)
    assert functions, f"{name}.py has no public function; is it machinery?"
    for function in functions:
        assert first_parameters(function) == ["scope: Scope", "connection: Connection"], (
            f"{name}.{function.name} takes {first_parameters(function)}"
        )


@pytest.mark.parametrize("name", NOUNS)
def test_every_public_function_of_a_noun_makes_use_of_its_scope(name: str) -> None:
    for function in public_functions(name):
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        assert "scope" in used, f"{name}.{function.name} ignores its scope"


@pytest.mark.parametrize(
    "name",
    sorted(
        MACHINERY - {"backup_file", "database", "engines", "many_rows", "schema", "statements", "write_back"}
    ),
)
def test_machinery_that_talks_to_no_database_stays_so(name: str) -> None:
    assert "Connection" not in (STORE / f"{name}.py").read_text()


def test_no_noun_is_hidden_in_a_folder() -> None:
    folders = {path.name for path in STORE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders == {"migrations"}
