"""The API at ten million stays: 20 venues, 200,000 people, 12 months, 200,000 service events.

    python benchmarks/platform_load.py [DATABASE_URL] [--measure-only] [--json]

Fills the database (default: SQLite in /tmp/sightline-chain; for PostgreSQL give the address of an empty one,
postgresql://...) and runs `sightline bench api` on it. Filling takes some minutes and 5 GB; with
--measure-only it is taken as an earlier run left it, grown by what that one posted.
"""

import argparse
import subprocess
import sys

SIZE = ["--stays", "10000000", "--venues", "20", "--people", "10000", "--events", "200000"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database_url", nargs="?", default="sqlite:////tmp/sightline-chain/sightline.db")
    parser.add_argument("--measure-only", action="store_true")
    asked, others = parser.parse_known_args()
    command = [sys.executable, "-m", "sightline", "bench", "api", "--database", asked.database_url, *SIZE]
    return subprocess.run(
        [*command, *([] if asked.measure_only else ["--fill"]), *others], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
