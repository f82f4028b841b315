"""No file above 400 lines: run by `make check`, exits 1 and names each that is."""

import sys
from pathlib import Path

LIMIT = 400
ROOT = Path(__file__).parents[2]


def main() -> int:
    files = [path for room in ("src", "tests", "benchmarks") for path in (ROOT / room).rglob("*.py")]
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in files}
    long = {path: lines for path, lines in lengths.items() if lines > LIMIT}
    for path, lines in sorted(long.items()):
        sys.stderr.write(f"{path}: {lines} lines, the limit is {LIMIT}\n")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
