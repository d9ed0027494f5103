"""Reads a situation from sipp-scenarios/<name>/scenario.toml and lives through it.

In: the running product. Out: what was seen from outside: SIP, AMI, the API, the recording. Steps are short sentences; STEPS lists them.
"""

from __future__ import annotations

import signal
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.box import g711, sipp
from crm.engine.masks import masked
from tests.support.desk import Desk
from tests.support.instances import PROJECT
from tests.support.phone import Phone
from tests.support.product import Product, always_closed
from tests.support.waiting import until

FOLDER = PROJECT / "sipp-scenarios"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/scenario.toml"))
AGENTS = ("agent01", "agent02")
STEP_S = 100.0


@dataclass(slots=True)
class Scene:
    """One situation while it is lived through."""

    name: str
    product: Product
    folder: Path
    number: str
    script: dict[str, Any]
    group: sipp.Group = field(init=False)
    desks: list[Desk] = field(default_factory=list)
    mark: int = 0
    linkedid: str = ""

    @property
    def caller(self) -> sipp.Caller:
        return self.group.callers[0]

    # -- steps -----------------------------------------------------------------------------------------------------------

    async def reach(self, node: str, times: str = "1") -> None:
        """The caller has entered this node so many times."""

        def entered() -> bool:
            return self.product.nodes(self.linkedid).count(node) >= int(times)

        try:
            await until(entered, STEP_S, every_s=0.1)
        except AssertionError as late:
            raise AssertionError(f"{node} not reached {times} times; the way was {self._path()}") from late

    async def keys(self, keys: str) -> None:
        self.group.press(self.caller, keys)

    async def say(self, seconds: str, frequency: str = "440") -> None:
        """The caller speaks: a tone."""
        self.caller.sound.say(g711.tone((float(frequency),), float(seconds)))
        await until(lambda: self.caller.sound.said_everything, float(seconds) + 5)

    async def silence(self, seconds: str) -> None:
        self.caller.sound.pause(float(seconds))
        await until(lambda: self.caller.sound.said_everything, float(seconds) + 5)

    async def hears(self, frequency: str) -> None:
        """The caller hears this tone now, as it is spoken by an agent."""
        await until(lambda: g711.level_at(self.caller.sound.heard(0.4), float(frequency)) > 0.1, 10, f"{frequency} Hz heard", every_s=0.1)

    async def hang_up(self) -> None:
        self.group.hang_up(self.caller)
        await self.over()

    async def over(self) -> None:
        def look() -> bool:
            self.group.refresh()
            return self.caller.over

        await until(look, STEP_S, "call is over", every_s=0.1)

    async def waits(self) -> None:
        """The caller is in a queue."""
        await self.product.witness.first(self.mark, "QueueCallerJoin", STEP_S, Linkedid=self.linkedid)

    async def agent_arrives(self, way: str) -> None:
        """The next agent signs in; his phone answers, rings or refuses."""
        index = len(self.desks)
        self.desks.append(await Desk.open(self.product, AGENTS[index], _phone(way, index)))

    async def agent_rings(self, number: str = "1") -> None:
        await self._desk(number).rings(STEP_S)

    async def agent_answers(self, number: str = "1") -> None:
        desk = self._desk(number)
        call = await desk.rings(STEP_S)
        if call.state == "ringing":
            desk.phone.answer(call)
        await desk.talks()

    async def agent_hangs_up(self, number: str = "1") -> None:
        desk = self._desk(number)
        desk.phone.hang_up(await desk.talks())

    async def agent_vanishes(self, number: str = "1") -> None:
        desk = self._desk(number)
        desk.phone.vanish(await desk.talks())

    async def agent_loses_page(self, number: str = "1") -> None:
        desk = self._desk(number)
        await desk.talks()
        desk.phone.lose_page(f"agent-{desk.id}", self.product.settings.port("sip"))

    async def agent_comes_back(self, number: str = "1") -> None:
        """His page is loaded anew and registers."""
        desk = self._desk(number)
        await desk.phone.register(f"agent-{desk.id}", self.product.settings.port("sip"))

    async def is_held(self) -> None:
        """The patient hears music instead of an agent who is gone."""
        await self.product.witness.first(self.mark, "UserEvent", STEP_S, UserEvent="PatientHeld")

    async def agent_finishes(self, number: str = "1") -> None:
        await self._desk(number).finish(self.linkedid)

    async def agent_sees(self, name: str, number: str = "1") -> None:
        """The pop shows this person."""
        desk = self._desk(number)

        async def shown() -> bool:
            call = (await desk.snapshot())["call"]
            return call is not None and name in [person["name"] for person in call["people"]]

        await until(shown, 10, f"pop with {name}", every_s=0.1)

    async def transfer(self, kind: str, target: str) -> None:
        """Agent 1 sends the patient on. A target of kind agent is the number of a desk here."""
        chosen = str(self._desk(target).id) if kind == "agent" else target
        body = {"linkedid": self.linkedid, "kind": kind, "target": chosen}
        await until(lambda: self._talking_on_the_desk(), 10, "the desk shows the conversation")
        await self._desk("1").api.post("/api/agent/transfer", body, expect=202)

    async def _talking_on_the_desk(self) -> bool:
        return await self._desk("1").state() == "talking"

    async def kill_controller(self) -> None:
        self.product.kill("serve")

    async def freeze_controller(self) -> None:
        self.product.kill("serve", signal.SIGSTOP)

    async def recovered(self) -> None:
        """A new controller has taken the caller over."""
        await until(lambda: self.product.facts(self.linkedid, "session_recovered"), STEP_S, "session recovered", every_s=0.05)

    async def hears_no_gap(self, seconds: str) -> None:
        gap = self.caller.sound.largest_gap_s
        assert gap < float(seconds), f"{gap:.2f} s without a packet"

    def _desk(self, number: str) -> Desk:
        return self.desks[int(number) - 1]

    def _path(self) -> list[str]:
        return self.product.nodes(self.linkedid)


STEPS: dict[str, Callable[..., Awaitable[None]]] = {
    name.replace("_", " "): getattr(Scene, name)
    for name in (
        "reach", "keys", "say", "silence", "hears", "hang_up", "over", "waits", "agent_arrives", "agent_rings", "agent_answers", "agent_hangs_up",
        "agent_vanishes", "agent_loses_page", "agent_comes_back", "is_held", "agent_finishes", "agent_sees", "transfer", "kill_controller",
        "freeze_controller", "recovered", "hears_no_gap",
    )
}  # fmt: skip


async def live(name: str, product: Product, folder: Path) -> None:
    """The whole situation, and what must be so afterwards."""
    script = load(name)
    scene = Scene(name, product, folder, script.get("number", f"+8613911{NAMES.index(name):06d}"), script)
    try:
        await live_through(scene)
        await check(scene)
    finally:
        for desk in scene.desks:
            await desk.close()


async def live_alone(name: str, product: Product, folder: Path) -> None:
    """With the hours and the queue times it asks for."""
    script = load(name)
    if script.get("hours") == "closed":
        await always_closed(product)
    await queue_times(product, script.get("queue_wait_s", 120), script.get("ring_s", 20))
    await product.witness.send("Setvar", Variable="REJOIN_S", Value=str(script.get("rejoin_s", 15)))
    await live(name, product, folder)


async def queue_times(product: Product, wait_s: int = 120, ring_s: int = 20) -> None:
    await product.administer(
        f"UPDATE queue SET max_wait_s = {int(wait_s)}, ring_s = {int(ring_s)}",
        lambda known: all((one["max_wait_s"], one["ring_s"]) == (wait_s, ring_s) for one in known.queues),
    )


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name / "scenario.toml").read_text(encoding="utf-8"))


def disturbs(script: dict[str, Any]) -> bool:
    """Whether others would notice: agents at work, other hours or queue times, a controller that dies."""
    changed = any(key in script for key in ("agents", "hours", "queue_wait_s", "ring_s"))
    return changed or any(step.endswith(" controller") for step in script["steps"])


def _parsed(step: str) -> tuple[Callable[..., Awaitable[None]], list[str]]:
    word = max((known for known in STEPS if step == known or step.startswith(f"{known} ")), key=len, default="")
    if not word:
        raise AssertionError(f"no such step: {step!r}; there are {', '.join(STEPS)}")
    return STEPS[word], step[len(word) :].split()


async def live_through(scene: Scene) -> None:
    """Ring, then every step in order."""
    script = scene.script
    scene.mark = scene.product.witness.mark()
    for way in script.get("agents", ()):
        await scene.agent_arrives(way)
    scene.group = sipp.Group(
        scene.product.settings, [scene.number], scene.folder, codec=script.get("codec", "alaw"), keys_by=script.get("keys_by", "rfc4733"),
        scenario=FOLDER / script.get("caller", "patient.xml"),
    )  # fmt: skip
    async with scene.group:
        arrived = await scene.product.witness.first(scene.mark, "Newchannel", 10, CallerIDNum=scene.number)
        scene.linkedid = arrived["Uniqueid"]
        for step in script["steps"]:
            do, arguments = _parsed(step)
            await do(scene, *arguments)


def _phone(way: str, index: int) -> Phone:
    """Agent 1 speaks at 1000 Hz, agent 2 at 1300 Hz."""
    tone = 1000.0 + 300 * index
    match way:
        case "answers":
            return Phone(tone_hz=tone)
        case "rings":
            return Phone(answer_after_s=None, tone_hz=tone)
    return Phone(refuse_with=486)


# -- what must be so afterwards ------------------------------------------------------------------------------------------------


async def record_of(scene: Scene, timeout_s: float = 20) -> dict[str, Any]:
    """The closed call record, as a supervisor sees it."""
    supervisor = await scene.product.api("supervisor01")

    async def closed() -> dict[str, Any] | None:
        found = await supervisor.get("/api/call-records", q=scene.number)
        mine = [one for one in found["items"] if one["linkedid"] == scene.linkedid]
        assert len(mine) <= 1, f"{len(mine)} records for one call"
        return await supervisor.get(f"/api/call-records/{mine[0]['id']}") if mine and mine[0]["status"] == "ended" else None

    return await until(closed, timeout_s, "closed call record", every_s=0.2)


async def check(scene: Scene) -> dict[str, Any]:
    """Everything that `expect` says; the call record."""
    expect = scene.script["expect"]
    await scene.product.answers()
    assert scene.caller.hung_up_by == expect.get("hung_up_by", "hotline"), scene.group.errors()
    record = await record_of(scene)
    assert record["outcome"] == expect["outcome"], record
    assert (record["caller_number"], record["dialled_number"]) == (masked("phone", scene.number), "95120"), record
    assert await _whole_number(scene, record["id"]) == scene.number
    for key in ("queue", "language"):
        if key in expect:
            assert record[key] == expect[key], record
    _contains_in_order([step["node"] for step in record["ivr_path"]], expect.get("path", []))
    for node, times in expect.get("visits", {}).items():
        assert [step["node"] for step in record["ivr_path"]].count(node) == times, record["ivr_path"]
    counts = scene.product.witness.counts(scene.mark, lambda one: one.get("Linkedid") == scene.linkedid)
    wanted = Counter(expect.get("events", {}))
    assert {name: counts[name] for name in wanted} == dict(wanted), counts
    if "message" in expect:
        await _has_message(scene, expect["message"], expect.get("message_s", 0.5))
    if expect.get("recording", True):
        await _has_recording(scene, record["id"])
    return record


async def _whole_number(scene: Scene, record_id: int) -> str:
    """As it is told to who asks for it."""
    supervisor = await scene.product.api("supervisor01")
    return (await supervisor.post(f"/api/call-records/{record_id}/number", {}))["number"]


def _contains_in_order(path: list[str], wanted: list[str]) -> None:
    rest = iter(path)
    assert all(node in rest for node in wanted), f"{wanted} is not in {path}"


async def _has_message(scene: Scene, purpose: str, least_s: float) -> None:
    supervisor = await scene.product.api("supervisor01")

    async def found() -> list[Any]:
        items = (await supervisor.get("/api/messages"))["items"]
        return [one for one in items if one["caller_number"] == masked("phone", scene.number) and one["purpose"] == purpose]

    messages = await until(found, 20, f"message {purpose}", every_s=0.3)
    assert len(messages) == 1, messages
    assert len(await supervisor.content(f"/api/messages/{messages[0]['id']}/audio")) > least_s * 2 * g711.RATE


async def _has_recording(scene: Scene, record_id: int) -> None:
    supervisor = await scene.product.api("supervisor01")

    async def ready() -> bool:
        return (await supervisor.get(f"/api/call-records/{record_id}"))["recording"]["available"]

    await until(ready, 30, "recording available", every_s=0.3)
    assert len(await supervisor.content(f"/api/call-records/{record_id}/recording")) > 2000
