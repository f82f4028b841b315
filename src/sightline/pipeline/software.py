"""Who did it, as manifests, runs and the ledger name it."""

from sightline import __version__

SOFTWARE = f"sightline {__version__}"
