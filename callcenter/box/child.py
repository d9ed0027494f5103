"""How a child process is bound to its parent.

In: the signal a child shall get when its parent dies, however it dies. Out: a function for `preexec_fn`.
Runs between fork and exec, after the user was changed (a change of user clears the setting), so it must do next to nothing.
Rules: prctl(2), PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """For `preexec_fn`; call it in the thread that starts the child and lives as long as the child shall."""
    parent = os.getpid()

    def bind() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, with_signal)
        if os.getppid() != parent:
            os._exit(70)

    return bind
