"""How long it takes to find a face among many, and whether the answer is that of a plain comparison.

    python benchmarks/identity_search.py [--templates 100000] [--dimension 512] [--rounds 30] [--json]

Vectors are random directions; half of the queries are one of them with noise (cosine about 0.8), half are
nobody. Rows: `TemplateIndex.best` with one query and with 32, in milliseconds (median and 90th percentile);
against it the same comparisons one template at a time in plain Python (over a part, times the rest), and
numpy's product with the array it was made of. Aims: 100,000 templates of 512 numbers take at most 8 ms for
one query and 40 ms for 32.

Exit code 1 when any answer differs from the plain comparison's, or an aim is missed with `--aims`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import numpy as np

from sightline.cli.bench_output import machine
from sightline.domain.detection import FloatArray
from sightline.domain.templates import Template, TemplateIndex

MODEL, THRESHOLD = "arcface", 0.68
MANY = 32
PLAIN = 300
"""Templates compared one number at a time; all of them would take minutes."""
AIMS_MS = {"one query": 8.0, f"{MANY} queries": 40.0}


def directions(count: int, dimension: int, rng: np.random.Generator) -> FloatArray:
    rows = rng.standard_normal((count, dimension), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def queries_for(rows: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Every other one is a row of the index seen again, the rest is nobody."""
    queries = directions(MANY, rows.shape[1], rng)
    known = rows[rng.integers(0, len(rows), MANY // 2)]
    queries[::2] = known + 0.75 * directions(MANY // 2, rows.shape[1], rng)
    return queries / np.linalg.norm(queries, axis=1, keepdims=True)


def laps_ms(work: Callable[[], object], rounds: int) -> list[float]:
    work()
    laps = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        laps.append(1000 * (time.perf_counter() - began))
    return laps


def plain_best(rows: FloatArray, query: FloatArray) -> tuple[int, float]:
    """The comparison as anybody would write it first."""
    best, highest = -1, -2.0
    numbers = query.tolist()
    for place, row in enumerate(rows.tolist()):
        cosine = sum(a * b for a, b in zip(row, numbers, strict=True))
        if cosine > highest:
            best, highest = place, cosine
    return best, highest


def is_same(index: TemplateIndex, rows: FloatArray, queries: FloatArray) -> bool:
    """Whether every answer is that of double precision, row by row, and some queries were somebody."""
    found = index.best(MODEL, queries, threshold=THRESHOLD)
    known = 0
    for query, match in zip(queries, found, strict=True):
        cosines = np.array([row.astype(np.float64) @ query.astype(np.float64) for row in rows])
        place = int(cosines.argmax())
        wanted = f"v{place}" if cosines[place] >= THRESHOLD else None
        known += wanted is not None
        if (match.owner if match else None) != wanted:
            return False
        if match is not None and abs(match.cosine - cosines[place]) > 1e-5:
            return False
    return known >= MANY // 2


def row(name: str, laps: list[float]) -> dict[str, Any]:
    p90 = quantiles(laps, n=10)[-1] if len(laps) > 1 else laps[0]
    return {"metric": name, "value": round(median(laps), 2), "p90": round(p90, 2), "unit": "ms"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--aims", action="store_true", help="exit 1 when an aim is missed")
    parser.add_argument("--json", action="store_true", help="the document on one line")
    asked = parser.parse_args()
    rng = np.random.default_rng(7)
    rows = directions(asked.templates, asked.dimension, rng)
    queries = queries_for(rows, rng)
    index = TemplateIndex(MODEL, asked.dimension)
    began = time.perf_counter()
    index.put_all([(f"v{place}", Template(MODEL, vector, 1)) for place, vector in enumerate(rows)])
    filled_s = time.perf_counter() - began
    measured = {
        "one query": laps_ms(lambda: index.best(MODEL, queries[:1], threshold=THRESHOLD), asked.rounds),
        f"{MANY} queries": laps_ms(lambda: index.best(MODEL, queries, threshold=THRESHOLD), asked.rounds),
        "numpy, one query": laps_ms(lambda: (rows @ queries[0]).argmax(), asked.rounds),
        f"numpy, {MANY} queries": laps_ms(lambda: (queries @ rows.T).argmax(axis=1), asked.rounds),
    }
    part = rows[:PLAIN]
    plain = [lap * asked.templates / PLAIN for lap in laps_ms(lambda: plain_best(part, queries[0]), 3)]
    same = is_same(index, rows, queries)
    document = {
        "bench": "identity_search",
        "machine": machine(),
        "templates": asked.templates,
        "dimension": asked.dimension,
        "megabytes": round(rows.nbytes / 2**20, 1),
        "filled_s": round(filled_s, 2),
        "rows": [row(name, laps) for name, laps in measured.items()]
        + [row("plain Python, one query", plain)],
        "same answers": same,
    }
    print(json.dumps(document, indent=None if asked.json else 2))
    missed = asked.aims and any(median(measured[name]) > aim for name, aim in AIMS_MS.items())
    sys.exit(0 if same and not missed else 1)


if __name__ == "__main__":
    main()
