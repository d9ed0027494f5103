"""What callers hear: shipped prompts, the hospital's own over them, names that were rendered at run time."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.commands import Prompt, SayName, SayNumber
from callcenter.ivr.prompts import Overlay, Prompts, Voice

pytestmark = pytest.mark.unit
SHIPPED = Prompts(
    texts={"hello": {"zh": "您好", "en": "Hello"}, "num_5": {"zh": "五", "en": "five"}, "doctor": {"zh": "医生", "en": "doctor"}},
    rendered={"zh": frozenset({"hello", "num_5", "doctor"}), "en": frozenset({"hello", "num_5", "doctor"})},
    names={"zh": {"王芳": "names/wang-fang"}, "en": {}},
)


class Names:
    """Rendered names by text; `slow` ones come only when asked. `overridden` have a reading of their own."""

    def __init__(self, kept: dict[str, str], slow: dict[str, str] | None = None, overridden: frozenset[str] = frozenset()) -> None:
        self._kept, self._slow, self._overridden = kept, slow or {}, overridden

    def kept(self, text: str, language: str) -> str:
        return self._kept.get(text, "")

    def told_how(self, text: str, language: str) -> bool:
        return text in self._overridden

    async def asked(self, text: str, language: str) -> str:
        return self._slow.get(text, "")


async def test_own_prompts_are_heard_instead_of_the_shipped_ones() -> None:
    voice = Voice(SHIPPED)
    assert await voice.files((Prompt("hello"), SayNumber(5)), "zh") == ("hello", "num_5")
    files = {"zh": {"hello": "own/zh/custom/hello-2", "num_5": "own/zh/custom/num_5-1"}}
    voice.overlay = Overlay({"hello": {"zh": "新年好", "en": "Happy new year"}}, files)
    assert await voice.files((Prompt("hello"), SayNumber(5)), "zh") == ("own/zh/custom/hello-2", "own/zh/custom/num_5-1")
    assert await voice.files((Prompt("hello"), Prompt("hello", "zh")), "en") == ("hello", "own/zh/custom/hello-2")
    assert voice.text("hello", "zh") == "新年好"
    assert voice.text("num_5", "zh") == "五"


def test_a_flow_may_name_an_own_prompt_once_it_can_be_heard_in_both_languages() -> None:
    voice = Voice(SHIPPED)
    voice.overlay = Overlay({}, {"zh": {"snow": "own/zh/custom/snow-1", "ice": "own/zh/custom/ice-1"}, "en": {"snow": "own/en/custom/snow-1"}})
    assert voice.ids() == {"hello", "num_5", "doctor", "snow"}


async def test_names_come_from_the_release_then_from_the_cache_then_from_whoever_is_asked() -> None:
    voice = Voice(SHIPPED, Names({"李强": "own/zh/tts/1"}, {"赵敏": "own/zh/tts/2"}))
    assert await voice.files((SayName("王芳"), SayName("李强"), SayName("赵敏")), "zh") == ("names/wang-fang", "own/zh/tts/1", "own/zh/tts/2")
    assert await voice.files((SayName("钱七", "doctor"),), "zh") == ("doctor",)
    assert await voice.files((SayName("钱七"),), "zh") == ()


async def test_a_reading_that_was_administered_counts_more_than_a_shipped_sound() -> None:
    voice = Voice(SHIPPED, Names({"王芳": "own/zh/tts/9"}, overridden=frozenset({"王芳"})))
    assert await voice.files((SayName("王芳"),), "zh") == ("own/zh/tts/9",)


async def test_a_page_of_unknown_names_is_asked_for_at_once() -> None:
    """A slow voice holds a caller up for one wait, not for one a name."""
    everybody = asyncio.Event()

    class Together(Names):
        async def asked(self, text: str, language: str) -> str:
            asked.append(text)
            if len(asked) == 3:
                everybody.set()
            await everybody.wait()
            return await super().asked(text, language)

    asked: list[str] = []
    voice = Voice(SHIPPED, Together({}, {"赵敏": "own/zh/tts/2", "孙八": "own/zh/tts/3"}))
    spoken = (SayName("赵敏"), Prompt("hello"), SayName("钱七", "doctor"), SayName("王芳"), SayName("孙八"), SayName("赵敏"))
    async with asyncio.timeout(5):
        files = await voice.files(spoken, "zh")
    assert files == ("own/zh/tts/2", "hello", "doctor", "names/wang-fang", "own/zh/tts/3", "own/zh/tts/2")
    assert sorted(asked) == sorted(("赵敏", "钱七", "孙八"))


async def test_generic_words_are_the_hospitals_own_too() -> None:
    voice = Voice(SHIPPED)
    voice.overlay = Overlay({}, {"zh": {"doctor": "own/zh/custom/doctor-1"}})
    assert await voice.files((SayName("钱七", "doctor"),), "zh") == ("own/zh/custom/doctor-1",)
