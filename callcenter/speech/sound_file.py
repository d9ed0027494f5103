"""Any sound file that people bring, as a prompt of the hotline: decoded by ffmpeg, as loud as the shipped prompts, 8 kHz A-law.

In: a file, limits. Out: `Converted`, or SoundRefused with rule and mend in both languages. The work is done by a process of its own
(`python -m callcenter.speech.sound_file`) with limits of memory, time and file size, so that a hostile file harms nobody.
Must not let ffmpeg open anything but the file: playlists and network protocols are not among the formats it may read. ffmpeg(1), ffmpeg-formats(1).
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import resource
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from callcenter.errors import CallCenterError
from callcenter.settings import Prompts
from callcenter.speech import shape

FORMATS = "wav,w64,mp3,flac,ogg,mov,mp4,m4a,3gp,matroska,webm,aac,amr,aiff,caf,asf,au,gsm,ac3"
PADS_S = (0.05, 0.15)
QUIETEST_DB = -60.0
_MEMORY = 2 * 2**30
_FILE = 64 * 2**20
RULES = {
    "empty": ("文件是空的", "the file is empty", "换一个文件", "choose another file"),
    "not_audio": ("不是能识别的音频文件", "this is no sound file that can be read", "请用 wav、mp3、m4a 或 ogg", "use wav, mp3, m4a or ogg"),
    "no_sound": ("文件里没有声音", "there is no sound in it", "换一个有声音的文件", "choose a file with sound in it"),
    "too_short": ("声音太短", "the sound is too short", "至少 {shortest:g} 秒", "bring at least {shortest:g} s"),
    "too_long": ("声音太长", "the sound is too long", "最多 {longest:g} 秒, 请剪短或分成几段", "bring at most {longest:g} s, or several prompts"),
    "too_large": ("文件太大", "the file is too large", "最多 {megabytes} MB", "bring at most {megabytes} MB"),
    "slow": ("转换超时", "converting took too long", "请转成普通 wav 后再传", "convert it to a plain wav first"),
}


class SoundRefused(CallCenterError):
    """A sound file cannot become a prompt. `code` is a key of RULES."""

    def __init__(self, code: str, limits: Prompts) -> None:
        zh, en, mend_zh, mend_en = RULES[code]
        numbers = {"shortest": limits.shortest_s, "longest": limits.longest_s, "megabytes": limits.upload_max_mb}
        self.code, self.rule = code, f"{zh} / {en}"
        self.mend = f"{mend_zh.format(**numbers)} / {mend_en.format(**numbers)}"
        super().__init__(self.rule)


@dataclass(frozen=True, slots=True)
class Converted:
    """A finished prompt. A-law."""

    sound: bytes
    duration_s: float


async def convert(source: Path, limits: Prompts) -> Converted:
    """Raises SoundRefused."""
    if source.stat().st_size == 0:  # noqa: ASYNC240 - one look at a local file
        raise SoundRefused("empty", limits)
    target = source.with_suffix(".alaw")
    command = [sys.executable, "-m", "callcenter.speech.sound_file", str(source), str(target), str(limits.shortest_s), str(limits.longest_s)]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        async with asyncio.timeout(limits.convert_s):
            told, _ = await process.communicate()
        answer = json.loads(told or b"{}")
        if "duration_s" not in answer:
            raise SoundRefused(answer.get("refused", "not_audio"), limits)
        return Converted(await asyncio.to_thread(target.read_bytes), float(answer["duration_s"]))
    except TimeoutError:
        raise SoundRefused("slow", limits) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await asyncio.to_thread(target.unlink, missing_ok=True)


def as_wav(alaw: bytes) -> bytes:
    """8 kHz, mono, 16 bits: what every browser plays."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(shape.RATE_OUT)
        file.writeframes((shape.from_alaw(alaw) * 32768).astype("<i2").tobytes())
    return made.getvalue()


# -- in the process of its own ---------------------------------------------------------------------------------------------


def decoded(source: Path, longest_s: float) -> np.ndarray | str:
    """24 kHz samples of the first sound track, or the code of a rule."""
    command = [
        "ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", FORMATS,
        "-t", f"{longest_s + 2:g}", "-i", str(source), "-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", str(shape.RATE_IN),
        "-f", "f32le", "pipe:1",
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if not done.stdout:
        return "no_sound" if b"matches no streams" in done.stderr or done.returncode == 0 else "not_audio"
    return np.nan_to_num(np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], np.float32))


def shaped(samples: np.ndarray, shortest_s: float, longest_s: float) -> bytes | str:
    """A-law, or the code of a rule."""
    if len(samples) > longest_s * shape.RATE_IN:
        return "too_long"
    if len(samples) < shortest_s * shape.RATE_IN:
        return "too_short"
    if shape.to_db(float(np.abs(samples).max())) < QUIETEST_DB:
        return "no_sound"
    sound = shape.for_telephone(samples.astype(np.float32), *PADS_S)
    return sound if len(sound) >= shortest_s * shape.RATE_OUT else "too_short"


def main(source: str, target: str, shortest_s: str, longest_s: str) -> int:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    samples = decoded(Path(source), float(longest_s))
    sound = samples if isinstance(samples, str) else shaped(samples, float(shortest_s), float(longest_s))
    if isinstance(sound, str):
        print(json.dumps({"refused": sound}))
        return 1
    Path(target).write_bytes(sound)
    print(json.dumps({"duration_s": round(len(sound) / shape.RATE_OUT, 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
