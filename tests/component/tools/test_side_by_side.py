"""What runs beside what: never more than the machine carries, nobody before those he waits for, nobody left out."""

from __future__ import annotations

import functools
import importlib.util
import sys
import threading
from types import ModuleType

import pytest

from tests.support.instances import PROJECT

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("side_by_side", PROJECT / "tools" / "side_by_side.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["side_by_side"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Machine:
    """Notes how much of it was used at once, and who began when."""

    def __init__(self) -> None:
        self.used = self.most = 0.0
        self.order: list[str] = []
        self._lock = threading.Lock()
        self._tick = threading.Event()

    def work(self, name: str, cores: float) -> str:
        with self._lock:
            self.used += cores
            self.most = max(self.most, self.used)
            self.order.append(name)
        self._tick.wait(0.05)
        with self._lock:
            self.used -= cores
        return name.upper()


def jobs(tool: ModuleType, machine: Machine, *wanted: tuple[str, float, str]) -> list[object]:
    return [tool.Job(name, functools.partial(machine.work, name, cores), cores, frozenset(after.split())) for name, cores, after in wanted]


def test_never_more_than_the_machine_carries_and_every_job_once(tool: ModuleType) -> None:
    machine = Machine()
    wanted = [(f"j{number}", 0.3 + 0.2 * (number % 4), "") for number in range(20)]
    ended = list(tool.run_all(jobs(tool, machine, *wanted), 2.0))
    assert sorted(result for _, result in ended) == sorted(name.upper() for name, _, _ in wanted)
    assert 1.0 < machine.most <= 2.0 + 1e-6


def test_who_asks_for_everything_or_more_runs_alone(tool: ModuleType) -> None:
    machine = Machine()
    list(tool.run_all(jobs(tool, machine, ("a", 0.5, ""), ("all", 2.0, ""), ("b", 0.5, ""), ("more", 3.0, "")), 2.0))
    assert machine.order == ["a", "b", "all", "more"] and machine.most == 3.0


def test_nobody_begins_before_those_he_waits_for(tool: ModuleType) -> None:
    machine = Machine()
    list(tool.run_all(jobs(tool, machine, ("last", 0.1, "first second"), ("second", 0.1, "first"), ("first", 0.0, "")), 2.0))
    assert machine.order == ["first", "second", "last"]


def test_two_that_wait_for_each_other_are_told(tool: ModuleType) -> None:
    with pytest.raises(ValueError, match="a, b"):
        list(tool.run_all(jobs(tool, Machine(), ("a", 0.1, "b"), ("b", 0.1, "a")), 2.0))
