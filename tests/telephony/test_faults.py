"""Faults under calls: what dies, what stays, and that no call and no record is lost or doubled.

20 calls are up; CALLCENTER_FAULTS=full runs the full counts (50 calls, 60 s without a database).
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from callcenter.box import sipp
from tests.support.bare_pbx import bare_pbx, hears
from tests.support.desk import Desk
from tests.support.instances import free_offset, open_home
from tests.support.phone import Phone
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

FULL = os.environ.get("CALLCENTER_FAULTS") == "full"
CALLS = 50 if FULL else 20
DATABASE_AWAY_S = 60.0 if FULL else 8.0
KILLS = (("1", "topics"), ("1", "registration"), ("*", "topics"), ("4", "admission"))[: 4 if FULL else 1]
"""Each kill of FT1: what is pressed while the controller is dead, and the menu that follows."""
SERVED_LONG = timedelta(seconds=11)
"""A third cut in a row leads to the local script; a cut after ten seconds of service is the first again (asterisk-conf/extensions.conf.j2)."""


class Crowd:
    """Many callers at once, each known by his number and by Asterisk's id of his call."""

    def __init__(self, product: Product, group: sipp.Group, mark: int) -> None:
        self.product, self.group, self.mark = product, group, mark
        self.ids: dict[str, str] = {}
        self.served_since = datetime.min.replace(tzinfo=UTC)

    async def arrived(self) -> None:
        """All are up and in the flow."""

        def seen() -> bool:
            for one in self.product.witness.since(self.mark, "Newchannel"):
                self.ids.setdefault(one.get("CallerIDNum", ""), one["Uniqueid"])
            return all(caller.number in self.ids for caller in self.group.callers)

        await until(seen, 60, "all calls arrived", every_s=0.2)

    async def in_the_menu(self) -> None:
        """All have chosen their language, each as soon as he was asked, and are in the main menu."""
        await self.arrived()
        await self.press_at("language", self.group.callers, "1")
        await self.reach("choices", self.group.callers)

    async def press_at(self, node: str, callers: list[sipp.Caller], key: str) -> None:
        """Each presses `key` when he has reached `node`: a crowd takes longer to arrive than a menu waits."""
        waiting = list(callers)

        def pressed() -> bool:
            for caller in [one for one in waiting if node in self.product.nodes(self.ids[one.number])]:
                self.group.press(caller, key)
                waiting.remove(caller)
            return not waiting

        try:
            await until(pressed, 90, every_s=0.2)
        except AssertionError as late:
            raise AssertionError(f"{len(waiting)} of {len(callers)} callers have not reached {node}; their ways: {self.ways(waiting)}") from late

    async def reach(self, node: str, callers: list[sipp.Caller]) -> None:
        """All of them have entered `node`. What is read of a call is the whole of it, so only those still on their way are looked at."""
        waiting = list(callers)

        def there() -> bool:
            waiting[:] = [caller for caller in waiting if node not in self.product.nodes(self.ids[caller.number])]
            return not waiting

        try:
            await until(there, 90, every_s=0.3)
        except AssertionError as late:
            raise AssertionError(f"{len(waiting)} of {len(callers)} callers have not reached {node}; their ways: {self.ways(waiting)}") from late

    def ways(self, callers: list[sipp.Caller]) -> dict[str, int]:
        """How many of them went which way, for who reads a failure."""
        return dict(Counter(" > ".join(self.product.nodes(self.ids[caller.number])) or "nowhere" for caller in callers))

    def facts_of(self, caller: sipp.Caller, kind: str) -> list[dict[str, Any]]:
        return self.product.facts(self.ids[caller.number], kind)

    async def press_each(self, callers: list[sipp.Caller], keys: str) -> None:
        for caller in callers:
            self.group.press(caller, keys)

    def dropped(self) -> list[str]:
        """Callers whose call ended although nobody hung up."""
        self.group.refresh()
        return [caller.number for caller in self.group.callers if caller.over or not caller.answered]

    async def hang_up(self) -> None:
        for caller in self.group.callers:
            self.group.hang_up(caller)
        await until(lambda: self.group.refresh() or all(caller.over for caller in self.group.callers), 30, "all have hung up", every_s=0.2)

    async def each_has_one_record(self, timeout_s: float = 60) -> None:
        """Exactly one closed record for each call, no matter what happened."""

        async def counted() -> bool:
            rows = await self.product.sql(
                "SELECT linkedid, count(*) AS records FROM call_record WHERE linkedid = ANY($1) AND status = 'ended' GROUP BY linkedid",
                list(self.ids.values()),
            )
            assert all(row["records"] == 1 for row in rows), rows
            return len(rows) == len(self.ids)

        await until(counted, timeout_s, f"{len(self.ids)} closed records", every_s=0.5)


def numbers(series: str) -> list[str]:
    return [f"+86139{series}{number:06d}" for number in range(CALLS)]


def figures(what: str, seconds: list[float]) -> None:
    """One line a reader can copy: how many, median, 99th of a hundred, worst; and the load of the machine."""
    late = sorted(seconds)
    p99 = late[min(len(late) - 1, math.ceil(len(late) * 0.99) - 1)]
    print(f"{what}: n {len(late)}, p50 {late[len(late) // 2]:.2f} s, p99 {p99:.2f} s, worst {late[-1]:.2f} s, load {os.getloadavg()[0]:.1f}")


async def gone_on(crowd: Crowd, callers: list[sipp.Caller], node: str, since: datetime) -> list[datetime]:
    """When each of them first entered `node` after `since`; waited for."""

    def entered(caller: sipp.Caller) -> datetime | None:
        moments = (datetime.fromisoformat(one["at"]) for one in crowd.facts_of(caller, "node_entered") if one["data"]["node"] == node)
        return next((moment for moment in moments if moment > since), None)

    def entries() -> list[datetime]:
        found = [entered(caller) for caller in callers]
        return [moment for moment in found if moment is not None] if all(found) else []

    try:
        return await until(entries, 30, every_s=0.2)
    except AssertionError as late:
        missing = [caller for caller in callers if entered(caller) is None]
        raise AssertionError(f"{len(missing)} of {len(callers)} callers did not go on to {node}; their ways: {crowd.ways(missing)}") from late


async def kill_and_press(crowd: Crowd, pressing: list[sipp.Caller], key: str, node: str) -> list[float]:
    """Seconds from the kill of the controller until each who presses `key` while none lives is in `node`."""
    await crowd.product.can_be_replaced()
    await until(lambda: datetime.now(UTC) - crowd.served_since > SERVED_LONG, 20, "the controller has served for long", every_s=0.5)
    killed_at = crowd.served_since = datetime.now(UTC)
    crowd.product.kill("serve")
    await crowd.press_each(pressing, key)
    served = await gone_on(crowd, pressing, node, killed_at)
    await crowd.product.answers()
    return [(moment - killed_at).total_seconds() for moment in served]


def asked_twice(crowd: Crowd, callers: list[sipp.Caller]) -> list[str]:
    """Who was sent back to a menu that he had answered: it says nothing of the keys, only of the way."""
    ways = {caller.number: crowd.product.nodes(crowd.ids[caller.number]) for caller in callers}
    return [f"{number}: {way}" for number, way in ways.items() if any(one == other for one, other in pairwise(way))]


async def test_controller_killed_with_calls_in_menus_in_the_queue_and_in_conversation(product: Product, tmp_path: Path) -> None:
    """Who presses a key while nobody lives is served by the next controller; who does not hears his menu on, and is served as well."""
    desks = [await Desk.open(product, user, Phone(tone_hz=1000)) for user in ("agent01", "agent02")]
    mark = product.witness.mark()
    try:
        async with sipp.Group(product.settings, numbers("21"), tmp_path, every=50, rate=5) as group:
            crowd = Crowd(product, group, mark)
            await crowd.in_the_menu()
            queued, pressing, listening = group.callers[: CALLS // 5], group.callers[CALLS // 5 : 3 * CALLS // 5], group.callers[3 * CALLS // 5 :]
            await crowd.press_each(queued, "0")
            await crowd.reach("desk", queued)
            await until(lambda: all(desk.phone.talking for desk in desks), 30, "both agents talk")
            began = datetime.now(UTC)
            waits = [wait for key, node in KILLS for wait in await kill_and_press(crowd, pressing, key, node)]
            figures("FT1, key while the controller is dead to the next menu", waits)
            assert max(waits) < (2 if FULL else 3)
            await crowd.press_each(listening, "1")
            await gone_on(crowd, listening, "topics", began)
            gaps = [caller.sound.largest_gap_s for caller in listening]
            figures("FT1, largest gap in the sound of those who went on listening", gaps)
            assert crowd.dropped() == [] and asked_twice(crowd, [*pressing, *listening]) == []
            assert all(desk.phone.talking for desk in desks)
            await crowd.hang_up()
        await crowd.each_has_one_record()
    finally:
        for desk in desks:
            await desk.close()


async def test_frozen_controller_is_replaced_before_five_seconds_of_silence(product: Product, tmp_path: Path) -> None:
    mark = product.witness.mark()
    async with sipp.Group(product.settings, numbers("22"), tmp_path, every=50, rate=5) as group:
        crowd = Crowd(product, group, mark)
        await crowd.in_the_menu()
        for caller in group.callers:
            caller.sound.largest_gap_s = 0.0
        frozen_at = datetime.now(UTC)
        product.kill("serve", signal.SIGSTOP)
        await crowd.press_each(group.callers, "1")
        served = await gone_on(crowd, group.callers, "topics", frozen_at)
        figures("FT3, key while the controller is frozen to the next menu", [(moment - frozen_at).total_seconds() for moment in served])
        await until(lambda: all(caller.sound.silent_for_s() < 0.2 for caller in group.callers), 10, "everybody hears something")
        gaps = [caller.sound.largest_gap_s for caller in group.callers]
        figures("FT3, longest silence", gaps)
        assert max(gaps) <= 5.0 and crowd.dropped() == []
        await crowd.hang_up()
    await crowd.each_has_one_record()


@contextmanager
def database_frozen(product: Product) -> Iterator[None]:
    """Every process of the instance's PostgreSQL stands still. The first process goes first and comes back last: while it stands it neither begins
    another nor removes one that has ended, so each of the list can be told."""
    postmaster = product.pid("postgres")
    os.kill(postmaster, signal.SIGSTOP)
    children = [int(one) for one in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in [*children, postmaster]:
            os.kill(pid, signal.SIGCONT)


async def test_calls_go_on_without_the_database_and_their_records_come_later(product: Product, tmp_path: Path) -> None:
    mark = product.witness.mark()
    with database_frozen(product):
        async with sipp.Group(product.settings, numbers("23"), tmp_path, every=50, rate=5) as group:
            crowd = Crowd(product, group, mark)
            began = asyncio.get_running_loop().time()
            await crowd.in_the_menu()
            await until(lambda: asyncio.get_running_loop().time() - began >= DATABASE_AWAY_S, DATABASE_AWAY_S + 5, "long enough", every_s=0.5)
            assert crowd.dropped() == []
            await crowd.hang_up()
    back = asyncio.get_running_loop().time()
    await crowd.each_has_one_record()
    stored_s = asyncio.get_running_loop().time() - back
    print(f"FT7, database frozen: {len(crowd.ids)} calls, 0 dropped, every record once, {stored_s:.1f} s after it was back")


async def test_killed_database_costs_no_call_and_no_record(product: Product, tmp_path: Path) -> None:
    mark = product.witness.mark()
    async with sipp.Group(product.settings, numbers("24"), tmp_path, every=50, rate=5) as group:
        crowd = Crowd(product, group, mark)
        await crowd.arrived()
        await crowd.reach("language", group.callers[:1])
        product.kill("postgres")
        await crowd.in_the_menu()
        assert crowd.dropped() == []
        await crowd.hang_up()

    async def answers() -> bool:
        try:
            return bool(await product.sql("SELECT 1"))
        except (OSError, Exception):  # noqa: BLE001 - whatever a starting database says
            return False

    await until(answers, 30, "the database is back", every_s=0.5)
    await crowd.each_has_one_record()
    print(f"FT7, database killed: {len(crowd.ids)} calls, 0 dropped, every record once")


async def test_new_calls_without_a_controller_all_hear_the_fallback(tmp_path: Path) -> None:
    with free_offset() as offset, open_home("alone") as home:
        async with bare_pbx(home, offset) as pbx, sipp.Group(pbx.settings, numbers("25"), tmp_path, every=50) as group:

            def all_hear(prompt: str, language: str = "zh") -> bool:
                return all(hears(caller.sound.heard(), prompt, language) for caller in group.callers)

            await until(lambda: all_hear("recording_notice", "en"), 30, "everybody hears the announcement", every_s=0.3)
            began = asyncio.get_running_loop().time()
            await until(lambda: all_hear("fallback_sorry"), 2.5, "everybody hears the fallback", every_s=0.1)
            last_s = asyncio.get_running_loop().time() - began
            print(f"FT2: {len(group.callers)} callers hear the fallback, the last of them {last_s:.1f} s after the announcement")
            group.refresh()
            assert [caller.number for caller in group.callers if caller.over] == []
            for caller in group.callers:
                group.hang_up(caller)
            await until(lambda: group.refresh() or all(caller.over for caller in group.callers), 20, "all have hung up", every_s=0.2)
