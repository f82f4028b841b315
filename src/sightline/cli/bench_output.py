"""What a bench prints: the machine, and rows that each stand beside a reference."""

import os
import platform
from pathlib import Path
from typing import Any

from rich.table import Table

from sightline.cli.terminal import messages


def row(
    metric: str, value: float, unit: str, reference: str, reference_value: float, ratio: float
) -> dict[str, Any]:
    return {
        "metric": metric,
        "value": round(value, 3),
        "unit": unit,
        "reference": reference,
        "reference_value": round(reference_value, 3),
        "ratio": round(ratio, 3),
    }


def machine() -> dict[str, Any]:
    """On what the figures were taken."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def print_rows(document: dict[str, Any]) -> None:
    """The rows as a table."""
    on = document["machine"]
    table = Table(title=f"{document['bench']}: {on['processor']}, {on['cores']} cores", title_justify="left")
    table.add_column("what", overflow="fold")
    table.add_column("value", justify="right")
    table.add_column("beside", overflow="fold")
    table.add_column("its value", justify="right")
    table.add_column("ratio", justify="right")
    for row in document["rows"]:
        unit = row["unit"]
        table.add_row(
            row["metric"], f"{row['value']:g} {unit}", row["reference"],
            f"{row['reference_value']:g} {unit}", f"{row['ratio']:.2f}",
        )  # fmt: skip
    messages().print(table)
