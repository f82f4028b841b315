"""Memory over a long recording: a video looped to an hour, analysed by the command people type.

    python benchmarks/long_run.py [VIDEO --config SITE.yaml] [--minutes 60] [--detector builtin]

Runs `sightline analyze` (5 pictures a second; recording, sealing and results included) in a process of its
own and reads that process's resident memory from /proc every second. Without a video a simulated shop of one
minute is looped. Printed beside the aims: the peak (VmHWM, the kernel's own high-water mark) over 450 MB of
10^6 bytes, and the mean of the last tenth of the run over that of the second tenth (flat: 0.95 to 1.05).
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

from analyze_command import AnalyzeCommand
from made_footage import loop_video
from sightline.cli.bench_output import machine
from sightline.simulate import simulate

PEAK_AIM_MB = 450
SIMULATED_MINUTES = 1.0


def memory_mb(process_id: int) -> tuple[float, float]:
    """Resident memory now and the most so far, in 10^6 bytes; zeros when it has just ended."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    now, most = (int(fields.get(name, "0 kB").split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, most


def watched(process: "subprocess.Popen[bytes]", *, every_s: float) -> tuple[list[float], float, float]:
    """Run to the end: resident memory at each look, the peak, and the seconds it took."""
    samples: list[float] = []
    peak = 0.0
    began = time.perf_counter()
    while True:
        try:
            process.wait(timeout=every_s)
        except subprocess.TimeoutExpired:
            now, most = memory_mb(process.pid)
            if now:
                samples.append(now)
            peak = max(peak, most)
        else:
            break
    if process.returncode:
        raise SystemExit(f"sightline ended with {process.returncode}")
    return samples, peak, time.perf_counter() - began


def verdict(samples: list[float], peak: float, seconds: float, footage_s: float) -> dict[str, Any]:
    """The figures beside their aims; the tenths are of the whole run, start and sealing included."""
    if len(samples) < 10:
        raise SystemExit(f"only {len(samples)} looks at the memory; take more minutes or a smaller --every-s")
    tenth = len(samples) // 10
    early, late = mean(samples[tenth : 2 * tenth]), mean(samples[-tenth:])
    return {
        "footage_s": round(footage_s, 1),
        "seconds": round(seconds, 1),
        "times_real_time": round(footage_s / seconds, 2),
        "peak_mb": round(peak, 1),
        "peak_over_aim": round(peak / PEAK_AIM_MB, 3),
        "second_tenth_mb": round(early, 1),
        "last_tenth_mb": round(late, 1),
        "last_over_second": round(late / early, 3),
        "by_tenth_mb": [round(mean(samples[n * tenth : (n + 1) * tenth]), 1) for n in range(10)],
        "peak_ok": peak <= PEAK_AIM_MB,
        "flat_ok": 0.95 <= late / early <= 1.05,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", help="without it: a simulated shop")
    parser.add_argument("--config", type=Path, help="site file that belongs to the video")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--detector", default="builtin", help="builtin, yolox_nano, yolo11n, a path.onnx")
    parser.add_argument("--every-s", type=float, default=1.0, help="seconds between looks at the memory")
    parser.add_argument("--work", type=Path, help="folder for the temporary files (about 3 GB an hour)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-bench-", dir=asked.work) as folder:
        work = Path(folder)
        video, config = asked.video, asked.config
        if video is None:
            shop = simulate(work / "shop", seed=5, minutes=min(SIMULATED_MINUTES, asked.minutes))
            video, config = shop.video, config or shop.site_file
        looped = work / f"looped{video.suffix}"
        footage_s = loop_video(video, looped, asked.minutes * 60)
        command = AnalyzeCommand(looped, config, asked.detector)
        samples, peak, seconds = watched(command.start(work), every_s=asked.every_s)
        events = len(json.loads((work / "out" / "summary.json").read_text())["events"])
    document = {
        "bench": "long_run",
        "machine": machine(),
        "video": video.name,
        "detector": asked.detector,
        "events": events,
        **verdict(samples, peak, seconds, footage_s),
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
