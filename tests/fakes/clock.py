"""A clock that stands still until a test moves it. Implements callcenter.ports.Clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Both faces of time move together, by `advance`; `set_back` is somebody at the machine's clock."""

    def __init__(self, start: datetime = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)) -> None:
        self._now, self._monotonic = start, 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_back(self, seconds: float) -> None:
        """The wall clock alone; negative sets it forward."""
        self._now -= timedelta(seconds=seconds)
