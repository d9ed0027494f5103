"""What is fetched for the voices is named as its registry names it."""

from __future__ import annotations

import re

import pytest

from callcenter.speech import models

pytestmark = pytest.mark.unit


def test_the_package_of_the_voices_is_a_name_and_an_exact_version() -> None:
    assert re.fullmatch(r"[a-z-]+@\d+\.\d+\.\d+", models.VOICES_PACKAGE)


def test_every_voice_has_a_whole_checksum() -> None:
    assert {name for name, sha in models.VOICES_SHA256.items() if not re.fullmatch("[0-9a-f]{64}", sha)} == set()
