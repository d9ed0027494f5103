"""A running hospital for the screen-pop: the product on ports of its own, 100 agents with an open desk, eight of them with a telephone.

In: an offset, how many calls. Out: `World` with the measured pages; SIPp answers for the telephones and writes down when each rang. Ends everything
it started. The pages that are not measured and the callers live in processes of their own (popup_crowd.py).
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

from bench.popup_crowd import sign_in
from callcenter.box import asterisk_process, sipp
from tests.support.endpoints import push_phone
from tests.support.instances import open_home
from tests.support.phone import Phone
from tests.support.product import Product, always_open, running_product
from tests.support.waiting import until

BENCH = Path(__file__).parent
AGENTS, WITH_PHONES = 100, 8
_RANG = re.compile(r"^-+ (\S+Z)\nUDP message sent [^\n]*\n\nSIP/2\.0 180 .*?^To: [^\n]*?sip:agent-(\d+)@", re.MULTILINE | re.DOTALL)
HIRE = """
INSERT INTO user_account (username, name, password_hash, created_at, changed_at, version)
  SELECT 'bench' || n, '坐席' || n, password_hash, now(), now(), 1 FROM user_account, generate_series(1, {count}) n WHERE username = 'agent01';
INSERT INTO user_role (user_id, role) SELECT id, 'agent' FROM user_account WHERE username LIKE 'bench%';
INSERT INTO queue_member (queue, user_id, penalty) SELECT 'service_desk', id, 0 FROM user_account WHERE username LIKE 'bench%';
UPDATE queue SET wrap_up_s = 0
"""


@dataclass(slots=True)
class Page:
    """One measured agent's desk."""

    agent_id: int
    http: aiohttp.ClientSession
    live: aiohttp.ClientWebSocketResponse


@dataclass(slots=True)
class World:
    """Everything there is while it is measured."""

    product: Product
    folder: Path
    pages: list[Page] = field(default_factory=list)

    async def calls(self, calls: int, rate: float) -> asyncio.subprocess.Process:
        """Begin to call; the process ends when all calls are over."""
        settings = self.product.settings
        return await _crowd("callers", str(settings.home), str(settings.offset), str(calls), str(rate))

    def rang(self) -> dict[int, list[float]]:
        """Agent -> the moments at which his phone said 180, in order, as time.time() counts."""
        found: dict[int, list[float]] = defaultdict(list)
        for moment, agent in _RANG.findall((self.folder / "messages.log").read_text(errors="replace")):
            found[int(agent)].append(datetime.fromisoformat(moment).timestamp())
        return found


@asynccontextmanager
async def world(offset: int) -> AsyncIterator[World]:
    """The product with its agents at work."""
    async with AsyncExitStack() as stack:
        home = stack.enter_context(open_home("popup"))
        product = await stack.enter_async_context(running_product(home, offset))
        made = World(product, home.parent)
        await always_open(product)
        await product.administer(HIRE.format(count=AGENTS), lambda known: len(known.agents) > AGENTS)
        users = [f"bench{number}" for number in range(1, AGENTS + 1)]
        others = await _crowd("pages", product.base, product.passwords["agent01"], *users[WITH_PHONES:], heard=True)
        stack.push_async_callback(_end, others)
        stack.push_async_callback(_end, phones := await _phones(made))
        for user in users[:WITH_PHONES]:
            page = await _measured(made, user, phones)
            stack.push_async_callback(page.http.close)
            made.pages.append(page)
        assert others.stdout is not None
        async with asyncio.timeout(120):
            await others.stdout.readuntil(b"ready\n")
        yield made


async def _crowd(*arguments: str, heard: bool = False) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE if heard else None
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.popup_crowd", *arguments, cwd=BENCH.parent, stdout=pipe)


async def _phones(made: World) -> asyncio.subprocess.Process:
    settings = made.product.settings
    port = str(settings.port("sip") + 700)
    logs = ["-trace_msg", "-message_file", str(made.folder / "messages.log")]
    line = [*asterisk_process.sipp_command(settings), "-sf", str(BENCH / "uas-agent.xml"), "-i", "127.0.0.1", "-p", port, *logs]
    media = ["-min_rtp_port", str(sipp.free_port()), "-mp", str(sipp.free_port()), "-nostdin", "-nd"]
    null = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(*line, *media, cwd=made.folder, stdin=null, stdout=null, stderr=null)


async def _measured(made: World, user: str, phones: asyncio.subprocess.Process) -> Page:
    """Signed in, with SIPp as his telephone, available."""
    assert phones.returncode is None, "SIPp does not run"
    product = made.product
    http, live = await sign_in(product.base, user, product.passwords["agent01"])
    async with http.get(f"{product.base}/api/softphone") as account:
        agent_id = int((await account.json())["authorization_user"].removeprefix("agent-"))
    await push_phone(product.settings, product.secrets, agent_id, rtp_timeout_s=60)
    registrar = await Phone().open()
    contact = f"sip:agent-{agent_id}@127.0.0.1:{product.settings.port('sip') + 700}"
    await registrar.register(f"agent-{agent_id}", product.settings.port("sip"), contact)
    registrar.close()

    async def available() -> bool:
        async with http.post(f"{product.base}/api/agent/state", json={"state": "available"}) as answer:
            answer.raise_for_status()
        async with http.get(f"{product.base}/api/agent") as answer:
            return (await answer.json())["state"]["state"] == "available"

    await until(available, 20, "agent is available", every_s=0.2)
    return Page(agent_id, http, live)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
