"""Jobs of all sorts, handed to a real `sightline serve` whose processes are killed, end as in a clean run."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def scripts_import_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.slow
def test_no_job_is_lost_or_doubled_by_kills_and_no_figure_is_another(tmp_path: Path) -> None:
    from job_faults import faults

    result = faults(tmp_path, jobs=3, kills=1, server_kills=1, films=1, seed=1)
    assert result["wrong"] == []
    assert sum(result["kills"].values()) == 2
    assert result["figures"]["events"] > 0, "a venue where nothing happens would be right anyhow"


def test_two_hundred_jobs_are_of_every_kind() -> None:
    from job_mix import REFUSED_ADDRESSES, REFUSED_FILES, mixed_jobs

    made = mixed_jobs(200, [b"one" * 99, b"two" * 99], seed=1, since=datetime(2026, 3, 2, tzinfo=UTC))
    kinds = Counter(one.kind for one in made)
    others = ("good", "duplicate", "host that nobody knows")
    assert set(kinds) == {*REFUSED_FILES, *REFUSED_ADDRESSES, *others}
    assert kinds["good"] > 80
    places = Counter((one.camera_id, one.recorded_at) for one in made if one.kind == "good")
    assert set(places.values()) == {1}, "each has a camera and a time of its own"
