"""People who sign in: what they may do, and which names and passwords they can have."""

import unicodedata
from enum import StrEnum

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
LONGEST_NAME = 100

WORST_PASSWORDS = frozenset(
    {"1234567890", "0123456789", "0987654321", "12345678910", "123456789a", "1q2w3e4r5t", "1qaz2wsx3edc"}
    | {"qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl;", "qwerty1234", "qwerty12345", "azerty1234"}
    | {
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "motdepasse",
        "motdepasse1",
        "motdepasse123",
    }
    | {"iloveyou12", "letmein1234", "welcome123", "welcome1234", "bienvenue1", "bienvenue123", "changeme123"}
    | {
        "admin12345",
        "administrator",
        "administrateur",
        "sightline1",
        "sightline123",
        "correcthorsebatterystaple",
    }
)
"""What is tried first. Long lists are for systems that anybody may sign up to."""


class Role(StrEnum):
    """What somebody may do, from looking to everything."""

    VIEWER = "viewer"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


def sign_in_name(typed: str) -> str:
    """The one form of a name under which it is stored and looked up: composed, in lower case, trimmed."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def why_not_name(name: str) -> str:
    """Why `name`, in its stored form, cannot be an account's; empty when it can."""
    if not name:
        return "the name is empty"
    if len(name) > LONGEST_NAME:
        return f"the name has more than {LONGEST_NAME} characters"
    if not all(character.isprintable() for character in name):
        return "the name holds characters that cannot be seen"
    return ""


def password_text(typed: str) -> str:
    """The one form of a password that is hashed: keyboards compose the same accents differently."""
    return unicodedata.normalize("NFKC", typed)


def why_not_password(password: str, name: str) -> str:
    """Why `password` cannot be that of the account `name`, as a sentence without it; empty when it can."""
    text = password_text(password)
    if len(text) < SHORTEST_PASSWORD:
        return f"the password has fewer than {SHORTEST_PASSWORD} characters"
    if len(text) > LONGEST_PASSWORD:
        return f"the password has more than {LONGEST_PASSWORD} characters"
    if not is_text(text):
        return "the password holds something that is no character"
    plain = sign_in_name(text)
    if plain == sign_in_name(name):
        return "the password is the name"
    if plain in WORST_PASSWORDS or len(set(plain)) <= 2:
        return (
            "the password is one of those that are guessed first; take some words that only you put together"
        )
    return ""


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: half a character, which JSON can carry, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
