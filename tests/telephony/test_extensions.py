"""Extensions of the hospital: only names of the settings are rung, whatever the controller says, and the result comes back to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.box import sipp
from callcenter.settings import Extension, Trunk
from tests.support.bare_pbx import AgiCall, BarePbx, bare_pbx, scripted_controller
from tests.support.instances import free_offset, open_home
from tests.support.phone import Phone
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk_phone() -> AsyncIterator[Phone]:
    """What stands at the far end of the trunk."""
    phone = await Phone().open()
    yield phone
    fresh(phone)
    phone.close()
    await asyncio.sleep(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(desk_phone: Phone) -> AsyncIterator[BarePbx]:
    port = int(desk_phone.contact.rsplit(":", 1)[1])
    trunk = Trunk(host="127.0.0.1", port=port, caller_id="95120")
    with free_offset() as offset, open_home("extensions") as home:
        async with bare_pbx(home, offset, trunk=trunk, extension=(Extension(name="reception", number="8001"),)) as running:
            yield running


async def rung(pbx: BarePbx, folder: Path, extension: str) -> list[str]:
    """Call, let the controller ring `extension`, and give the results that came back to it."""

    async def ring(call: AgiCall) -> None:
        if call.arguments[2]:
            await call.set(CC_DONE="hangup")
        else:
            await call.set(CC_EXTENSION=extension, CC_LANGUAGE="zh", CC_DONE="dial")

    group = sipp.Group(pbx.settings, ["13900000001"], folder)
    async with scripted_controller(pbx.settings, ring) as seen, group:
        await until(lambda: len(seen) == 2, 20, "the controller has the caller again", every_s=0.1)
    return [one[2] for one in seen if one[2]]


def fresh(phone: Phone) -> None:
    """As if nobody had called it."""
    for call in phone.calls:
        call.sound.close()
    phone.calls.clear()


def dialled(phone: Phone) -> list[str]:
    return [call.invite.split("\r\n", 1)[0].split("@")[0].removeprefix("INVITE sip:") for call in phone.calls]


async def test_an_extension_that_is_busy(pbx: BarePbx, desk_phone: Phone, tmp_path: Path) -> None:
    fresh(desk_phone)
    desk_phone.refuse_with = 486
    assert await rung(pbx, tmp_path, "reception") == ["busy"]
    assert dialled(desk_phone) == ["8001"]
    invite = desk_phone.calls[0].invite
    assert "95120@" in next(line for line in invite.splitlines() if line.startswith("From:"))


async def test_an_extension_that_answers_and_hangs_up(pbx: BarePbx, desk_phone: Phone, tmp_path: Path) -> None:
    fresh(desk_phone)
    desk_phone.refuse_with, desk_phone.answer_after_s = 0, 0.2

    async def hang_up_soon() -> None:
        await until(lambda: desk_phone.talking, 15, "they talk", every_s=0.1)
        desk_phone.hang_up(desk_phone.talking[0])

    results, _ = await asyncio.gather(rung(pbx, tmp_path, "reception"), hang_up_soon())
    assert results == ["answered"]


@pytest.mark.parametrize("odd", ["president", "8001", "_X.", "reception,1)", "../hotline", "", "i", "95120@trunk", "reception&agents"])
async def test_nothing_else_is_ever_dialled(pbx: BarePbx, desk_phone: Phone, tmp_path: Path, odd: str) -> None:
    fresh(desk_phone)
    desk_phone.refuse_with = 486
    assert await rung(pbx, tmp_path, odd) == ["failed"]
    assert desk_phone.calls == []
