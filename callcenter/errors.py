"""Errors this engine raises. The docstring of each class is the sentence an operator reads.

Adapters translate foreign exceptions into these and keep the cause with ``from``.
"""

from __future__ import annotations


class CallCenterError(Exception):
    """Base of every error this engine raises."""


class CallerHungUp(CallCenterError):
    """The caller left while we were waiting for them."""


class AsteriskUnavailable(CallCenterError):
    """The AMI or AGI link is down; retry is safe."""


class CommandRefused(CallCenterError):
    """Asterisk answered, and said no."""

    def __init__(self, action: str, reason: str, uniqueid: str = "") -> None:
        super().__init__(f"{action} refused: {reason}")
        self.action, self.reason, self.uniqueid = action, reason, uniqueid


class CommandTimedOut(AsteriskUnavailable):
    """Asterisk did not answer an action or verb in time."""


class UnsafeArgument(CallCenterError):
    """A value would have carried extra headers, verbs or dialplan functions; it was refused, not cleaned."""


class ConfigError(CallCenterError):
    """A setting, flow, prompt or queue is wrong. Says where (file, line), the rule, and the mend."""

    def __init__(self, where: str, rule: str, mend: str) -> None:
        super().__init__(f"{where}: {rule}\n  mend: {mend}")
        self.where, self.rule, self.mend = where, rule, mend


class FlowLoop(CallCenterError):
    """A flow moved too many silent steps without reaching the caller."""


class StoreUnavailable(CallCenterError):
    """The database is away; calls go on and facts wait in the journal."""


class RecordingFailed(CallCenterError):
    """A recording could not be written just now (full disk, ffmpeg missing); its raw files are kept and it is tried again."""
