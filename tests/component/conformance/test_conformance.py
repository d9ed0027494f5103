"""The API that is served is what its description says: schemathesis sends every route what it allows and what it forbids, and checks each answer.

Checked: no fault of ours, only statuses, content types and bodies that are described, unfitting input refused and fitting input not, other methods
refused, no route open to a stranger or a wrong token. CALLCENTER_FAULTS=full asks every route for every boundary; else a sample of routes is.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.database import Database
from crm.engine import audit
from tests.component.conformance.product import Probed, probed

pytestmark = [pytest.mark.component, pytest.mark.timeout(7200 if os.environ.get("CALLCENTER_FAULTS") == "full" else 900)]
FULL = os.environ.get("CALLCENTER_FAULTS") == "full"
CONFIG = Path(__file__).with_name("schemathesis.toml")
# Routes written by hand, with files too, and those of a declared thing with masks.
SAMPLE = r"^/api/(saved-views|messages|contact-phones)"
RAW_BODIES = (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"name": "\\ud800"}', b'{"a": 1e999}', b'{"a":1,"a":2}', b"NaN")


@pytest.fixture(scope="module")
def machine(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probed]:
    with probed(demo_url, tmp_path_factory.mktemp("conformance")) as ready:
        yield ready


def asked(machine: Probed, folder: Path, *options: str) -> str:
    """What schemathesis says at its end; fails with its report when an answer is not as described."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(machine.file), "--url", machine.base]
    command += ["--header", f"Authorization: Bearer {machine.token}", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-2_000:]
    return done.stdout


def counted(said: str) -> tuple[int, int]:
    """Requests made, routes asked."""
    made, tested = re.search(r"([\d,]+) generated", said), re.search(r"Tested: ([\d,]+)", said)
    assert made is not None and tested is not None, said[-3000:]
    return int(made[1].replace(",", "")), int(tested[1].replace(",", ""))


def test_every_route_answers_as_described(machine: Probed, tmp_path: Path) -> None:
    requests, routes = counted(asked(machine, tmp_path, "--phases", "fuzzing", "--max-examples", "20" if FULL else "1"))
    print(f"{requests} requests to {routes} routes")
    described = sum(len(path) for path in machine.described["paths"].values())
    assert routes == described > 700 and requests >= routes


def test_every_boundary_of_what_is_described_holds(machine: Probed, tmp_path: Path) -> None:
    requests, routes = counted(asked(machine, tmp_path, "--phases", "coverage", *([] if FULL else ["--include-path-regex", SAMPLE])))
    print(f"{requests} requests to {routes} routes")
    assert routes > 10 and requests > 20 * routes


def test_no_two_shapes_share_a_name(machine: Probed) -> None:
    """pydantic writes the module before a name that stands for two shapes; a program that is made from the description should not see that."""
    assert [name for name in machine.described["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize("path", ["/api/login", "/api/patients"])
def test_a_body_that_is_no_object_is_refused_as_described(machine: Probed, path: str) -> None:
    for body in RAW_BODIES:
        status, kind = machine.send("POST", path, body)
        assert status in (400, 422) and kind == "application/problem+json", (body, status)


def test_trail_is_whole_after_all_of_it(machine: Probed, demo_url: str) -> None:
    """After thousands of odd requests nothing of the audit trail is missing or out of place."""

    async def verified() -> str | None:
        database = Database(demo_url, timeout_s=60.0)
        try:
            return await database.run(audit.verify, timeout_s=60.0)
        finally:
            await database.close()

    assert asyncio.run(verified()) is None
