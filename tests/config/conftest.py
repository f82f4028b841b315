"""A site file written line by line, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from sightline.config import Settings, load_settings
from sightline.errors import ConfigError

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str, **environ: str) -> Settings:
        file = tmp_path / "sightline.yaml"
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return load_settings(file, environ=environ)

    return load_text


@pytest.fixture
def problems(load: Load, tmp_path: Path) -> Problems:
    """The lines of the error, without the folder of the test."""

    def problems_of(text: str, **environ: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text, **environ)
        assert caught.value.__cause__ is None, "the cause would show the input in a traceback"
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return problems_of
