"""A source as a TOML text that the loader reads back to the same source. Pure.

In: a source of JSON values. Out: text. Must not judge it: a draft with faults is written, too. Invariant: reading what was written gives the same
values; what TOML cannot hold (null) is left out. Grammar: toml.io, v1.0.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = ("flow", "title", "start", "queue_return")
_FIRST = ("verb",)
_LAST = ("on",)


def write(source: Mapping[str, Any]) -> str:
    """The text: the head, then one table a node in the order of the source."""
    head = [f"{key} = {_value(source[key])}" for key in _HEAD if source.get(key) is not None]
    nodes = source.get("node")
    tables = [_table(name, node) for name, node in nodes.items() if isinstance(node, Mapping)] if isinstance(nodes, Mapping) else []
    return "\n\n".join(["\n".join(head), *tables]) + "\n"


def _table(name: str, node: Mapping[str, Any]) -> str:
    middle = [key for key in node if key not in (*_FIRST, *_LAST)]
    keys = [key for key in (*_FIRST, *middle, *_LAST) if node.get(key) is not None]
    return "\n".join([f"[node.{_key(name)}]", *(f"{_key(key)} = {_value(node[key])}" for key in keys)])


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case list() | tuple():
            return f"[{', '.join(_value(one) for one in value if one is not None)}]"
        case Mapping():
            inner = ", ".join(f"{_key(str(key))} = {_value(one)}" for key, one in value.items() if one is not None)
            return f"{{ {inner} }}" if inner else "{}"
    return _text(str(value))


def _text(value: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the one character JSON leaves open."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
