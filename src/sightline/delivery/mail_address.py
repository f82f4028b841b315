"""Mail addresses as they travel: the domain always in ASCII, the part before the @ as its owner writes it."""

from email.headerregistry import Address


def on_the_wire(address: str) -> str:
    """`address` with its domain in ASCII (`a@exämple.fr` -> `a@xn--exmple-cua.fr`)."""
    local, _, domain = address.strip().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def header_address(address: str, display_name: str = "") -> Address:
    """What a From or To header holds. Without line breaks in it; an @ is taken to be there.

    Raises:
        ValueError: a line break in one of them.
    """
    local, _, domain = on_the_wire(address).rpartition("@")
    return Address(display_name, username=local, domain=domain)
