"""Headings in any spelling find their value; what was chosen before is remembered."""

from __future__ import annotations

import pytest

from crm.transfer import mapping
from crm.transfer.targets import target_of

pytestmark = pytest.mark.unit
PATIENT = target_of("patient")


def test_headings_in_both_languages_with_stars_and_brackets() -> None:
    headings = ["姓名*", "性 别", "出生日期（必填）", "身份证号码", "病历号", "手机号码", "Notes", "别的"]
    found = mapping.propose(PATIENT, headings, {})
    assert found == {0: "name", 1: "gender", 2: "birth_date", 3: "id_number", 4: "mrn", 5: "phone", 6: "notes"}


def test_a_relative_s_name_is_not_the_patient_s() -> None:
    assert mapping.propose(PATIENT, ["家属姓名", "患者姓名"], {}) == {0: "family_name", 1: "name"}


@pytest.mark.parametrize(
    ("heading", "item"),
    [
        ("病案号码", "mrn"), ("病案编号", "mrn"), ("住院号", "mrn"), ("门诊号码", "mrn"), ("就诊卡号", "mrn"), ("登记号", "mrn"), ("患者ID", "mrn"),
        ("联系电话1", "phone"), ("手机号１", "phone"), ("患者联系电话", "phone"), ("联系电话2", "other_phone"), ("家庭电话", "other_phone"),
        ("家属电话", "family_phone"), ("联系人电话", "family_phone"), ("紧急联系人电话", "family_phone"), ("出生年月", "birth_date"),
        ("出生日期(年/月/日)", "birth_date"), ("身份证件号码", "id_number"), ("家庭地址", "address"), ("过敏史", "alerts"),
        ("与患者关系", "relation"),
    ],
)  # fmt: skip
def test_headings_of_hospitals_own_systems_are_known(heading: str, item: str) -> None:
    assert mapping.propose(PATIENT, [heading], {}) == {0: item}


def test_of_several_record_numbers_the_one_that_says_it_best_is_taken_wherever_it_stands() -> None:
    assert mapping.propose(PATIENT, ["就诊卡号", "住院号", "姓名", "病案号码"], {}) == {2: "name", 3: "mrn"}


def test_a_second_telephone_column_is_no_lost_telephone() -> None:
    assert mapping.propose(PATIENT, ["联系电话", "姓名", "手机"], {}) == {0: "other_phone", 1: "name", 2: "phone"}
    assert mapping.propose(PATIENT, ["电话1", "电话2", "家属电话"], {}) == {0: "phone", 1: "other_phone", 2: "family_phone"}


def test_a_value_is_proposed_once_and_what_was_left_out_stays_out() -> None:
    assert mapping.propose(PATIENT, ["姓名", "名字", "电话"], {"电话": mapping.NOTHING}) == {0: "name"}
    assert mapping.propose(PATIENT, ["卡号"], {"卡号": "mrn"}) == {0: "mrn"}


def test_headings_are_found_under_a_title() -> None:
    assert mapping.heading_row(PATIENT, [["安和医院名单"], ["制表", "2026"], ["姓名", "性别"], ["张伟", "男"]]) == 2
    assert mapping.heading_row(PATIENT, [["甲", "乙"], ["1", "2"]]) == 0
    assert mapping.heading_row(PATIENT, []) == 0
