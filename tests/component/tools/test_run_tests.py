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
from dataclasses import dataclass
CHECKS = {"good": ("true",), "bad": ("false",), "away": ("no-such-program",)}
CHECKS_AT_ONCE, NEEDS_SPEECH = 2, ("spoken",)

@dataclass
class Shard:
    name: str
    paths: tuple = ()

STAGES = {
    "quick": ((Shard("named", ("tests/test_named.py",)), Shard("the rest")), (Shard("last", ("tests/test_last.py",)),)),
    "spoken": ((Shard("all"),),),
}
"""
MARKED = "import pytest\npytestmark = pytest.mark.quick\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With a plan of its own and four tests that pass in three files."""
    (tmp_path / "tools").mkdir()
    shutil.copy(PROJECT / "tools" / "run_tests.py", tmp_path / "tools")
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


@pytest.mark.parametrize(("installs", "last"), [("exit 0", "1 passed, 0 failed"), ("echo no network; exit 4", "1 passed, 1 failed")])
async def test_speech_that_cannot_be_installed_is_a_failure(checkout: Path, installs: str, last: str) -> None:
    script = checkout / "tools" / "bootstrap.sh"
    script.write_text(f"#!/bin/sh\n{installs}\n")
    script.chmod(0o755)
    write(checkout, "speaks", "import os\npytestmark = pytest.mark.spoken\ndef test_it(): assert os.environ['CALLCENTER_TEST_SPEECH'] == 'needed'")
    code, words = await run_tests(checkout, "spoken")
    assert (code, words.splitlines()[-1]) == (int("exit 4" in installs), last), words
    assert ("no network" in words) == ("exit 4" in installs)
