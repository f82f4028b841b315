"""Secrets and addresses: named in the site file, read when needed, never shown."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from sightline.errors import ConfigError

REFERENCE = re.compile(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")
SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):")


def mask_address(text: str) -> str:
    """`text` without the user, password and query values an address may carry.

    Everything up to the last "@" goes, since passwords of cameras often hold "@" or "/" unescaped.
    """
    text = re.sub(r"://\S*@", "://***@", text)
    return re.sub(r"(?<=[?&])([^=&\s]+)=[^&\s]*", r"\1=***", text)


def resolve_reference(reference: str, environ: Mapping[str, str]) -> str:
    """The text behind `env:NAME` or `file:PATH` (one line, surrounding blanks removed).

    Raises:
        ConfigError: the variable is not set or the file cannot be read, named without its content.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = environ.get(name, "").strip()
        if not value:
            raise ConfigError(f"the environment variable {name} is not set, but the settings refer to it")
        return value
    try:
        value = Path(name).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the secrets file {name}: {reason(error)}") from None
    if not value:
        raise ConfigError(f"the secrets file {name} is empty")
    return value


def reason(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read, in words and without a stretch of its content."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return error.strerror or type(error).__name__


class _Text:
    """A checked text that is never shown in full. Equality and hash go by the text."""

    _schema: ClassVar[dict[str, Any]] = {"type": "string"}

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def parse(cls, value: object) -> Self:
        """Check `value` from the site file; errors never repeat it.

        Raises:
            ValueError: not a text of the accepted form.
        """
        raise NotImplementedError

    def shown(self) -> str:
        """What may be printed, logged and exported."""
        raise NotImplementedError

    @property
    def is_reference(self) -> bool:
        return REFERENCE.match(self._text) is not None

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Text) and other._text == self._text

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __str__(self) -> str:
        return self.shown()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown()!r})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.shown()),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(cls._schema)


class Secret(_Text):
    """A password or key that the site file names but never holds: `env:NAME` or `file:PATH`."""

    _schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": REFERENCE.pattern,
        "description": "env:NAME or file:PATH, never the secret itself",
    }

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not REFERENCE.match(value):
            raise ValueError("a secret is not written here; write env:NAME or file:PATH and put it there")
        return cls(value)

    def shown(self) -> str:
        return self._text

    def reveal(self, environ: Mapping[str, str] = os.environ) -> str:
        """The secret itself, read now.

        Raises:
            ConfigError: the variable or file it refers to is missing or empty.
        """
        return resolve_reference(self._text, environ)


class _Address(_Text):
    """An address that may carry a password: written out, or referred to by `env:NAME` or `file:PATH`."""

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError("must be a text, and not an empty one")
        text = value.strip()
        if not REFERENCE.match(text):
            cls.check(text)
        return cls(text)

    @classmethod
    def check(cls, text: str) -> None:
        """Raise ValueError when `text` is no address this product would open."""
        raise NotImplementedError

    def shown(self) -> str:
        return mask_address(self._text)

    def resolve(self, environ: Mapping[str, str] = os.environ) -> str:
        """The full address, with its password if it has one: for opening only, never for a message.

        Raises:
            ConfigError: what it refers to is missing or is no address this product would open.
        """
        if not self.is_reference:
            return self._text
        text = resolve_reference(self._text, environ)
        try:
            self.check(text)
        except ValueError as error:
            raise ConfigError(f"{self._text}: {error}") from None
        return text


class Source(_Address):
    """Where a camera's picture comes from: rtsp(s)://, http(s)://, a file or folder, webcam:N."""

    SCHEMES: ClassVar[frozenset[str]] = frozenset({"rtsp", "rtsps", "http", "https", "webcam"})

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        scheme = SCHEME.match(text)
        if scheme is None:
            return
        name = scheme[1].lower()
        if name not in cls.SCHEMES:
            # Anything unlisted could reach a shell or a device through the video library.
            raise ValueError(
                f"sources of the kind '{name}:' are not accepted; use rtsp://, rtsps://, http://, https://,"
                " webcam:N or the path of a file (./NAME when the name holds a colon)"
            )
        if name == "webcam":
            if not re.fullmatch(r"webcam:\d{1,3}", text):
                raise ValueError("a webcam is written webcam:N, for instance webcam:0")
        elif not re.match(r"^[A-Za-z]+://[^/\s]", text):
            raise ValueError(f"after {name}: an address needs // and a host")


class DatabaseUrl(_Address):
    """sqlite:///PATH or postgresql://USER@HOST/NAME."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        if not re.match(r"^(sqlite:///|postgresql(\+psycopg)?://)", text):
            raise ValueError("a database is sqlite:///PATH or postgresql://HOST/NAME")
