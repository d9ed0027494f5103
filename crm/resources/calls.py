"""Queues, dispositions, pause reasons, and what the telephone stored: what people see of them.

In: the models of crm.models.telephony. Out: declarations. Must not let anybody change a fact: calls and messages are read only, and their routes
with sound are written by hand. Invariant: a change of a queue, disposition or pause reason is notified by a trigger, so running processes follow.
"""

from __future__ import annotations

from crm.engine.resource import Choice, Field, Related, Resource
from crm.models import CallRecord, Disposition, PauseReason, Queue, QueueMember, VoiceMessage

STRATEGIES: tuple[Choice, ...] = (
    ("leastrecent", "最久未接", "Longest idle"), ("rrmemory", "轮流", "Round robin"), ("fewestcalls", "接听最少", "Fewest calls"),
    ("random", "随机", "Random"), ("linear", "按顺序", "In order"), ("ringall", "同时振铃", "Ring all"),
)  # fmt: skip
SECONDS = ("秒", "s")
READERS = {"agent": "read", "supervisor": "read change", "manager": "read"}
TITLES = (Field("title_zh", ("名称", "Title")), Field("title_en", ("英文名称", "English title")))
ORDER = Field("sort", ("顺序", "Order"), hint=("小的在前", "smaller first"))
ACTIVE = Field("active", ("启用", "Active"))

QUEUE = Resource(
    Queue,
    ("队列", "Queue"),
    plural=("队列", "Queues"),
    group="calls",
    label="title_zh",
    fields=(
        Field("name", ("代码", "Code"), pattern="[a-z][a-z0-9_]{0,39}", example="service_desk"),
        *TITLES,
        Field("strategy", ("分配方式", "Strategy"), choices=STRATEGIES),
        Field("ring_s", ("振铃时间", "Rings"), unit=SECONDS, min=5, max=120),
        Field("max_wait_s", ("最长等待", "Longest wait"), unit=SECONDS, min=10, max=7200),
        Field("max_callers", ("最多排队人数", "Most callers"), min=1, max=10000),
        Field("wrap_up_s", ("整理时间", "Wrap-up"), unit=SECONDS, min=0, max=3600),
        Field("service_level_s", ("服务水平时间", "Service level"), unit=SECONDS, min=1, max=600),
        Field("weight", ("权重", "Weight"), min=0, max=1000),
        Field("announce_position", ("报告排队位置", "Announce position")),
        ORDER,
        ACTIVE,
    ),
    list_columns=("title_zh", "name", "strategy", "max_wait_s", "wrap_up_s", "active"),
    filters=("active", "strategy"),
    sort="sort",
    related=(Related("members", "queue_member", "queue", ("坐席", "Agents"), sort="penalty", limit=100),),
    rights=READERS,
    actions="read add change",
)

QUEUE_MEMBER = Resource(
    QueueMember,
    ("队列坐席", "Queue member"),
    plural=("队列坐席", "Queue members"),
    group="calls",
    label=("queue", "user_id"),
    fields=(
        Field("queue", ("队列", "Queue")),
        Field("user_id", ("坐席", "Agent")),
        Field("penalty", ("优先级", "Penalty"), min=0, max=100, hint=("小的先接", "lower is asked first")),
    ),
    filters=("queue", "user_id"),
    sort="penalty",
    rights={"agent": "read", "supervisor": "read add change delete", "manager": "read"},
    actions="read add change delete",
)

DISPOSITION = Resource(
    Disposition,
    ("通话小结", "Disposition"),
    plural=("通话小结", "Dispositions"),
    group="parameters",
    label="title_zh",
    fields=(Field("code", ("代码", "Code"), pattern="[a-z][a-z0-9_]{0,39}"), Field("parent", ("上级", "Parent")), *TITLES, ORDER, ACTIVE),
    list_columns=("title_zh", "title_en", "parent", "code", "active"),
    filters=("parent", "active"),
    sort="sort",
    rights=READERS,
    actions="read add change",
)

PAUSE_REASON = Resource(
    PauseReason,
    ("示忙原因", "Pause reason"),
    plural=("示忙原因", "Pause reasons"),
    group="parameters",
    label="title_zh",
    fields=(
        Field("code", ("代码", "Code"), pattern="[a-z][a-z0-9_]{0,39}"),
        *TITLES,
        Field("limit_min", ("提醒时限", "Limit"), unit=("分钟", "min"), min=1, max=600),
        ORDER,
        ACTIVE,
    ),
    list_columns=("title_zh", "title_en", "limit_min", "code", "active"),
    sort="sort",
    rights=READERS,
    actions="read add change",
)

CALL_RECORD = Resource(
    CallRecord,
    ("通话", "Call"),
    plural=("通话", "Calls"),
    group="calls",
    label="linkedid",
    fields=(
        Field("started_at", ("开始", "Began")),
        Field("number", ("号码", "Number"), kind="phone", mask="phone"),
        Field("patient_id", ("患者", "Patient"), resource="patient"),
        Field("queue", ("队列", "Queue"), resource="queue"),
        Field("agent_id", ("坐席", "Agent"), resource="user"),
        Field("outcome", ("结果", "Outcome"), kind="string"),
        Field("disposition", ("小结", "Disposition"), resource="disposition"),
        Field("wait_s", ("等待", "Waited"), unit=SECONDS),
        Field("talk_s", ("通话", "Talked"), unit=SECONDS),
        Field("direction", ("方向", "Direction")),
        Field("linkedid", ("编号", "Id"), on="detail"),
    ),
    filters=("started_at", "patient_id", "queue", "agent_id", "outcome"),
    sort="-started_at",
    actions="read export",
    rights={"supervisor": "read export", "manager": "read export"},
    person="patient_id",
    served=False,
)

MESSAGE = Resource(
    VoiceMessage,
    ("留言", "Message"),
    plural=("留言", "Messages"),
    name="message",
    group="calls",
    label="purpose",
    fields=(
        Field("left_at", ("时间", "Left")),
        Field("purpose", ("用途", "Purpose")),
        Field("duration_s", ("时长", "Length"), unit=SECONDS),
        Field("handled_at", ("处理时间", "Handled")),
        Field("handled_by", ("处理人", "Handled by")),
        Field("note", ("备注", "Note")),
    ),
    filters=("purpose", "left_at", "handled_at"),
    sort="-left_at",
    actions="read",
    rights={"agent": "read", "supervisor": "read"},
    served=False,
)

RESOURCES = (QUEUE, QUEUE_MEMBER, DISPOSITION, PAUSE_REASON, CALL_RECORD, MESSAGE)
