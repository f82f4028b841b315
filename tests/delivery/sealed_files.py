"""Files that are to leave, as they were sealed."""

import hashlib
import random
from pathlib import Path

from sightline.domain.delivery import Consignment

CLIP = "segment_8_20251025_113052_interaction_start.mp4"


def sealed_file(folder: Path, size_bytes: int = 700_001, *, name: str = CLIP) -> Consignment:
    """A file of noise, and what was sealed of it. The usual size is a few pieces and a rest."""
    path = folder / name
    path.write_bytes(random.Random(size_bytes).randbytes(size_bytes))
    return as_sealed(path)


def as_sealed(path: Path) -> Consignment:
    """What would be sealed of the file as it is now."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Consignment(path=path, file_name=path.name, size_bytes=path.stat().st_size, sha256=sha256)
