"""What a list asks for, as SQL: filters with typed operators, the order, the place after a cursor, the limits of who asks.

In: field names, operators and values as text. Out: conditions and orders. Must not run a query. Invariant: every condition names a declared
field; a masked field answers equality only; a cursor fits the order it was made for.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Text, and_, cast, exists, false, func, literal, or_, select, tuple_
from sqlalchemy.schema import Column

from crm.engine.registry import Registry
from crm.engine.resource import Field, Resource, Values
from crm.engine.search import escaped
from crm.engine.store_rows import Actor, as_json
from crm.engine.store_values import refused, value_of
from crm.errors import InvalidValue
from crm.models import UserAccount
from crm.numbers import normalise
from crm.principal import Principal

MAX_LISTED = 200
AHEAD = "_ahead"
ME = "me"  # in a filter by a user: who asks
_RIGHT_OF = {"restore": "delete"}  # what has no right of its own


@dataclass(frozen=True, slots=True)
class Ask:
    """One page of a list. `filters`: (field, operator, value as text); `ids`: only these; `removed`: the removed ones instead;
    `counted`: whether the total is wanted, else it is 0."""

    q: str = ""
    filters: tuple[tuple[str, str, str], ...] = ()
    sort: str = ""
    limit: int = 50
    cursor: str = ""
    ids: tuple[Any, ...] = ()
    removed: bool = False
    on: str = "list"
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """By one column, then by the others that the order names and the key, so that no two rows are equal. `ahead`: of an order by key alone, which
    rows stand before all others; each row says so under the name AHEAD."""

    column: Column[Any]
    keys: tuple[Column[Any], ...]
    down: bool
    ahead: Any = None

    @property
    def by_key(self) -> bool:
        return self.keys == (self.column,)

    @property
    def clauses(self) -> list[Any]:
        """Of everything at once, for a list that is sorted anyway; what has no value comes last."""
        if self.by_key:
            return self.ways(self.keys)
        first, *keys = self.ways((self.column, *self.keys))
        return [first.nulls_last() if self.column.nullable else first, *keys]

    def ways(self, columns: Sequence[Column[Any]]) -> list[Any]:
        return [one.desc() if self.down else one.asc() for one in columns]

    def beyond(self, columns: Sequence[Column[Any]], values: Sequence[Any]) -> Any:
        """`columns` come after `values`."""
        pair = tuple_(*columns)
        place = tuple_(*(literal(value, column.type) for column, value in zip(columns, values, strict=True)))
        return pair < place if self.down else pair > place


def orders(resource: Resource) -> tuple[str, ...]:
    """What a list can be asked to be sorted by: the order it has, its sortable fields, each both ways."""
    return tuple(way + one for one in dict.fromkeys((resource.sort.lstrip("-"), *(resource.sortable or ()))) for way in ("", "-"))


def order_of(resource: Resource, asked: str, actor: Actor) -> Order:
    """Raises InvalidValue for a field that cannot be sorted. What is shown masked orders nothing: neighbours and cursors would tell of it."""
    words = asked or resource.sort
    name, *further = words.lstrip("-").split(",")
    field = resource.by_name.get(name)
    hidden = field is not None and actor.hidden(field)
    if hidden and not asked:
        return Order(resource.keys[0], resource.keys, down=True)
    if asked and (asked not in orders(resource) or hidden):
        raise InvalidValue("sort", f"is one of {', '.join(orders(resource)[::2])}, with - before it for the other way", "choose one of them")
    keys = (*(resource.table.columns[one] for one in further), *resource.keys)
    return Order(resource.table.columns[field.stored if field else name], keys, words.startswith("-"))


# -- cursors ----------------------------------------------------------------------------------------------------------


def cursor_of(order: Order, row: Values) -> str:
    """The place after `row`."""
    value = row[order.column.name] if order.ahead is None else row[AHEAD]
    place = [order.column.name, order.down, as_json(value), [as_json(row[one.name]) for one in order.keys]]
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode().rstrip("=")


def stretches(order: Order, cursor: str = "") -> list[tuple[list[Any], list[Any]]]:
    """(conditions, order) of what follows the cursor, each one walk along an index: the rows with a value, then those without.
    Raises InvalidValue for a cursor of another order."""
    at, last = _place(order, cursor) if cursor else (None, None)
    here = [order.beyond(order.keys, last)] if last else []
    if order.ahead is not None:
        return [_behind(order, here, at)]
    if order.by_key:
        return [(here, order.clauses)]
    columns = (order.column, *order.keys)
    filled = [order.beyond(columns, (at, *last))] if last else []
    if not order.column.nullable:
        return [(filled, order.ways(columns))]
    without = (order.column.is_(None), order.ways(order.keys))
    if last and at is None:
        return [([without[0], *here], without[1])]
    return [([order.column.is_not(None), *filled], order.ways(columns)), ([without[0]], without[1])]


def _behind(order: Order, here: list[Any], at: Any) -> tuple[list[Any], list[Any]]:
    """The rows that stand ahead, then the others, sorted together: a second question would cost more. `at`: the cursor is among those ahead."""
    others = order.ahead.is_not(True)
    if here and not at:
        return [others, *here], order.clauses
    return [or_(others, *here)] if here else [], [order.ahead.is_(True).desc(), *order.clauses]


def _place(order: Order, cursor: str) -> tuple[Any, list[Any]]:
    """The value and the keys that the cursor stands after."""
    wrong = InvalidValue("cursor", "belongs to another list or order", "start again without it")
    try:
        name, down, value, keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if name != order.column.name or down != order.down:
            raise wrong
        if order.ahead is not None and not isinstance(value, bool):
            raise wrong
        at = value if order.ahead is not None else _typed(order.column, value)
        return at, [_typed(column, key) for column, key in zip(order.keys, keys, strict=True)]
    except (ValueError, TypeError, binascii.Error, InvalidValue) as fault:
        raise wrong from fault


def _typed(column: Column[Any], value: Any) -> Any:
    """JSON -> what the column compares with."""
    if value is None:
        return None
    kind = column.type.python_type
    if kind in (int, str, bool, float):
        if not isinstance(value, (int, float) if kind is float else kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError("wrong type")
        return value
    return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)


# -- filters ----------------------------------------------------------------------------------------------------------


def filter_of(resource: Resource, actor: Actor, name: str, operator: str, written: str) -> Any:
    """Raises InvalidValue that names the parameter."""
    field = resource.by_name.get(name)
    if field is not None and not operator:
        operator = "eq" if "eq" in field.operators else "has"
    if field is None or name not in resource.filters or operator not in field.operators:
        raise InvalidValue(name, "cannot be filtered so", f"operators: {', '.join(field.operators) if field else 'none'}")
    if actor.hidden(field) and operator != "eq":
        raise InvalidValue(name, "is masked and can be filtered by eq only", "ask for the whole value")
    if field.through is not None:
        return _linked(resource, field, operator, written)
    if operator == "eq" and written == ME and field.stored in _people(resource):
        return resource.table.columns[field.stored] == actor.principal.id
    return _OPERATORS[operator](field, resource.table.columns[field.stored], written)


def _people(resource: Resource) -> set[str]:
    """The columns that hold a user of the product."""
    return {one.name for one in resource.table.columns if any(key.column.table.name == UserAccount.__tablename__ for key in one.foreign_keys)}


def _value(field: Field, written: str) -> Any:
    if field.choices and not field.whole:
        return written
    # Numbers of calls are stored as they came: they may be looked for though nobody could enter them.
    value = normalise(written) if field.kind == "phone" else value_of(field, written)
    return "" if value is None else value


def _many(field: Field, column: Column[Any], written: str) -> list[Any]:
    parts = [one.strip() for one in written.split(",") if one.strip()]
    if not 0 < len(parts) <= MAX_LISTED:
        raise refused(field, f"is 1 to {MAX_LISTED} values with commas between them")
    return [_item(field, column, one) for one in parts]


def _item(field: Field, column: Column[Any], written: str) -> Any:
    """One value of the column's kind; of a list: of its items."""
    kind = column.type.item_type.python_type if isinstance(column.type, ARRAY) else column.type.python_type
    if kind is int:
        if not written.removeprefix("-").isdigit() or abs(int(written)) >= 2**31:
            raise refused(field, "is a whole number")
        return int(written)
    return written if isinstance(column.type, ARRAY) else _value(field, written)


def _compare(test: Callable[[Column[Any], Any], Any]) -> Callable[[Field, Column[Any], str], Any]:
    return lambda field, column, written: test(column, _item(field, column, written))


def _empty(field: Field, column: Column[Any], written: str) -> Any:
    if written not in ("true", "false"):
        raise refused(field, "is true or false")
    none = column.is_(None)
    if isinstance(column.type, ARRAY):
        none = or_(none, func.cardinality(column) == 0)
    elif column.type.python_type is str:
        none = or_(none, column == "")
    return none if written == "true" else ~none


_OPERATORS: Mapping[str, Callable[[Field, Column[Any], str], Any]] = {
    "eq": _compare(lambda column, value: column == value),
    "ne": _compare(lambda column, value: column.is_distinct_from(value)),
    "gt": _compare(lambda column, value: column > value),
    "ge": _compare(lambda column, value: column >= value),
    "lt": _compare(lambda column, value: column < value),
    "le": _compare(lambda column, value: column <= value),
    "in": lambda field, column, written: column.in_(_many(field, column, written)),
    "prefix": lambda _field, column, written: column.like(escaped(written) + "%"),
    "contains": lambda _field, column, written: cast(column, Text()).ilike(f"%{escaped(written)}%"),
    "has": lambda field, column, written: column.contains([_item(field, column, written)]),
    "any": lambda field, column, written: column.overlap(_many(field, column, written)),
    "empty": _empty,
}


def _linked(resource: Resource, field: Field, operator: str, written: str) -> Any:
    assert field.through is not None
    columns: Any = field.through.model.__table__.columns
    key = resource.keys[0]
    here, there = columns[field.through.here], columns[field.through.there]
    if operator == "empty":
        some = exists(select(here).where(here == key))
        return ~some if written == "true" else some
    wanted = _many(field, there, written) if operator == "any" else [_item(field, there, written)]
    return key.in_(select(here).where(there.in_(wanted)))


# -- limits of who asks -----------------------------------------------------------------------------------------------


def within(resource: Resource, actor: Actor, *actions: str) -> Any | None:
    """The condition of the rows that every one of these rights of the person reaches; None: all."""
    return reach(resource, actor.registry, actor.principal, *actions)


def reach(resource: Resource, registry: Registry, who: Principal, *actions: str) -> Any | None:
    """The same for code that has no actor."""
    return reach_of(resource, registry, who, *(resource.right(_RIGHT_OF.get(one, one)) for one in actions))


def reach_of(resource: Resource, registry: Registry, who: Principal, *rights: str) -> Any | None:
    """The same for rights that need not be the thing's own."""
    scopes = {who.scope_of(one) for one in rights} - {"hospital"}
    if not scopes or not resource.scope.limited:
        return None
    return and_(*(_limit(resource, registry, scope, who.id, who.department_ids) for scope in sorted(scopes)))


def _limit(resource: Resource, registry: Registry, scope: str, user_id: int, departments: Sequence[int]) -> Any:
    declared, columns = resource.scope, resource.table.columns
    tests: list[Any] = []
    if declared.through:
        column, parent = columns[declared.through], _parent(resource, registry)
        if not parent.scope.limited:
            return literal(True)
        tests.append(column.in_(select(parent.keys[0]).where(_limit(parent, registry, scope, user_id, departments))))
        tests += [column.is_(None)] if declared.nobodys else []
    if declared.own:
        tests.append(columns[declared.own] == user_id)
    if scope == "department" and declared.department:
        by = declared.department
        tests.append(by(departments) if callable(by) else columns[by].in_(list(departments)))
    return or_(*tests) if tests else false()


def _parent(resource: Resource, registry: Registry) -> Resource:
    """The thing whose scope holds: the column's foreign key or, without one, its field names it."""
    column = resource.table.columns[resource.scope.through]
    tables = [registry.by_table[key.column.table.name] for key in column.foreign_keys]
    fields = [registry.by_name[one.resource] for one in resource.fields if one.stored == column.name and one.resource]
    return (*tables, *fields)[0]
