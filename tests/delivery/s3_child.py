"""Sends one file to the bucket in a process of its own; tells the proof and its peak memory in KiB."""

import hashlib
import re
import sys
from pathlib import Path

from sightline.delivery.s3 import S3Uploader
from sightline.domain.delivery import Consignment


def main(address: str, path: Path, sha256: str | None = None) -> None:
    if sha256 is None:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    clip = Consignment(path=path, file_name=path.name, size_bytes=path.stat().st_size, sha256=sha256)
    uploader = S3Uploader(
        "clips",
        endpoint=address,
        access_key_id="a",
        secret_access_key="b",
        region="us-east-1",
        public_base_url=None,
    )
    receipt = uploader.send(clip, key="k")
    # Not ru_maxrss: a child starts with its parent's.
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    sys.stdout.write(f"{receipt.proof} {peak[1]}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
