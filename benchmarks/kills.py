"""Killed with SIGKILL at random moments and run again: is the result that of an untouched run?

    python benchmarks/kills.py [VIDEO --config SITE.yaml] [--kills 30] [--rounds 5] [--detector builtin]

The yardstick is one untouched `sightline analyze` into a data folder of its own. Then, round after round, the
same command into a fresh data folder is killed several times and run to its end once. Every other moment is
uniform over the whole run time measured before; the others are uniform over what comes after the last picture
(commit, sealing, results), which is short and would hardly be hit. Several rounds, because what was sealed
once stays sealed: only a fresh folder can be killed while sealing.

Compared are events, rows of each table, files with their SHA-256, and the outcome of `evidence verify` on the
results and on the data folder. The ledger keeps what happened, so it may be longer after a kill: of it, each
sealed evidence must have exactly one `sealed` entry. Exit code 1 on any difference.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from analysis_state import differences, pieces_wanted, state_of
from analyze_command import AnalyzeCommand
from sightline.cli.bench_output import machine
from sightline.simulate import simulate


def kill_again_and_again(
    command: AnalyzeCommand, work: Path, times: tuple[float, float], *, kills: int, rounds: int
) -> dict[str, Any]:
    """All rounds: where the kills landed, and what differs from the untouched run in `work/untouched`."""
    watched_s, whole_s = times
    chance = random.Random(20260302)
    expected = state_of(work / "untouched")
    landed: Counter[str] = Counter()
    tried = 0
    found: list[str] = []
    for number in range(rounds):
        folder = work / f"round_{number + 1}"
        folder.mkdir()
        while landed.total() < kills * (number + 1) // rounds:
            tried += 1
            if tried > 5 * kills:
                raise SystemExit(f"only {landed.total()} of {tried} runs lived until they were to be killed")
            late = tried % 2 == 0
            moment_s = chance.uniform(0, whole_s - watched_s if late else whole_s)
            where = command.kill(folder, moment_s, after_last_picture=late)
            if where is not None:
                unsealed = where.startswith("after") and pieces_wanted(folder / "data")
                landed["while sealing" if unsealed else where] += 1
        command.finish(folder)
        found += [f"round {number + 1}: {one}" for one in differences(expected, state_of(folder))]
        codes = command.verify(folder)
        found += [f"round {number + 1}: {name} exits {code}" for name, code in codes.items() if code]
    return {"kills": landed.total(), "runs_started": tried, "landed": dict(landed), "differences": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", help="without it: a simulated shop, seed 5")
    parser.add_argument("--config", type=Path, help="site file that belongs to the video")
    parser.add_argument("--minutes", type=float, default=1, help="length of the simulated shop")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument(
        "--rounds", type=int, default=5, help="fresh data folders, each with its share of kills"
    )
    parser.add_argument("--detector", default="builtin")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-kills-") as name:
        work = Path(name)
        video, config = asked.video, asked.config
        if video is None:
            shop = simulate(work / "shop", seed=5, minutes=asked.minutes)
            video, config = shop.video, config or shop.site_file
        command = AnalyzeCommand(video, config, asked.detector)
        (work / "untouched").mkdir()
        times = command.finish(work / "untouched")
        events = len(state_of(work / "untouched")["events"])
        result = kill_again_and_again(command, work, times, kills=asked.kills, rounds=asked.rounds)
    document = {
        "bench": "kills",
        "machine": machine(),
        "video": video.name,
        "detector": asked.detector,
        "events": events,
        "seconds_to_last_picture": round(times[0], 2),
        "seconds_in_all": round(times[1], 2),
        "rounds": asked.rounds,
        **result,
        "same": not result["differences"],
    }
    print(json.dumps(document, indent=2))
    sys.exit(0 if document["same"] else 1)


if __name__ == "__main__":
    main()
