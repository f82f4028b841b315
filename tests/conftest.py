"""What every test may lean on: the shared data if it is there, and no settings of our own from outside."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SIGHTLINE_", "SPARSE_AI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real models, video and ground truth beside the checkout."""
    if not (SHARED / "DATA.md").is_file():
        pytest.skip("needs the shared data folder beside the checkout (../shared), which is not here")
    return SHARED
