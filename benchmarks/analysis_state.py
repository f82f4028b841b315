"""What an analysis left on the disk, in a form that can be compared with what another one left."""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

LEDGER = ("ledger_entry", "ledger_seal")
"""The history of what happened: longer where more happened."""


def state_of(folder: Path) -> dict[str, Any]:
    """Events, rows, files and ledger of `folder/data` and `folder/out`; every value is a mapping."""
    data, out = folder / "data", folder / "out"
    with closing(_open(data)) as database:
        names = database.execute("select name from sqlite_master where type = 'table' order by name")
        tables = [name for (name,) in names if name not in LEDGER and not name.startswith("sqlite_")]
        rows = {name: _number(database, f'select count(*) from "{name}"') for name in tables}
        events = database.execute("select id, kind, started_at, ended_at, state from event").fetchall()
        states = dict(database.execute("select id, state from evidence").fetchall())
        entries = database.execute("select subject_id from ledger_entry where action = 'sealed'").fetchall()
        clips = database.execute("select file_name, sha256 from evidence_part").fetchall()
    sealed = Counter(evidence_id for (evidence_id,) in entries)
    wrong = {
        one: f"{states.get(one, 'no evidence')}, {sealed[one]} sealed entries"
        for one in {*states, *sealed}
        if sealed[one] != (states.get(one) == "sealed")
    }
    summary = json.loads((out / "summary.json").read_text())
    return {
        "events": {event_id: facts for event_id, *facts in events},
        "results": {one["event_id"]: one["verified"] for one in summary["events"]},
        "rows": rows,
        "clips": dict(clips),
        "evidence states": dict(Counter(states.values())),
        "ledger": wrong,
        "segments": _files(data / "segments"),
        "recordings": _files(data / "recordings"),
        "segments in the results": _files(out / "segments"),
        "unfinished": {str(path.relative_to(folder)): "is there" for path in folder.rglob("*.part")},
    }


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """One sentence per thing that differs; what is wrong by itself is told even if both have it."""
    told = [
        f"{what}: {name} is {found[what].get(name)}, untouched {wanted.get(name)}"
        for what, wanted in expected.items()
        for name in sorted({*wanted, *found[what]})
        if wanted.get(name) != found[what].get(name)
    ]
    for what in ("ledger", "unfinished"):
        told += [f"{what}, in both: {name} {expected[what][name]}" for name in expected[what]]
    return told


def pieces_wanted(data: Path) -> int:
    """How many pieces of evidence are claimed and not sealed yet.

    Asked of a copy: opening a killed database mends it, which is left to the next run.
    """
    with tempfile.TemporaryDirectory() as copy:
        for path in data.glob("sightline.db*"):
            shutil.copy(path, copy)
        with closing(_open(Path(copy))) as database:
            if not _number(database, "select count(*) from sqlite_master where name = 'evidence'"):
                return 0
            return _number(database, "select count(*) from evidence where state = 'wanted'")


def _open(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(data / "sightline.db")


def _number(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(query).fetchone()[0])


def _files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below, by its path; lock files are not results."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
