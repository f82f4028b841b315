"""Sightline: retail CCTV analytics in which every number comes with the video that proves it."""

from importlib.metadata import version

__version__ = version("sightline")
