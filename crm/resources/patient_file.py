"""The parts of a patient's file besides the person: numbers, addresses, circumstances, consent, findings, drugs, fees.

In: the models. Out: `RESOURCES`. Must not hold behaviour but checks of one row. Invariant: each is personal, belongs to the patient in
`patient_id`, and is seen by whoever may see that patient.
"""

from __future__ import annotations

from crm.engine.resource import Field, Move, Resource, Scope, Section, Values
from crm.errors import InvalidValue
from crm.models import (
    Consent,
    Diagnosis,
    DoNotContact,
    Examination,
    Fee,
    LaboratoryResult,
    Medication,
    PatientAddress,
    PatientIdentifier,
    PatientInsurance,
    PatientProfile,
)
from crm.resources.common import CONTACT_CHANNELS, CREATED_BY, DEPARTMENT, DOCTOR, NOTE, PATIENT, VISIT, zone
from crm.written import Wrong, identity, visible

_SCOPE = Scope(through="patient_id")
_RIGHTS = {"agent": "read add change", "handler": "read", "supervisor": "all"}
_MEDICAL = {"agent": "read", "handler": "read", "supervisor": "read add change delete reveal"}


def _identity(row: Values) -> None:
    number = str(row.get("number") or "")
    if row.get("kind") != "national_id" or not number:
        return
    try:
        read = identity(number)
    except Wrong as wrong:
        raise InvalidValue("number", wrong.rule, wrong.mend) from wrong
    if read != number:
        raise InvalidValue("number", "has 17 digits and a check digit (0-9 or X)", "compare it with the card")


def _as_printed(value: str) -> str:
    """Without the blanks of a card, wide digits as plain ones."""
    return visible(value).upper().replace(" ", "")


IDENTIFIER = Resource(
    PatientIdentifier, ("证件", "Identifier"), plural=("证件", "Identifiers"), group="people", label="number",
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=(
            ("national_id", "居民身份证", "Identity card"), ("passport", "护照", "Passport"), ("permit", "通行证", "Travel permit"),
            ("birth_certificate", "出生医学证明", "Birth certificate"), ("medical_card", "就诊卡", "Hospital card"),
            ("insurance_card", "社保卡", "Insurance card"), ("other", "其他", "Other"))),
        Field("number", ("号码", "Number"), mask="id_number", clean=_as_printed, synonyms=("身份证号",
        "证件号码")),
        Field("valid_to", ("有效期至", "Valid until")),
    ),
    filters=("kind", "patient_id", "number"), checks=(_identity,), rights=_RIGHTS, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

ADDRESS = Resource(
    PatientAddress, ("地址", "Address"), plural=("地址", "Addresses"), group="people", label=("city", "street"),
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=(
            ("home", "现住址", "Home"), ("registered", "户籍", "Registered"), ("work", "单位", "Work"), ("temporary", "临时", "Temporary"))),
        Field("province", ("省", "Province")), Field("city", ("市", "City")), Field("district", ("区县", "District")),
        Field("street", ("详细地址", "Street"), mask="address", width="full"),
        Field("postcode", ("邮编", "Postcode"), pattern="[0-9]{6}|[A-Z0-9 -]{3,10}", example="310000", width="narrow"),
        Field("main", ("主要地址", "Main address")),
    ),
    filters=("kind", "patient_id", "city", "district"), rights=_RIGHTS, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

PROFILE = Resource(
    PatientProfile, ("个人情况与偏好", "Circumstances"), plural=("个人情况与偏好", "Circumstances"), group="people", label="patient_id",
    sections=(Section("", ("个人情况", "Circumstances")), Section("contact", ("联系偏好", "Contact preferences"))),
    fields=(
        PATIENT,
        Field("occupation", ("职业", "Occupation"), dictionary="occupation"), Field("employer", ("工作单位", "Employer")),
        Field("education", ("文化程度", "Education"), dictionary="education"),
        Field("marital_status", ("婚姻", "Marital status"), choices=(
            ("", "未填", "Not given"), ("single", "未婚", "Single"), ("married", "已婚", "Married"),
            ("divorced", "离异", "Divorced"), ("widowed", "丧偶", "Widowed"))),
        Field("ethnicity", ("民族", "Ethnicity"), dictionary="ethnicity"), Field("nationality", ("国籍", "Nationality")),
        Field("blood_type", ("血型", "Blood type"), choices=(("", "未知", "Unknown"), ("A", "A型", "A"), ("B", "B型", "B"), ("AB", "AB型", "AB"),
        ("O", "O型", "O")), width="narrow"),
        Field("preferred_channel", ("首选渠道", "Preferred channel"), choices=CONTACT_CHANNELS, section="contact"),
        Field("contact_from", ("可联系时间从", "Reachable from"), section="contact"),
        Field("contact_until", ("可联系时间到", "Reachable until"), section="contact"),
        Field("zone", ("时区", "Time zone"), section="contact", clean=zone),
        Field("email", ("邮箱", "E-mail"), kind="email", section="contact"), Field("wechat", ("微信", "WeChat"), section="contact"),
    ),
    list_columns=("patient_id", "occupation", "marital_status", "preferred_channel", "contact_from", "contact_until"),
    filters=("patient_id", "marital_status", "preferred_channel", "blood_type"), rights=_RIGHTS, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

INSURANCE = Resource(
    PatientInsurance, ("医疗保险", "Insurance"), plural=("医疗保险", "Insurances"), group="people", label="insurer",
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=(
            ("employee", "职工医保", "Employee"), ("resident", "居民医保", "Resident"), ("commercial", "商业保险", "Commercial"),
            ("public", "公费医疗", "Public"), ("self_pay", "自费", "Self-pay"), ("other", "其他", "Other"))),
        Field("insurer", ("承保机构", "Insurer")), Field("number", ("保险号", "Number"), mask="id_number"),
        Field("valid_from", ("生效日", "Valid from")), Field("valid_to", ("到期日", "Valid until")),
    ),
    filters=("kind", "patient_id", "valid_to"), rights=_RIGHTS, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

CONSENT = Resource(
    Consent, ("知情同意", "Consent"), plural=("知情同意", "Consents"), group="people", label="purpose",
    fields=(
        PATIENT,
        Field("purpose", ("用途", "Purpose"), choices=(
            ("follow_up", "随访", "Follow-up"), ("education", "健康宣教", "Education"), ("satisfaction", "满意度调查", "Satisfaction survey"),
            ("marketing", "服务推介", "Marketing"), ("research", "科研", "Research"), ("data_sharing", "资料共享", "Sharing of data"))),
        Field("answer", ("意愿", "Answer"), choices=(("given", "同意", "Given"), ("refused", "拒绝", "Refused"),
        ("withdrawn", "撤回", "Withdrawn"))),
        Field("given_at", ("时间", "At")), Field("valid_to", ("有效期至", "Valid until")),
        Field("proof", ("凭证", "Proof"), choices=(
            ("signed_form", "签字表单", "Signed form"), ("recorded_call", "通话录音", "Recorded call"),
            ("web_form", "网上确认", "Web form"), ("spoken", "口头", "Spoken"))),
        Field("proof_reference", ("凭证编号", "Reference of the proof"), hint=("签字表单编号或通话编号", "Number of the form or of the call")),
        CREATED_BY,
    ),
    list_columns=("patient_id", "purpose", "answer", "given_at", "proof", "created_by"), sort="-given_at",
    filters=("patient_id", "purpose", "answer", "proof", "given_at"), actions="read add change delete", rights=_RIGHTS, scope=_SCOPE,
    personal=True, person="patient_id",
)  # fmt: skip

DO_NOT_CONTACT = Resource(
    DoNotContact, ("免打扰", "Do not contact"), plural=("免打扰", "Do not contact"), path="do-not-contact", group="people", label="reason",
    fields=(
        PATIENT,
        Field("channel", ("渠道", "Channel"), choices=(("any", "全部", "Any"), *CONTACT_CHANNELS)),
        Field("reason", ("原因", "Reason"), width="full"), Field("begins_on", ("起始日期", "From")), Field("ends_on", ("截止日期", "Until")),
        Field("lifted_at", ("解除时间", "Lifted at")), CREATED_BY,
    ),
    filters=("patient_id", "channel", "begins_on", "lifted_at"), rights=_RIGHTS, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

DIAGNOSIS = Resource(
    Diagnosis, ("诊断", "Diagnosis"), plural=("诊断", "Diagnoses"), path="diagnoses", group="people", label="name",
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=(
            ("main", "主要诊断", "Main"), ("secondary", "次要诊断", "Secondary"), ("admission", "入院诊断", "At admission"),
            ("discharge", "出院诊断", "At discharge"), ("suspected", "疑似", "Suspected"))),
        Field("name", ("诊断名称", "Diagnosis")), Field("code", ("ICD-10", "ICD-10"), width="narrow",
        pattern="[A-Z][0-9]{2}([.][0-9A-Zx]{1,7})?", example="I25.1"),
        Field("disease_id", ("病种", "Disease")), DOCTOR, VISIT, Field("found_at", ("时间", "At")),
    ),
    list_columns=("patient_id", "found_at", "kind", "name", "code", "doctor_id"), sort="-found_at",
    filters=("patient_id", "kind", "disease_id", "doctor_id", "found_at", "code"), rights=_MEDICAL, scope=_SCOPE, personal=True,
    person="patient_id",
)  # fmt: skip

EXAMINATION = Resource(
    Examination, ("检查", "Examination"), plural=("检查", "Examinations"), group="people", label="name",
    fields=(
        PATIENT,
        Field("kind", ("类型", "Kind"), choices=(
            ("ct", "CT", "CT"), ("mri", "磁共振", "MRI"), ("x_ray", "X光", "X-ray"), ("ultrasound", "超声", "Ultrasound"), ("ecg", "心电图", "ECG"),
            ("endoscopy", "内镜", "Endoscopy"), ("pathology", "病理", "Pathology"), ("other", "其他", "Other"))),
        Field("name", ("项目", "Name")), DEPARTMENT, VISIT, Field("examined_at", ("检查时间", "Examined at")),
        Field("reported_at", ("报告时间", "Reported at")), Field("abnormal", ("异常", "Abnormal")),
        Field("findings", ("所见", "Findings"), kind="text", on="detail form"), Field("conclusion", ("结论", "Conclusion"), kind="text"),
    ),
    list_columns=("patient_id", "examined_at", "kind", "name", "abnormal", "conclusion"), sort="-examined_at",
    filters=("patient_id", "kind", "department_id", "abnormal", "examined_at", "reported_at"), rights=_MEDICAL, scope=_SCOPE, personal=True,
    person="patient_id",
)  # fmt: skip

LABORATORY = Resource(
    LaboratoryResult, ("检验结果", "Laboratory result"), plural=("检验结果", "Laboratory results"), group="people", label="item",
    fields=(
        PATIENT, VISIT,
        Field("panel", ("检验单", "Panel")), Field("item", ("项目", "Item")), Field("value", ("结果", "Value"), width="narrow"),
        Field("number", ("数值", "Number"), on="detail form"), Field("unit", ("单位", "Unit"), width="narrow"),
        Field("low", ("参考下限", "Normal from")), Field("high", ("参考上限", "Normal to")),
        Field("flag", ("标记", "Flag"), choices=(
            ("", "正常", "Normal"), ("low", "偏低", "Low"), ("high", "偏高", "High"), ("critical", "危急值", "Critical"),
            ("positive", "阳性", "Positive"))),
        Field("measured_at", ("时间", "At")),
    ),
    list_columns=("patient_id", "measured_at", "panel", "item", "value", "unit", "flag"), sort="-measured_at",
    filters=("patient_id", "item", "panel", "flag", "measured_at"), rights=_MEDICAL, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

MEDICATION = Resource(
    Medication, ("用药", "Medication"), plural=("用药", "Medications"), group="people", label="drug",
    fields=(
        PATIENT, Field("drug", ("药品", "Drug")), Field("dose", ("剂量", "Dose"), width="narrow"),
        Field("frequency", ("频次", "Frequency"), width="narrow"),
        Field("begins_on", ("开始", "From")), Field("ends_on", ("结束", "Until")), DOCTOR, VISIT, NOTE,
    ),
    sort="-begins_on", filters=("patient_id", "drug", "begins_on", "ends_on"), rights=_MEDICAL, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

FEE = Resource(
    Fee, ("费用", "Fee"), plural=("费用", "Fees"), group="people", label="item",
    fields=(
        PATIENT, VISIT,
        Field("kind", ("类别", "Kind"), choices=(
            ("registration", "挂号", "Registration"), ("examination", "检查", "Examination"), ("laboratory", "检验", "Laboratory"),
            ("medication", "药品", "Drugs"), ("treatment", "治疗", "Treatment"), ("bed", "床位", "Bed"),
            ("material", "材料", "Material"), ("other", "其他", "Other"))),
        Field("item", ("项目", "Item")), Field("amount", ("金额", "Amount"), kind="money", unit=("元", "CNY")),
        Field("covered", ("医保支付", "Covered"), kind="money", unit=("元", "CNY")),
        Field("state", ("状态", "State"), choices=(("open", "未缴", "Open"), ("paid", "已缴", "Paid"),
        ("refunded", "已退", "Refunded")), readonly=True),
        Field("charged_at", ("计费时间", "Charged at")), Field("paid_at", ("缴费时间", "Paid at"), readonly=True),
    ),
    list_columns=("patient_id", "charged_at", "kind", "item", "amount", "covered", "state"), sort="-charged_at",
    filters=("patient_id", "kind", "state", "charged_at", "amount"),
    state="state", moves=(
        Move("pay", ("登记缴费", "Mark paid"), ("open",), "paid", sets={"paid_at": "now"}, style="primary"),
        Move("refund", ("登记退费", "Mark refunded"), ("paid",), "refunded"),
    ),
    rights={"agent": "read", "supervisor": "all"}, scope=_SCOPE, personal=True, person="patient_id",
)  # fmt: skip

RESOURCES = (
    IDENTIFIER, ADDRESS, PROFILE, INSURANCE, CONSENT, DO_NOT_CONTACT, DIAGNOSIS, EXAMINATION, LABORATORY, MEDICATION, FEE,
)  # fmt: skip
