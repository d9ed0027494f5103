"""Before the speech process can begin: its packages may still be on their way.

In: the line to the supervisor. Out: the Python that has the packages. Must not install anything: tools/bootstrap.sh does.
Invariant: while it waits it is alive in the eyes of its supervisor, and uses next to no processor.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from callcenter import log
from callcenter.speech.models import MEND, installed, own_python

_log = log.get("speech")


class Notify(Protocol):
    """The process's line to its supervisor."""

    def ready(self) -> None: ...
    def alive(self) -> None: ...


def until_installed(notify: Notify, every_s: float) -> Path:
    """Returns at once when everything is there."""
    notify.ready()
    if not installed():
        _log.warning("the packages of speech are not installed yet, waiting for them", mend=MEND)
    while not installed():
        notify.alive()
        time.sleep(every_s)
    return own_python()
