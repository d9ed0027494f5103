"""What the invented hospital's automatic services have to tell: guides, tips, reminders, unpaid fees, reports that are ready or not, carers.

In: a session on a database with the demo's departments and people. Out: rows, and the names that must be spoken. Must not change what it finds: done
again, it adds nothing. Invariant: the same people have the same things, counted from the day of loading.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import BookingRefused, By, Wish, book_slot, find_slots
from crm.demo.hospital import DEPARTMENTS
from crm.demo.hours import ago
from crm.demo.people import demo_number
from crm.demo.things_words import SERVICES
from crm.ivr import clinics, own, public, rights
from crm.models import (
    CarerRight,
    ContactPhone,
    Department,
    DepartmentGuide,
    Examination,
    Fee,
    HealthReminder,
    HealthTip,
    MedicalOrder,
    Patient,
    Relative,
)
from crm.models.ivr_services import TOPICS

BUILDING = ("门诊楼", "the outpatient building")
EVERY_DAY, NO_SUNDAY = frozenset({"paediatrics", "obstetrics"}), frozenset({"general_surgery", "orthopaedics", "dermatology"})

# title, what is said
TIPS: tuple[tuple[str, str, str, str], ...] = (
    ("高血压", "high blood pressure", "按时服药，每天量血压，少吃盐。突然头痛胸闷，请马上就医。",
     "Take your medicine, measure daily, eat little salt. With a sudden headache, come at once."),
    ("糖尿病", "diabetes", "定时吃饭用药，常测血糖。心慌出冷汗时，马上吃糖并就医。",
     "Eat and take your medicine regularly. If you feel shaky, take some sugar and see a doctor."),
    ("冠心病", "heart disease", "随身带急救药。胸痛超过十五分钟，请马上拨打幺二零。",
     "Keep your medicine with you. If chest pain lasts fifteen minutes, call one two zero."),
    ("感冒发热", "colds and fever", "多休息，多喝水。发热超过三天，或者呼吸困难，请就医。",
     "Rest and drink plenty. If the fever lasts over three days, please see a doctor."),
    ("中风", "stroke", "突然嘴歪、一侧没力、说话不清，请马上拨打幺二零。",
     "A drooping face, a weak arm or unclear speech: call one two zero at once."),
)  # fmt: skip


async def load(session: AsyncSession, by: By) -> None:
    """Once."""
    if await session.scalar(select(exists(select(HealthTip)))):
        return
    places = {code: place for code, place in (await session.execute(select(Department.code, Department.id)))}  # noqa: C416 - rows are no tuples
    session.add_all(_guides(places))
    session.add_all(
        HealthTip(title_zh=zh, title_en=en, text_zh=text_zh, text_en=text_en, sort=n) for n, (zh, en, text_zh, text_en) in enumerate(TIPS, 1)
    )
    people = await _personas(session)
    for add in (_zhang, _wang, _emily):
        add(session, people, places, by)
    await session.flush()
    await _book(session, by, people.get("张伟", 0), places.get("ophthalmology", 0))


def _guides(places: dict[str, int]) -> Iterator[DepartmentGuide]:
    for n, one in enumerate(DEPARTMENTS, 1):
        days = "every_day" if one.code in EVERY_DAY else "not_sunday" if one.code in NO_SUNDAY else "weekdays"
        if one.code in places:
            yield DepartmentGuide(
                department_id=places[one.code], building_zh=BUILDING[0], building_en=BUILDING[1], floor=one.floor, area=one.zone,
                phone=f"9900{8100 + n}", days=days, opens_at=time(8), closes_at=time(17),
            )  # fmt: skip


async def _personas(session: AsyncSession) -> dict[str, int]:
    """The fixed people by name."""
    numbers = [demo_number(n) for n in (1, 2, 3)]
    query = select(Patient.name, Patient.id).join(ContactPhone, ContactPhone.patient_id == Patient.id).where(ContactPhone.number.in_(numbers))
    return {name: patient for name, patient in (await session.execute(query))}  # noqa: C416 - rows are no tuples


# -- the fixed people ---------------------------------------------------------------------------------------------------------------


def _zhang(session: AsyncSession, people: dict[str, int], places: dict[str, int], by: By) -> None:
    """After his stay: a bill, one report ready and one not, two reminders; his daughter may hear of appointments and reports, not of money."""
    if (patient := people.get("张伟")) is None:
        return
    day, daughter = timedelta(days=1), demo_number(4)
    session.add_all((
        _fee(patient, "examination", "动态心电图", "220.00", "140.00", ago(by.now, 3, 10, 20)),
        _fee(patient, "medication", "氨氯地平", "128.50", "64.20", ago(by.now, 3, 10, 25)),
        Examination(patient_id=patient, kind="ultrasound", name="心脏彩超", examined_at=ago(by.now, 3, 11), reported_at=ago(by.now, 2, 16)),
        Examination(patient_id=patient, kind="ct", name="胸部CT平扫", examined_at=ago(by.now, 1, 9, 40)),
        MedicalOrder(patient_id=patient, kind="laboratory", content="血脂四项", ordered_at=ago(by.now, 1, 9, 15)),
        HealthReminder(patient_id=patient, kind="medication", department_id=places.get("cardiology"), due_on=by.today + 2 * day),
        HealthReminder(patient_id=patient, kind="recheck", department_id=places.get("cardiology"), due_on=by.today + 9 * day),
        ContactPhone(patient_id=patient, number=daughter, raw=daughter[3:], relation="女儿", owner_name="张敏"),
        Relative(patient_id=patient, name="张敏", relation="女儿", may_be_told=True),
        CarerRight(
            patient_id=patient, number=daughter, name="张敏", relation="女儿", topics=["appointments", "booking", "results", "reminders"],
            proof="signed_form", given_on=by.today - 30 * day,
        ),
    ))  # fmt: skip


def _wang(session: AsyncSession, people: dict[str, int], places: dict[str, int], by: By) -> None:
    """She cares for her son."""
    mother, son = people.get("王芳"), people.get("李明")
    if mother is None or son is None:
        return
    session.add_all((
        HealthReminder(patient_id=son, kind="vaccination", department_id=places.get("paediatrics"), due_on=by.today + timedelta(days=5)),
        CarerRight(
            patient_id=son, carer_id=mother, number=demo_number(2), name="王芳", relation="母亲", topics=list(TOPICS), proof="guardian",
            given_on=by.today - timedelta(days=200),
        ),
    ))  # fmt: skip


def _emily(session: AsyncSession, people: dict[str, int], places: dict[str, int], by: By) -> None:
    if (patient := people.get("Emily Carter")) is None:
        return
    session.add(_fee(patient, "treatment", "光疗", "260.00", "0", ago(by.now, 2, 15)))
    session.add(HealthReminder(patient_id=patient, kind="recheck", department_id=places.get("dermatology"), due_on=by.today + timedelta(days=4)))


def _fee(patient: int, kind: str, item: str, amount: str, covered: str, at: datetime) -> Fee:
    return Fee(patient_id=patient, kind=kind, item=item, amount=Decimal(amount), covered=Decimal(covered), charged_at=at)


async def _book(session: AsyncSession, by: By, patient: int, department: int) -> None:
    """The soonest appointment from tomorrow on."""
    for slot in await find_slots(session, by, Wish(department, first=by.today + timedelta(days=1)), limit=5) if patient and department else ():
        try:
            async with session.begin_nested():
                await book_slot(session, by, slot.slot_id, patient)
                return
        except BookingRefused:
            continue


# -- what is spoken of it -----------------------------------------------------------------------------------------------------------


def spoken() -> list[tuple[str, str, str]]:
    """Kind, Chinese, English of every name that the services may say of the invented hospital."""
    words = [
        *rights.RELATIONS.values(), rights.OWN, rights.FAMILY, rights.BIRTHDAY, *own.FEE_KINDS.values(), *own.REPORT_KINDS.values(), own.READY,
        own.NOT_READY, *own.REMINDER_KINDS.values(), own.OVERDUE, *clinics.STATES.values(), *public.SERVICE_KINDS.values(), *public.DAYS.values(),
        public.TO, public.AT, public.FLOOR, public.TELEPHONE, BUILDING,
        *((f"{zone}区", f"area {zone}") for zone in sorted({one.zone for one in DEPARTMENTS})),
    ]  # fmt: skip
    found = [("word", zh, en) for zh, en in words]
    found += [("service", zh, en) for _, zh, en, *_ in SERVICES]
    found += [("tip", zh, en) for zh, en, _, _ in TIPS] + [("tip", zh, en) for _, _, zh, en in TIPS]
    return list({(zh, en): (kind, zh, en) for kind, zh, en in found}.values())
