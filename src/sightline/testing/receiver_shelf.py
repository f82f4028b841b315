"""What a receiver was sent and has kept: files, documents, and a journal that outlives its process."""

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery that was kept, however often it came.

    Attributes:
        number: from 1, in the order of arrival.
        name: what the sender calls the file; "" of a document.
        stored_name: what it is called here.
        sha256, size_bytes: of the bytes kept, hex.
        fields: text fields that came with a file.
        document: the JSON, of a report.
        times: how often it came whole under this key.
    """

    number: int
    path: str
    key: str
    name: str = ""
    stored_name: str = ""
    sha256: str = ""
    size_bytes: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    times: int = 1


class Shelf:
    """Keeps what arrives in `folder`; what comes again under the same path and key is kept once.

    The journal gets a line per arrival before it is answered; a new shelf on its folder goes on with it.
    """

    def __init__(self, folder: Path) -> None:
        self.files_dir = folder / "files"
        self.incoming_dir = folder / "incoming"
        for each in (self.files_dir, self.incoming_dir):
            each.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._arrivals = read_journal(folder)
        self._journal = _opened_journal(folder / "journal.jsonl")

    def close(self) -> None:
        self._journal.close()

    @property
    def arrivals(self) -> list[Arrival]:
        """In the order in which they first came."""
        with self._lock:
            return list(self._arrivals.values())

    def keep(self, arrival: Arrival, file: Path | None = None) -> Arrival:
        """Keep it, or count it once more; a file that differs from the one kept under its key replaces it.

        Args:
            arrival: without number and stored name.
            file: the bytes, in `incoming_dir`; moved from there, or removed.
        """
        with self._lock:
            id_ = (arrival.path, arrival.key) if arrival.key else (arrival.path, f"#{len(self._arrivals)}")
            before = self._arrivals.get(id_)
            if before is None:
                number = len(self._arrivals) + 1
                stored = f"{number:05d}_{_plain(arrival.name)}" if file else ""
                kept = dataclasses.replace(arrival, number=number, stored_name=stored)
            else:
                kept = dataclasses.replace(
                    before, times=before.times + 1, sha256=arrival.sha256, size_bytes=arrival.size_bytes
                )
            if file is not None:
                file.replace(self.files_dir / kept.stored_name)
            self._arrivals[id_] = kept
            line = json.dumps([list(id_), dataclasses.asdict(kept)])
            self._journal.write(line.encode() + b"\n")
        return kept


def read_journal(folder: Path) -> dict[tuple[str, str], Arrival]:
    """What a receiver in `folder` has kept, by path and key, also after its process was killed."""
    arrivals: dict[tuple[str, str], Arrival] = {}
    path = folder / "journal.jsonl"
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            (to, key), content = json.loads(line)
        except ValueError:  # cut short by a kill: it was not answered either
            continue
        arrivals[to, key] = Arrival(**content)
    return arrivals


def _opened_journal(path: Path) -> Any:
    """For appending whole lines, past whatever a kill left behind."""
    journal = path.open("ab", buffering=0)
    if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
        journal.write(b"\n")
    return journal


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", os.path.basename(name))[-120:] or "unnamed"  # noqa: PTH119  no path yet
