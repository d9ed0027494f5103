"""Values of a JSON schema, and values that should not be: what the description of the API lets expect, and what people and programs really send.

In: the OpenAPI description. Out: hypothesis strategies of bodies and queries. Must not know a route by name. Invariant: `fitting` draws only what
the schema allows; `hostile` draws anything that JSON can carry. Schema words: JSON Schema 2020-12, as pydantic writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    "", " ", "张伟", "𠮷野家", "䶮", "😀👨‍👩‍👧", "<script>alert(1)</script>", "'; DROP TABLE patient; --", "=1+1", "\u202egnp.exe", "\x00",
    "\x1b[2J", "a\r\nX: y", "%s%n", "../../etc/passwd", "null", "1e999", "0000-00-00", "1900-02-29", "2026-11-22T25:61:00Z", "9" * 40, "é" * 300,
    "\u0000中", "\ufffe", "*" * 11, "{{7*7}}", "138****0001", "11010519491231002X", "+8613900000001", "09:30", "2026-02-30",
)  # fmt: skip
ODD_VALUES = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**40, 0.5, -1e308, 1e308, [], {}, [[]], [None] * 3, {"": ""}, {"a": {"b": [1]}}, "x" * 30_000,
)  # fmt: skip
IDS = (1, 2, 3, 7, 999_999)
plain_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
words = st.one_of(st.sampled_from(("测试", "张伟", "test", "高血压", "𠮷")), plain_text)


class Shapes:
    """The schemas of one description."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        self._known: Mapping[str, Any] = described["components"]["schemas"]

    def whole(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """`schema` itself, not a reference to it."""
        return self._known[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    def fitting(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """What the schema allows."""
        schema = self.whole(schema)
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return st.one_of(*(self.fitting(one) for one in schema[word]))
        if "allOf" in schema:
            return self.fitting(schema["allOf"][0])
        made = getattr(self, f"_{schema.get('type', 'any')}")
        return made(schema)

    def body(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """A body: fitting, or spoiled in one place."""
        good = self.fitting(schema)
        return st.one_of(good, good, good.flatmap(_spoiled))

    def _object(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        fields: Mapping[str, Any] = schema.get("properties", {})
        if not fields:
            inner = schema.get("additionalProperties")
            value = self.fitting(inner) if isinstance(inner, Mapping) and inner else words
            return st.dictionaries(st.text("abcdef_", min_size=1, max_size=8), value, max_size=3)
        needed = set(schema.get("required", ()))
        must = {name: self.fitting(one) for name, one in fields.items() if name in needed}
        may = {name: self.fitting(one) for name, one in fields.items() if name not in needed}
        return st.fixed_dictionaries(must, optional=may)

    def _array(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        low, high = schema.get("minItems", 0), min(schema.get("maxItems", 3), schema.get("minItems", 0) + 3)
        return st.lists(self.fitting(schema.get("items", {})), min_size=low, max_size=high)

    def _integer(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
        small = [one for one in IDS if low <= one <= high]
        return st.one_of(*([st.sampled_from(small)] if small else []), st.integers(low, high))

    def _number(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        return st.floats(schema.get("minimum", -1e6), schema.get("maximum", 1e6), allow_nan=False)

    def _string(self, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        low, high = schema.get("minLength", 0), schema.get("maxLength", 200)
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda one: low <= len(one) <= high)
        known = {"date": st.dates().map(str), "time": st.times().map(str), "date-time": st.datetimes().map(lambda at: f"{at.isoformat()}Z")}
        if schema.get("format") in known:
            return known[schema["format"]]
        fixed = [one for one in ODD_TEXTS if low <= len(one) <= high]
        return st.one_of(words, st.sampled_from(fixed)).filter(lambda one: low <= len(one) <= high)

    def _boolean(self, _schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        return st.booleans()

    def _null(self, _schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        return st.none()

    def _any(self, _schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        return hostile


hostile = st.one_of(st.sampled_from(ODD_VALUES), st.sampled_from(ODD_TEXTS))


def _spoiled(body: Any) -> st.SearchStrategy[Any]:
    """One place is replaced, taken away or added."""
    if not isinstance(body, dict):
        return hostile
    extra = hostile.map(lambda value: {**body, "no_such_field": value})
    if not body:
        return extra
    names = st.sampled_from(sorted(body))
    replaced = st.tuples(names, hostile).map(lambda pair: {**body, pair[0]: pair[1]})
    fewer = names.map(lambda name: {key: value for key, value in body.items() if key != name})
    return st.one_of(replaced, replaced, fewer, extra, hostile)
