"""Loads the invented hospital's members with their points and its events with their guests.

In: the world of crm.demo.world. Out: rows. Must not count points: the ledger does. Invariant: the same for the same people and day; who came to an
event was invited to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo import things_articles, things_cases
from crm.demo.hours import ago, at
from crm.demo.world import Somebody, World, added
from crm.models import BenefitUse, CorporateContact, Event, EventInvitation, Member, MemberBenefit, MemberLevel, Place, PointsEntry

Rows = list[dict[str, Any]]
LEVELS = (("silver", "银卡会员", "Silver", 0, 5), ("gold", "金卡会员", "Gold", 1000, 10), ("diamond", "钻石会员", "Diamond", 5000, 15))
BENEFITS = (("体检优惠", "Discount on check-ups", None), ("专家号优先预约", "Priority with experts", 6), ("免费健康讲座", "Free lectures", None),
            ("生日体检", "Birthday check-up", 1))  # fmt: skip
SOURCES = ("热线", "门诊", "联谊活动", "老会员推荐")
# how many of each, in this order: silver, gold, diamond, applied, suspended, refused, ended
ACTIVE = {0: 38, 1: 16, 2: 4}
OTHERS = (("applied", 14, ""), ("suspended", 2, "长期未联系上，暂停权益"), ("refused", 2, "非本市参保，暂不符合入会条件"),
("ended", 2, "本人要求退会"))


async def load(session: AsyncSession, known: World) -> None:
    await _members(session, known)
    await _events(session, known)
    await things_articles.load(session, known)
    await things_cases.load(session, known)


# -- members ----------------------------------------------------------------------------------------------------------


async def _members(session: AsyncSession, known: World) -> None:
    levels = await added(session, MemberLevel, [
        {"code": code, "name_zh": zh, "name_en": en, "min_points": points, "discount_percent": discount, "sort": n}
        for n, (code, zh, en, points, discount) in enumerate(LEVELS)
    ])  # fmt: skip
    benefits = [await added(session, MemberBenefit, [
        {"level_id": level, "title_zh": zh, "title_en": en, "times_a_year": times} for zh, en, times in BENEFITS[: n + 2]
    ]) for n, level in enumerate(levels)]  # fmt: skip
    people = known.grown_ups(sum(ACTIVE.values()) + sum(count for _, count, _ in OTHERS))
    ranks = [rank for rank, count in ACTIVE.items() for _ in range(count)]
    active = list(zip(people, ranks, strict=False))
    members = await added(session, Member, [_active(known, n, one, levels[rank]) for n, (one, rank) in enumerate(active, 1)])
    await added(session, Member, _others(known, people[len(ranks) :], levels[0], len(ranks)))
    ranked = list(zip(members, (rank for _, rank in active), strict=True))
    entries = [entry for n, (member, rank) in enumerate(ranked) for entry in _points(known, n, member, rank)]
    if entries:
        await session.execute(insert(PointsEntry), entries)
    await added(session, BenefitUse, [use for n, (member, rank) in enumerate(ranked) for use in _uses(known, n, member, benefits[rank])])


def _active(known: World, n: int, one: Somebody, level: int) -> dict[str, Any]:
    joined = known.today - timedelta(days=160 + 5 * n)
    return {
        "patient_id": one.id, "card_number": f"AH{n:06d}", "level_id": level, "state": "active", "applied_on": joined - timedelta(days=3),
        "joined_on": joined, "expires_on": joined + timedelta(days=3 * 365), "source": known.random.choice(SOURCES),
        "decided_by": known.user("supervisor01"), "decision_note": "资料齐全，同意入会",
    }  # fmt: skip


def _others(known: World, people: list[Somebody], level: int, cards: int) -> Rows:
    """Applications, and memberships that rest or are over."""
    rows, rest = [], iter(people)
    for state, count, note in OTHERS:
        for n, one in enumerate(one for _, one in zip(range(count), rest, strict=False)):
            was = state in ("suspended", "ended")
            cards += was
            applied = known.today - timedelta(days=240 + n if was else 1 + n // 3)
            rows.append({
                "patient_id": one.id, "state": state, "applied_on": applied, "source": known.random.choice(SOURCES), "decision_note": note,
                "card_number": f"AH{cards:06d}" if was else None, "level_id": level if was else None,
                "joined_on": applied + timedelta(days=3) if was else None,
                "decided_by": None if state == "applied" else known.user("supervisor01"),
            })  # fmt: skip
    return rows


def _points(known: World, n: int, member: int, rank: int) -> Rows:
    """From joining until today; as much as the level asks for."""
    draw, by = known.random, known.user("agent05", "supervisor01")
    given = (draw.randint(60, 260), draw.randint(450, 900), draw.randint(2400, 2900))[rank]
    steps = (
        ("gift", 100, "入会赠送", 150, f"RH{n + 1:04d}"), ("visit", given, "门诊就诊累计", 118, f"MZ{n + 1:04d}-1"),
        ("birthday", 50, "生日赠送", 92, f"SR{n + 1:04d}"), ("visit", given, "检查缴费累计", 61, f"MZ{n + 1:04d}-2"),
        ("event", 30, "参加健康讲座", 24, f"HD{n + 1:04d}"), ("exchange", -draw.randint(20, 90), "兑换血压计袖带", 12, f"DH{n + 1:04d}"),
    )  # fmt: skip
    return [
        {"member_id": member, "delta": delta, "reason": reason, "note": note, "reference": reference, "created_by": by,
         "at": ago(known.now, days, 10 + n % 6, n % 60)}
        for reason, delta, note, days, reference in steps
    ]  # fmt: skip


def _uses(known: World, n: int, member: int, benefits: list[int]) -> Rows:
    """Every second member has used one or two of his benefits this year."""
    start = known.today.replace(month=1, day=1)
    last = max((known.today - start).days, 1)
    return [
        {"member_id": member, "benefit_id": benefit, "used_on": start + timedelta(days=known.random.randrange(last)),
         "created_by": known.user("agent05")}
        for benefit in benefits[: 1 + n % 2] if n % 2 == 0
    ]  # fmt: skip


# -- events -----------------------------------------------------------------------------------------------------------


async def _events(session: AsyncSession, known: World) -> None:
    places = dict((await session.execute(select(Place.code, Place.id))).all())
    events = await added(session, Event, [_event(known, places, *row) for row in EVENTS])
    contacts = list(await session.scalars(select(CorporateContact.id).order_by(CorporateContact.id)))
    rows: Rows = []
    for made, (_, _, state, days, *_) in zip(events, EVENTS, strict=True):
        if state == "corporate_closed":
            rows += [_guest(known, made, {"contact_id": one}, n, days, held=True) for n, one in enumerate(contacts[:12])]
        elif state in ("inviting", "closed"):
            people = known.grown_ups(40)
            rows += [_guest(known, made, {"patient_id": one.id}, n, days, held=state == "closed") for n, one in enumerate(people)]
            rows += [_guest(known, made, {"contact_id": one}, 3, days, held=False) for one in contacts[:4] if state == "inviting"]
    await added(session, EventInvitation, [_BLANK | row for row in rows])


# title, kind, state, days from today, hour, hours, room, department, budget, cost, plan, summary
EVENTS: tuple[tuple[str, str, str, int, int, int, str, str, int, int | None, str, str], ...] = (
    ("冠心病患者健康讲座", "lecture", "inviting", 9, 14, 2, "HY01", "cardiology", 3000, None,
     "王丽华主任主讲支架术后用药与运动；现场测血压、答疑；发放手册120份。", ""),
    ("糖友会：冬季饮食与运动", "club", "closed", -24, 14, 2, "HY02", "endocrinology", 2500, 2180,
     "营养师讲冬季食谱，现场测血糖；老会员分享经验。",
     "到场31人（含家属5人），现场测血糖24人，其中异常5人已预约复查；收到建议3条：希望增加烹饪演示。"),
    ("社区义诊筛查", "screening", "planned", 29, 8, 4, "BG01", "", 5000, None, "与南湖社区卫生服务中心合办，血压、血糖、眼底三项。", ""),
    ("孕妈妈学校开放日", "open_day", "planned", 16, 9, 3, "HY02", "obstetrics", 1800, None, "参观产房与母婴同室，助产士讲解分娩镇痛。", ""),
    ("团体客户健康管理座谈会", "corporate", "corporate_closed", -52, 15, 2, "HY01", "", 6000, 5420,
     "介绍年度体检数据与改进，听取团体客户意见。", "6家单位10位代表到会，对报告解读满意；两家提出增加上门采血，已列入明年方案。"),
    ("重阳节老年健康咨询", "screening", "closed", -35, 8, 4, "BG01", "", 4000, 3650, "骨密度、认知筛查与用药咨询。",
     "到场31人（含家属5人），认知筛查异常4人，已转神经内科记忆门诊。"),
    ("户外健步走", "club", "cancelled", -12, 8, 3, "BG01", "", 2000, None, "滨江路健步走三公里，医护随行。", "因降雨取消，改期到明年三月。"),
)
_BLANK = {"patient_id": None, "contact_id": None, "invited_at": None, "answered_at": None, "attended_at": None, "guests": 0, "note": "",
"channel": "phone"}
REMARKS = ("", "", "希望坐前排", "由女儿陪同", "需要轮椅", "")


def _event(
    known: World, places: dict[str, int], title: str, kind: str, state: str, days: int, hour: int, hours: int, room: str, department: str,
    budget: int, cost: int | None, plan: str, summary: str,
) -> dict[str, Any]:  # fmt: skip
    start = at(known.now, days, hour)
    return {
        "title": title, "kind": kind, "state": state.removeprefix("corporate_"), "starts_at": start, "ends_at": start + timedelta(hours=hours),
        "place_id": places[room], "department_id": known.departments.get(department), "owner_id": known.user("supervisor01"),
        "capacity": 50 if room == "HY02" else 120, "budget": Decimal(budget), "cost": Decimal(cost) if cost is not None else None, "plan": plan,
        "summary": summary,
    }  # fmt: skip


def _guest(known: World, event: int, who: dict[str, int], n: int, days: int, *, held: bool) -> dict[str, Any]:
    """Somebody on the list, and how far his invitation has come; of one that was held, who came."""
    invited, answered = ago(known.now, max(-days, 0) + 7, 10, n % 60), ago(known.now, max(-days, 0) + 3, 15, n % 60)
    row: dict[str, Any] = {"event_id": event, "channel": ("phone", "sms", "wechat")[n % 3], "note": REMARKS[n % len(REMARKS)], **who}
    if held:
        came: datetime | None = at(known.now, days, 14) if n % 3 else None
        return row | {"state": "attended" if came else "absent", "invited_at": invited, "answered_at": answered, "attended_at": came,
            "guests": int(n % 5 == 1)}
    state = ("invited", "accepted", "declined", "listed")[n % 4]
    return row | {
        "state": state, "invited_at": None if state == "listed" else invited, "answered_at": answered if state in ("accepted", "declined") else None,
        "guests": int(state == "accepted" and n % 8 == 1),
    }  # fmt: skip
