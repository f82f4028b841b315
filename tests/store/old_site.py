"""The rows of two shops as the first version wrote them, and what they add up to by SQL of that version."""

import json
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

SECOND = 1_000_000
OPENING = 1_774_652_400 * SECOND
"""2026-03-28 00:00 in Paris; in the second night the clocks there go forward."""
SHOPS = {"shop": "Europe/Paris", "kiosk": "Asia/Kolkata"}
TABLES = (
    "venue", "camera", "run", "track", "recording_segment", "coverage", "event", "event_participant",
    "linked_evidence", "segment_counter", "evidence", "evidence_part", "ledger_entry", "ledger_seal",
)  # fmt: skip


def rows_of_the_first_version() -> Iterator[str]:
    """INSERT statements, in an order in which each refers to earlier ones."""
    chance = random.Random(20260328)
    for number, (shop, zone) in enumerate(SHOPS.items()):
        yield _insert("venue", shop, f"The {shop}", zone, OPENING)
        for camera in ("till", "door"):
            yield _insert("camera", shop, camera, camera, f"{camera}.mp4", OPENING)
            yield _insert("segment_counter", shop, camera, 200)
            run = f"run-{shop}-{camera}"
            yield _insert(
                "run", run, shop, camera, f"{camera}.mp4", "a" * 64, OPENING, OPENING + 172_800 * SECOND,
                "option", OPENING, OPENING, "sightline 0.1.0", '{"fps":5}', 900, 300, "[]",
                json.dumps({"count": 40 + number, "low": 38, "high": 45}),
            )  # fmt: skip
            for track in range(60):
                at = OPENING + chance.randrange(172_000) * SECOND
                yield _insert(
                    "track", run, track, shop, camera, at, at + 90 * SECOND, 450, "customer", 0.8, "line"
                )
            for minute in chance.sample(range(2880), 400):
                yield _insert(
                    "coverage", shop, camera, OPENING + minute * 60 * SECOND, chance.choice([0, 1, 300])
                )
            for index in range(120):
                yield from _event(chance, shop, camera, run, index)
        yield _insert("ledger_seal", shop, 240, 240, "c" * 64, OPENING, "key", "signature")


def _event(chance: random.Random, shop: str, camera: str, run: str, index: int) -> Iterator[str]:
    event = f"{shop}-{camera}-{index}"
    start = OPENING + chance.randrange(172_000_000_000)
    end = start + chance.randrange(600 * SECOND)
    kind = chance.choice(["interaction", "unattended", "queue"])
    state = "superseded" if index % 10 == 9 else "current"
    yield _insert(
        "event", event, shop, camera, run, kind, start, end, None, 0.1 * (index % 10),
        '{"mean_distance":0.8}', state, start,
    )  # fmt: skip
    yield _insert("event_participant", event, 0, index % 60, "customer", 0.75, "in front of the line")
    evidence = f"ev-{event}"
    yield _insert(
        "evidence", evidence, event, shop, camera, f"incident_{event}", "queue", start, end, "sealed", start,
        end, '{"clips":[]}', "d" * 64, "signature", "key", None,
    )  # fmt: skip
    yield _insert(
        "evidence_part", evidence, 0, shop, camera, f"segment_{index}.mp4", start, end, "e" * 64,
        chance.randrange(2**33), start, end, None,
    )  # fmt: skip
    if index % 3 == 0:
        yield _insert("linked_evidence", event, '{"segment_filename":"theirs.mp4"}', end)
        yield _insert(
            "recording_segment", _number(shop, camera, index), shop, camera, f"{camera}/{index}.mp4", start,
            end, start, "h264", 150, 2**32 + index,
        )  # fmt: skip
    place = index + 1 + (120 if camera == "door" else 0)
    yield _insert(
        "ledger_entry", _number(shop, camera, index), shop, start, "sealed", "evidence", evidence,
        "sightline", '{"clips":1}', place, "f" * 64, f"{place:064x}",
    )  # fmt: skip


def _number(shop: str, camera: str, index: int) -> int:
    return 1 + index + 1000 * (("shop", "kiosk").index(shop) * 2 + ("till", "door").index(camera))


def _insert(table: str, *values: Any) -> str:
    written = ", ".join(
        "NULL"
        if one is None
        else str(one)
        if isinstance(one, (int, float))
        else "'" + one.replace("'", "''") + "'"
        for one in values
    )
    return f"INSERT INTO {table} VALUES ({written})"


def old_figures(connection: Connection) -> dict[str, Any]:
    """What the rows add up to."""

    def ask(question: str) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in connection.execute(text(question)))

    return {
        "rows": {table: ask(f"SELECT count(*) FROM {table}") for table in TABLES},
        "venues": ask("SELECT id, name, timezone, created_at FROM venue"),
        "events": ask(
            "SELECT venue_id, camera_id, kind, state, count(*), CAST(sum(ended_at - started_at) AS BIGINT),"
            " min(started_at), max(ended_at) FROM event GROUP BY venue_id, camera_id, kind, state"
        ),
        "details": ask("SELECT DISTINCT details FROM event"),
        "participants": ask(
            "SELECT role, CAST(sum(track_id) AS BIGINT) FROM event_participant GROUP BY role"
        ),
        "tracks": ask(
            "SELECT venue_id, run_id, CAST(sum(last_at - first_at) AS BIGINT) FROM track"
            " GROUP BY venue_id, run_id"
        ),
        "coverage": ask(
            "SELECT venue_id, camera_id, count(*), CAST(sum(frames_seen) AS BIGINT) FROM coverage"
            " GROUP BY venue_id, camera_id"
        ),
        "evidence": ask(
            "SELECT evidence.venue_id, state, count(*), CAST(sum(size_bytes) AS BIGINT) FROM evidence"
            " JOIN evidence_part ON evidence_id = evidence.id GROUP BY evidence.venue_id, state"
        ),
        "ledger": ask("SELECT venue_id, position, entry_hash, subject_id FROM ledger_entry"),
        "seals": ask("SELECT * FROM ledger_seal"),
    }
