"""What `make test` runs, and what of it side by side.

Data only. A shard is one pytest process: named files, or all that no other shard of its stage names, so that a new file is never left out.
The shards of a wave run side by side, each with databases, ports and a product of its own; waves follow each other.
The waves are made for a machine with two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BIN = Path(sys.executable).parent

CHECKS: Mapping[str, Sequence[str]] = {
    "types": ("web/node_modules/.bin/pyright", "--pythonpath", sys.executable),
    "web types": ("npm", "--prefix", "web", "run", "--silent", "check"),
    "web unit": ("npm", "--prefix", "web", "run", "--silent", "test"),
    "lint": (str(_BIN / "ruff"), "check", "."),
    "imports": (str(_BIN / "lint-imports"), "--no-cache"),
}
CHECKS_AT_ONCE = 2
NEEDS_SPEECH = ("telephony",)
"""Stages whose callers speak: what is installed for that beside the stages before is waited for."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One pytest process. `paths`: its files; none: all files that no other shard of the stage names."""

    name: str
    paths: tuple[str, ...] = ()


_T, _C, _B = "tests/telephony", "tests/component", "tests/browser"
STAGES: Mapping[str, Sequence[Sequence[Shard]]] = {
    "unit": ((Shard("all"),),),
    "component": ((
        Shard("the rest"),
        Shard("interfaces", tuple(f"{_C}/{name}" for name in ("api_data", "booking", "conformance", "crm_engine", "crm_things", "desk", "flows"))),
    ),),
    "telephony": (
        (Shard("services", (f"{_T}/test_services.py",)), Shard("conduct", (f"{_T}/test_conduct.py",)), Shard("the rest")),
        (
            Shard("dialplan", (f"{_T}/test_dialplan.py", f"{_T}/test_extensions.py")),
            Shard("conversations", (f"{_T}/test_conversations.py",)),
            Shard("survival", (f"{_T}/test_survival.py",)),
        ),
        (Shard("speech", (f"{_T}/test_speech.py",)),),
        (Shard("faults", (f"{_T}/test_faults.py",)),),
    ),
    "browser": ((
        Shard("drawing and looking", tuple(f"{_B}/test_{name}.py" for name in ("everywhere", "flows", "hours", "import", "rights", "screens"))),
        Shard("the rest"),
    ),),
}  # fmt: skip
"""A telephone call is mostly waiting: three of these shards use less than one core. Those that put twenty callers on the line, or recognise what
they say, need the machine for themselves: each has a wave of its own."""
