"""`sightline analyze` as people run it: a process of its own, into a folder of its own."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SIGHTLINE = [sys.executable, "-m", "sightline"]
RECORDED_AT = "2026-03-02T09:00:00"


@dataclass(frozen=True, slots=True)
class AnalyzeCommand:
    """One recording with its detector, and other options; each time's folder gets `data/` and `out/`."""

    video: Path
    config: Path | None
    detector: str
    options: tuple[str, ...] = ()

    def start(self, folder: Path) -> "subprocess.Popen[bytes]":
        words = [*SIGHTLINE, "analyze", str(self.video.absolute()), "--detector", self.detector, "--json"]
        words += ["--recorded-at", RECORDED_AT, "--out", str(folder / "out"), *self._site(folder)]
        words += self.options
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=folder)

    def finish(self, folder: Path) -> tuple[float, float]:
        """Run to the end: seconds until the last picture was seen, and in all."""
        began = time.perf_counter()
        process = self.start(folder)
        watched_s = _wait_for_last_picture(process, folder, time.time()) - began
        if process.wait():
            raise SystemExit(f"sightline analyze ended with {process.returncode}")
        return watched_s, time.perf_counter() - began

    def kill(self, folder: Path, moment_s: float, *, after_last_picture: bool) -> str | None:
        """Start and SIGKILL after a while, counted from the start or from the last picture.

        Returns:
            where it was; None when it was done before the moment came.
        """
        started_at = time.time()
        process = self.start(folder)
        if after_last_picture:
            _wait_for_last_picture(process, folder, started_at)
        try:
            process.wait(timeout=moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            return None
        return "after the last picture" if _is_watched(folder, started_at) else "before the last picture"

    def verify(self, folder: Path) -> dict[str, int]:
        """Exit codes of `evidence verify` on the results, with the site's key, and on the site itself."""
        verify = [*SIGHTLINE, "evidence", "verify"]
        key = str(folder / "data" / "keys" / "ed25519.pub.pem")
        ways = {
            "verify of the results": [*verify, str(folder / "out"), "--public-key", key],
            "verify of the site": [*verify, *self._site(folder)],
        }
        return {
            name: subprocess.run(words, stdout=sys.stderr, cwd=folder, check=False).returncode
            for name, words in ways.items()
        }

    def _site(self, folder: Path) -> list[str]:
        config = ["--config", str(self.config.absolute())] if self.config is not None else []
        return ["--data-dir", str(folder / "data"), *config]


def _wait_for_last_picture(process: "subprocess.Popen[bytes]", folder: Path, started_at: float) -> float:
    """The moment (performance counter) at which this run had seen all pictures, or ended."""
    while process.poll() is None and not _is_watched(folder, started_at):
        time.sleep(0.005)
    return time.perf_counter()


def _is_watched(folder: Path, started_at: float) -> bool:
    """Whether a run that started then has seen all pictures: tracks.csv appears before anything is stored."""
    tracks = folder / "out" / "tracks.csv"
    return tracks.exists() and tracks.stat().st_mtime >= started_at
