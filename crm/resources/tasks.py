"""To-dos, reminders, announcements and bulletins.

In: the models. Out: `RESOURCES`. Must not count what is unread: crm.things.bell does. Invariant: an announcement is seen by its audience from the
move `publish` on.
"""

from __future__ import annotations

from crm.engine.resource import Extra, Field, Move, Resource, Scope, Search
from crm.models import Announcement, Reminder, ToDo
from crm.resources.common import CREATED_AT, CREATED_BY, DEPARTMENT, user
from crm.things import bell

_ALL_MINE = "read add change delete bulk start finish cancel reopen"

TO_DO = Resource(
    ToDo, ("待办事项", "To-do"), plural=("待办事项", "To-dos"), path="to-dos", group="tasks", label="title",
    fields=(
        Field("title", ("事项", "Title"), width="full"), Field("detail", ("说明", "Detail"), kind="text", on="detail form"),
        Field("priority", ("优先级", "Priority"), width="narrow", choices=(
            ("low", "低", "Low"), ("normal", "普通", "Normal"), ("high", "高", "High"), ("urgent", "紧急", "Urgent"))),
        Field("due_at", ("期限", "Due at")), user("assigned_to", "负责人", "Assigned to"), DEPARTMENT, Field("patient_id", ("患者", "Patient")),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("open", "待办", "Open"), ("doing", "进行中", "Doing"), ("done", "完成", "Done"), ("cancelled", "取消", "Cancelled"))),
        Field("result", ("结果", "Result"), kind="text", on="detail form"),
        Field("closed_at", ("完成时间", "Closed at"), readonly=True), CREATED_BY, CREATED_AT,
    ),
    list_columns=("title", "priority", "due_at", "assigned_to", "patient_id", "state"), sort="-id",
    filters=("state", "priority", "assigned_to", "created_by", "department_id", "patient_id", "due_at"), search=Search(texts=("title",)),
    state="state", moves=(
        Move("start", ("开始", "Start"), ("open",), "doing", sets={"assigned_to": "me"}),
        Move("finish", ("完成", "Finish"), ("open", "doing"), "done", asks=("result",), sets={"closed_at": "now"}, style="primary"),
        Move("cancel", ("取消", "Cancel"), ("open", "doing"), "cancelled", asks=("result",), sets={"closed_at": "now"}, style="danger"),
        Move("reopen", ("重新打开", "Reopen"), ("done", "cancelled"), "open", sets={"closed_at": None}),
    ),
    rights={"agent": _ALL_MINE, "handler": _ALL_MINE, "supervisor": "all", "manager": "all"}, scope=Scope(own="assigned_to",
    department="department_id"),
    person="patient_id",
)  # fmt: skip

REMINDER = Resource(
    Reminder, ("提醒", "Reminder"), plural=("提醒", "Reminders"), group="tasks", label="title",
    fields=(
        user("user_id", "提醒谁", "For"), Field("title", ("内容", "Title"), width="full"), Field("remind_at", ("时间", "At")),
        Field("patient_id", ("患者", "Patient")), Field("state", ("状态", "State"), readonly=True, choices=(("waiting", "待提醒", "Waiting"),
        ("done", "已处理", "Done"))),
    ),
    sort="-remind_at", filters=("user_id", "state", "remind_at", "patient_id"), state="state",
    moves=(Move("finish", ("知道了", "Done"), ("waiting",), "done", style="primary"), Move("again", ("再提醒", "Again"),
    ("done",), "waiting", needs=("remind_at",))),
    rights={"agent": "read add change delete finish again", "handler": "read add change delete finish again", "supervisor": "all",
    "manager": "all"},
    scope=Scope(own="user_id"), person="patient_id",
)  # fmt: skip

ANNOUNCEMENT = Resource(
    Announcement, ("公告通报", "Announcement"), plural=("公告通报", "Announcements"), group="tasks", label="title",
    fields=(
        Field("kind", ("类型", "Kind"), choices=(("announcement", "公告", "Announcement"), ("bulletin", "通报", "Bulletin"))),
        Field("level", ("级别", "Level"), choices=(("normal", "普通", "Normal"), ("important", "重要", "Important"), ("urgent", "紧急", "Urgent"))),
        Field("title", ("标题", "Title"), width="full"), Field("body_html", ("内容", "Text"), kind="html", on="detail form"),
        Field("audience", ("发给", "Audience"), choices=(
            ("agent", "坐席", "Agents"), ("handler", "处理人", "Handlers"), ("supervisor", "主管", "Supervisors"),
            ("manager", "管理者", "Managers"), ("admin", "管理员", "Administrators")), hint=("不选为全体", "none: everybody")),
        Field("state", ("状态", "State"), readonly=True, choices=(("draft", "草稿", "Draft"), ("published", "已发布", "Published"),
        ("withdrawn", "已撤回", "Withdrawn"))),
        Field("published_at", ("发布时间", "Published at"), readonly=True), Field("expires_at", ("有效期至", "Expires at")), CREATED_BY,
    ),
    extras=(Extra("readers", "integer", ("已读人数", "Readers"), bell.readers),),
    list_columns=("title", "kind", "level", "state", "published_at", "expires_at", "readers", "created_by"), sort="-id",
    filters=("kind", "level", "state", "published_at"), search=Search(texts=("title",)), state="state", moves=(
        Move("publish", ("发布", "Publish"), ("draft", "withdrawn"), "published", sets={"published_at": "now"}, style="primary"),
        Move("withdraw", ("撤回", "Withdraw"), ("published",), "withdrawn", style="danger"),
    ),
    rights={"supervisor": "all", "manager": "all"},
)  # fmt: skip

RESOURCES = (TO_DO, REMINDER, ANNOUNCEMENT)
