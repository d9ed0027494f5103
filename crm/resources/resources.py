"""What the hospital offers: diseases, doctors' profiles and appraisal, services and prices, equipment, places, beds, special drugs, partner sites.

In: the models. Out: `RESOURCES`. Must not hold behaviour. Invariant: everybody who answers the telephone may read them.
"""

from __future__ import annotations

from crm.engine.resource import Extra, Field, Move, Related, Resource, Search, Values
from crm.errors import InvalidValue
from crm.models import (
    Bed,
    Disease,
    DoctorAppraisal,
    DoctorProfile,
    Equipment,
    PartnerSite,
    Place,
    ServicePrice,
    ServiceProduct,
    SpecialDrug,
)
from crm.resources.common import ACTIVE, CREATED_BY, DEPARTMENT, NOTE
from crm.text import initials
from crm.things import appraisals, offers

_RIGHTS = {"agent": "read", "handler": "read", "supervisor": "all", "manager": "all"}
_YUAN = ("元", "CNY")

DISEASE = Resource(
    Disease, ("病种", "Disease"), plural=("病种", "Diseases"), group="resources", label="name_zh",
    fields=(
        Field("code", ("ICD-10", "ICD-10"), width="narrow", synonyms=("编码",)), Field("name_zh", ("名称", "Name")),
        Field("name_en", ("英文名", "English name")),
        DEPARTMENT, Field("chronic", ("慢性病", "Chronic")), ACTIVE, Field("description", ("说明", "Description"), kind="text", on="detail form"),
    ),
    sort="code", filters=("department_id", "chronic", "active"), search=Search(names=("name_zh",), initials="initials", codes=("code",)),
    related=(Related("registry", "chronic_registry", "disease_id", ("在管患者", "Patients in care"), sort="next_review_on"),),
    import_keys=(("code",),), derive={"initials": ("name_zh", initials)}, rights=_RIGHTS,
)  # fmt: skip

PROFILE = Resource(
    DoctorProfile, ("医生简介", "Doctor's profile"), plural=("医生简介", "Doctors' profiles"), group="resources", label="doctor_id",
    fields=(
        Field("doctor_id", ("医生", "Doctor"), write_once=True), Field("expert", ("专家", "Expert")),
        Field("speciality", ("专长", "Speciality"), width="full"),
        Field("introduction", ("简介", "Introduction"), kind="text", on="detail form"), Field("languages", ("语言", "Languages")),
        Field("phone", ("联系电话", "Phone"), kind="phone", mask="phone"),
    ),
    filters=("doctor_id", "expert"), search=Search(texts=("speciality",)), rights=_RIGHTS,
)  # fmt: skip

APPRAISAL = Resource(
    DoctorAppraisal, ("医生考评", "Doctor's appraisal"), plural=("医生考评", "Doctors' appraisals"), group="resources", label=("doctor_id", "period"),
    fields=(
        Field("doctor_id", ("医生", "Doctor"), write_once=True),
        Field("period", ("期间", "Period"), pattern="20[0-9]{2}(-Q[1-4])?", example="2026-Q3", width="narrow"),
        Field("quality", ("医疗质量", "Quality"), min=0, max=100), Field("service", ("服务态度", "Service"), min=0, max=100),
        Field("workload", ("工作量", "Workload"), min=0, max=100), Field("complaints", ("投诉数", "Complaints"), min=0, hint=("每件扣 5 分",
        "five off for each")),
        Field("score", ("综合分", "Score"), readonly=True, width="narrow"), NOTE, CREATED_BY,
    ),
    extras=(Extra("registered", "integer", ("登记的投诉", "Complaints registered"), appraisals.registered_complaints),),
    list_columns=("doctor_id", "period", "quality", "service", "workload", "complaints", "registered", "score", "note"), sort="-period",
    filters=("doctor_id", "period", "score"), sortable=("period", "score", "quality", "service", "workload", "complaints"),
    rights={"supervisor": "read", "manager": "all"},
)  # fmt: skip

PRODUCT = Resource(
    ServiceProduct, ("服务项目", "Service"), plural=("服务项目", "Services"), group="resources", label="name_zh",
    fields=(
        Field("code", ("编码", "Code"), width="narrow"), Field("name_zh", ("名称", "Name")), Field("name_en", ("英文名", "English name")),
        Field("kind", ("类别", "Kind"), choices=(
            ("registration", "挂号", "Registration"), ("check_up", "体检", "Check-up"), ("examination", "检查", "Examination"),
            ("treatment", "治疗", "Treatment"), ("nursing", "护理", "Nursing"), ("package", "套餐", "Package"), ("other", "其他", "Other"))),
        DEPARTMENT, Field("unit", ("单位", "Unit"), width="narrow"), Field("preparation", ("注意事项", "Preparation"), width="full"),
        Field("description", ("说明", "Description"), kind="text", on="detail form"), ACTIVE,
    ),
    extras=(Extra("price", "money", ("价格", "Price"), offers.standard_prices),),
    list_columns=("code", "name_zh", "kind", "department_id", "price", "preparation", "active"), sort="code", filters=("kind", "department_id",
    "active"),
    search=Search(names=("name_zh",), initials="initials", codes=("code",)), derive={"initials": ("name_zh", initials)},
    related=(Related("prices", "service_price", "product_id", ("价格", "Prices"), sort="-valid_from"),), import_keys=(("code",),), rights=_RIGHTS,
)  # fmt: skip

PRICE = Resource(
    ServicePrice, ("价格", "Price"), plural=("价格", "Prices"), group="resources", label=("product_id", "kind"),
    fields=(
        Field("product_id", ("服务项目", "Service"), write_once=True),
        Field("kind", ("类别", "Kind"), choices=(("standard", "标准价", "Standard"), ("member", "会员价", "Member"),
        ("corporate", "团体价", "Corporate"))),
        Field("price", ("价格", "Price"), kind="money", unit=_YUAN, min=0), Field("valid_from", ("生效日期", "Valid from")),
    ),
    sort="-valid_from", filters=("product_id", "kind", "valid_from", "price"), rights=_RIGHTS,
)  # fmt: skip

PLACE = Resource(
    Place, ("地点", "Place"), plural=("地点", "Places"), group="resources", label="name_zh",
    fields=(
        Field("code", ("编码", "Code"), width="narrow"), Field("name_zh", ("名称", "Name")), Field("name_en", ("英文名", "English name")),
        Field("kind", ("类别", "Kind"), choices=(
            ("clinic", "诊室", "Clinic"), ("ward", "病区", "Ward"), ("examination", "检查", "Examination"), ("operating", "手术", "Operating"),
            ("meeting", "会议", "Meeting"), ("office", "办公", "Office"), ("other", "其他", "Other"))),
        Field("building", ("楼", "Building"), width="narrow"), Field("floor", ("层", "Floor"), min=-5, max=80), DEPARTMENT,
        Field("capacity", ("容量", "Capacity"), min=0), Field("directions", ("怎么走", "Directions"), width="full"), ACTIVE,
    ),
    list_columns=("code", "name_zh", "kind", "building", "floor", "department_id", "directions"), sort="code",
    filters=("kind", "department_id", "building", "floor", "active"), search=Search(names=("name_zh",), codes=("code",)),
    related=(
        Related("beds", "bed", "place_id", ("床位", "Beds"), sort="number", limit=100),
        Related("equipment", "equipment", "place_id", ("设备", "Equipment"), sort="code"),
        Related("events", "event", "place_id", ("活动", "Events"), sort="-starts_at"),
    ),
    rights=_RIGHTS,
)  # fmt: skip


def _who_lies_there(row: Values) -> None:
    if row.get("state") == "free" and row.get("patient_id"):
        raise InvalidValue("patient_id", "is empty while the bed is free", "occupy the bed with the step for it")


BED = Resource(
    Bed, ("床位", "Bed"), plural=("床位", "Beds"), group="resources", label=("place_id", "number"),
    fields=(
        Field("place_id", ("病区", "Ward")), Field("number", ("床号", "Number"), width="narrow"),
        Field("kind", ("类型", "Kind"), choices=(
            ("standard", "普通", "Standard"), ("single", "单间", "Single"), ("intensive", "监护", "Intensive"),
            ("maternity", "产科", "Maternity"), ("child", "儿童", "Child"))),
        Field("state", ("状态", "State"), readonly=True, choices=(
            ("free", "空床", "Free"), ("occupied", "占用", "Occupied"), ("cleaning", "清洁中", "Cleaning"), ("blocked", "停用", "Blocked"))),
        Field("patient_id", ("患者", "Patient")), Field("price_a_day", ("每日价格", "Price a day"), kind="money", unit=_YUAN, min=0),
    ),
    list_columns=("place_id", "number", "kind", "state", "patient_id", "price_a_day"), sort="id", filters=("place_id", "kind", "state",
    "patient_id"),
    checks=(_who_lies_there,), state="state", moves=(
        Move("occupy", ("安排入住", "Occupy"), ("free",), "occupied", needs=("patient_id",), style="primary"),
        Move("leave", ("离床", "Leave"), ("occupied",), "cleaning", sets={"patient_id": None}),
        Move("release", ("可用", "Release"), ("cleaning", "blocked"), "free"),
        Move("block", ("停用", "Block"), ("free", "cleaning"), "blocked", style="danger"),
    ),
    rights={"agent": "read", "handler": "read change occupy leave release", "supervisor": "all", "manager": "all"}, person="patient_id",
)  # fmt: skip

EQUIPMENT = Resource(
    Equipment, ("设备", "Equipment"), plural=("设备", "Equipment"), path="equipment", group="resources", label="name",
    fields=(
        Field("code", ("编号", "Code"), width="narrow"), Field("name", ("名称", "Name")), Field("model", ("型号", "Model")), DEPARTMENT,
        Field("place_id", ("地点", "Place")),
        Field("state", ("状态", "State"), choices=(
            ("in_use", "在用", "In use"), ("maintenance", "维护中", "Maintenance"), ("broken", "故障", "Broken"), ("retired", "报废", "Retired"))),
        Field("bought_on", ("购入", "Bought on")), Field("next_service_on", ("下次保养", "Next service")),
        Field("purpose", ("用途", "Purpose"), width="full"),
    ),
    list_columns=("code", "name", "model", "department_id", "place_id", "state", "next_service_on"), sort="code",
    filters=("department_id", "place_id", "state", "next_service_on"), search=Search(names=("name",), codes=("code",)), rights=_RIGHTS,
)  # fmt: skip

DRUG = Resource(
    SpecialDrug, ("特殊药品", "Special drug"), plural=("特殊药品", "Special drugs"), group="resources", label="name",
    fields=(
        Field("name", ("药品", "Drug")), Field("specification", ("规格", "Specification")), Field("maker", ("厂家", "Maker")), DEPARTMENT,
        Field("price", ("价格", "Price"), kind="money", unit=_YUAN, min=0),
        Field("stock", ("库存", "Stock"), choices=(
            ("available", "有货", "Available"), ("short", "紧张", "Short"), ("out", "缺货", "Out"), ("on_order", "可预订", "On order"))),
        Field("reimbursed", ("医保", "Reimbursed"), choices=(
            ("none", "自费", "No"), ("class_a", "甲类", "Class A"), ("class_b", "乙类", "Class B"), ("negotiated", "谈判药", "Negotiated"))), NOTE,
    ),
    list_columns=("name", "specification", "price", "stock", "reimbursed", "department_id"), sort="name",
    filters=("stock", "reimbursed", "department_id"), search=Search(names=("name",), initials="initials"),
    derive={"initials": ("name", initials)}, rights=_RIGHTS,
)  # fmt: skip

SITE = Resource(
    PartnerSite, ("合作机构", "Partner site"), plural=("合作机构", "Partner sites"), group="resources", label="name",
    fields=(
        Field("name", ("名称", "Name")),
        Field("kind", ("类型", "Kind"), choices=(
            ("community", "社区卫生服务", "Community"), ("branch", "分院", "Branch"), ("recovery", "康复", "Recovery"),
            ("laboratory", "检验", "Laboratory"), ("pharmacy", "药店", "Pharmacy"), ("other", "其他", "Other"))),
        Field("address", ("地址", "Address"), width="full"), Field("phone", ("电话", "Phone"), kind="phone"),
        Field("contact_name", ("联系人", "Contact")), Field("services", ("服务", "Services"), width="full"),
        Field("opening", ("开放时间", "Opening")), ACTIVE,
    ),
    list_columns=("name", "kind", "phone", "address", "services", "active"), sort="name", filters=("kind", "active"),
    search=Search(names=("name",), texts=("services",)), rights=_RIGHTS,
)  # fmt: skip

RESOURCES = (DISEASE, PROFILE, APPRAISAL, PRODUCT, PRICE, PLACE, BED, EQUIPMENT, DRUG, SITE)
