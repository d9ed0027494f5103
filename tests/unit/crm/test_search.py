"""What is typed into the search box means the same however an input method or another system wrote it."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql

from crm.engine.registry import registry
from crm.engine.search import condition

pytestmark = pytest.mark.unit


def asked(words: str) -> tuple[str, dict[str, object]]:
    compiled = condition(registry().by_name["patient"], words).compile(dialect=postgresql.dialect())
    return str(compiled), dict(compiled.params)


@pytest.mark.parametrize(
    ("typed", "meant"), [("ｚｗ", "zw"), ("１３８", "138"), ("＋８６１３８", "+86138"), ("Zoe\u0308", "Zoë"), ("　张伟　", "张伟")]
)
def test_characters_of_another_form_ask_the_same(typed: str, meant: str) -> None:
    assert asked(typed) == asked(meant)


def test_a_name_in_full_width_letters_is_still_looked_for_as_it_was_typed() -> None:
    assert "全角ＡＢＣ" in str(asked("全角ＡＢＣ"))
