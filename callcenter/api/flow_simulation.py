"""The simulator and the regression cases over HTTP: the engine itself, with a tester where the caller is.

In: a situation, the state of the step before, what was heard. Out: what was said, where it led, what is asked. Must not do an action, nor keep
anything between two requests. Invariant: a state that no caller can be in is refused in words; a flow with faults is walked as far as it goes.
Shapes: docs/ivr.md, "HTTP".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from callcenter import commands as do
from callcenter.api.calls import as_json
from callcenter.api.flow_desk import FlowDesk, by_of, checked, desk_of, drawn, released
from callcenter.api.flow_models import (
    CaseList,
    CaseQuery,
    CaseResult,
    CaseResults,
    CaseView,
    FoundGiven,
    HeardGiven,
    MadeCase,
    NewCase,
    RunAsked,
    Simulated,
    SimulationAsked,
    Situation,
)
from callcenter.api.keys import CLOCK, id_of
from callcenter.api.problems import FieldError, Problem
from callcenter.api.resources import asked
from callcenter.api.routing import body_of, query_of, route
from callcenter.errors import FlowLoop, StoreUnavailable
from callcenter.ivr import actions, lookups, saying, simulation
from callcenter.ivr.flow import FlowBook, UnknownFlow
from callcenter.ivr.loader import Checked
from callcenter.ivr.simulation import Played, Walked
from callcenter.ivr.step import Step
from callcenter.speech import match
from crm.telephony import flows

LARGEST_STATE = 200_000
DRAFT = "draft"
NO_CALLER = "$caller"
RESULTS = {
    do.JoinQueue: ("answered", "timeout", "full", "no_agent", "agent_lost", "failed"),
    do.Dial: ("answered", "busy", "no_answer", "failed"),
}
KINDS = {do.Gather: "keys", do.RecordMessage: "record", do.JoinQueue: "queue", do.Lookup: "lookup", do.Act: "act", do.Dial: "transfer"}


class Astray(Exception):
    """The flow cannot be walked on from here; `place` says where."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


# -- what stands in for the outside -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Testing:
    """A situation among real data that is only read."""

    desk: FlowDesk
    at: datetime
    number: str
    answers: Mapping[str, FoundGiven]

    async def outside(self, command: do.Command, step: Step) -> do.Heard | None:
        """What needs no tester; None for the rest."""
        match command:
            case do.CheckHours():
                given = self.answers.get(f"${command.calendar}")
                return do.Found(given.exit if given else self.desk.hours.state_at(command.calendar, self.at))
            case do.WhoCalls():
                given = self.answers.get(NO_CALLER)
                return do.Found(given.exit if given else await self._who())
            case do.Lookup() | do.Act() if command.name in self.answers:
                given = self.answers[command.name]
                return do.Found(given.exit, given.values)
            case do.Lookup():
                return await self._look_up(command)
        return None

    async def _who(self) -> str:
        try:
            people = await self.desk.callers.people_at(self.number) if self.number else ()
        except StoreUnavailable:
            people = ()
        return ("unknown", "known", "several")[min(len(people), 2)]

    async def _look_up(self, command: do.Lookup) -> do.Found | None:
        shape = lookups.LOOKUPS.get(command.name)
        if shape is None or shape.personal:
            return None
        found = await self.desk.lookups.ask(command.name, command.arguments, self.at)
        return do.Found("unavailable") if lookups.problem_of(command.name, found) else found


async def testing(request: web.Request, given: Situation) -> Testing:
    """`given` with what it leaves open."""
    return Testing(desk_of(request), given.at or request.app[CLOCK].now(), given.caller.number, given.answers)


def heard_as(given: HeardGiven, command: do.Command) -> do.Heard | None:  # noqa: PLR0911 - one line a kind of answer
    """What the tester answered, as the engine hears it; None when it is no answer to `command`."""
    match command:
        case do.Gather() if given.keys is not None:
            return do.Keys(given.keys[: command.max_digits])
        case do.Gather() if given.said is not None and command.answers:
            best = match.best(given.said, command.answers)
            return do.Said(given.said, best.value, best.score)
        case do.Gather() if given.found is not None and command.needs_voice:
            return do.Found("unavailable")
        case do.RecordMessage() if given.recorded is not None:
            kept = given.recorded > 0
            return do.Recorded("simulated" if kept else "", "", given.recorded)
        case do.JoinQueue() | do.Dial() if given.queue in RESULTS[type(command)]:
            return do.QueueResult(str(given.queue))
        case do.Lookup() | do.Act() if given.found is not None:
            return do.Found(given.found.exit, given.found.values)
    return None


# -- simulation -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """What is walked, and which version of each flow it is: a number, or `draft`."""

    found: Checked
    versions: Mapping[str, int | str]


async def stage_of(request: web.Request, release: int | str, sources: Mapping[str, Any]) -> Stage:
    """A release, or what is live with every draft over it; `sources` over both."""
    desk, all_drawn = desk_of(request), await drawn(request)
    older = await released(request, release) if isinstance(release, int) else None
    played = (dict(older.sources) if older else all_drawn.with_drafts()) | dict(sources)
    under = older or all_drawn.live
    published = {name: number for name, number in under.versions.items() if played.get(name) == under.sources.get(name)} if under else {}
    found = await checked(desk, all_drawn.around, played)
    return Stage(found, {name: published.get(name, DRAFT) for name in found.book.flows})


@route("POST", "/api/flow-simulation", right="flow.read", body=SimulationAsked, answer=Simulated, also=(404, 409))
async def simulate(request: web.Request) -> web.Response:
    """One step of a caller who is not there; nothing is changed."""
    sent = body_of(request, SimulationAsked)
    stage = await stage_of(request, sent.release, sent.sources)
    found, place = stage.found, await testing(request, sent)
    if sent.flow not in found.book.flows:
        raise Problem(422, "invalid input", "There is no such flow.", [FieldError("body.flow", "is a flow with nodes", "choose another flow")])
    try:
        walked = await _walk(found.book, sent, place)
    except Astray as astray:
        faults = [one.as_json() for one in found.faults]
        raise Problem(409, "faults", f"The flow cannot be walked on from {astray.place}.", kind="faults", more={"faults": faults}) from astray
    return as_json(await _shown(place.desk, stage, walked))


async def _walk(book: FlowBook, sent: SimulationAsked, place: Testing) -> Walked:
    if sent.state is None or sent.heard is None:
        return await _guarded(sent.flow, simulation.enter(book, sent.flow, sent.language, place.outside))
    if len(json.dumps(sent.state)) > LARGEST_STATE:
        raise _no_state()
    command = await _guarded(sent.flow, simulation.asked_at(book, sent.state))
    if command is None:
        raise _no_state()
    heard = heard_as(sent.heard, command)
    if heard is None:
        kind = KINDS.get(type(command), "end")
        raise Problem(422, "invalid input", "This is no answer to what was asked.", [FieldError("heard", f"answers {kind}", "answer what asks says")])
    walked = await _guarded(sent.flow, simulation.go_on(book, sent.state, heard, place.outside))
    if walked is None:
        raise _no_state()
    return walked


async def _guarded(flow: str, walking: Any) -> Any:
    try:
        return await walking
    except (KeyError, UnknownFlow, FlowLoop) as lost:
        raise Astray(flow if isinstance(lost, KeyError) else str(lost)) from lost


def _no_state() -> Problem:
    error = FieldError("state", "is what an earlier answer held, for the same flows", "begin the simulation anew")
    return Problem(422, "invalid input", "No caller can be in this state.", [error])


async def _shown(desk: FlowDesk, stage: Stage, walked: Walked) -> dict[str, Any]:
    flow, node = walked.place
    return {
        "state": walked.step.as_json(), "place": {"flow": flow, "node": node, "version": stage.versions[flow]},
        "moves": [{"flow": one.flow, "node": one.node, "exit": one.exit} for one in walked.moves],
        "plays": [one for played in walked.plays for one in await _plays(desk, played)],
        "asks": _asks(stage.found.book, walked), "ended": walked.asked is None,
        "found": [{"name": name, "exit": found.exit, "values": dict(found.values)} for name, found in walked.found],
    }  # fmt: skip


async def _plays(desk: FlowDesk, played: Played) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in played.spoken:
        language = (one.language if isinstance(one, do.Prompt) else "") or played.language
        files = await desk.voice.files((one,), played.language)
        found.append(
            {
                "text": {each: saying.text_of(one, each, desk.voice.text) for each in ("zh", "en")},
                "language": language,
                "prompt": one.id if isinstance(one, do.Prompt) else "",
                "audio": [f"/api/sounds?language={played.language}&file={file}" for file in files],
            }
        )
    return found


def _asks(book: FlowBook, walked: Walked) -> dict[str, Any]:
    command = walked.asked
    if command is None:
        return {"kind": "end"}
    node = book.node(*walked.place)
    asks: dict[str, Any] = {"kind": KINDS[type(command)], "exits": sorted(node.on)}
    match command:
        case do.Gather():
            answers = [{"value": one.value, "words": list(one.words)} for one in command.answers]
            asks |= {"max_digits": command.max_digits, "wait_s": command.first_digit_s, "answers": answers}
        case do.RecordMessage():
            asks |= {"name": command.purpose, "wait_s": command.max_s}
        case do.JoinQueue():
            asks |= {"name": command.queue, "exits": list(RESULTS[do.JoinQueue])}
        case do.Dial():
            asks |= {"name": command.extension, "exits": list(RESULTS[do.Dial])}
        case do.Lookup() | do.Act():
            asks |= {"name": command.name, "arguments": dict(command.arguments), **_by_default(command)}
    return asks


def _by_default(command: do.Lookup | do.Act) -> dict[str, Any]:
    action = actions.ACTIONS.get(command.name) if isinstance(command, do.Act) else None
    if action is None:
        return {"default": {"exit": "not_found", "values": {}}}
    return {"exits": list(action.exits), "default": {"exit": action.exits[0], "values": dict(action.example)}}


# -- cases ------------------------------------------------------------------------------------------------------------------------------


@route("GET", "/api/flow-cases", right="flow.read", query=CaseQuery, answer=CaseList)
async def case_list(request: web.Request) -> web.Response:
    """Ways that must stay as they are."""
    found = await asked(request, lambda session: flows.cases(session, query_of(request, CaseQuery).flow))
    return as_json({"items": [_case(one) for one in found]})


def _case(one: Mapping[str, Any]) -> dict[str, Any]:
    shown = {**one, "language": one["language"] or None, "caller": {"number": one["caller"]}}
    return CaseView.model_validate(shown).model_dump(mode="json")


@route("POST", "/api/flow-cases", right="flow.change", body=NewCase, answer=MadeCase, status=201, also=(404,))
async def add_case(request: web.Request) -> web.Response:
    """Keep a way of a caller."""
    sent, by = body_of(request, NewCase), by_of(request)
    plain = sent.model_dump(mode="json", exclude={"caller", "language", "at"}, exclude_none=True)
    values = {**plain, "language": sent.language or "", "at": sent.at, "caller": sent.caller.number}
    response = as_json({"id": await asked(request, lambda session: flows.add_case(session, by, values))})
    response.set_status(201)
    return response


@route("DELETE", "/api/flow-cases/{id}", right="flow.change", status=204)
async def remove_case(request: web.Request) -> web.Response:
    """Forget it."""
    case_id, by = id_of(request, "case"), by_of(request)
    await asked(request, lambda session: flows.remove_case(session, by, case_id))
    return web.Response(status=204)


@route("POST", "/api/flow-cases/run", right="flow.read", body=RunAsked, answer=CaseResults, also=(404,))
async def run(request: web.Request) -> web.Response:
    """Play the cases and say which hold."""
    sent = body_of(request, RunAsked)
    found = (await stage_of(request, sent.release, {})).found
    kept = await asked(request, lambda session: flows.cases(session, sent.flow))
    return as_json({"items": [one.model_dump() for one in await run_cases(request, found.book, kept)]})


async def run_cases(request: web.Request, book: FlowBook, kept: Sequence[Mapping[str, Any]]) -> list[CaseResult]:
    """What each case comes to in `book`."""
    results = []
    for one in kept:
        results.append(await _run_one(request, book, one))
        await asyncio.sleep(0)
    return results


async def _run_one(request: web.Request, book: FlowBook, kept: Mapping[str, Any]) -> CaseResult:
    case = NewCase.model_validate({name: value for name, value in _case(kept).items() if name != "id"})
    place, expected = await testing(request, case), [(one.flow, one.node) for one in case.expect]
    got: list[tuple[str, str]] = []
    problem = ""
    try:
        walked = await _guarded(case.flow, simulation.enter(book, case.flow, case.language, place.outside))
        got.append(walked.place)
        for step in case.steps:
            heard = heard_as(step, walked.asked) if walked.asked else None
            if heard is None:
                problem = "这一步的回答与流程所问不符 / the answer of this step is none to what the flow asks"
                break
            walked = await _guarded(case.flow, simulation.go_on(book, walked.step.as_json(), heard, place.outside))
            got.append(walked.place)
    except Astray as astray:
        problem = f"流程在 {astray.place} 走不下去 / the flow cannot be walked on at {astray.place}"
    return _result(kept, expected, got, problem)


def _result(kept: Mapping[str, Any], expected: list[tuple[str, str]], got: list[tuple[str, str]], problem: str) -> CaseResult:
    pairs = zip([*expected, *[None] * len(got)], [*got, *[None] * len(expected)], strict=False)
    wrong = next(((step, want, have) for step, (want, have) in enumerate(pairs) if want != have), None)
    spot = {"step": wrong[0], "expected": _spot(wrong[1]), "got": _spot(wrong[2])} if wrong else {"step": len(got), "expected": None, "got": None}
    told = problem or ("走到了别处 / the caller came somewhere else" if wrong else "")
    return CaseResult.model_validate({"id": kept["id"], "title": kept["title"], "flow": kept["flow"], "ok": not told, "problem": told, **spot})


def _spot(place: tuple[str, str] | None) -> dict[str, str] | None:
    return {"flow": place[0], "node": place[1]} if place else None


