"""What the running program tells: `key=value` lines on a terminal, one JSON object a line elsewhere.

Standard error only: standard output belongs to documents and, in child processes, to signs of life. Messages
of libraries that use `logging` take the same way, so everything that is written has one form and passes the
mask.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LOUD_LIBRARIES = ("alembic", "httpx", "httpcore", "uvicorn.access")
"""They say at every turn what only somebody who looks for a fault wants to know."""

_SECRETS = re.compile(r"(?i)([?&;](?:user|login|pass|pwd|psw|token|auth|key|secret)[^=&\s]*=)[^&;\s'\"]*")
_USERINFO = re.compile(r"://\S*@")
_BARE_USERINFO = re.compile(r"(?<![\w:/])[^\s:/@'\"]+:[^\s@/]+@(?=\S)")


def set_up_logs(
    *, as_json: bool | None = None, stream: TextIO | None = None, process: str | None = None
) -> None:
    """Send everything that is logged in this process to `stream`, from `INFO` up.

    Args:
        as_json: None for JSON lines where the stream is no terminal.
        stream: default: standard error.
        process: name of this process, added to each line.
    """
    stream = stream or sys.stderr
    if as_json is None:
        as_json = not stream.isatty()
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if process is not None:
        before.append(_named(process))
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_secrets,
                _json() if as_json else _lines(coloured=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in LOUD_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last net under rule 4 of the cameras' design: whoever logs an address has masked it before.

    `user:password@` and values of query fields that are called like secrets become `***`, in every value,
    however deep, and in stack traces.
    """
    return {name: _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    if "@" in text:
        # Up to the last "@" of the word: passwords hold "@" and "/" unescaped.
        text = _BARE_USERINFO.sub("***@", _USERINFO.sub("://***@", text))
    return _SECRETS.sub(r"\1***", text) if "=" in text else text


def _named(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"process": process, **event}

    return add


def _json() -> Processor:
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _lines(*, coloured: bool) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=coloured, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
