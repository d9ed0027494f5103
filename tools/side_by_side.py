"""Runs jobs side by side, as many at once as the machine carries.

In: jobs, each with the share of the machine it uses and the names of those it waits for. Out: each job with its result, as it ends.
Knows nothing of tests. Invariant: every job runs once; one that alone asks for more than there is runs when nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

Result = TypeVar("Result")
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Job(Generic[Result]):
    """`cores`: what it uses on average; none for what mostly waits. `after`: names of jobs that have ended before it begins."""

    name: str
    work: Callable[[], Result]
    cores: float = 1.0
    after: frozenset[str] = frozenset()


def run_all(jobs: Sequence[Job[Result]], cores: float) -> Iterator[tuple[Job[Result], Result]]:
    """In the order given where that leaves nothing idle: who finds no room lets those pass who do."""
    waiting, running = list(jobs), dict[Future[Result], Job[Result]]()
    with ThreadPoolExecutor(max(len(jobs), 1)) as pool:
        while waiting or running:
            for job in _startable(waiting, list(running.values()), cores):
                waiting.remove(job)
                running[pool.submit(job.work)] = job
            if not running:
                raise ValueError(f"these wait for each other: {', '.join(job.name for job in waiting)}")
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for one in ended:
                yield running.pop(one), one.result()


def _startable(waiting: Sequence[Job[Result]], running: Sequence[Job[Result]], cores: float) -> list[Job[Result]]:
    """Which of those that wait may begin beside those that run."""
    pending = {job.name for job in (*waiting, *running)}
    used, chosen = sum(job.cores for job in running), list[Job[Result]]()
    for job in waiting:
        if job.after & pending:
            continue
        if job.cores <= cores - used + _ROUNDING or (used == 0 and job.cores > cores):
            chosen.append(job)
            used += job.cores
    return chosen
