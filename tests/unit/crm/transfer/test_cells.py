"""How a value stands in a file that people open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from crm.engine.registry import registry
from crm.transfer.export import _cell
from crm.transfer.place import Place

pytestmark = pytest.mark.unit
PLACE = cast(Place, SimpleNamespace(zone=ZoneInfo("Asia/Shanghai")))


@pytest.mark.parametrize(
    ("thing", "name", "value", "language", "cell"),
    [
        ("clinic_roster", "price_fen", 30005, "zh", "300.05"),
        ("clinic_roster", "weekday", 1, "zh", "周一"),
        ("clinic_roster", "weekday", 7, "en", "Sunday"),
        ("appointment", "starts_at", "2026-03-02T00:30:00+00:00", "zh", "2026-03-02 08:30"),
        ("fee", "amount", "12.50", "zh", "12.50"),
        ("patient", "tags", ["高血压", "VIP"], "zh", "高血压、VIP"),
        ("department", "active", False, "en", "no"),
    ],
)
def test_value_stands_as_people_write_it(thing: str, name: str, value: Any, language: str, cell: str) -> None:
    assert _cell(registry().by_name[thing], name, {name: value, "_refs": {}}, language, PLACE) == cell
