"""Callback wishes, ratings, and text messages up to a gateway that is a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from callcenter.crm_gateway.store import Store
from callcenter.crm_gateway.text_sender import TextSender, headers_of
from callcenter.errors import ConfigError
from callcenter.settings import Sms, Timeouts
from crm.ivr import appointments, clinics, keeper, texts, wishes
from crm.ivr.acts import Answer
from crm.ivr.texts import Sender
from crm.models import CallbackRequest, CallRating, Queue, SelfServicePolicy, TextMessage, TextTemplate
from tests.component.booking.conftest import NOW, SHANGHAI
from tests.component.ivr_services.conftest import KEYED, NUMBER, STRANGER, Line
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.component
OURS = Sender("安和医院", "Anhe Hospital", "95120", has_gateway=True)
WITHOUT = Sender("安和医院", "Anhe Hospital", "95120", has_gateway=False)


@pytest.fixture
async def queue(line: Line) -> str:
    name = await line.database.run(lambda session: session.scalar(select(Queue.name).limit(1)))
    if name is None:
        await line.add(Queue(name="service_desk", title_zh="x", title_en="x"))
    return name or "service_desk"


# -- callbacks and ratings ----------------------------------------------------------------------------------------------------


async def test_a_number_waits_once_until_it_was_called_back(line: Line, queue: str) -> None:
    await line.database.run(lambda session: session.execute(update(SelfServicePolicy).values(callback_hours=3)))
    answers = await asyncio.gather(*(line.do(wishes.callback, queue) for _ in range(5)))
    assert sorted(one.exit for one in answers) == ["already"] * 4 + ["requested"]
    row = (await line.hospital.rows(select(CallbackRequest)))[0][0]
    assert (row.number, row.patient_id, row.state, row.due_at) == (NUMBER, None, "open", NOW + timedelta(hours=3))
    closed = update(CallbackRequest).values(state="done", closed_at=NOW)
    await line.database.run(lambda session: session.execute(closed))
    assert (await line.do(wishes.callback, queue)).exit == "requested"


async def test_a_callback_names_who_identified_himself(line: Line, queue: str) -> None:
    await line.identify(KEYED["daughter"])
    await line.do(wishes.callback, queue)
    assert (await line.hospital.rows(select(CallbackRequest.patient_id)))[0][0] == line.people["daughter"]


async def test_a_hidden_number_or_an_unknown_queue_cannot_be_called_back(line: Line, queue: str) -> None:
    assert (await line.do(wishes.callback, queue, caller=line.call(2, ""))).exit == "unavailable"
    assert (await line.do(wishes.callback, "no_such_queue")).exit == "unavailable"


@pytest.mark.parametrize("score", ["0", "6", "9", "", "55", "x", "５"])
async def test_only_one_to_five_is_a_rating(line: Line, score: str) -> None:
    assert (await line.do(wishes.rate, score)).exit == "invalid"


async def test_the_first_rating_of_a_call_counts(line: Line) -> None:
    assert [(await line.do(wishes.rate, score)).exit for score in ("4", "1")] == ["rated", "rated"]
    assert await line.hospital.rows(select(CallRating.score)) == [(4,)]


# -- writing ------------------------------------------------------------------------------------------------------------------


async def appointment(line: Line) -> str:
    await line.identify(KEYED["daughter"])
    slot = (await line.do(clinics.first_free, line.hospital.departments[0]))[0]
    held = await line.do(appointments.hold, line.people["daughter"], int(slot["id"]))
    return (await line.do(appointments.confirm, line.people["daughter"], int(held.values["id"]))).values["id"]


async def messages(line: Line) -> list[TextMessage]:
    return [row[0] for row in await line.hospital.rows(select(TextMessage).order_by(TextMessage.id).execution_options(populate_existing=True))]


async def test_an_appointment_is_written_with_its_number_and_without_a_gateway_it_says_so(line: Line) -> None:
    made = await appointment(line)
    answer = await line.do(texts.text, "appointment_booked", {"appointment": made}, WITHOUT)
    assert answer.exit == "unavailable"
    row = (await messages(line))[0]
    assert (row.state, row.number, row.patient_id) == ("no_gateway", NUMBER, line.people["daughter"]) and "网关" in row.reason
    assert row.body.startswith("【安和医院】daughter，您已预约心内科医生0，11月17日08:00就诊，预约号") and "95120" in row.body and "{" not in row.body


async def test_what_may_not_be_written_is_refused(line: Line) -> None:
    made = await appointment(line)
    other = line.call(5, STRANGER)
    for template, given, caller in (
        ("appointment_booked", {"appointment": made}, other), ("appointment_booked", {}, None), ("no_such", {}, None),
        ("callback_requested", {}, line.call(6, "")), ("appointment_booked", {"appointment": "1 OR 1"}, None),
    ):  # fmt: skip
        assert (await line.do(texts.text, template, given, OURS, caller=caller)).exit == "refused"
    await line.database.run(lambda session: session.execute(update(TextTemplate).values(active=False)))
    assert (await line.do(texts.text, "callback_requested", {}, OURS)).exit == "refused" and await messages(line) == []


async def test_the_language_of_the_call_is_the_language_of_the_message(line: Line) -> None:
    made = await appointment(line)
    english = line.caller.__class__(line.caller.linkedid, NUMBER, "en", NOW, SHANGHAI)
    assert await line.do(texts.text, "appointment_booked", {"appointment": made}, OURS, caller=english) == Answer("sent", {"id": "1"})
    body = (await messages(line))[0].body
    assert body.startswith("Anhe Hospital: daughter, your appointment with heart, Doctor 0, is on 17 November at 08:00")


# -- sending ------------------------------------------------------------------------------------------------------------------


@dataclass
class Gateway:
    """A gateway of text messages that answers with what it is told to."""

    url: str = ""
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(await request.json())
        self.headers = dict(request.headers)
        return web.Response(status=self.status, text="number is barred" if self.status >= 400 else "")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made, application = Gateway(), web.Application()
    application.router.add_post("/send", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    yield made
    await runner.cleanup()


def sender(line: Line, url: str, headers: dict[str, str] | None = None) -> TextSender:
    return TextSender(Store(line.database, Timeouts(store_s=30)), Sms(url=url, timeout_s=5), VirtualClock(NOW), headers)


async def waiting(line: Line) -> str:
    return (await line.do(texts.text, "callback_requested", {}, OURS)).values["id"]



async def test_the_gateway_gets_number_words_and_headers_and_the_message_is_sent(line: Line, gateway: Gateway) -> None:
    one = await waiting(line)
    await sender(line, gateway.url, {"Authorization": "Bearer x"}).send(one)
    assert gateway.got == [{"id": f"text-{one}", "to": NUMBER, "text": (await messages(line))[0].body}]
    assert gateway.headers["Authorization"] == "Bearer x"
    row = (await messages(line))[0]
    assert (row.state, row.sent_at, row.attempts) == ("sent", NOW, 1)
    await sender(line, gateway.url).send(one)
    assert len(gateway.got) == 1


async def test_a_refusal_is_final_and_says_why(line: Line, gateway: Gateway) -> None:
    gateway.status = 403
    one = await waiting(line)
    await sender(line, gateway.url).send(one)
    row = (await messages(line))[0]
    assert (row.state, row.reason) == ("failed", "HTTP 403 number is barred")


async def test_a_gateway_in_trouble_is_tried_again_and_at_last_given_up(line: Line, gateway: Gateway) -> None:
    gateway.status = 503
    one = await waiting(line)
    for attempt in range(1, texts.MOST_TRIES + 1):
        assert (await messages(line))[0].state == "waiting"
        await sender(line, gateway.url).send(one)
        assert (await messages(line))[0].attempts == attempt
    assert (await messages(line))[0].state == "failed" and {body["id"] for body in gateway.got} == {f"text-{one}"}


async def test_a_gateway_that_is_not_there_is_an_outage_and_one_that_was_taken_away_is_told(line: Line) -> None:
    one = await waiting(line)
    await sender(line, "http://127.0.0.1:9/").send(one)
    row = (await messages(line))[0]
    assert row.state == "waiting" and "网关没有应答" in row.reason
    await sender(line, "").send(one)
    assert (await messages(line))[0].state == "no_gateway"


async def test_what_waits_is_queued_again_and_old_answers_are_forgotten(line: Line) -> None:
    await waiting(line)
    again = await line.database.run(lambda session: texts.queue_again(session, NOW + timedelta(days=900)))
    assert again == 1
    await keeper.once(line.database, NOW + timedelta(days=900), SHANGHAI)


def test_headers_stand_in_the_environment_one_a_line() -> None:
    settings = Sms(url="http://x/", headers_env="H")
    assert headers_of(settings, {"H": "Authorization: Bearer a:b\nX-Id: 7\n"}) == {"Authorization": "Bearer a:b", "X-Id": "7"}
    assert headers_of(Sms(), {}) == {}
    for wrong in ({}, {"H": ""}, {"H": "no colon"}):
        with pytest.raises(ConfigError):
            headers_of(settings, wrong)
