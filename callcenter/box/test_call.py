"""`callcenter call`: rings the hotline like a patient and tells in words what happened.

In: number, keys, a file to speak, how long. Out: lines on standard output, the heard sound as a wav when asked for, an exit code: 0 the call
was answered and something was heard, 1 it was refused, not answered or silent. Ends its SIPp in every case.
Keys wait for the end of the announcement of the recording, during which the hotline hears none.
"""

from __future__ import annotations

import asyncio
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError

from callcenter.box import g711, pbx, sipp
from callcenter.errors import ConfigError
from callcenter.settings import Settings

ANSWER_S = 10.0
_POLL_S = 0.05
_SOUNDS = Path(__file__).resolve().parents[2] / "sounds"


@dataclass(frozen=True, slots=True)
class Plan:
    """One test call."""

    caller: str
    to: str
    keys: str = ""
    speech: np.ndarray | None = None
    seconds: float = 30.0


def run(settings: Settings, *, keys: str, say: Path | None, caller: str, to: str, seconds: float, save: Path | None) -> int:
    """Place the call and report it. Raises ConfigError for a key or a file that cannot be sent."""
    if set(keys) - set("0123456789*#ABCD,"):
        raise ConfigError("--keys", f"holds something that is no key: {keys!r}", "use 0-9, *, #, and a comma for a pause of one second")
    tree = pbx.find(settings)
    if tree is not None:
        settings = settings.model_copy(update={"pbx": tree.root})
    plan = Plan(caller, to, keys, _speech(say) if say else None, seconds)
    with tempfile.TemporaryDirectory(prefix="callcenter-call-") as folder:
        return asyncio.run(_place(settings, plan, Path(folder), save))


def announcement_s(recording: bool = True) -> float:
    """How long the announcement of the recording takes, in both languages."""
    if not recording:
        return 0.2
    files = [_SOUNDS / language / "recording_notice.alaw" for language in ("zh", "en")]
    return 0.5 + sum(file.stat().st_size / g711.RATE for file in files if file.exists())


async def _place(settings: Settings, plan: Plan, folder: Path, save: Path | None) -> int:
    loop = asyncio.get_running_loop()
    async with sipp.Group(settings, [plan.caller], folder, dialled=plan.to) as group:
        caller, started = group.callers[0], loop.time()
        while group.running and not (caller.answered or caller.over) and loop.time() - started < ANSWER_S:
            await _look(group)
        answered_after = loop.time() - started
        if caller.answered:
            print(f"answered after {answered_after:.1f} s")
            await _talk(group, plan, announcement_s(settings.recording.enabled))
    if caller.answered and not caller.hung_up_by:
        caller.hung_up_by = "nobody: the hotline did not answer our goodbye"
    _tell(caller)
    if save is not None and caller.sound.packets:
        _save(save, caller.sound.heard())
        print(f"what was heard is in {save}")
    return 0 if caller.answered and caller.sound.loud_s() > 0 else 1


async def _talk(group: sipp.Group, plan: Plan, quiet_s: float) -> None:
    """Keys and speech at their time, until the hotline hangs up or the time is over."""
    loop = asyncio.get_running_loop()
    caller, answered, said = group.callers[0], loop.time(), False
    while group.running and loop.time() - answered < plan.seconds:
        if not said and loop.time() - answered > quiet_s:
            said = True
            group.press(caller, plan.keys)
            if plan.speech is not None:
                caller.sound.say(plan.speech)
        await _look(group)
        if caller.over:
            return
    group.hang_up(caller)
    ended = loop.time()
    while group.running and not caller.over and loop.time() - ended < ANSWER_S:
        await _look(group)


async def _look(group: sipp.Group) -> None:
    await asyncio.sleep(_POLL_S)
    group.refresh()


def _tell(caller: sipp.Caller) -> None:
    if caller.refused:
        print(f"refused with {caller.refused}")
    elif not caller.answered:
        print(f"not answered within {ANSWER_S:.0f} s: is `callcenter up` running with the same --offset?")
    else:
        sound = caller.sound
        print(f"heard {sound.heard_s:.1f} s of sound, {sound.loud_s():.1f} s of it not silent, largest gap {sound.largest_gap_s:.2f} s")
        print(f"hung up by {'us' if caller.hung_up_by == 'caller' else caller.hung_up_by}")


def _speech(path: Path) -> np.ndarray:
    try:
        sound = AudioSegment.from_file(path).set_frame_rate(g711.RATE).set_channels(1).set_sample_width(2)
    except (CouldntDecodeError, OSError) as wrong:
        raise ConfigError(str(path), "is no sound file that can be read", "give a wav file") from wrong
    return np.array(sound.get_array_of_samples(), dtype=np.int16)


def _save(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(g711.RATE)
        file.writeframes(samples.astype("<i2").tobytes())
