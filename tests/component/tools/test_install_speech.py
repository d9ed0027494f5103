"""The installation of speech beside a product: ends with it, is done again when it was cut off, and says when it failed.

The real script in a checkout of its own, where the Python that would fetch a gigabyte only waits, fails or does nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.instances import PROJECT
from tests.support.waiting import until

pytestmark = pytest.mark.component
WAITS = "echo $$ >installing\nexec sleep 100"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With what the script reads; nothing is installed."""
    (tmp_path / "tools").mkdir()
    shutil.copy(PROJECT / "tools" / "bootstrap.sh", tmp_path / "tools")
    (tmp_path / "requirements-sounds.lock").write_text("nothing\n")
    return tmp_path


@pytest.fixture
def product() -> Iterator[subprocess.Popen[bytes]]:
    """Any process."""
    process = subprocess.Popen(["sleep", "100"])
    yield process
    process.kill()
    process.wait()


def python_that(checkout: Path, does: str) -> None:
    program = checkout / ".venv-sounds" / "bin" / "python"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)


def bootstrap(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["tools/bootstrap.sh", *words], cwd=checkout, capture_output=True, text=True, timeout=60, check=False)


def stamped(checkout: Path) -> bool:
    return bool(list((checkout / ".venv-sounds").glob(".installed-*")))


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_it_ends_with_the_product(checkout: Path, product: subprocess.Popen[bytes]) -> None:
    python_that(checkout, WAITS)
    assert bootstrap(checkout, "speech-beside", str(product.pid)).returncode == 0
    words = checkout / "installing"
    await until(lambda: words.exists() and words.read_text().strip(), 60, "the installation has begun")
    installing = int(words.read_text())
    assert lives(installing)
    product.kill()
    product.wait()
    await until(lambda: not lives(installing), 60, "the installation has ended with the product")
    assert not stamped(checkout)


async def test_it_goes_on_to_its_end_beside_the_product(checkout: Path, product: subprocess.Popen[bytes]) -> None:
    python_that(checkout, "exit 0")
    bootstrap(checkout, "speech-beside", str(product.pid))
    await until(lambda: stamped(checkout), 60, "installed")


def test_one_that_failed_says_so_and_is_begun_again(checkout: Path) -> None:
    python_that(checkout, "exit 7")
    assert bootstrap(checkout, "speech").returncode == 7 and not stamped(checkout)
    python_that(checkout, "exit 0")
    assert bootstrap(checkout, "speech").returncode == 0 and stamped(checkout)
    python_that(checkout, "exit 7")
    assert bootstrap(checkout, "speech").returncode == 0, "what is there is not installed again"


async def test_two_at_once_install_once(checkout: Path, product: subprocess.Popen[bytes]) -> None:
    python_that(checkout, "echo once >>count\nuntil [ -e go ]; do sleep 0.1; done")
    bootstrap(checkout, "speech-beside", str(product.pid))
    await until(lambda: (checkout / "count").exists(), 60, "the first has begun")
    second = await asyncio.create_subprocess_exec("tools/bootstrap.sh", "speech", cwd=checkout, stderr=asyncio.subprocess.PIPE)
    assert second.stderr is not None and b"waiting" in await second.stderr.readline()
    (checkout / "go").touch()
    assert await asyncio.wait_for(second.wait(), 60) == 0 and stamped(checkout)
    assert (checkout / "count").read_text().split() == ["once", "once"], "packages and models, once each"
