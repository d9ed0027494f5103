"""What differs between two sources of a flow. Pure.

In: two sources. Out: nodes that came and went, and the keys that changed with their values. Must not judge. Invariant: equal sources differ in
nothing; the flow's own keys stand under the node of no name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = ("title", "start", "queue_return")


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """`{"added", "removed", "changed": [{"node", "key", "before", "after"}]}`."""
    old, new = _nodes(before), _nodes(after)
    changed = _keys("", {key: before.get(key) for key in HEAD}, {key: after.get(key) for key in HEAD})
    for name in old:
        if name in new:
            changed += _keys(name, old[name], new[name])
    return {"added": [name for name in new if name not in old], "removed": [name for name in old if name not in new], "changed": changed}


def _nodes(source: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    nodes = source.get("node")
    return {name: node for name, node in nodes.items() if isinstance(node, Mapping)} if isinstance(nodes, Mapping) else {}


def _keys(node: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if key == "on" and isinstance(before, Mapping) and isinstance(after, Mapping):
            wires = dict.fromkeys((*before, *after))
            found += [_one(node, f"on.{exit}", before.get(exit), after.get(exit)) for exit in wires if before.get(exit) != after.get(exit)]
        elif before != after:
            found.append(_one(node, key, before, after))
    return found


def _one(node: str, key: str, before: Any, after: Any) -> dict[str, Any]:
    return {"node": node, "key": key, "before": before, "after": after}
