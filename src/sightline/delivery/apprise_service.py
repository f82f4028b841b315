"""Words to any service that the apprise library reaches: chats, pagers, push messages."""

import logging
import re
from collections.abc import Sequence
from typing import Any

from sightline.errors import ConfigError, DeliveryDeferred, DeliveryRefused


class AppriseSender:
    """Tells every service of `addresses`. The addresses hold keys, so they are never shown."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """
        Raises:
            ConfigError: apprise is not installed.
        """
        self._addresses = tuple(addresses)
        self._library = _load_apprise()

    def send(self, title: str, body: str) -> None:
        """Tell all services, also those after one that fails.

        Args:
            body: plain text; where a service wants another form, the library writes it.

        Raises:
            DeliveryDeferred: a service did not take it; it is named by its kind, as in `mailto`.
            DeliveryRefused: an address is none that the library can read; nothing was sent.
        """
        services = [(_kind(address), self._service(address)) for address in self._addresses]
        failed = [kind for kind, service in services if not self._told(service, title, body)]
        if failed:
            raise DeliveryDeferred(f"not taken by: {', '.join(failed)}")

    def _service(self, address: str) -> Any:
        # Threads and plugins of the user's own are of no use here; emoji codes and escapes are left as text.
        asset = self._library.AppriseAsset(async_mode=False, interpret_emojis=False)
        service = self._library.Apprise(asset=asset)
        if not service.add(address) or len(service) != 1:
            raise DeliveryRefused(
                f"an apprise address of the kind {_kind(address)!r} cannot be read; compare it with the"
                " documentation of apprise"
            )
        return service

    def _told(self, service: Any, title: str, body: str) -> bool:
        form = self._library.NotifyFormat.TEXT
        try:
            return bool(service.notify(title=title, body=body, body_format=form))
        except Exception:  # noqa: BLE001  one of some hundred plugins; its text may hold the address
            return False


def _load_apprise() -> Any:
    try:
        import apprise
    except ImportError as error:
        raise ConfigError("apprise needs: pip install 'sightline[apprise]'") from error
    # What it logs repeats addresses, and with them keys.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise


def _kind(address: str) -> str:
    """The first part of an address, which names the kind of service; "unknown" when it is no such word."""
    match = re.match(r"\s*([A-Za-z0-9]{1,20})://", address)
    return match[1].lower() if match else "unknown"
