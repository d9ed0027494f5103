"""Users, roles, lists of words and parameters: what administrators see and change; and the rights that belong to no thing.

In: the models of access and administration. Out: declarations. Must not check a right itself: crm.access.guards does, in the same transaction.
Invariant: nobody gives somebody a right he has not got himself; somebody who can administer users always remains.
"""

from __future__ import annotations

from crm.access import guards, second_factor
from crm.access.accounts import hash_password
from crm.engine.resource import Extra, Field, Related, Resource, Right, Search, Section, Through
from crm.models import Dictionary, DictionaryEntry, Role, UserAccount, UserRole

LANGUAGES = (("zh", "中文", "Chinese"), ("en", "英文", "English"))
SCOPES = (("own", "本人", "Own"), ("department", "本科室", "Department"), ("hospital", "全院", "Hospital"))

USER = Resource(
    UserAccount,
    ("用户", "User"),
    plural=("用户", "Users"),
    name="user",
    group="administration",
    label="name",
    sections=(Section("", ("账号", "Account")), Section("rights", ("权限", "Rights"))),
    fields=(
        Field("username", ("登录名", "User name"), write_once=True, pattern="[a-z0-9][a-z0-9._-]{1,39}", example="zhang.min"),
        Field("name", ("姓名", "Name")),
        Field("password", ("密码", "Password"), column="password_hash", write_only=True, clean=hash_password, slow=True, max_length=200,
              hint=("10 到 200 个字符", "10 to 200 characters"), on="form"),
        Field("language", ("语言", "Language"), choices=LANGUAGES, width="narrow"),
        Field("active", ("启用", "Active")),
        Field("roles", ("角色", "Roles"), kind="refs", section="rights", required=True, through=Through(UserRole, "user_id", "role", "role")),
        Field("scope", ("数据范围", "Reach"), choices=SCOPES, section="rights", hint=("空：以角色为准", "empty: as the roles say")),
        Field("department_ids", ("科室", "Departments"), resource="department", kind="integers", section="rights",
              hint=("数据范围为本科室时只看这些科室，留空则什么也看不到", "within the reach of departments: only these; none: nothing is seen")),
        Field("created_at", ("建立时间", "Made"), readonly=True, on="detail"),
    ),
    list_columns=("name", "username", "roles", "department_ids", "scope", "second_factor", "active"),
    filters=("active", "roles", "department_ids", "scope"),
    sortable=("username", "name"),
    sort="username",
    search=Search(names=("name",), codes=("username",), hint=("姓名、登录名", "Name, user name")),
    rights={"supervisor": "read", "manager": "read"},
    actions="read add change",
    after=guards.user_written,
    extras=(Extra("second_factor", "boolean", ("第二步验证", "Second step"), second_factor.on_of),),
    panels=("second_factor",),
)  # fmt: skip

ROLE = Resource(
    Role,
    ("角色", "Role"),
    plural=("角色", "Roles"),
    group="administration",
    label="title_zh",
    fields=(
        Field("title_zh", ("名称", "Title")),
        Field("title_en", ("英文名称", "English title")),
        Field(
            "code",
            ("代码", "Code"),
            pattern="[a-z][a-z0-9_]{0,39}",
            example="nurse",
            hint=("小写字母、数字和下划线，如 ward_desk", "small letters, digits, underscores, such as ward_desk"),
        ),
        Field("scope", ("数据范围", "Reach"), choices=SCOPES),
        Field("second_factor", ("登录须第二步验证", "Second step at sign-in"),
              hint=("有此角色的人下次登录时须设置验证器应用", "who has this role sets up an authenticator app at the next sign-in")),
        Field("rights", ("权限", "Rights"), width="full", on="detail form"),
    ),
    list_columns=("title_zh", "title_en", "scope", "second_factor", "code"),
    sort="code",
    rights={"supervisor": "read"},
    actions="read add change delete",
    after=guards.role_written,
    panels=("rights",),
)

DICTIONARY = Resource(
    Dictionary,
    ("字典", "List of words"),
    plural=("字典", "Lists of words"),
    group="parameters",
    label="title_zh",
    fields=(
        Field("code", ("代码", "Code"), pattern="[a-z][a-z0-9_]{0,39}", example="insurance"),
        Field("title_zh", ("名称", "Title")),
        Field("title_en", ("英文名称", "English title")),
    ),
    sort="code",
    path="dictionaries",
    related=(Related("entries", "dictionary_entry", "dictionary", ("字典项", "Words"), sort="sort", limit=100),),
    rights={"supervisor": "read"},
    actions="read add change",
)

DICTIONARY_ENTRY = Resource(
    DictionaryEntry,
    ("字典项", "Word"),
    plural=("字典项", "Words"),
    group="parameters",
    label="title_zh",
    fields=(
        Field("dictionary", ("字典", "List"), write_once=True),
        Field("code", ("代码", "Code"), write_once=True),
        Field("title_zh", ("名称", "Title")),
        Field("title_en", ("英文名称", "English title")),
        Field("sort", ("顺序", "Order")),
        Field("active", ("启用", "Active")),
    ),
    filters=("dictionary", "active"),
    sort="dictionary,sort",
    rights={"supervisor": "read add change"},
    actions="read add change",
)

RESOURCES = (USER, ROLE, DICTIONARY, DICTIONARY_ENTRY)

RIGHTS = (
    Right("see.name", ("查看完整姓名", "See whole names"), "agent handler supervisor manager", "people"),
    Right("see.phone", ("查看完整号码", "See whole numbers"), "", "people"),
    Right("see.id_number", ("查看完整证件号", "See whole identity numbers"), "", "people"),
    Right("see.address", ("查看完整地址", "See whole addresses"), "agent handler supervisor", "people"),
    Right("see.text", ("查看隐藏内容", "See hidden text"), "agent handler supervisor", "people"),
    Right("audit.read", ("查看审计", "Read the audit trail"), "supervisor manager"),
    Right("saved_view.share", ("共享视图", "Share views of lists"), "supervisor"),
    Right("api_token.read", ("查看接口令牌", "See tokens of machines")),
    Right("api_token.change", ("管理接口令牌", "Make and end tokens of machines")),
    Right("desk.use", ("接听电话", "Take calls"), "agent", "calls"),
    Right("call_record.read_own", ("查看本人通话", "See own calls"), "agent supervisor", "calls"),
    Right("recording.play", ("收听录音", "Hear recordings"), "agent supervisor", "calls"),
    Right("recording.download", ("下载录音", "Keep recordings"), "supervisor", "calls"),
    Right("message.handle", ("处理留言", "Handle messages"), "agent supervisor", "calls"),
    Right("board.read", ("查看监控", "See the live board"), "supervisor manager", "calls"),
)
