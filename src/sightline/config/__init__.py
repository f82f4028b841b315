"""YAML and environment -> checked settings, before anything starts."""

from sightline.config.load import config_schema, load_settings
from sightline.config.naming import camera_for_video
from sightline.config.settings import Settings

__all__ = ["Settings", "camera_for_video", "config_schema", "load_settings"]
