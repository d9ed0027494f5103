"""Structured logs: static words, values as keys, personal values only under ``pii.`` keys.

In: `configure(level, json)` once per process. Out: `get(name)` loggers. A ``pii.`` key is dropped before rendering unless
``CALLCENTER_LOG_PII=1`` (a developer's own machine); nothing else may carry names, numbers, digits or free text of people.
"""

from __future__ import annotations

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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that names its module."""
    return structlog.get_logger(part=name)
