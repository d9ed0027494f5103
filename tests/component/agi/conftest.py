"""A listener on a free port, and the settings it lives by."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from callcenter.settings import Network, Settings, Timeouts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings(home=tmp_path, network=Network(agi_port=port), timeouts=Timeouts(agi_header_s=0.4, agi_idle_s=2.0))
