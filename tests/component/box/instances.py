"""Settings for an instance of a test, at an offset that nobody else on this machine has or takes while this process lives."""

from __future__ import annotations

import contextlib
from functools import cache

from callcenter.settings import Settings
from tests.support.instances import free_offset

_held = contextlib.ExitStack()


@cache
def instance() -> Settings:
    """Chosen at the first use, and kept until this process ends; RuntimeError when every offset is taken."""
    return Settings(offset=_held.enter_context(free_offset()))
