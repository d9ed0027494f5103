"""The caller's channel while it is in AGI: commands of the flow become verbs, answers become what was heard.

In: Say, Gather, RecordMessage, SetLanguage (callcenter.commands). Out: Done, Keys, Said, Recorded; CallerHungUp from any method once he left.
Must not pass a value on that could be more than a value: it is refused with UnsafeArgument, never cleaned.
A list of prompts is one verb and a menu two (dialplan contexts `cc-say`, `cc-menu` and `cc-listen`, asterisk-conf/extensions.d/agi-verbs.conf.j2);
with `one_verb_menus=False` each file and each digit is a verb of its own. A menu that nobody can listen to is a plain menu.
Verbs: docs.asterisk.org, "AGI Commands".
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal
from uuid import uuid4

from callcenter.commands import Answer, Command, Done, Found, Gather, Heard, Keys, Prompt, Recorded, RecordMessage, Said, Say, SetLanguage, Spoken
from callcenter.cti.agi_protocol import AgiReply, AgiRequest, AgiSocket
from callcenter.errors import CallerHungUp, CommandRefused, UnsafeArgument
from callcenter.settings import Settings

Voice = Callable[[Sequence[Spoken], str], Awaitable[tuple[str, ...]]]
# A ticket under which the caller's words are understood, empty when nobody can listen now; answers at once and never raises.
Listen = Callable[[Sequence[Answer], str], Awaitable[str]]
LANGUAGES = ("zh", "en")
DONE_MARKS = ("queue", "dial", "hangup")
SHORTEST_MESSAGE_S = 1.0
MAX_LIST_BYTES = 1_800
ANY_KEY = "0123456789*#"
_WAV_HEADER_BYTES, _WAV_BYTES_PER_S = 44, 16_000
_QUIET = 500
_CHANNEL_UP = "6"
_FILE = re.compile(r"(?!/)(?!.*\.\.)[A-Za-z0-9_./-]{1,120}")
_MARK = re.compile(r"[0-9]{1,9}")
_TICKET = re.compile(r"[0-9a-f]{1,32}")
_VARIABLE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]{0,60}|CHANNEL\(language\))")


def quoted(value: str) -> str:
    """`value` as one argument of a verb. Raises UnsafeArgument for what could end it or be expanded."""
    if not value.isprintable() or any(sign in value for sign in ('"', "\\", "${", "$[")):
        raise UnsafeArgument("a verb's argument has a quote, backslash, control character or expression")
    return f'"{value}"'


def file_id(value: str) -> str:
    """A sound file relative to the sounds folder. Raises UnsafeArgument."""
    if not _FILE.fullmatch(value):
        raise UnsafeArgument("not the name of a sound file")
    return value


def variable_name(value: str) -> str:
    """A plain dialplan variable. Raises UnsafeArgument."""
    if not _VARIABLE.fullmatch(value):
        raise UnsafeArgument("not the name of a variable")
    return value


def chunks(files: Sequence[str]) -> list[str]:
    """`files` as lists `a&b&c`, each short enough for one verb; at least one, which may be empty."""
    lists = [""]
    for one in map(file_id, files):
        longer = f"{lists[-1]}&{one}" if lists[-1] else one
        if len(longer) > MAX_LIST_BYTES:
            lists.append(one)
        else:
            lists[-1] = longer
    return lists


async def nobody_listens(answers: Sequence[Answer], language: str) -> str:
    """Keys only."""
    return ""


class AgiChannel:
    """Implements callcenter.ports.Channel over one AgiSocket."""

    def __init__(
        self, request: AgiRequest, socket: AgiSocket, settings: Settings, voice: Voice, listen: Listen = nobody_listens,
        *, one_verb_menus: bool = True,
    ) -> None:  # fmt: skip
        self._socket, self._settings, self._voice, self._one_verb_menus = socket, settings, voice, one_verb_menus
        self._listen = listen
        self._language = request.language if request.language in LANGUAGES else "zh"
        self._mark, self._uniqueid = "", file_id(request.uniqueid)

    # -- the port ------------------------------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        return self._language

    async def perform(self, command: Command) -> Heard:
        """Do one command that concerns the caller's ear, voice or keys."""
        match command:
            case Say():
                await self._say(await self._voice(command.spoken, self._language))
                return Done()
            case Gather():
                return await self._gather(command)
            case RecordMessage():
                return await self._record(command)
            case SetLanguage():
                await self._set_language(command.language)
                return Done()
        raise TypeError(f"{type(command).__name__} is nothing a channel performs")

    def mark(self, mark: str) -> None:
        """What the next commands ask for is found under `mark` by `left_behind`, should this process die before it hears the answer."""
        if not _MARK.fullmatch(mark):
            raise UnsafeArgument("not a mark of a step")
        self._mark = mark

    async def left_behind(self, mark: str, command: Command) -> Heard | None:
        """What the caller answered to `command` while nobody listened; None when it must be asked again."""
        match command:
            case Gather():
                found, _, answer = (await self.get_variable("CC_HEARD") or "").partition(":")
                return _answered(answer, command.max_digits) if found == mark else None
            case RecordMessage():
                kept = message_left(self._settings, self._uniqueid, mark)
                return kept if kept.message_id else None
        return None

    async def hand_over(self, done: str, variables: Mapping[str, str]) -> None:
        """Set `variables`, then the done-mark: the dialplan goes on there when the session returns."""
        if done not in DONE_MARKS:
            raise UnsafeArgument("unknown done-mark")
        for name, value in variables.items():
            await self.set_variable(name, value)
        await self.set_variable("CC_DONE", done)

    # -- verbs ---------------------------------------------------------------------------------------------------------

    async def get_variable(self, name: str) -> str | None:
        """None when it is not set."""
        reply = await self._ask(f"GET VARIABLE {variable_name(name)}")
        return reply.data if reply.result == "1" else None

    async def set_variable(self, name: str, value: str) -> None:
        await self._ask(f"SET VARIABLE {variable_name(name)} {quoted(value)}")

    async def stream_file(self, file: str, keys: str = "") -> str:
        """Play one file; the key of `keys` that ended it, or nothing."""
        reply = await self._play(f"STREAM FILE {file_id(file)} {quoted(keys)}")
        return _digit(reply)

    async def wait_for_digit(self, seconds: float) -> str:
        """The key, or nothing when none came."""
        return _digit(await self._play(f"WAIT FOR DIGIT {int(seconds * 1000)}"))

    async def gosub(self, context: Literal["cc-say", "cc-menu", "cc-listen"], *arguments: str) -> None:
        """Run the dialplan routine `context`; returns when it is done."""
        reply = await self._play(f"GOSUB {context} s 1 {quoted(','.join(arguments))}")
        if "abnormal" in reply.text:
            await self._refused("GOSUB", reply)

    # -- speaking and keys ---------------------------------------------------------------------------------------------

    async def _say(self, files: tuple[str, ...]) -> None:
        if not self._one_verb_menus:
            for one in files:
                await self.stream_file(one)
            return
        for part in chunks(files):
            if part:
                await self.gosub("cc-say", part)

    async def _gather(self, command: Gather) -> Heard:
        if not self._one_verb_menus:
            return await self._gather_verb_by_verb(await self._files(command, listening=False), command)
        ticket = await self._listen(command.answers, self._language) if command.answers else ""
        if command.needs_voice and not ticket:
            return Found("unavailable")
        *earlier, last = chunks(await self._files(command, listening=bool(ticket)))
        for part in earlier:
            heard = await self._menu(part, command, first_digit_s=0.1, mark="")
            if heard.digits or not heard.timed_out:
                return heard
        if ticket and (answer := await self._spoken_menu(last, command, ticket)) is not None:
            return answer
        if command.needs_voice:
            return Found("unavailable")
        plain = chunks(await self._files(command, listening=False))[-1] if ticket else last
        return await self._menu(plain, command, command.first_digit_s, self._mark)

    async def _files(self, command: Gather, *, listening: bool) -> tuple[str, ...]:
        """What he is asked; he is invited to speak only when somebody listens."""
        asked = command.spoken if listening else [one for one in command.spoken if not (isinstance(one, Prompt) and one.if_listening)]
        return await self._voice(asked, self._language)

    async def _spoken_menu(self, files: str, command: Gather, ticket: str) -> Keys | Said | None:
        """Keys and voice together; None when the recogniser failed and the menu has to be asked again without it."""
        if not _TICKET.fullmatch(ticket):
            raise UnsafeArgument("not a ticket of the recogniser")
        speech = self._settings.speech
        longest = f"{speech.longest_answer_s + speech.end_of_speech_s + speech.recognise_s + 1:g}"
        digits, waits = str(command.max_digits), (f"{command.first_digit_s:g}", f"{command.inter_digit_s:g}")
        await self.gosub("cc-listen", files, digits, *waits, self._mark, ticket, longest)
        answer = await self.get_variable("GOSUB_RETVAL") or "deaf:"
        return _answered(answer, command.max_digits)

    async def _menu(self, files: str, command: Gather, first_digit_s: float, mark: str) -> Keys:
        await self.gosub("cc-menu", files, str(command.max_digits), f"{first_digit_s:g}", f"{command.inter_digit_s:g}", mark)
        answer = await self.get_variable("GOSUB_RETVAL") or "ERROR:"
        if answer.startswith("HANGUP"):
            raise CallerHungUp("in a menu")
        heard = _keys(answer, command.max_digits)
        if heard is None:
            raise CommandRefused("cc-menu", answer.partition(":")[0])
        return heard

    async def _gather_verb_by_verb(self, files: tuple[str, ...], command: Gather) -> Keys:
        key = ""
        for one in files:
            key = await self.stream_file(one, ANY_KEY)
            if key:
                break
        key = key or await self.wait_for_digit(command.first_digit_s)
        digits = ""
        while key and not (key == "#" and command.max_digits > 1):
            digits += key
            if len(digits) == command.max_digits:
                return Keys(digits)
            key = await self.wait_for_digit(command.inter_digit_s)
        return Keys(digits, timed_out=not key)

    async def _set_language(self, language: str) -> None:
        if language not in LANGUAGES:
            raise UnsafeArgument("unknown language")
        await self.set_variable("CHANNEL(language)", language)
        self._language = language

    # -- spoken messages -----------------------------------------------------------------------------------------------

    async def _record(self, command: RecordMessage) -> Recorded:
        """A caller who ends his message by hanging up has left one: his absence shows at the next verb."""
        message_id = _message_id(self._uniqueid, self._mark) if self._mark else uuid4().hex
        relative, path = f"messages/{message_id}.wav", self._message_path(message_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        verb = f'RECORD FILE {quoted(str(path.with_suffix("")))} wav "#" {command.max_s * 1000} BEEP s={command.silence_s}'
        silent_end_s = 0.0
        try:
            reply = await self._socket.command(verb, command.max_s + self._settings.timeouts.agi_idle_s)
            silent_end_s = command.silence_s if reply.data == "timeout" else 0.0
        except CallerHungUp:
            if _spoken_s(path) < SHORTEST_MESSAGE_S:
                path.unlink(missing_ok=True)
                raise
        return _kept(message_id, relative, path, silent_end_s, command.max_s)

    def _message_path(self, message_id: str) -> Path:
        return _message_path(self._settings, message_id)

    # -- asking --------------------------------------------------------------------------------------------------------

    async def _ask(self, verb: str) -> AgiReply:
        """A verb that Asterisk answers at once."""
        return await self._checked(verb, await self._socket.command(verb, self._settings.timeouts.agi_header_s))

    async def _play(self, verb: str) -> AgiReply:
        """A verb that lasts as long as prompts and people do."""
        return await self._checked(verb, await self._socket.command(verb, self._settings.timeouts.agi_idle_s))

    async def _checked(self, verb: str, reply: AgiReply) -> AgiReply:
        if reply.code != 200 or reply.result == "-1":
            await self._refused(verb.partition(" ")[0], reply)
        return reply

    async def _refused(self, action: str, reply: AgiReply) -> None:
        """Tell a refusal from a hang-up whose HANGUP line is still on its way. Always raises."""
        state = await self._socket.command("CHANNEL STATUS", self._settings.timeouts.agi_header_s)
        if state.result != _CHANNEL_UP:
            raise CallerHungUp("seen by the channel's state")
        raise CommandRefused(action, reply.text)


def _keys(answer: str, max_digits: int) -> Keys | None:
    """What `cc-menu` returned: READSTATUS:digits. None for a status that is no answer."""
    status, _, digits = answer.partition(":")
    if status not in ("OK", "TIMEOUT"):
        return None
    if status == "OK" and not digits and max_digits == 1:
        digits = "#"
    return Keys(digits, timed_out=status == "TIMEOUT")


def _answered(answer: str, max_digits: int) -> Keys | Said | None:
    """What `cc-menu` or `cc-listen` returned; None when neither keys nor words came of it."""
    kind, _, text = answer.partition(":")
    match kind:
        case "said":
            return Said(text)
        case "dtmf":
            return Keys(text, timed_out=len(text) < max_digits) if max_digits == 1 else _ended_by_hash(text, max_digits)
        case "silent":
            return Keys("", timed_out=True)
    return _keys(answer, max_digits)


def _ended_by_hash(text: str, max_digits: int) -> Keys:
    digits, ended, _ = text.partition("#")
    return Keys(digits, timed_out=not ended and len(digits) < max_digits)


def _digit(reply: AgiReply) -> str:
    return chr(int(reply.result)) if reply.result not in ("0", "") else ""


def _spoken_s(path: Path) -> float:
    """How long the file plays: what is on disk counts, also when the disk was full."""
    try:
        return max(0.0, (path.stat().st_size - _WAV_HEADER_BYTES) / _WAV_BYTES_PER_S)
    except FileNotFoundError:
        return 0.0


def message_left(settings: Settings, session: str, mark: str) -> Recorded:
    """What was recorded at the step `mark` while nobody listened. How it ended is not known, so any sound in it counts as a message."""
    message_id = _message_id(file_id(session), mark)
    path = _message_path(settings, message_id)
    if _spoken_s(path) >= SHORTEST_MESSAGE_S and not _holds_sound(path):
        path.unlink(missing_ok=True)
    return _kept(message_id, f"messages/{message_id}.wav", path, 0.0, 0)


def _message_id(session: str, mark: str) -> str:
    return f"{session}-{mark}"


def _message_path(settings: Settings, message_id: str) -> Path:
    return settings.recordings_folder / "messages" / f"{message_id}.wav"


def _holds_sound(path: Path) -> bool:
    samples = array("h")
    wire = path.read_bytes()[_WAV_HEADER_BYTES:]
    samples.frombytes(wire[: len(wire) // 2 * 2])
    return max(samples, default=0) > _QUIET or min(samples, default=0) < -_QUIET


def _kept(message_id: str, relative: str, path: Path, silent_end_s: float, max_s: int) -> Recorded:
    duration_s = _spoken_s(path)
    spoken_s = duration_s - silent_end_s if duration_s < max_s - 0.5 else duration_s
    if spoken_s < SHORTEST_MESSAGE_S:
        path.unlink(missing_ok=True)
        return Recorded("", "", 0.0)
    return Recorded(message_id, relative, round(duration_s, 3))
