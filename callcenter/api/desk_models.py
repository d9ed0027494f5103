"""What the desk's and the board's routes answer, for the description of the API.

In: nothing. Out: pydantic models. Must not compute: the values come from callcenter.cti as they are. Invariant: each model names what its route
answers. Shapes in words: docs/api.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel


class Wish(BaseModel):
    """What the agent wants to be after the call."""

    state: str
    reason: str


class StateNow(BaseModel):
    """An agent's state; `until`: the end of wrap-up by time."""

    state: Literal["offline", "available", "paused", "ringing", "talking", "wrap_up"]
    reason: str
    since: datetime
    until: datetime | None
    linkedid: str
    after_call: Wish | None


class QueueWaiting(BaseModel):
    """A queue and who waits in it."""

    title_zh: str
    title_en: str
    waiting: int
    longest_since: datetime | None


class PersonCardShape(BaseModel):
    """A person card."""

    id: int
    name: str
    gender: str
    age: int | None
    mrn: str
    tags: list[str]
    relation: str
    language: str
    last_contact_at: datetime | None
    alerts: list[str]
    visits: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    open_items: list[dict[str, Any]]
    relatives: list[dict[str, Any]]
    carers: list[dict[str, Any]]
    reached: dict[str, Any]
    refused: list[str]


class CallView(BaseModel):
    """The agent's call; the number is whole, as he talks with the caller."""

    linkedid: str
    phase: str
    caller_number: str
    queue: str
    queue_title_zh: str
    queue_title_en: str
    waited_s: float
    ringing_at: datetime | None
    connected_at: datetime | None
    ivr_path: list[dict[str, Any]]
    language: str
    people: list[PersonCardShape]
    patient_id: int | None
    transferred_from: Any


class AgentSnapshot(BaseModel):
    """The agent's desk, as the live topic `agent` begins."""

    state: StateNow
    call: CallView | None
    wrap_up: CallView | None
    figures: dict[str, int]
    queues: dict[str, QueueWaiting]


class BoardSnapshot(BaseModel):
    """The supervisor's board, as the live topic `board` begins."""

    at: datetime
    queues: dict[str, dict[str, Any]]
    agents: dict[str, dict[str, Any]]
    calls: dict[str, dict[str, Any]]
    today: dict[str, Any]
    parts: dict[str, str]


class DispositionChoice(BaseModel):
    """`children`: finer choices; only a leaf closes a call."""

    code: str
    title_zh: str
    title_en: str
    children: list[DispositionChoice]


class PauseChoice(BaseModel):
    code: str
    title_zh: str
    title_en: str
    limit_min: int | None


class DeskChoices(BaseModel):
    dispositions: list[DispositionChoice]
    pause_reasons: list[PauseChoice]


class TargetQueue(BaseModel):
    name: str
    title_zh: str
    title_en: str
    waiting: int
    available: int


class TargetAgent(BaseModel):
    id: int
    name: str
    state: str


class TransferTargets(BaseModel):
    queues: list[TargetQueue]
    agents: list[TargetAgent]


class Transferred(BaseModel):
    """The call whose transfer began."""

    linkedid: str


class SipAccount(BaseModel):
    """What the page's SIP library needs."""

    uri: str
    authorization_user: str
    password: str
    realm: str
    ws_url: str
    ice_servers: list[dict[str, Any]]
    expires_at: datetime


class VisitorAccount(SipAccount):
    """`dial`: the only number it may call."""

    dial: str
