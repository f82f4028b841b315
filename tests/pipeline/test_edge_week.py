"""A day of a shop over a bad line, with killed processes: `benchmarks/edge_week.py`, small."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "edge_week.py"


@pytest.mark.slow
def test_everything_arrives_once_and_the_figures_are_those_of_the_box() -> None:
    words = ["--days", "1", "--seconds", "5", "--kills", "2", "--restarts", "0", "--json"]
    done = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["differences"] == []
    assert done.returncode == 0
    assert told["wrote"]["stays"] > 250
    assert told["hours"] > 30
    assert told["requests"]["open"] >= 30
