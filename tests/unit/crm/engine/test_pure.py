"""Masks, words to look for, and the check of declarations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm.engine.masks import masked
from crm.engine.registry import DeclarationFault, checked, registry
from crm.engine.resource import Move
from crm.engine.search import grams
from crm.engine.store_values import value_of
from crm.errors import InvalidValue

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        ("phone", "+8613900000001", "139****0001"), ("phone", "95120", "***20"), ("phone", "110", "***"), ("name", "张伟", "张*"),
        ("name", "张", "张*"), ("id_number", "110101199003071234", "1101**********1234"), ("text", "x", "****"),
        ("phone", "", ""), ("phone", None, None),
    ],
)  # fmt: skip
def test_mask_hides_more_than_it_shows(mask: str, value: object, shown: object) -> None:
    assert masked(mask, value) == shown


def test_lists_and_objects_are_masked_inside() -> None:
    assert masked("phone", [{"number": "+8613900000001", "relation": "本人"}], ("number",)) == [{"number": "139****0001", "relation": "本人"}]


@pytest.mark.parametrize(("words", "found"), [("张伟", ["张伟"]), ("伟", ["伟"]), ("欧阳 张伟", ["张伟", "欧阳", "阳张"])])
def test_words_become_pairs_of_characters(words: str, found: list[str]) -> None:
    assert grams(words) == found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"list_columns": ("nothing",)}, "list column nothing"), ({"filters": ("nothing",)}, "filter nothing"), ({"group": "x"}, "unknown group"),
        ({"rights": {"nobody": "read"}}, "unknown role"), ({"rights": {"agent": "fly"}}, "unknown right"), ({"sort": "nothing"}, "no column"),
        ({"moves": (Move("go", ("x", "x"), ("a",), "b"),)}, "state and moves"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_named(change: dict[str, object], fault: str) -> None:
    good = registry().by_name["department"]
    wrong = replace(good, **change)  # type: ignore[arg-type]
    with pytest.raises(DeclarationFault, match=fault):
        checked([wrong if one is good else one for one in registry().resources])


@pytest.mark.parametrize(("thing", "name"), [("patient", "gender"), ("patient_profile", "marital_status"), ("laboratory_result", "flag")])
def test_choice_that_knows_nothing_takes_nothing(thing: str, name: str) -> None:
    """"Unknown" is an answer where it stands among the choices, and a missing answer where it does not."""
    field = registry().by_name[thing].by_name[name]
    assert value_of(field, "") == "" and value_of(field, None) == ""
    with pytest.raises(InvalidValue, match="needed"):
        value_of(registry().by_name["visit"].by_name["kind"], "")
