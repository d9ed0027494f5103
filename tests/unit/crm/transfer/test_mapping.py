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
    assert mapping.propose(PATIENT, ["家属姓名", "患者姓名"], {}) == {1: "name"}


def test_a_value_is_proposed_once_and_what_was_left_out_stays_out() -> None:
    assert mapping.propose(PATIENT, ["姓名", "名字", "电话"], {"电话": mapping.NOTHING}) == {0: "name"}
    assert mapping.propose(PATIENT, ["卡号"], {"卡号": "mrn"}) == {0: "mrn"}


def test_headings_are_found_under_a_title() -> None:
    assert mapping.heading_row(PATIENT, [["安和医院名单"], ["制表", "2026"], ["姓名", "性别"], ["张伟", "男"]]) == 2
    assert mapping.heading_row(PATIENT, [["甲", "乙"], ["1", "2"]]) == 0
    assert mapping.heading_row(PATIENT, []) == 0
