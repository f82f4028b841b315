"""The site that a command is about, where an empty one made by mistake would be worse than an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.wiring import Site


def existing_site(config: Path | None, data_dir: Path | None) -> Site:
    """The site of these options.

    Raises:
        ConfigError: its data folder is not there.
    """
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    if not site.data_dir.is_dir():
        raise ConfigError(
            f"there is no data folder {site.data_dir}; check --data-dir, or analyze a video first"
        )
    return site
