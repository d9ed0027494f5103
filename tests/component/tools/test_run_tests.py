"""What runs the tests: every test once, whatever shard it is in; nothing that went wrong is counted as passed."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.instances import PROJECT

pytestmark = pytest.mark.component

PLAN = """
import sys
from dataclasses import dataclass
CORES = 2.0
PREPARATIONS = {"speech": ("tools/install.sh",), "never asked for": ("false",)}
NEEDS = {"spoken": ("speech",)}

@dataclass
class Check:
    command: tuple
    cores: float = 1.0

CHECKS = {"good": Check(("true",)), "bad": Check(("false",)), "away": Check(("no-such-program",))}

@dataclass
class Shard:
    name: str
    paths: tuple = ()
    cores: float = 1.0

STAGES = {
    "quick": (Shard("named", ("tests/test_named.py",)), Shard("the rest"), Shard("last", ("tests/test_last.py",), cores=2.0)),
    "spoken": (Shard("all"),),
}
"""
MARKED = "import pytest\npytestmark = pytest.mark.quick\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With a plan of its own and four tests that pass in three files."""
    (tmp_path / "tools").mkdir()
    for name in ("run_tests.py", "side_by_side.py"):
        shutil.copy(PROJECT / "tools" / name, tmp_path / "tools")
    (tmp_path / "tools" / "stages.py").write_text(PLAN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\nmarkers =\n    quick: quick\n    spoken: spoken\n")
    for name in ("named", "last", "other"):
        (tmp_path / "tests" / f"test_{name}.py").write_text(f"{MARKED}def test_{name}(): pass\n")
    write(tmp_path, "another", "def test_another(): pass")
    return tmp_path


def write(checkout: Path, name: str, text: str) -> None:
    (checkout / "tests" / f"test_{name}.py").write_text(f"{MARKED}{text}\n")


async def run_tests(checkout: Path, *stages: str) -> tuple[int, str]:
    """Exit code and output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "tools/run_tests.py", *stages, cwd=checkout, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    words, _ = await asyncio.wait_for(process.communicate(), 200)
    assert process.returncode is not None
    return process.returncode, words.decode()


async def test_every_test_runs_once(checkout: Path) -> None:
    code, words = await run_tests(checkout, "quick")
    assert (code, words.splitlines()[-1]) == (0, "4 passed, 0 failed"), words


async def test_what_fails_skips_or_cannot_be_read_is_told(checkout: Path) -> None:
    write(checkout, "named", "def test_fails(): assert False\n@pytest.mark.skip(reason='no moon')\ndef test_skips(): pass")
    write(checkout, "last", "import nothing_of_this_name")
    code, words = await run_tests(checkout, "quick")
    assert (code, words.splitlines()[-1]) == (1, "2 passed, 2 failed"), words
    assert "skipped in quick: tests.test_named.test_skips: no moon" in words


async def test_a_shard_whose_file_is_gone_is_a_failure(checkout: Path) -> None:
    (checkout / "tests" / "test_last.py").unlink()
    code, words = await run_tests(checkout, "quick")
    assert (code, words.splitlines()[-1]) == (1, "3 passed, 1 failed"), words


async def test_a_check_that_fails_or_is_missing_is_a_failure(checkout: Path) -> None:
    code, words = await run_tests(checkout, "check")
    assert (code, words.splitlines()[-1]) == (1, "1 passed, 2 failed"), words


async def test_a_file_that_no_stage_would_run_is_a_failure(checkout: Path) -> None:
    (checkout / "tests" / "test_lost.py").write_text("def test_lost(): pass\n")
    code, words = await run_tests(checkout, "quick")
    assert (code, words.splitlines()[-1]) == (1, "4 passed, 1 failed"), words
    assert "tests/test_lost.py" in words


async def test_stages_run_beside_each_other_and_are_told_apart(checkout: Path) -> None:
    installs(checkout, "exit 0")
    write(checkout, "speaks", "pytestmark = pytest.mark.spoken\ndef test_it(): pass")
    code, words = await run_tests(checkout)
    assert (code, words.splitlines()[-1]) == (1, "6 passed, 2 failed"), words
    table = words.split("== what ran")[1].splitlines()
    assert {line.split()[0]: line.split()[1] for line in table if " passed " in line} == {"check": "1", "quick": "4", "spoken": "1", "speech": "0"}


def installs(checkout: Path, how: str) -> None:
    script = checkout / "tools" / "install.sh"
    script.write_text(f"#!/bin/sh\n{how}\n")
    script.chmod(0o755)


@pytest.mark.parametrize(("how", "last"), [("exit 0", "1 passed, 0 failed"), ("echo no network; exit 4", "1 passed, 1 failed")])
async def test_speech_is_waited_for_and_a_failure_when_it_cannot_be_installed(checkout: Path, how: str, last: str) -> None:
    installs(checkout, f"sleep 0.5; touch is-there; {how}")
    write(
        checkout,
        "speaks",
        "import os\npytestmark = pytest.mark.spoken\n"
        "def test_it(): assert os.environ['CALLCENTER_TEST_SPEECH'] == 'needed' and os.path.exists('is-there')",
    )
    code, words = await run_tests(checkout, "spoken")
    assert (code, words.splitlines()[-1]) == (int("exit 4" in how), last), words
    assert ("no network" in words) == ("exit 4" in how)
