"""What an agent does from his desk: state, transfer, disposition, whose call it is.

In: requests of the signed-in agent, for himself only. Out: moves of his state, orders to Asterisk, facts on the bus.
Must not act for another agent or on a call that is not his. Invariant: a refused request has changed nothing.
Shapes: docs/api.md, "Agent desk".
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from callcenter.api.desk_keys import DeskContext, FirstFile, desk_of, own_call
from callcenter.api.desk_models import AgentSnapshot, DeskChoices, PersonCardShape, StateNow, Transferred, TransferTargets
from callcenter.api.problems import FieldError, Problem
from callcenter.api.routing import SIGNED_IN, body_of, route
from callcenter.api.security import principal_of
from callcenter.cti.agent_board import AVAILABLE, OFFLINE
from callcenter.cti.desk_view import state_as_json
from callcenter.cti.screen_pop import card_as_json
from callcenter.cti.transfer import TransferOrder, TransferRefused
from callcenter.events import DispositionRecorded, PatientChosen

DESK_USE = "desk.use"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class StateWish(_Body):
    """The state an agent asks for."""

    state: Literal["available", "paused", "offline"]
    reason: str = Field(default="", max_length=40)


class TransferBody(_Body):
    """Where the patient is to go."""

    linkedid: str = Field(min_length=1, max_length=80)
    kind: Literal["queue", "agent"]
    target: str = Field(min_length=1, max_length=40)

    @model_validator(mode="before")
    @classmethod
    def _ids_may_be_numbers(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("target"), int):
            return values | {"target": str(values["target"])}
        return values


class DispositionBody(_Body):
    """How the agent closes a call."""

    linkedid: str = Field(min_length=1, max_length=80)
    code: str = Field(min_length=1, max_length=40)
    note: str = Field(default="", max_length=2000)
    next_contact_on: date | None = None


class NewFileBody(_Body):
    """The least that is known of a new patient."""

    name: str = Field(min_length=1, max_length=60)
    gender: Literal["male", "female", ""] = ""
    birth_date: date | None = None
    language: Literal["zh", "en"] = "zh"


class PatientBody(_Body):
    """Whose call it is: a file that exists, or a new one."""

    patient_id: int | None = Field(default=None, ge=1)
    new_file: NewFileBody | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> PatientBody:
        if (self.patient_id is None) == (self.new_file is None):
            raise ValueError("send either patient_id or new_file")
        return self


# -- state ---------------------------------------------------------------------------------------------------------------


@route("GET", "/api/agent", right=DESK_USE, answer=AgentSnapshot)
async def agent(request: web.Request) -> web.Response:
    """The agent's desk: the same object that the live topic sends."""
    return web.json_response(desk_of(request).view.agent(principal_of(request).id))


@route("POST", "/api/agent/state", right=DESK_USE, body=StateWish, answer=StateNow)
async def set_state(request: web.Request) -> web.Response:
    """Change the agent's state now, or, in a call or wrap-up, note it for afterwards (`after_call`)."""
    desk, wish, agent_id = desk_of(request), body_of(request, StateWish), principal_of(request).id
    if wish.state == "paused" and wish.reason not in {one["code"] for one in desk.choices.pause_reasons()}:
        raise _field("reason", "must be the code of a pause reason", "choose one of GET /api/agent/choices")
    if agent_id not in desk.directory.agents():
        raise Problem(409, "not an agent", "This user is in no list of agents yet. An administrator can add him to a queue.")
    desk.agents.request(agent_id, wish.state, wish.reason if wish.state == "paused" else "")
    return web.json_response(state_as_json(desk.agents.get(agent_id)))


@route("GET", "/api/agent/choices", right=SIGNED_IN, answer=DeskChoices)
async def choices(request: web.Request) -> web.Response:
    """Dispositions as a tree, and pause reasons."""
    found = desk_of(request).choices
    return web.json_response({"dispositions": _plain(found.dispositions()), "pause_reasons": _plain(found.pause_reasons())})


# -- transfer ------------------------------------------------------------------------------------------------------------


@route("GET", "/api/agent/transfer-targets", right=DESK_USE, answer=TransferTargets)
async def transfer_targets(request: web.Request) -> web.Response:
    """Queues with waiting and available, other agents with their state; those who are offline are left out."""
    desk, own_id = desk_of(request), principal_of(request).id
    queues = [
        {"name": name, "title_zh": row["title_zh"], "title_en": row["title_en"], "waiting": row["waiting"], "available": _available(desk, name)}
        for name, row in desk.supervision.waiting().items()
    ]
    others = [desk.agents.get(agent_id) for agent_id in desk.directory.agents() if agent_id != own_id]
    agents = [{"id": one.id, "name": desk.agents.name(one.id), "state": one.state.value} for one in others if one.state is not OFFLINE]
    agents.sort(key=lambda row: (row["state"] != AVAILABLE.value, row["name"]))
    return web.json_response({"queues": queues, "agents": agents})


@route("POST", "/api/agent/transfer", right=DESK_USE, body=TransferBody, answer=Transferred, status=202)
async def transfer(request: web.Request) -> web.Response:
    """Send the patient on to a queue or another agent; the agent's own part ends."""
    desk, body = desk_of(request), body_of(request, TransferBody)
    try:
        await desk.transfers.transfer(TransferOrder(principal_of(request).id, body.linkedid, body.kind, body.target))
    except TransferRefused as refused:
        raise _transfer_problem(refused) from refused
    return web.json_response({"linkedid": body.linkedid}, status=202)


def _transfer_problem(refused: TransferRefused) -> Problem:
    match refused.reason:
        case "unknown_target":
            return _field("target", "must be a queue or an agent that exists", "choose one of GET /api/agent/transfer-targets")
        case "not_free":
            return Problem(409, "agent not free", "This agent cannot take a call now. Choose another one, or a queue.")
        case "no_asterisk":
            return Problem(503, "telephone unavailable", "Asterisk did not take the order; the conversation goes on. Try again.")
    return Problem(409, "not your call", "This call is not in conversation with you, or is being transferred already.")


# -- what the call was about -----------------------------------------------------------------------------------------------


@route("POST", "/api/agent/disposition", right=DESK_USE, body=DispositionBody, status=204)
async def disposition(request: web.Request) -> web.Response:
    """Close the work on a call; wrap-up ends."""
    desk, body, agent_id = desk_of(request), body_of(request, DispositionBody), principal_of(request).id
    own_call(desk, body.linkedid, agent_id)
    if body.code not in _leaves(desk.choices.dispositions()):
        raise _field("code", "must be a disposition without further choices below it", "choose one of GET /api/agent/choices")
    call = desk.calls.get(body.linkedid)
    if body.next_contact_on is not None:
        if call is None or call.patient_id is None:
            raise _field("next_contact_on", "needs a patient", "choose whose call it was first")
        await desk.people.plan_contact(call.patient_id, body.next_contact_on, body.linkedid, agent_id)
    next_contact_on = body.next_contact_on.isoformat() if body.next_contact_on else ""
    desk.publish(
        DispositionRecorded(
            at=desk.clock.now(), linkedid=body.linkedid, agent_id=agent_id, code=body.code, note=body.note, next_contact_on=next_contact_on
        )
    )
    desk.agents.closed(agent_id, body.linkedid)
    return web.Response(status=204)


@route("POST", "/api/agent/calls/{linkedid}/patient", right=DESK_USE, body=PatientBody, answer=PersonCardShape, also=(201, 404))
async def choose_patient(request: web.Request) -> web.Response:
    """Settle whose call it is; keeps the choice with the call and answers with the person's card."""
    desk, body, principal = desk_of(request), body_of(request, PatientBody), principal_of(request)
    linkedid = request.match_info["linkedid"]
    own_call(desk, linkedid, principal.id)
    call = desk.calls.get(linkedid)
    number = call.caller_number if call else ""
    if body.new_file is not None:
        if not principal.may("patient.add"):
            raise Problem(403, "forbidden", "You may not open new files.")
        card = await desk.people.open_file(FirstFile(number=number, **body.new_file.model_dump()), principal.id)
    else:
        if not principal.may("patient.read"):
            raise Problem(403, "forbidden", "You may not see patients' files.")
        card = await desk.people.card(body.patient_id or 0, number, principal.id)
    desk.publish(
        PatientChosen(at=desk.clock.now(), linkedid=linkedid, patient_id=card.id, how="new_file" if body.new_file else "agent", agent_id=principal.id)
    )
    desk.screen_pop.put_person(linkedid, card)
    return web.json_response(card_as_json(card), status=201 if body.new_file else 200)


# -- shared ----------------------------------------------------------------------------------------------------------------


def _available(desk: DeskContext, queue: str) -> int:
    return desk.supervision.available_in(queue)


def _leaves(tree: object) -> set[str]:
    found: set[str] = set()
    for one in tree:  # type: ignore[attr-defined]
        found |= _leaves(one["children"]) if one.get("children") else {one["code"]}
    return found


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | None):
        return value
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}  # type: ignore[attr-defined]
    return [_plain(one) for one in value]  # type: ignore[attr-defined]


def _field(name: str, rule: str, mend: str) -> Problem:
    return Problem(422, "invalid input", f"{name} {rule}.", [FieldError(name, rule, mend)])
