"""Callers made with SIPp: one process places one or many calls and is steered while they are up.

In: number, dialled number, codec of each caller. Out: for each what SIPp logged: answered, refused with a code, who hung up.
SIPp speaks SIP, `rtp.RtpEndpoint` is the caller's ear and mouth. Ends its process whatever happens (`async with`).
Scenario and its fields: sipp-scenarios/patient.xml.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from callcenter.box import asterisk_process, g711
from callcenter.box.rtp import EVENT_TYPE, RtpEndpoint
from callcenter.settings import Settings

SCENARIO = Path(__file__).resolve().parents[2] / "sipp-scenarios" / "patient.xml"
INFO_KEY_S = 0.3
"""Between two keys by SIP INFO: SIPp hears of the next one only when the last was answered."""
KeysBy = Literal["rfc4733", "info", "inband"]
_LINE = re.compile(r"call (\d+) (answered|refused (\d+)|hung up by the (caller|hotline))")


@dataclass(slots=True)
class Caller:
    """One caller as SIPp and his sound tell of him."""

    number: str
    sound: RtpEndpoint
    answered: bool = False
    refused: int = 0
    hung_up_by: str = ""
    keys_by: KeysBy = "rfc4733"

    @property
    def over(self) -> bool:
        return bool(self.refused or self.hung_up_by)


@dataclass(slots=True)
class Group:
    """Callers of one SIPp process; `rate` of them arrive each second."""

    settings: Settings
    numbers: Sequence[str]
    folder: Path
    dialled: str = "95120"
    codec: g711.Codec = "alaw"
    keys_by: KeysBy = "rfc4733"
    rate: float = 10.0
    every: int = 1
    scenario: Path = SCENARIO
    callers: list[Caller] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _port: int = 0
    _read: int = 0
    _orders: int = 0

    async def __aenter__(self) -> Group:
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in self.numbers:
            self.callers.append(Caller(number, await RtpEndpoint(self.codec, every=self.every).open(), keys_by=self.keys_by))
        self._write_table()
        self._port = free_port()
        self._process = await asyncio.create_subprocess_exec(
            *asterisk_process.sipp_command(self.settings), *self._arguments(), cwd=self.folder, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            for caller in self.callers:
                self.hang_up(caller)
            try:
                await asyncio.wait_for(process.wait(), 2)
            except TimeoutError:
                process.kill()
                await process.wait()
        self.refresh()
        for caller in self.callers:
            caller.sound.close()

    def _write_table(self) -> None:
        events = f" {EVENT_TYPE}" if self.keys_by == "rfc4733" else ""
        payloads = f"{g711.PAYLOAD_TYPE[self.codec]}{events}"
        rows = [f"{caller.number};{self.dialled};{caller.sound.port};{payloads}" for caller in self.callers]
        (self.folder / "callers.csv").write_text("SEQUENTIAL\n" + "".join(f"{row}\n" for row in rows))

    def _arguments(self) -> list[str]:
        count = str(len(self.callers))
        target = f"127.0.0.1:{self.settings.port('sip')}"
        media = ["-i", "127.0.0.1", "-p", str(self._port), "-min_rtp_port", str(free_port()), "-mp", str(free_port())]
        logs = ["-trace_logs", "-log_file", str(self.folder / "calls.log"), "-trace_err", "-error_file", str(self.folder / "errors.log")]
        load = ["-m", count, "-l", count, "-r", str(self.rate), "-inf", "callers.csv", "-nostdin", "-nd"]
        return [target, "-sf", str(self.scenario), *media, *logs, *load]

    # -- steering ------------------------------------------------------------------------------------------------------

    def press(self, caller: Caller, keys: str) -> None:
        """`keys` one after the other, in the caller's way of sending them; a comma is a pause of one second."""
        after_s = 0.0
        for key in keys:
            if key == ",":
                caller.sound.pause(1.0)
                after_s += 1.0
            elif caller.keys_by == "info":
                asyncio.get_running_loop().call_later(after_s, self._steer, caller, "NOTIFY", key)
                after_s += INFO_KEY_S
            elif caller.keys_by == "inband":
                caller.sound.press_in_band(key)
            else:
                caller.sound.press(key)

    def hang_up(self, caller: Caller) -> None:
        """SIPp sends BYE."""
        self._steer(caller, "MESSAGE", "hang up")

    def _steer(self, caller: Caller, method: str, subject: str) -> None:
        assert self._process is not None
        call = self.callers.index(caller) + 1
        self._orders += 1  # SIPp takes an equal message for a repetition
        text = (
            f"{method} sip:caller@127.0.0.1:{self._port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{call}n{self._orders}\r\n"
            f"From: <sip:desk@127.0.0.1>;tag=steer\r\nTo: <sip:caller@127.0.0.1>\r\nCall-ID: {call}-{self._process.pid}@127.0.0.1\r\n"
            f"CSeq: {self._orders} {method}\r\nSubject: {subject}\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.sendto(text.encode(), ("127.0.0.1", self._port))

    # -- what happened -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what SIPp logged since the last time."""
        path = self.folder / "calls.log"
        if not path.exists():
            return
        with path.open() as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind("\n") + 1]
        self._read += len(whole.encode())
        for number, what, code, side in _LINE.findall(whole):
            caller = self.callers[int(number) - 1]
            caller.answered = caller.answered or what == "answered"
            caller.refused = int(code) if code else caller.refused
            caller.hung_up_by = side or caller.hung_up_by

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def errors(self) -> str:
        """What SIPp complained about."""
        path = self.folder / "errors.log"
        return path.read_text(errors="replace") if path.exists() else ""


def free_port() -> int:
    """A UDP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
