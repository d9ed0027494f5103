"""What is spoken, as text. Pure.

In: `Spoken` values, a language, the texts of prompts. Out: the sentence a caller hears. Must not raise for a value that cannot be said: it is
left out, as on the telephone. Invariant: composed values are read from the prompts they are made of, so text and sound agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callcenter.commands import Prompt, SayName, Spoken
from callcenter.ivr.prompts import GRAMMARS, composed

Texts = Callable[[str, str], str]
"""Prompt id and language -> text. Raises KeyError."""


def text_of(spoken: Spoken, language: str, texts: Texts) -> str:
    """The words of one value in `language`."""
    if isinstance(spoken, Prompt):
        return _text(spoken.id, language, texts)
    if isinstance(spoken, SayName):
        return spoken.text
    return ("" if language == "zh" else " ").join(_text(atom, language, texts) for atom in _atoms(spoken, language))


def _text(prompt: str, language: str, texts: Texts) -> str:
    try:
        return texts(prompt, language)
    except KeyError:
        return ""


def _atoms(spoken: Spoken, language: str) -> Sequence[str]:
    try:
        return composed(spoken, GRAMMARS[language])
    except (ValueError, ArithmeticError):
        return ()
