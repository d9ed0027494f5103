"""Serves a caller while the controller is away: says so, plays what the live menu can without it, keeps a message, or lets him wait for an agent.

In: run by Asterisk for one call, argument 1 the folder for messages, argument 2 `choose` or `message`; in that folder `.menu.json`, the live flows
as callcenter/hotline/fallback_menu.py left them. Out: CC_FALLBACK = queue | message | none, and `<uniqueid>.json` (with `<uniqueid>.wav`) there.
Stands on pyst2 and the standard library alone, so that no fault of ours can break it: without a menu it asks for message or agent.
A caller who hangs up is no error: what he said is kept.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asterisk.agi import AGI, AGIError

LANGUAGES = ("zh", "en")
MENU_WAIT_MS = 5000
LANGUAGE_WAIT_MS = 3000
MESSAGE_MAX_MS = 120_000
MESSAGE_SILENCE_S = 5
SHORTEST_MESSAGE_BYTES = 44 + 24_000  # 1.5 s of 8 kHz, 16 bit: a silent caller leaves 1 s
MENU_FILE = ".menu.json"
DIGITS = "0123456789"
MENU_KEYS = f"{DIGITS}*#"
MOST_PLAYED = 30
CALLER_GONE = (AGIError, ValueError, OSError)
"""pyst2 tells a hang-up by several exceptions, ValueError among them."""


def main(arguments: list[str]) -> int:
    """Serve the one call on standard input."""
    folder, step = Path(arguments[1]), arguments[2] if len(arguments) > 2 else "choose"
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # pyst2 would print the caller's number there
        visit = Visit(AGI(stderr=nowhere), folder)
        visit.attend(step)
    return 0


class Visit:
    """One caller. `_choice` is what is written at the end, whatever happened before."""

    def __init__(self, agi: AGI, folder: Path) -> None:
        self._agi, self._folder = agi, folder
        self._uniqueid = agi.env["agi_uniqueid"]
        self._languages: tuple[str, ...] = LANGUAGES
        self._choice = "none"

    def attend(self, step: str) -> None:
        """Serve, and keep what there is even when the caller leaves."""
        with suppress(*CALLER_GONE):
            self._serve(step)
        self._keep()

    def _serve(self, step: str) -> None:
        """`choose`: the live menu, else message or agent; `message`: nobody answered, so only a message is left."""
        self._languages = self._known_language() or LANGUAGES
        menu = self._menu() if step != "message" else None
        if menu is not None:
            self._say(("fallback_sorry",))
            self._choose_language()
            self._walk(menu)
            return
        prompts = ("fallback_sorry",) if step == "message" else ("fallback_sorry", "fallback_menu")
        if self._say(prompts, keys="1") or step == "message" or self._agi.wait_for_digit(MENU_WAIT_MS) == "1":
            self._take_message()
        else:
            self._decide("queue")

    def _known_language(self) -> tuple[str, ...]:
        """The one he chose, if a controller has served him."""
        chosen = self._agi.get_variable("CC_LANGUAGE")
        if chosen not in LANGUAGES and self._agi.get_variable("CC_KNOWN") == "1":
            chosen = self._agi.env.get("agi_language", "")
        return (chosen,) if chosen in LANGUAGES else ()

    def _choose_language(self) -> None:
        """A menu is spoken in one language only."""
        if len(self._languages) > 1:
            key = self._say(("choose_language",), keys="12") or self._agi.wait_for_digit(LANGUAGE_WAIT_MS)
            self._languages = ("en",) if key == "2" else ("zh",)
            if key:
                self._agi.set_variable("CC_LANGUAGE", self._languages[0])  # known when nobody answers and a message is taken

    # -- the live menu, as far as it works without a controller -----------------------------------------------------------

    def _menu(self) -> dict[str, Any] | None:
        """The menu of the dialled number's flow; None: there is none, or it cannot be read."""
        try:
            whole = json.loads((self._folder / MENU_FILE).read_text(encoding="utf-8"))
            return whole["flows"].get(self._agi.get_variable("CC_FLOW"))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None

    def _walk(self, top: dict[str, Any]) -> None:
        """From menu to menu until a message, an agent, or silence, which means: an agent."""
        here = [top]
        for _ in range(MOST_PLAYED):
            key = self._ask(here[-1])
            if not key:
                break
            if key == "*":
                here = self._back(here)
            elif key != "#" and not self._follow(here, key):
                return
        self._decide("queue")

    def _back(self, here: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """To the menu before; at the first one, to the other language."""
        if len(here) == 1:
            self._languages = ("en",) if self._languages == ("zh",) else ("zh",)
        return here[:-1] or here

    def _ask(self, menu: dict[str, Any]) -> str:
        language = self._languages[0]
        return self._say(tuple(menu["say"][language]), MENU_KEYS) or self._agi.wait_for_digit(int(float(menu.get("wait_s", 5)) * 1000))

    def _follow(self, here: list[dict[str, Any]], key: str) -> bool:
        """False: the visit to the menu is over."""
        target = here[-1].get("keys", {}).get(key)
        if target is None:
            impatient = self._say(("lookup_sorry",), DIGITS)
            return self._follow(here, impatient) if impatient else True
        match target["kind"]:
            case "message":
                self._take_message(tuple(target["say"][self._languages[0]]))
                return self._choice != "message"
            case "queue":
                self._decide("queue")
                return False
            case "top":
                del here[1:]
            case _:
                here.append(target)
        return True

    def _take_message(self, words: tuple[str, ...] = ()) -> None:
        self._say(words or ("message_prompt",))
        with suppress(*CALLER_GONE):
            self._agi.record_file(str(self._recording), "wav", "#", MESSAGE_MAX_MS, 0, "beep", MESSAGE_SILENCE_S)
        if self._is_long_enough():
            self._decide("message")
            self._say(("fallback_thanks",))

    def _decide(self, choice: str) -> None:
        self._choice = choice
        self._agi.set_variable("CC_FALLBACK", choice)

    def _say(self, prompts: tuple[str, ...], keys: str = "") -> str:
        """All prompts in each language the caller may speak; the key that ended them, if any."""
        for language in self._languages:
            self._agi.set_variable("CHANNEL(language)", language)
            for prompt in prompts:
                key = self._agi.stream_file(prompt, keys)
                if key:
                    return key
        return ""

    # -- what stays ------------------------------------------------------------------------------------------------------

    @property
    def _recording(self) -> Path:
        return self._folder / f".{self._uniqueid}.new"

    def _is_long_enough(self) -> bool:
        recorded = self._recording.with_name(f"{self._recording.name}.wav")
        return recorded.exists() and recorded.stat().st_size >= SHORTEST_MESSAGE_BYTES

    def _keep(self) -> None:
        """Put the wav and then the json in place, each complete and on disk before its name appears."""
        recorded = self._recording.with_name(f"{self._recording.name}.wav")
        wav = ""
        if self._is_long_enough():
            self._choice, wav = "message", f"{self._uniqueid}.wav"
            with recorded.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(recorded, self._folder / wav)
        recorded.unlink(missing_ok=True)
        told = self._folder / f"{self._uniqueid}.json"
        if self._choice == "none" and told.exists():
            return
        facts = {
            "uniqueid": self._uniqueid,
            "caller_number": self._agi.env.get("agi_callerid", ""),
            "dialled_number": self._agi.env.get("agi_dnid", ""),
            "at": datetime.now(UTC).isoformat(),
            "choice": self._choice,
            "wav": wav,
        }
        self._write(told, json.dumps(facts))

    def _write(self, path: Path, text: str) -> None:
        temporary = path.with_name(f".{path.name}")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
