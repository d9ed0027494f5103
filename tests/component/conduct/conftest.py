"""The routes of reports and calendars behind the real gate, and one sealed report."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.recording import sealed
from crm.database import Database
from tests.component.api_data import conftest as api_data


@pytest.fixture
async def product(demo: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[api_data.Product]:
    (tmp_path / "recordings").mkdir()
    monkeypatch.setattr(sealed, "SCRYPT_N", 2**10)
    made = await api_data.started(demo, tmp_path)
    yield made
    await made.server.close()


visitor, sign_in = api_data.visitor, api_data.sign_in
