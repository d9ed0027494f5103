"""Loads what the invented hospital's service people work with: members, events, knowledge, to-dos, announcements, complaints, enquiries.

In: the world of crm.demo.things_hospital. Out: rows. Must not publish what has no text. Invariant: the same for the same people and day; points
are entered through the ledger.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.things_hospital import World, added
from crm.demo.things_knowledge import ANNOUNCEMENTS, ANSWERS, ARTICLES, CATEGORIES
from crm.models import (
    Announcement,
    Complaint,
    CorporateContact,
    Event,
    EventInvitation,
    Inquiry,
    KnowledgeArticle,
    KnowledgeCategory,
    KnowledgeVersion,
    Member,
    MemberBenefit,
    MemberLevel,
    Place,
    PointsEntry,
    Reminder,
    StandardAnswer,
    ToDo,
)

_LEVELS = (("silver", "银卡会员", "Silver", 0, 5), ("gold", "金卡会员", "Gold", 1000, 10), ("diamond", "钻石会员", "Diamond", 5000, 15))
_BENEFITS = (("体检优惠", "Discount on check-ups", None), ("专家号优先预约", "Priority with experts", 6),
("免费健康讲座", "Free lectures", None), ("生日体检", "Birthday check-up", 1))


async def load(session: AsyncSession, known: World) -> None:
    await _members(session, known)
    await _events(session, known)
    await _knowledge(session, known)
    await _tasks(session, known)
    await _complaints(session, known)


async def _members(session: AsyncSession, known: World) -> None:
    draw = known.random
    levels = await added(session, MemberLevel, [
        {"code": code, "name_zh": zh, "name_en": en, "min_points": points, "discount_percent": discount, "sort": n}
        for n, (code, zh, en, points, discount) in enumerate(_LEVELS)
    ])  # fmt: skip
    await added(session, MemberBenefit, [
        {"level_id": level, "title_zh": zh, "title_en": en, "times_a_year": times}
        for n, level in enumerate(levels) for zh, en, times in _BENEFITS[: n + 2]
    ])  # fmt: skip
    joined = known.today - timedelta(days=200)
    people = draw.sample(known.patients, min(len(known.patients), 80))
    active = [
        {"patient_id": one, "card_number": f"AH{n:06d}", "level_id": levels[n % 7 == 0], "state": "active",
        "applied_on": joined - timedelta(days=3),
         "joined_on": joined, "source": draw.choice(("热线", "门诊", "活动")), "decided_by": known.user("supervisor01")}
        for n, one in enumerate(people[:60], 1)
    ]  # fmt: skip
    members = await added(session, Member, active)
    await added(session, Member, [{"patient_id": one, "state": "applied", "applied_on": known.today - timedelta(days=2),
    "source": "热线"} for one in people[60:]])
    entries = []
    for n, member in enumerate(members):
        for place, (reason, delta) in enumerate((("gift", 100), ("visit", draw.randint(50, 400)), ("exchange", -draw.randint(10, 90)))):
            at = known.now - timedelta(days=150 - 40 * place)
            entries.append({"member_id": member, "delta": delta, "reason": reason, "reference": f"{reason}-{n}", "at": at})
    if entries:
        await session.execute(insert(PointsEntry), entries)


async def _events(session: AsyncSession, known: World) -> None:
    draw, hall = known.random, await session.scalar(select(Place.id).where(Place.code == "HY01"))
    soon, past = known.now + timedelta(days=9), known.now - timedelta(days=24)
    common = {"place_id": hall, "owner_id": known.user("supervisor01"), "capacity": 120, "budget": Decimal(3000)}
    rows = [
        {"title": "冠心病患者健康讲座", "kind": "lecture", "state": "inviting", "starts_at": soon, "ends_at": soon + timedelta(hours=2),
        "summary": "", **common},
        {"title": "糖友会：冬季饮食与运动", "kind": "club", "state": "closed", "starts_at": past, "ends_at": past + timedelta(hours=2),
         "summary": "到场36人，现场测血糖28人，异常5人已预约复查。", **common},
        {"title": "社区义诊筛查", "kind": "screening", "state": "planned", "starts_at": soon + timedelta(days=20),
        "ends_at": soon + timedelta(days=20, hours=4),
         "summary": "", **common},
    ]  # fmt: skip
    events = await added(session, Event, rows)
    guests = draw.sample(known.patients, min(len(known.patients), 60))
    states = ("invited", "accepted", "declined", "listed")
    rows = [
        {"event_id": events[0], "patient_id": one, "state": states[n % 4], "invited_at": known.now - timedelta(days=2) if n % 4 < 3 else None,
        "attended_at": None}
        for n, one in enumerate(guests[:40])
    ]
    rows += [
        {"event_id": events[1], "patient_id": one, "state": "attended" if n % 3 else "absent", "invited_at": past - timedelta(days=7),
         "attended_at": past if n % 3 else None}
        for n, one in enumerate(guests[20:])
    ]  # fmt: skip
    await added(session, EventInvitation, rows)
    contacts = list(await session.scalars(select(CorporateContact.id).order_by(CorporateContact.id).limit(4)))
    await added(session, EventInvitation, [{"event_id": events[0], "contact_id": one, "state": "listed"} for one in contacts])


async def _knowledge(session: AsyncSession, known: World) -> None:
    made = await added(session, KnowledgeCategory, [{"title_zh": zh, "title_en": en, "sort": n} for n, (zh, en) in enumerate(CATEGORIES)])
    shelves = dict(zip((zh for zh, _ in CATEGORIES), made, strict=True))
    author, reviewer = known.user("agent05"), known.user("supervisor01")
    published = known.now - timedelta(days=40)
    common = {"state": "published", "versions": 1, "live": 1, "published_at": published, "created_by": author, "reviewer_id": reviewer}
    rows = [{"category_id": shelves[shelf], "title": title, "keywords": list(words), "body_html": body, **common} for shelf, title, words,
    body in ARTICLES]
    articles = await added(session, KnowledgeArticle, rows)
    versions = [
        {"article_id": article, "number": 1, "title": row["title"], "keywords": row["keywords"], "body_html": row["body_html"],
        "published_at": published,
         "published_by": reviewer, "current": True}
        for article, row in zip(articles, rows, strict=True)
    ]  # fmt: skip
    await session.execute(insert(KnowledgeVersion), versions)
    shelf = shelves["检查须知"]
    waiting = {"category_id": shelf, "title": "动态心电图佩戴须知", "keywords": ["动态心电图"],
    "body_html": "<p>佩戴期间正常活动，不可洗澡，记录不适的时间。</p>"}
    await added(session, KnowledgeArticle, [waiting | {"state": "review", "created_by": author}])
    await added(session, StandardAnswer, [{"question": question, "answer": answer, "steps": list(steps)} for question, answer, steps in ANSWERS])


async def _tasks(session: AsyncSession, known: World) -> None:
    draw = known.random
    agents = [name for name in known.users if name.startswith("agent")]
    subjects = ("回电确认检查时间", "发送复查提醒短信", "核实联系电话", "联系家属说明出院用药", "补登记过敏史", "跟进住院押金疑问")
    rows = [
        {"title": subjects[n % len(subjects)], "priority": draw.choice(("normal", "normal", "high", "urgent", "low")),
        "patient_id": draw.choice(known.patients),
         "due_at": known.now + timedelta(hours=draw.randint(-30, 72)), "assigned_to": known.user(agents[n % len(agents)]) if agents else None,
         "state": "done" if n % 5 == 4 else "open", "closed_at": known.now - timedelta(hours=3) if n % 5 == 4 else None,
         "created_by": known.user("supervisor01")}
        for n in range(40)
    ]  # fmt: skip
    await added(session, ToDo, rows)
    notes = [
        {"kind": kind, "level": level, "title": title, "body_html": body, "state": "published",
        "published_at": known.now - timedelta(hours=7 * n + 1),
         "created_by": known.user("supervisor01")}
        for n, (kind, level, title, body) in enumerate(ANNOUNCEMENTS)
    ]  # fmt: skip
    await added(session, Announcement, notes)
    reminders = [
        {"user_id": known.users[name], "title": "下午三点科室例会", "remind_at": known.now + timedelta(hours=1 if n % 2 else -1)} for n,
        name in enumerate(agents)
    ]
    await added(session, Reminder, reminders)


_COMPLAINTS = (
    ("complaint", "候诊时间过长", "预约9点的号，11点才叫到，没有人解释。", "handling"),
    ("complaint", "收费窗口态度差", "询问退费流程时工作人员不耐烦。", "new"),
    ("suggestion", "建议增加自助机", "门诊一楼自助机排队长，建议增设。", "answered"),
    ("praise", "感谢心内科护士", "住院期间护士照顾周到，特来致谢。", "closed"),
    ("complaint", "停车场找不到车位", "早上绕了四十分钟没有车位，耽误检查。", "handling"),
    ("dispute", "术后并发症异议", "家属认为术前告知不充分，要求复印病历。", "handling"),
    ("complaint", "电话一直占线", "上周三下午拨打热线五次未接通。", "closed"),
    ("suggestion", "建议开设周末儿科夜诊", "孩子夜间发热就医不便。", "new"),
)  # fmt: skip
_INQUIRIES = (
    ("糖尿病患者能否打流感疫苗", "血糖控制稳定，能否接种流感疫苗？"), ("支架术后能否做磁共振", "三个月前放了支架，医生让做头颅磁共振。"),
    ("异地医保备案如何办理", "户口在外地，准备来院手术。"), ("孕16周能否坐飞机", "需要出差，单程两小时。"),
    ("化疗后白细胞低怎么办", "化疗第9天，白细胞2.1。"),
)  # fmt: skip


async def _complaints(session: AsyncSession, known: World) -> None:
    draw = known.random
    departments = list(known.departments.values())
    rows = []
    for n in range(32):
        kind, subject, content, state = _COMPLAINTS[n % len(_COMPLAINTS)]
        at = known.now - timedelta(days=draw.randint(0, 90), hours=draw.randint(0, 20))
        done = state in ("answered", "closed")
        rows.append({
            "kind": kind, "subject": subject, "content": content, "state": state, "received_at": at, "due_at": at + timedelta(days=3),
            "patient_id": draw.choice(known.patients), "department_id": draw.choice(departments), "assigned_to": known.user("agent05",
            "supervisor01"),
            "urgency": "high" if kind == "dispute" else "normal", "channel": draw.choice(("phone", "phone", "voice_message", "wechat")),
            "result": "已与当事人沟通，致歉并说明改进措施。" if done else "", "closed_at": at + timedelta(days=2) if state == "closed" else None,
            "satisfied": draw.randint(3, 5) if state == "closed" else None, "created_by": known.user("agent01", "agent02"),
        })  # fmt: skip
    await added(session, Complaint, rows)
    questions = []
    for n in range(20):
        subject, question = _INQUIRIES[n % len(_INQUIRIES)]
        at, answered = known.now - timedelta(days=draw.randint(0, 60)), n % 3 == 0
        questions.append({
            "subject": subject, "question": question, "state": "answered" if answered else draw.choice(("new", "assigned")), "received_at": at,
            "due_at": at + timedelta(days=2), "patient_id": draw.choice(known.patients), "department_id": draw.choice(departments),
            "assigned_to": known.user("agent05", "agent06"), "answer": "已请专科医生电话答复患者。" if answered else "",
            "answered_at": at + timedelta(hours=20) if answered else None, "answered_by": known.user("supervisor01") if answered else None,
            "created_by": known.user("agent01", "agent03"),
        })  # fmt: skip
    await added(session, Inquiry, questions)
