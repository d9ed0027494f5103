"""Runs the stages of `make test` one after another and closes with one line that says how it went.

In: names of stages; without any, all of them. Out: each stage under its name, then a table, then `N passed, N failed` alone on the last line.
A check that fails counts as one failure; a stage that could not collect its tests counts as one too; skipped tests are named, never counted
as passed. Exit code 0 only when nothing failed and something passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CHECKS: dict[str, Sequence[str]] = {
    "lint": (str(BIN / "ruff"), "check", "."),
    "imports": (str(BIN / "lint-imports"), "--no-cache"),
    "types": ("web/node_modules/.bin/pyright", "--pythonpath", sys.executable),
    "web types": ("npm", "--prefix", "web", "run", "--silent", "check"),
    "web unit": ("npm", "--prefix", "web", "run", "--silent", "test"),
}
APART = {"telephony": ("tests/telephony/test_conversations.py", "tests/telephony/test_faults.py")}
"""Files of a stage that kill parts or put twenty callers on the line: they follow by themselves, with a product of their own."""
STAGES = ("unit", "component", "telephony", "browser")
_NO_TESTS = 5


@dataclass
class Tally:
    """What one stage came to."""

    name: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    skipped: list[str] = field(default_factory=list)


def check() -> Tally:
    """Lint, import contracts and types."""
    tally, began = Tally("check"), time.monotonic()
    for name, command in CHECKS.items():
        print(f"-- check: {name}", flush=True)
        good = _run(command) == 0
        tally.passed += good
        tally.failed += not good
    tally.seconds = time.monotonic() - began
    return tally


def stage(name: str, arguments: Sequence[str]) -> Tally:
    """All tests with the mark `name`, wherever they lie; those that need a machine for themselves follow in a pytest process of their own."""
    began, apart = time.monotonic(), APART.get(name, ())
    with tempfile.TemporaryDirectory() as work:
        tally = _pytest(name, ("tests", *(f"--ignore={file}" for file in apart), *arguments), Path(work) / "first.xml")
        if apart:
            other = _pytest(name, (*apart, *arguments), Path(work) / "second.xml")
            tally = Tally(name, tally.passed + other.passed, tally.failed + other.failed, 0.0, [*tally.skipped, *other.skipped])
    tally.seconds = time.monotonic() - began
    return tally


def _pytest(name: str, arguments: Sequence[str], report: Path) -> Tally:
    """One pytest process."""
    code = _run((sys.executable, "-m", "pytest", "-m", name, *arguments, f"--junitxml={report}"))
    tally = _read(name, report)
    if code == _NO_TESTS:
        tally.skipped.append("there are no such tests")
    elif code and tally.failed == 0:
        tally.failed = 1
    return tally


def _run(command: Sequence[str]) -> int:
    own_node = ROOT / ".venv-node" / "bin"
    path = [*([str(own_node)] if own_node.exists() else []), os.environ.get("PATH", "")]
    try:
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": os.pathsep.join(path)}, check=False).returncode
    except FileNotFoundError:
        print(f"{command[0]} is missing: run `make web`", flush=True)
        return 1


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


def main(arguments: Sequence[str]) -> int:
    """`run_tests.py [stage...] [-- pytest arguments]`."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, extra = arguments[:split] or ("check", *STAGES), arguments[split + 1 :]
    tallies = []
    for name in wanted:
        print(f"== {name}", flush=True)
        tallies.append(check() if name == "check" else stage(name, extra))
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
