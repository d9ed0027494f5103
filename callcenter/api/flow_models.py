"""Bodies, queries and answers of the routes about flows.

In: nothing. Out: pydantic models. Must not know a rule of a flow: the engine's checks tell what is wrong with a source. Invariant: whatever is
sent is bounded in size before it is looked at. Shapes in words: docs/ivr.md, "HTTP".
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

NAME = r"^[a-z][a-z0-9_]{0,39}$"
FlowName = Annotated[str, Field(pattern=NAME)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Version = Annotated[int, Field(ge=1, le=2_000_000_000)]
Free = dict[str, Any]


class Closed(BaseModel):
    """A body without other keys."""

    model_config = ConfigDict(extra="forbid")


class Title(Closed):
    zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Both(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class FaultLine(BaseModel):
    """A rule that a flow breaks."""

    flow: str
    node: str
    key: str
    code: str
    rule: Both
    mend: Both


# -- flows and versions ---------------------------------------------------------------------------------------------------------


class DraftLine(BaseModel):
    changed_at: str
    changed_by: str
    faults: int


class FlowLine(BaseModel):
    name: str
    title: Both
    published: int | None
    draft: DraftLine | None
    is_entry: bool


class FlowList(BaseModel):
    items: list[FlowLine]
    release: int


class NewFlow(Closed):
    name: FlowName
    title: Title


class MadeFlow(BaseModel):
    name: str
    version: int


class VersionLine(BaseModel):
    number: int | None
    state: Literal["draft", "published", "retired"]
    note: str
    by: str
    at: str
    published_at: str | None
    release: int | None
    shipped: bool


class VersionList(BaseModel):
    items: list[VersionLine]


class VersionView(BaseModel):
    """`version`: the lock to send back with a change of the draft."""

    flow: str
    number: int | None
    state: str
    source: Free
    layout: Free
    note: str
    version: int | None


class DraftValues(Closed):
    source: Free
    layout: Free = Field(default={}, max_length=2_100)
    version: Version | None = None


class DraftSaved(BaseModel):
    version: int
    faults: list[FaultLine]


class CheckAsked(Closed):
    sources: dict[FlowName, Free] = Field(default={}, max_length=50)


class FaultList(BaseModel):
    faults: list[FaultLine]


class Rollback(Closed):
    flow: FlowName
    number: Version


class PublishAsked(Closed):
    """Drafts by name, or one older version."""

    flows: list[FlowName] = Field(default=[], max_length=50)
    rollback: Rollback | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> PublishAsked:
        if bool(self.flows) == (self.rollback is not None):
            raise ValueError("name the flows whose drafts go live, or one version to roll back to")
        return self


class Published(BaseModel):
    release: int
    versions: dict[str, int]


class Between(Closed):
    before: str = Field(alias="from", pattern=r"^(draft|[1-9][0-9]{0,8})$")
    after: str = Field(alias="to", pattern=r"^(draft|[1-9][0-9]{0,8})$")


class Change(BaseModel):
    node: str
    key: str
    before: Any
    after: Any


class Differences(BaseModel):
    added: list[str]
    removed: list[str]
    changed: list[Change]


class TomlAsked(Closed):
    version: str = Field(default="draft", pattern=r"^(draft|[1-9][0-9]{0,8})$")


class Vocabulary(BaseModel):
    """Everything a flow can be drawn with."""

    verbs: list[Free]
    queues: list[Free]
    calendars: list[Free]
    lookups: list[Free]
    actions: list[Free]
    extensions: list[Free]
    templates: list[Free]
    flows: list[Free]
    forms: list[str]


# -- simulation and cases ---------------------------------------------------------------------------------------------------------


class FoundGiven(Closed):
    """What a lookup or an action answers."""

    exit: str = Field(min_length=1, max_length=60)
    values: Free = Field(default={}, max_length=100)


class HeardGiven(Closed):
    """One of these."""

    keys: str | None = Field(default=None, max_length=30, pattern=r"^[0-9*#]*$")
    said: str | None = Field(default=None, max_length=200)
    found: FoundGiven | None = None
    queue: str | None = Field(default=None, max_length=40)
    recorded: float | None = Field(default=None, ge=0, le=600)

    @model_validator(mode="after")
    def _exactly_one(self) -> HeardGiven:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("give exactly one of keys, said, found, queue, recorded")
        return self


class CallerGiven(Closed):
    number: str = Field(default="", max_length=32, pattern=r"^\+?[0-9]*$")


class Situation(Closed):
    """Who calls when, and what data he meets."""

    flow: FlowName
    language: Literal["zh", "en"] | None = None
    at: AwareDatetime | None = None
    caller: CallerGiven = CallerGiven()
    answers: dict[str, FoundGiven] = Field(default={}, max_length=50)


class SimulationAsked(Situation):
    """`state` and `heard` together: one step on. Without: from the beginning."""

    release: Literal["draft"] | Version = "draft"
    sources: dict[FlowName, Free] = Field(default={}, max_length=50)
    state: Free | None = None
    heard: HeardGiven | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> SimulationAsked:
        if (self.state is None) != (self.heard is None):
            raise ValueError("send state and heard together, or neither to begin anew")
        return self


class Spot(BaseModel):
    flow: str
    node: str


class Place(Spot):
    """`version`: the published one that is played, or the draft."""

    version: int | Literal["draft"]


class Move(BaseModel):
    flow: str
    node: str
    exit: str


class Play(BaseModel):
    text: Both
    language: str
    prompt: str
    audio: list[str]


class Answered(BaseModel):
    exit: str
    values: Free


class Asks(BaseModel):
    """`default`: what an action would answer when all goes well."""

    kind: Literal["keys", "record", "queue", "lookup", "act", "transfer", "end"]
    name: str = ""
    arguments: dict[str, str] = {}
    max_digits: int = 0
    wait_s: float = 0
    exits: list[str] = []
    answers: list[Free] = []
    default: Answered | None = None


class FoundLine(BaseModel):
    name: str
    exit: str
    values: Free


class Simulated(BaseModel):
    state: Free
    place: Place
    moves: list[Move]
    plays: list[Play]
    asks: Asks
    found: list[FoundLine]
    ended: bool


class SpotGiven(Closed):
    flow: FlowName
    node: str = Field(min_length=1, max_length=64)


class NewCase(Situation):
    """`expect`: where the caller is at the first question, and after each step."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    steps: list[HeardGiven] = Field(default=[], max_length=100)
    expect: list[SpotGiven] = Field(min_length=1, max_length=101)


class CaseView(BaseModel):
    id: int
    title: str
    flow: str
    language: str | None
    at: datetime | None
    caller: CallerGiven
    answers: dict[str, Answered]
    steps: list[Free]
    expect: list[Spot]


class CaseList(BaseModel):
    items: list[CaseView]


class CaseQuery(Closed):
    flow: FlowName | None = None


class MadeCase(BaseModel):
    id: int


class RunAsked(Closed):
    """Over which flows: those that are live with every draft, or a release."""

    flow: FlowName | None = None
    release: Literal["draft"] | Version = "draft"


class CaseResult(BaseModel):
    id: int
    title: str
    flow: str
    ok: bool
    step: int
    expected: Spot | None
    got: Spot | None
    problem: str


class CaseResults(BaseModel):
    items: list[CaseResult]


class SoundQuery(Closed):
    language: Literal["zh", "en"]
    file: str = Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$")
