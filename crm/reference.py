"""The rows a new database starts with: roles, the first queue and its hours, dispositions, pause reasons.

In: a session on a migrated database. Out: rows, only where the table is still empty. Must not make a user: there is no default password.
Invariant: what an administrator changed or removed stays changed or removed.
"""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import AuditHead, Base, Calendar, CalendarHours, Dictionary, DictionaryEntry, Disposition, PauseReason, Queue, Role

AGENT = ("desk.use", "call_record.read_own", "recording.play", "message.read", "message.handle", "patient.read", "patient.add")
SUPERVISOR = (*AGENT[1:], "call_record.read", "recording.download", "board.read", "user.read")
ADMIN = (*SUPERVISOR, "user.change")

ROLES = (
    {"code": "agent", "title_zh": "坐席", "title_en": "Agent", "rights": list(AGENT)},
    {"code": "supervisor", "title_zh": "主管", "title_en": "Supervisor", "rights": list(SUPERVISOR)},
    {"code": "admin", "title_zh": "管理员", "title_en": "Administrator", "rights": list(ADMIN)},
)

QUEUES = ({"name": "service_desk", "title_zh": "综合服务台", "title_en": "Service desk"},)

CALENDARS = ({"name": "hotline", "title_zh": "热线服务时间", "title_en": "Hotline hours"},)
HOURS = tuple({"calendar": "hotline", "weekday": day, "opens_at": time(0), "closes_at": time(0)} for day in range(1, 8))

PAUSE_REASONS = (
    {"code": "break", "title_zh": "小休", "title_en": "Short break", "limit_min": 15, "sort": 1},
    {"code": "meal", "title_zh": "用餐", "title_en": "Meal", "limit_min": 45, "sort": 2},
    {"code": "training", "title_zh": "培训", "title_en": "Training", "limit_min": 120, "sort": 3},
    {"code": "paperwork", "title_zh": "案头工作", "title_en": "Paperwork", "limit_min": 30, "sort": 4},
    {"code": "meeting", "title_zh": "会议", "title_en": "Meeting", "limit_min": 120, "sort": 5},
)

_TREE: tuple[tuple[str, str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("enquiry", "咨询", "Enquiry", (
        ("enquiry_hours", "门诊时间", "Clinic hours"),
        ("enquiry_guide", "就医流程", "How to see a doctor"),
        ("enquiry_fees", "费用与医保", "Fees and insurance"),
        ("enquiry_results", "检查结果", "Results"),
        ("enquiry_other", "其他咨询", "Other enquiry"),
    )),
    ("booking", "预约", "Appointment", (
        ("booking_made", "已预约", "Booked"),
        ("booking_moved", "改期", "Moved"),
        ("booking_cancelled", "取消", "Cancelled"),
        ("booking_no_slot", "无号源", "No slot free"),
    )),
    ("complaint", "投诉与建议", "Complaint", (
        ("complaint_service", "服务投诉", "About service"),
        ("complaint_treatment", "诊疗投诉", "About treatment"),
        ("suggestion", "建议", "Suggestion"),
        ("praise", "表扬", "Praise"),
    )),
    ("follow_up", "随访", "Follow-up", (
        ("follow_up_done", "随访完成", "Completed"),
        ("follow_up_later", "稍后再联系", "Call again"),
    )),
    ("other", "其他", "Other", (
        ("wrong_number", "打错电话", "Wrong number"),
        ("silent", "无人说话", "Nobody spoke"),
        ("call_dropped", "通话中断", "Call dropped"),
        ("emergency", "急救转接", "Emergency"),
    )),
)  # fmt: skip


def dispositions() -> list[dict[str, Any]]:
    """The tree as rows, parents first."""
    rows: list[dict[str, Any]] = []
    for place, (code, zh, en, leaves) in enumerate(_TREE, 1):
        rows.append({"code": code, "parent": None, "title_zh": zh, "title_en": en, "sort": place})
        rows += [{"code": leaf, "parent": code, "title_zh": zh, "title_en": en, "sort": n} for n, (leaf, zh, en) in enumerate(leaves, 1)]
    return rows


# Lists of words that forms choose from; rows hold the word itself. Administrators add their own.
DICTIONARIES: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("occupation", "职业", "Occupation", (
        ("退休", "Retired"), ("工人", "Worker"), ("农民", "Farmer"), ("教师", "Teacher"), ("学生", "Student"), ("公务员", "Civil servant"),
        ("工程师", "Engineer"), ("会计", "Accountant"), ("司机", "Driver"), ("护士", "Nurse"), ("医生", "Doctor"), ("销售", "Sales"),
        ("个体经营", "Self-employed"), ("军人", "Soldier"), ("无业", "Without work"), ("其他", "Other"),
    )),
    ("education", "文化程度", "Education", (
        ("文盲", "None"), ("小学", "Primary school"), ("初中", "Middle school"), ("高中", "High school"), ("中专", "Vocational school"),
        ("大专", "College"), ("本科", "Bachelor"), ("硕士", "Master"), ("博士", "Doctorate"),
    )),
    ("ethnicity", "民族", "Ethnicity", (
        ("汉族", "Han"), ("壮族", "Zhuang"), ("回族", "Hui"), ("满族", "Manchu"), ("维吾尔族", "Uyghur"), ("苗族", "Miao"), ("彝族", "Yi"),
        ("土家族", "Tujia"), ("藏族", "Tibetan"), ("蒙古族", "Mongol"), ("侗族", "Dong"), ("布依族", "Bouyei"), ("瑶族", "Yao"), ("白族", "Bai"),
        ("朝鲜族", "Korean"), ("哈尼族", "Hani"), ("黎族", "Li"), ("哈萨克族", "Kazakh"), ("傣族", "Dai"), ("其他", "Other"),
    )),
)  # fmt: skip


def words() -> list[dict[str, Any]]:
    """The entries of all dictionaries as rows."""
    return [
        {"dictionary": name, "code": word, "title_zh": word, "title_en": english, "sort": place}
        for name, _, _, entries in DICTIONARIES
        for place, (word, english) in enumerate(entries, 1)
    ]


async def ensure(session: AsyncSession) -> None:
    """Fill the tables that are empty."""
    await _fill(session, Role, list(ROLES))
    await _fill(session, Queue, list(QUEUES))
    if await _fill(session, Calendar, list(CALENDARS)):
        await _fill(session, CalendarHours, list(HOURS))
    await _fill(session, PauseReason, list(PAUSE_REASONS))
    await _fill(session, Disposition, dispositions())
    if await _fill(session, Dictionary, [{"code": code, "title_zh": zh, "title_en": en} for code, zh, en, _ in DICTIONARIES]):
        await _fill(session, DictionaryEntry, words())
    await _fill(session, AuditHead, [{"one": 1, "entries": 0, "hash": b""}])
    await session.flush()


async def _fill(session: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> bool:
    if await session.scalar(select(exists(select(table)))):
        return False
    await session.execute(insert(table), rows)
    return True
