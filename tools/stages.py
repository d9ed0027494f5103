"""What `make test` runs, and what of it side by side.

Data only. A shard is one pytest process: named files, or all that no other shard of its stage names, so that a new file is never left out.
Shards of any stage run side by side, each with databases, ports and a product of its own, as long as the machine carries them: `cores` says what
one uses on average. The order is that of this file; the figures are made for a machine with two cores, and hold for larger ones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BIN = Path(sys.executable).parent
CORES = 2.0

PREPARATIONS: Mapping[str, Sequence[str]] = {
    "pbx": ("tools/bootstrap.sh", "pbx"),
    "test model": ("tools/bootstrap.sh", "test-model"),
    "speech": ("nice", "-n", "5", "tools/bootstrap.sh", "speech-while", str(os.getpid())),
}
"""What waits for the network most of the time: begun at once, beside the first stages. Does nothing when all is there."""
NEEDS: Mapping[str, Sequence[str]] = {
    "component": ("pbx", "test model"),
    "telephony": ("pbx", "test model", "speech"),
    "browser": ("pbx",),
}
"""Stage -> the preparations it waits for."""


@dataclass(frozen=True, slots=True)
class Check:
    """One program that says whether all is well by its exit code."""

    command: Sequence[str]
    cores: float = 1.0


CHECKS: Mapping[str, Check] = {
    "types": Check(("web/node_modules/.bin/pyright", "--pythonpath", sys.executable)),
    "web types": Check(("npm", "--prefix", "web", "run", "--silent", "check")),
    "web unit": Check(("npm", "--prefix", "web", "run", "--silent", "test")),
    "lint": Check((str(_BIN / "ruff"), "check", ".")),
    "imports": Check((str(_BIN / "lint-imports"), "--no-cache")),
}


@dataclass(frozen=True, slots=True)
class Shard:
    """One pytest process. `paths`: its files; none: all files with tests of this stage that no other shard of it names."""

    name: str
    paths: tuple[str, ...] = ()
    cores: float = 1.0


_T, _C, _B = "tests/telephony", "tests/component", "tests/browser"
STAGES: Mapping[str, Sequence[Shard]] = {
    "unit": (Shard("all"),),
    "component": (
        Shard("interfaces", tuple(f"{_C}/{name}" for name in ("api_data", "booking", "crm_engine", "crm_things", "desk", "flows")), cores=0.6),
        Shard("machine and files", tuple(f"{_C}/{name}" for name in ("box", "conformance", "prompts", "speech", "tools", "transfer")), cores=0.6),
        Shard("the rest", cores=0.6),
    ),
    "browser": (
        Shard("looking", tuple(f"{_B}/test_{name}.py" for name in ("everywhere", "flows", "hours", "import", "rights", "screens")), cores=0.7),
        Shard("the rest", cores=0.7),
    ),
    "telephony": (
        Shard("services", (f"{_T}/test_services.py",), cores=0.5),
        Shard("the rest", cores=0.5),
        Shard("conduct", (f"{_T}/test_conduct.py",), cores=0.5),
        Shard("conversations", (f"{_T}/test_conversations.py",), cores=0.5),
        Shard("survival", (f"{_T}/test_survival.py",), cores=0.5),
        Shard("dialplan", (f"{_T}/test_dialplan.py", f"{_T}/test_extensions.py"), cores=0.5),
        Shard("speech", (f"{_T}/test_speech.py",), cores=CORES),
        Shard("faults", (f"{_T}/test_faults.py",), cores=CORES),
    ),
}
"""A telephone call is mostly waiting. Who puts twenty callers on the line, or recognises what they say, has the machine for himself."""
