"""A supervised process for tests: says what it is told to say, then lives, freezes or ends on command.

Arguments: `beat` (ready, then a heartbeat), `mute` (ready once, then silence), `never` (no word at all), `exit CODE` (ends at once),
`stubborn` (ignores SIGTERM). With `--standby` it waits for `go` first.
Writes its pid to the file named in FAKE_PIDS, one a line, when it begins its work.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from callcenter.box.notify import Notifier


def main(arguments: list[str]) -> None:
    if "--standby" in arguments and sys.stdin.readline().strip() != "go":
        return
    if arguments[0] == "exit":
        print("the last words of a fake")
        raise SystemExit(int(arguments[1]))
    if arguments[0] == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with Path(os.environ["FAKE_PIDS"]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    _speak(arguments[0], Notifier())


def _speak(manner: str, notifier: Notifier) -> None:
    if manner != "never":
        notifier.ready()
    while True:
        time.sleep(0.05)
        if manner in ("beat", "stubborn"):
            notifier.alive()


if __name__ == "__main__":
    main(sys.argv[1:])
