"""The real controller as a process of its own over an invented hospital, and a machine that has every right there is.

In: the address of a database. Out: where it listens, the machine's token, the API's description as it is served; with `working` also the process
that does its jobs. Must not leave a process.
Invariant: nothing that is asked can take the machine's user, role or token away. Asterisk is away: what needs it answers 503.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from crm.access import accounts, tokens
from crm.database import Database, Session
from tests.support.instances import PROJECT

START_S, STOP_S, EACH_S = 120.0, 30.0, 0.1
PROBER = "conformance"
_PORTS = ("http_port", "asterisk_http_port", "ami_port", "agi_port", "aeap_port")
_KEPT = {
    "user_account": "OLD.username = 'conformance'", "role": "OLD.code = 'conformance'", "user_role": "OLD.role = 'conformance'",
    "api_token": "OLD.title = 'conformance'",
}  # fmt: skip


@dataclass(frozen=True)
class Probed:
    """A controller that answers. `described`: its OpenAPI, which also lies in `file`."""

    base: str
    token: str
    file: Path
    described: dict[str, Any]

    def send(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        """Status and content type of the answer to a body that is said to be JSON."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, body, headers, method=method), timeout=START_S) as answer:
                return answer.status, answer.headers.get_content_type()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers.get_content_type()


async def _prepare(url: str, rights: list[str]) -> str:
    """A user with all `rights`, who cannot be changed, and his token."""
    database, now = Database(url, timeout_s=10.0), datetime.now(UTC)

    async def work(session: Session) -> str:
        role = "INSERT INTO role (code, title_zh, title_en, rights) VALUES (:me, '机', 'Machine', :rights)"
        await session.execute(text(role), {"me": PROBER, "rights": rights})
        made = "INSERT INTO user_account (username, name, password_hash) VALUES (:me, 'Conformance', '') RETURNING id"
        user_id = await session.scalar(text(made), {"me": PROBER})
        assert user_id is not None
        await session.execute(text("INSERT INTO user_role (user_id, role) VALUES (:id, :me)"), {"id": user_id, "me": PROBER})
        who = (await accounts.principals(session, [user_id]))[user_id]
        token = await tokens.make(session, who, tokens.NewToken(PROBER, user_id, tuple(rights), now + timedelta(days=1)), now)
        for table, mine in _KEPT.items():
            await session.execute(text(_guard(table, mine)))
            await session.execute(text(f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kept_{table}()"))
        return token["token"]

    try:
        return await database.run(work)
    finally:
        await database.close()


def _guard(table: str, mine: str) -> str:
    """An update of the machine's own row does nothing, its removal neither."""
    return f"""CREATE FUNCTION kept_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {mine} THEN RETURN CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE OLD END; END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END; END $$"""


def _get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=START_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()
    except OSError:
        return 0, b""


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def controller(url: str, folder: Path) -> Iterator[str]:
    """`callcenter serve` on free ports; its address. Killed when the block ends."""
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    (folder / "home").mkdir()
    lines = ["demo = true", 'log_level = "ERROR"', "[network]", *(f"{name} = {port}" for name, port in ports.items())]
    (folder / "callcenter.toml").write_text("\n".join(lines))
    base = f"http://127.0.0.1:{ports['http_port']}"
    with _process("serve", url, folder) as process:
        _until_it_answers(process, base, folder)
        yield base


@contextmanager
def working(url: str, folder: Path) -> Iterator[None]:
    """`callcenter work` beside the controller of `folder`. Killed when the block ends."""
    with _process("work", url, folder) as process:
        yield
        assert process.poll() is None, (folder / "work-said").read_text()[-2000:]


@contextmanager
def _process(command: str, url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "CALLCENTER_HOME": str(folder / "home"),
        "CALLCENTER_CONFIG": str(folder / "callcenter.toml"), "DATABASE_URL": url,
    }  # fmt: skip
    with (folder / f"{command}-said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "callcenter", command], cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            finally:
                process.kill()


def _until_it_answers(process: subprocess.Popen[bytes], base: str, folder: Path) -> None:
    deadline, pause = time.monotonic() + START_S, EACH_S
    while _get(f"{base}/api/health")[0] == 0:
        said = (folder / "serve-said").read_text()[-2000:]
        assert process.poll() is None and time.monotonic() < deadline, said
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def probed(url: str, folder: Path, more: Collection[str] = ()) -> Iterator[Probed]:
    """The controller, its description, and the machine that may ask for every route; `more`: rights that no route is named by."""
    with controller(url, folder) as base:
        described = description(base)
        file = folder / "openapi.json"
        file.write_text(json.dumps(described))
        rights = {one["x-right"] for path in described["paths"].values() for one in path.values()}
        yield Probed(base, asyncio.run(_prepare(url, sorted({*rights, *more}))), file, described)


def description(base: str) -> dict[str, Any]:
    """The API's description as it is served."""
    status, body = _get(f"{base}/api/openapi.json")
    assert status == 200, body
    return json.loads(body)
