"""Attacks on a real Asterisk with our configuration: nothing gets through, and what is refused is refused, not cleaned.

CALLCENTER_FAULTS=full runs the full counts.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.cti.ami import AmiLink
from callcenter.errors import CallCenterError, UnsafeArgument
from tests.support.bare_pbx import BarePbx, bare_pbx
from tests.support.instances import free_offset, open_home
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]

CASES = 10_000 if os.environ.get("CALLCENTER_FAULTS") == "full" else 300
CANARY = "canary-of-an-attack"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx() -> AsyncIterator[BarePbx]:
    with free_offset() as offset, open_home("attacked") as home:
        async with bare_pbx(home, offset) as running:
            yield running


def canaries(pbx: BarePbx) -> list[Path]:
    return [*pbx.settings.home.rglob(f"*{CANARY}*"), *Path.cwd().glob(f"*{CANARY}*"), *Path("/tmp").glob(f"{CANARY}*")]


def hostile(chance: random.Random) -> str:
    """A value with at least one character that would end a header."""
    pieces = ["\r\n", "\n", "\r", "\0", "\r\n\r\n", "Action: Originate", "Channel: Local/s@hotline", "x", "=", ":", " ", "张伟", "$", "{", "&"]
    return "".join(chance.choices(pieces, k=chance.randrange(1, 8))) + chance.choice(["\r\n", "\n", "\r", "\0"]) + f"Variable: {CANARY}=1"


async def test_no_value_adds_a_header_or_an_action(pbx: BarePbx) -> None:
    async def ignore(*_: object) -> None:
        return

    link = AmiLink(pbx.settings, pbx.secrets, lambda _message: None, ignore, lambda: None)
    await link.start()
    try:
        await until(lambda: link.up, 10, "AMI link up")
        mark, chance, let_through = pbx.witness.mark(), random.Random(1), 0
        for number in range(CASES):
            value = hostile(chance)
            header = ("Channel", "Value", "Exten", "CallerID", "Context", "Variable")[number % 6]
            action = ("Originate", "Redirect", "Setvar")[number % 3]
            try:
                await link.send(action, **{header: value})
                let_through += 1
            except UnsafeArgument:
                continue
        assert let_through == 0
        assert not pbx.witness.since(mark, "Newchannel") and not pbx.witness.since(mark, "OriginateResponse")
    finally:
        await link.stop()


REFUSED = [
    {"Action": "Command", "Command": "core show version"},
    {"Action": "Command", "Command": f"!touch /tmp/{CANARY}"},
    {"Action": "GetConfig", "Filename": "manager.conf"},
    {"Action": "UpdateConfig", "SrcFilename": "extensions.conf", "DstFilename": "extensions.conf", "Action-000000": "NewCat", "Cat-000000": "x"},
    {"Action": "CreateConfig", "Filename": f"{CANARY}.conf"},
    {"Action": "ModuleLoad", "LoadType": "load", "Module": "app_system.so"},
    {"Action": "MixMonitor", "Channel": "PJSIP/x", "File": f"/tmp/{CANARY}.wav"},
    {"Action": "DialplanExtensionAdd", "Context": "hotline", "Extension": "9", "Priority": "1", "Application": "System"},
    {"Action": "DBPut", "Family": "x", "Key": CANARY, "Val": "1"},
    {"Action": "Filter", "Operation": "Add", "Filter": "Event: .*"},
    {"Action": "Reload"},
    {"Action": "Getvar", "Variable": "SHELL(id)"},
    {"Action": "Getvar", "Variable": "FILE(/etc/passwd,0,10)"},
    {"Action": "Getvar", "Variable": "CURL(http://127.0.0.1/)"},
    {"Action": "Setvar", "Variable": f"FILE(/tmp/{CANARY},0)", "Value": "x"},
    {"Action": "Originate", "Channel": "Local/s@hotline", "Application": "System", "Data": f"touch /tmp/{CANARY}"},
    {"Action": "Originate", "Channel": "Local/s@hotline", "Application": "AGI", "Data": "fallback.agi"},
    {"Action": "Originate", "Channel": "Local/s@hotline", "Application": "MixMonitor", "Data": f"/tmp/{CANARY}.wav"},
]


@pytest.mark.parametrize("headers", REFUSED, ids=lambda one: f"{one['Action']}-{one.get('Application', one.get('Variable', ''))}")
async def test_the_account_of_the_product_cannot_run_code_or_change_asterisk(pbx: BarePbx, headers: dict[str, str]) -> None:
    rest = {name: value for name, value in headers.items() if name != "Action"}
    answer = await pbx.witness.send(headers["Action"], **rest)
    assert answer["Response"] == "Error" or (headers["Action"] == "Getvar" and not answer.get("Value")), answer
    assert not canaries(pbx)


def listeners(table: str, ports: set[int]) -> dict[int, str]:
    """Listening port -> address, as the kernel writes it."""
    rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    found = {int(row[1].rsplit(":", 1)[1], 16): row[1].rsplit(":", 1)[0] for row in rows if row[3] == "0A"}
    return {port: address for port, address in found.items() if port in ports}


async def test_control_ports_listen_on_loopback_only(pbx: BarePbx) -> None:
    wanted = {pbx.settings.port("ami"), pbx.settings.port("asterisk_http")}
    assert listeners("tcp", wanted) == dict.fromkeys(wanted, "0100007F")
    assert not listeners("tcp6", wanted)


async def test_there_is_no_guest(pbx: BarePbx) -> None:
    shown = await pbx.console("pjsip show endpoints")
    names = [line.split()[1].split("/")[0] for line in shown.splitlines() if line.strip().startswith("Endpoint:") and "<" not in line]
    assert names == ["trunk"]
    assert "not be found" in await pbx.console("module show like anonymous") or "0 modules loaded" in await pbx.console("module show like anonymous")


@pytest.mark.parametrize("name", ["Bad Name", "a\r\nb", "a:b", ""])
async def test_header_names_are_checked_too(pbx: BarePbx, name: str) -> None:
    async def ignore(*_: object) -> None:
        return

    link = AmiLink(pbx.settings, pbx.secrets, lambda _message: None, ignore, lambda: None)
    await link.start()
    try:
        await until(lambda: link.up, 10, "AMI link up")
        with pytest.raises(CallCenterError):
            await link.send("Setvar", **{name: "x"})
    finally:
        await link.stop()
