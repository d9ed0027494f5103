"""callcenter.toml.example shows every setting with the value it has when it is left out."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from callcenter.settings import Settings

pytestmark = pytest.mark.component
EXAMPLE = Path(__file__).parents[3] / "callcenter.toml.example"
# Chosen by the environment or the command line, or without a default worth writing down.
_ELSEWHERE = {
    "home", "pbx", "database_url", "offset", "demo", "lan",
    "network.certificate", "network.certificate_key", "speech.vosk_model_zh", "speech.vosk_model_en",
}  # fmt: skip


def keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        nested = isinstance(inner, type) and issubclass(inner, BaseModel)
        found |= keys(inner, f"{prefix}{name}.") if nested and inner is not None else {prefix + name}
    return found


def test_example_is_the_defaults() -> None:
    assert Settings.model_validate(tomllib.loads(EXAMPLE.read_text())) == Settings()


def test_example_names_every_setting() -> None:
    written = tomllib.loads(EXAMPLE.read_text())
    named = {name for name, value in written.items() if not isinstance(value, dict)}
    named |= {f"{part}.{name}" for part, values in written.items() if isinstance(values, dict) for name in values}
    assert keys(Settings) - named - _ELSEWHERE == set()
