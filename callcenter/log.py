"""Structured logs: static words, values as keys, personal values only under ``pii.`` keys.

In: `configure(level, json)` once per process. Out: `get(name)` loggers. A ``pii.`` key is dropped before rendering unless
``CALLCENTER_LOG_PII=1`` (a developer's own machine); nothing else may carry names, numbers, digits or free text of people.
Must not fail: a line that a full disk or a closed pipe refuses is dropped, for whoever logs is in the middle of a call.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog


def _without_people(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if os.environ.get("CALLCENTER_LOG_PII") == "1":
        return event
    return {key: value for key, value in event.items() if not key.startswith("pii.")}


class _StandardError:
    """File of structlog's loggers: each line is one write, and none raises."""

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(2, line.encode(errors="replace"))

    def flush(self) -> None:
        """Nothing is held back."""


def configure(level: str = "INFO", *, as_json: bool = False) -> None:
    """Set the process's log format once, on standard error."""
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_people,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(_StandardError()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that names its module."""
    return structlog.get_logger(part=name)
