"""What a file can be imported into: the values it may bring, where each is stored, and by what a row is known again.

In: declarations of `crm.resources`. Out: frozen `Target`s. Pure but for reading the registry. Must not touch the database.
Invariant: every item names a column that exists; a rule names items of its target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.schema import Column

from crm.engine.registry import registry
from crm.engine.resource import Field, Resource
from crm.errors import NotFound
from crm.models import Base
from crm.text import initials

ACTIONS = ("merge", "skip", "create")
_REPEATING = frozenset({"refs", "json", "html", "integers"})


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a row. `child`: the table of many rows a file row adds one or more rows to; "" for the thing's own table."""

    name: str
    title: tuple[str, str]
    kind: str
    synonyms: tuple[str, ...] = ()
    child: str = ""
    required: bool = False
    choices: tuple[tuple[Any, str, str], ...] = ()
    resource: str = ""
    longest: int = 20_000
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """A table whose rows belong to one of ours. `same`: columns in which a row that is there already is equal. `single`: nobody has two of them."""

    table: str
    by: str
    columns: tuple[str, ...]
    same: tuple[str, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    single: bool = False

    def only(self, alias: str) -> str:
        """The constants as an SQL condition."""
        return "".join(f" AND {alias}.{name} = '{value}'" for name, value in self.constants.items())


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a row known. `unique`: the database allows one only, so a second cannot be made. `only`: which child rows of the file count."""

    name: str
    title: tuple[str, str]
    items: tuple[str, ...]
    unique: bool
    default: str
    child: str = ""
    only: Mapping[str, str] = field(default_factory=dict)

    def told(self, alias: str) -> str:
        """What a child row of the file must be for this rule to look at it, as SQL."""
        return "".join(f" AND {alias}.{name} = '{value}'" for name, value in self.only.items())

    @property
    def actions(self) -> tuple[str, ...]:
        return ACTIONS[:2] if self.unique else ACTIONS


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go."""

    resource: str
    title: tuple[str, str]
    table: Table
    items: tuple[Item, ...]
    rules: tuple[Rule, ...]
    children: tuple[Child, ...] = ()
    derive: Mapping[str, tuple[str, Callable[[Any], Any]]] = field(default_factory=dict)
    checks: tuple[Callable[[Mapping[str, Any]], None], ...] = ()

    @property
    def by_name(self) -> dict[str, Item]:
        return {one.name: one for one in self.items}

    @property
    def own(self) -> tuple[Item, ...]:
        """Items of the thing's own table."""
        return tuple(one for one in self.items if not one.child)

    def column(self, name: str) -> Column[Any]:
        return self.table.columns[name]


# As hospitals' own systems head these columns; the likeliest first, as one column only is proposed for a value.
RECORD_NUMBERS = (
    "病案号码", "病案编号", "病历号", "病历号码", "病历编号", "住院号", "住院号码", "住院病历号", "门诊号", "门诊号码",
    "门诊病历号", "患者编号", "患者号", "病人编号", "病人号", "患者id", "病人id", "登记号", "档案号", "就诊卡号", "诊疗卡号", "medical record number",
    "patient number", "patient id", "bah",
)  # fmt: skip
NUMBERS = (
    "手机", "手机号", "手机号码", "联系电话", "电话号码", "移动电话", "联系方式", "联系手机", "联系号码", "本人电话", "mobile", "mobile phone",
    "telephone", "phone number", "tel", "lxdh",
)  # fmt: skip

PATIENT_ITEMS = (
    Item(
        "name",
        ("姓名", "Name"),
        "name",
        ("患者姓名", "病人姓名", "名字", "病人名称", "就诊人", "full name", "patient name", "xm"),
        required=True,
        longest=80,
        personal=True,
    ),
    Item("gender", ("性别", "Gender"), "gender", ("sex", "xb")),
    Item(
        "birth_date",
        ("出生日期", "Date of birth"),
        "birth_date",
        ("生日", "出生年月日", "出生年月", "出生时间", "birthday", "birth date", "dob", "csrq"),
        personal=True,
    ),
    Item(
        "id_number",
        ("身份证号", "ID number"),
        "id_number",
        (
            "身份证", "身份证号码", "居民身份证号", "居民身份证号码", "公民身份号码", "公民身份证号", "身份证件号", "身份证件号码", "身份证编号",
            "证件号", "证件号码", "有效证件号", "有效证件号码", "national id", "id card", "sfzh",
        ),
        child="patient_identifier",
        longest=18,
        personal=True,
    ),
    Item(
        "mrn",
        ("病案号", "Record number"),
        "string",
        RECORD_NUMBERS,
        longest=40,
    ),
    Item(
        "phone",
        ("电话", "Phone"),
        "phones",
        NUMBERS,
        child="contact_phone",
        personal=True,
    ),
    Item(
        "other_phone",
        ("其他电话", "Other phone"),
        "phones",
        (
            "备用电话", "第二电话", "联系电话2", "电话2", "手机2", "手机号2", "手机号码2", "联系方式2", "其他联系方式", "固定电话", "座机",
            "家庭电话", "宅电", "phone 2", "second phone", "home phone", "电话", *NUMBERS,
        ),
        child="contact_phone",
        personal=True,
    ),
    Item(
        "family_phone",
        ("家属电话", "Relative's phone"),
        "phones",
        (
            "家属联系电话", "家属手机", "家属手机号", "家属号码", "家属联系方式", "联系人电话", "联系人联系电话", "联系人手机", "联系人手机号",
            "联系人号码", "紧急联系电话", "紧急联系人电话", "监护人电话", "监护人联系电话", "亲属电话", "陪护电话",
            "emergency phone", "contact phone",
        ),
        child="contact_phone",
        personal=True,
    ),
    Item(
        "family_name",
        ("家属姓名", "Relative's name"),
        "string",
        ("家属", "紧急联系人", "紧急联系人姓名", "监护人", "监护人姓名", "亲属姓名", "emergency contact", "next of kin"),
        child="contact_phone",
        longest=80,
        personal=True,
    ),
    Item(
        "relation",
        ("电话机主关系", "Whose phone"),
        "string",
        ("与患者关系", "与病人关系", "与本人关系", "家属关系", "联系人关系", "关系", "机主关系", "relation", "relationship"),
        child="contact_phone",
        longest=20,
    ),
    Item(
        "owner_name",
        ("电话机主", "Phone owner"),
        "string",
        ("联系人", "机主", "联系人姓名", "contact", "contact name"),
        child="contact_phone",
        longest=80,
        personal=True,
    ),
    Item(
        "address",
        ("住址", "Address"),
        "string",
        ("现住址", "家庭住址", "家庭地址", "现住地址", "居住地址", "地址", "联系地址", "通讯地址", "详细地址", "street", "home address"),
        child="patient_address",
        longest=120,
        personal=True,
    ),
    Item("language", ("语言", "Language"), "language", ("服务语言",)),
    Item("tags", ("标签", "Tags"), "words", ("病种标签", "分类")),
    Item("alerts", ("警示", "Alerts"), "words", ("提醒", "注意事项", "过敏", "过敏史", "药物过敏", "药物过敏史")),
    Item("notes", ("备注", "Notes"), "text", ("说明", "备注信息", "remark", "remarks", "comment", "comments"), longest=20_000),
)

PATIENT_RULES = (
    Rule("id_number", ("身份证号相同", "Same ID number"), ("id_number",), True, "merge", child="patient_identifier"),
    Rule("mrn", ("病案号相同", "Same record number"), ("mrn",), True, "merge"),
    Rule("name_birth", ("姓名和出生日期相同", "Same name and date of birth"), ("name", "birth_date"), False, "merge"),
    Rule("phone", ("电话相同", "Same phone"), ("phone",), False, "create", child="contact_phone", only={"relation": "本人"}),
)

PATIENT_CHILDREN = (
    Child("patient_identifier", "patient_id", ("number",), ("number",), {"kind": "national_id"}, single=True),
    Child("contact_phone", "patient_id", ("number", "raw", "relation", "owner_name"), ("number",)),
    Child("patient_address", "patient_id", ("street",), ("street",)),
)


def target_of(resource: str) -> Target:
    """Raises NotFound for a thing that takes no files."""
    return _target(resource)


@lru_cache(maxsize=128)
def _target(resource: str) -> Target:
    declared = registry().by_name.get(resource)
    if resource == "patient":
        return _patient(declared)
    if (
        declared is None
        or not (declared.import_keys and declared.versioned and "import" in declared.can)
        or [one.name for one in declared.keys] != ["id"]
    ):
        raise NotFound(f"import for {resource}")
    items = tuple(_item(declared, one) for one in declared.fields if _writable(declared, one))
    return Target(declared.name, declared.title, declared.table, items, _rules(declared, items), (), dict(declared.derive), declared.checks)


def _patient(declared: Resource | None) -> Target:
    table = Base.metadata.tables["patient"]
    derive = dict(declared.derive) if declared is not None else {}
    derive.setdefault("initials", ("name", initials))
    title = declared.title if declared is not None else ("患者", "Patient")
    children = tuple(one for one in PATIENT_CHILDREN if one.table in Base.metadata.tables)
    held = {one.table for one in children}
    items = tuple(_with_words(declared, one) for one in PATIENT_ITEMS if not one.child or one.child in held)
    return Target("patient", title, table, items, PATIENT_RULES, children, derive)


def _with_words(declared: Resource | None, item: Item) -> Item:
    """An item also answers to the headings our own lists and exports carry."""
    field = declared.by_name.get({"phone": "number"}.get(item.name, item.name)) if declared is not None else None
    return replace(item, synonyms=(*item.synonyms, *field.title, *field.synonyms)) if field is not None else item


def _writable(resource: Resource, one: Field) -> bool:
    plain = not one.readonly and not one.write_only and one.kind not in _REPEATING and one.name != resource.state
    return plain and one.stored in resource.table.columns and one.through is None


def _item(resource: Resource, one: Field) -> Item:
    column = resource.table.columns[one.stored]
    longest = getattr(column.type, "length", None) or one.max_length or 20_000
    required = bool(one.required) or (not column.nullable and column.server_default is None)
    referred = registry().referred(resource, one)
    kind = "choice" if one.choices else one.kind
    return Item(
        one.stored, one.title, kind, one.synonyms, required=required, choices=one.choices, resource=referred.name if referred else "",
        longest=longest, personal=bool(one.mask),
    )  # fmt: skip


def _rules(resource: Resource, items: tuple[Item, ...]) -> tuple[Rule, ...]:
    known = {one.name: one for one in items}
    found = []
    for names in resource.import_keys:
        stored = tuple(resource.by_name[name].stored for name in names)
        if all(name in known for name in stored):
            title = tuple("、".join(known[name].title[place] for name in stored) for place in (0, 1))
            unique = len(stored) == 1 and bool(resource.table.columns[stored[0]].unique)
            found.append(Rule("_".join(stored), ("相同的" + title[0], "Same " + title[1]), stored, unique, "merge"))
    return tuple(found)
