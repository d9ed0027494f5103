"""A hospital's own program, which has a token and the API's description and nothing else, does what an administrator does in the page.

Every operation is looked up in `/api/openapi.json`, everything sent and answered is checked against it (outsider.py). The controller and the process
that does its jobs are real; the workbook is one that a hospital would bring: ten thousand rows, some wrong, some twice, some known already.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import xlsxwriter

from crm.engine.registry import registry
from crm.written import check_digit
from tests.component.conformance.outsider import Outsider
from tests.component.conformance.product import PROBER, probed, working

pytestmark = [pytest.mark.component, pytest.mark.timeout(900)]
ROWS, WRONG_IDS, NAMELESS, REPEATS, KNOWN = 10_000, 60, 30, 50, 20
REFUSED = WRONG_IDS + NAMELESS
HEADINGS = ("姓名", "性别", "出生日期", "身份证号", "手机号", "病案号")


@pytest.fixture(scope="module")
def program(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outsider]:
    """With every right there is, as an administrator would give it."""
    folder = tmp_path_factory.mktemp("story")
    with probed(demo_url, folder, registry().rights) as machine, working(demo_url, folder):
        yield Outsider(machine.base, machine.token, machine.described)


def test_a_program_with_a_token_does_what_an_administrator_does(program: Outsider) -> None:
    colleague = colleague_of_one_department(program)
    run = import_of_ten_thousand(program)
    zhang = found_by_two_characters_and_by_initials(program)
    file_opened(program, zhang)
    undone(program, run)
    made = appointment_booked_moved_cancelled(program)
    article = article_written_reviewed_published(program, colleague)
    export = list_taken_away(program)
    deeds = {
        ("role", "ward_desk"): {"role.add"},
        ("patient", f"import:{run}"): {f"patient.import_{step}" for step in ("upload", "checking", "running", "undoing")} | {"import.done"},
        ("patient", str(zhang)): {"patient.import_add", "patient.view"},
        ("appointment", str(made)): {"appointment.book", "appointment.move", "appointment.cancel"},
        ("knowledge_article", str(article)): {"knowledge_article.add", "knowledge_article.submit", "knowledge_article.publish"},
        ("patient", f"export:{export}"): {"patient.export", "patient.export_download"},
    }
    for (kind, key), actions in deeds.items():
        in_the_trail(program, kind, key, actions)


# -- acts ---------------------------------------------------------------------------------------------------------------


def colleague_of_one_department(program: Outsider) -> Outsider:
    """A role, a user who has it in one department, his own token; he sees the patients who visited that department or booked with it."""
    rights = ["patient.read", "visit.read", "department.read", "knowledge_article.read", "knowledge_article.publish"]
    assert set(rights) <= {one["right"] for one in program.get("get.rights")["items"]}
    role = program.do("post.roles", code="ward_desk", title_zh="病区服务台", title_en="Ward desk", scope="department", rights=rights)
    department = program.get("get.departments", limit=1)["items"][0]["id"]
    user = program.do(
        "post.users", username="wang.fang", name="王芳", password="ten thousand rows", language="zh", roles=[role["code"]],
        scope="department", department_ids=[department],
    )  # fmt: skip
    expires = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    token = program.do("post.api_tokens", title="病区看板", user_id=user["id"], rights=rights, expires_at=expires)
    colleague = program.as_another(token["token"])
    seen = colleague.get("get.patients", limit=200)
    assert 0 < seen["total"] < program.get("get.patients")["total"]
    files = (colleague.get("get.patients.id", id=one["id"]) for one in seen["items"])
    assert any(department == visit["department_id"] for file in files for visit in file["_related"]["visits"]["items"])
    refused = colleague.ask("post.roles", body={"code": "mine", "title_zh": "x", "title_en": "x", "rights": []}, expect=403)
    assert "role.add" in refused.body["detail"]
    return colleague


def import_of_ten_thousand(program: Outsider) -> int:
    """Brought, looked at, checked, its faults read, run."""
    known = program.get("get.patients", limit=KNOWN)["items"]
    answer = program.ask("post.imports", {"resource": "patient", "name": "患者名单.xlsx"}, workbook([(one["name"], one["mrn"]) for one in known]))
    run = answer.body
    assert run["rows_total"] == ROWS and {run["headings"][int(place)]: item for place, item in run["mapping"].items()} == {
        "姓名": "name", "性别": "gender", "出生日期": "birth_date", "身份证号": "id_number", "手机号": "phone", "病案号": "mrn",
    }  # fmt: skip
    assert [row["cells"][0] for row in run["rows"][:2]] == ["张伟", "患者甲1"]
    program.do("post.imports.id.check", run["id"])
    checked = program.until(lambda one: one["state"] != "checking", "get.imports.id", id=run["id"])
    counts = {"added": ROWS - REFUSED - REPEATS - KNOWN, "refused": REFUSED, "repeats": REPEATS}
    assert checked["state"] == "checked" and {name: checked["counts"][name] for name in counts} == counts
    told = program.get("get.imports.id.problems", id=run["id"], limit=500)
    faults = [fault for row in told["items"] for fault in row["faults"]]
    assert told["total"] == REFUSED and all(fault["rule"] and fault["mend"] for fault in faults)
    assert [sum(fault["field"] == name for fault in faults) for name in ("id_number", "name")] == [WRONG_IDS, NAMELESS]
    aside = list(csv.reader(io.StringIO(program.get("get.imports.id.problems.csv", id=run["id"]).decode("utf-8-sig"))))
    assert len(aside) == 1 + REFUSED and aside[0][:6] == list(HEADINGS)
    program.do("post.imports.id.run", run["id"])
    done = program.until(lambda one: one["state"] != "running", "get.imports.id", id=run["id"])
    assert done["state"] == "done" and done["counts"]["added"] == counts["added"] and done["rows_done"] == ROWS
    return run["id"]


def found_by_two_characters_and_by_initials(program: Outsider) -> int:
    newest = program.get("get.patients", q="张伟", sort="-id")["items"]
    assert newest and all("张伟" in one["name"] for one in newest)
    assert newest[0]["id"] in {one["id"] for one in program.get("get.patients", q="zw", sort="-id", limit=200)["items"]}
    return newest[0]["id"]


def file_opened(program: Outsider, patient: int) -> None:
    whole = program.get("get.patients.id", id=patient)
    assert whole["name"] == "张伟" and whole["_related"]["phones"]["total"] == 1
    assert program.get("get.patients.id.timeline", id=patient)["items"] == []


def undone(program: Outsider, run: int) -> None:
    before = program.get("get.patients", q="患者甲")["total"]
    program.do("post.imports.id.undo", run)
    ended = program.until(lambda one: one["state"] != "undoing", "get.imports.id", id=run)
    assert ended["state"] == "undone" and ended["conflicts"] == [] and ended["undone_at"]
    assert before > 0 and program.get("get.patients", q="患者甲")["total"] == 0


def appointment_booked_moved_cancelled(program: Outsider) -> int:
    patient = program.do("post.patients", name="李静", gender="female", birth_date="1990-02-03", number="13900139000")["id"]
    first, *others = program.get("get.booking.slots", limit=50)["items"]
    held = program.do("post.booking.holds", slot_id=first["slot_id"], patient_id=patient)
    booked = program.do("post.booking.holds.id.book", held["id"])
    assert booked["state"] == "booked" and len(booked["number"]) == 8
    later = next(one for one in others if one["session_id"] != first["session_id"])
    moved = program.do("post.booking.appointments.id.move", held["id"], slot_id=later["slot_id"])
    assert (moved["number"], moved["slot_id"]) == (booked["number"], later["slot_id"])
    gone = program.do("post.booking.appointments.id.cancel", held["id"], reason="不来了")
    again = program.ask("post.booking.appointments.id.cancel", {"id": held["id"]}, {}, expect=409).body
    assert gone["state"] == "cancelled" and again["type"] == "wrong_state" and again["errors"][0]["mend"]
    return held["id"]


def article_written_reviewed_published(program: Outsider, colleague: Outsider) -> int:
    """Who wrote it does not publish it: a colleague does, with a token of his own."""
    department = colleague.get("get.departments", limit=1)["items"][0]["id"]
    category = program.get("get.knowledge_categories", limit=1)["items"][0]["id"]
    draft = program.do(
        "post.knowledge_articles", title="核磁共振检查前须知", category_id=category, department_id=department,
        body_html="<p>检查前四小时禁食。</p><script>alert(1)</script>",
    )  # fmt: skip
    assert "script" not in draft["body_html"] and draft["state"] == "draft" and "submit" in draft["_moves"]
    sent = program.do("post.knowledge_articles.id.submit", draft["id"], version=draft["version"])
    stale = colleague.ask("post.knowledge_articles.id.publish", {"id": draft["id"]}, {"version": draft["version"]}, expect=409).body
    assert stale["type"] == "stale" and stale["current"]["version"] == sent["version"]
    seen = colleague.get("get.knowledge_articles.id", id=draft["id"])
    last_day = (date.today() + timedelta(days=365)).isoformat()
    done = colleague.do("post.knowledge_articles.id.publish", draft["id"], version=seen["version"], expires_on=last_day)
    assert done["state"] == "published" and done["_refs"]["reviewer_id"] == "王芳"
    assert draft["id"] in [one["id"] for one in program.get("get.knowledge.search", q="核磁共振")["items"]]
    return draft["id"]


def list_taken_away(program: Outsider) -> int:
    wish = program.do("post.exports", resource="patient", format="csv", query={"gender": "female", "sort": "name"}, columns=["name", "mrn"])
    done = program.until(lambda one: one["state"] not in ("waiting", "running"), "get.exports.id", id=wish["id"])
    assert done["state"] == "done" and done["fault"] is None
    rows = list(csv.reader(io.StringIO(program.get("get.exports.id.file", id=wish["id"]).decode("utf-8-sig"))))
    assert len(rows) == 1 + program.get("get.patients", gender="female")["total"] == 1 + done["rows_done"]
    return wish["id"]


def in_the_trail(program: Outsider, kind: str, key: str, actions: set[str]) -> None:
    """Everything that was done to it, each with the token that did it."""
    entries = [one for one in everything_in_the_trail(program, kind) if one["object"]["id"] == key]
    assert actions <= {one["action"] for one in entries}, (kind, key, {one["action"] for one in entries})
    for one in entries:
        by = "病区看板" if one["action"] == "knowledge_article.publish" else PROBER
        assert one["token"] is not None and one["token"]["title"] == by, one


def everything_in_the_trail(program: Outsider, kind: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, int] = {}
    while True:
        page = program.get("get.audit", kind=kind, limit=200, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": int(page["next"])}


# -- the workbook ---------------------------------------------------------------------------------------------------------


def identity_number(number: int) -> str:
    head = f"110105{date(1950, 1, 1) + timedelta(days=number):%Y%m%d}{number % 1000:03d}"
    return head + check_digit(head)


def workbook(known: list[tuple[str, str]]) -> bytes:
    """Ten thousand rows: first those that are in order, then people known by record number, repeated rows, wrong numbers, nobody's name."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "constant_memory": True})
    sheet = book.add_worksheet("名单")
    for place, row in enumerate([HEADINGS, *rows_of(known)]):
        sheet.write_row(place, 0, row)
    book.close()
    return made.getvalue()


def rows_of(known: list[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    good = ROWS - REFUSED - REPEATS - KNOWN
    for number in range(good):
        yield row_of(number)
    for number in range(REPEATS):
        yield row_of(number)
    for number, (name, mrn) in enumerate(known):
        yield (name, "", "", "", f"138{number:08d}", mrn)
    for number in range(good, good + WRONG_IDS):
        _, *rest = row_of(number)
        yield (f"患者乙{number}", *rest[:2], wrong(rest[2]), *rest[3:])
    for number in range(good + WRONG_IDS, good + REFUSED):
        yield ("", *row_of(number)[1:])


def row_of(number: int) -> tuple[str, ...]:
    name = "张伟" if number % 1000 == 0 else f"患者甲{number}"
    born = date(1950, 1, 1) + timedelta(days=number)
    return (name, "女" if number % 2 else "男", born.isoformat(), identity_number(number), f"137{number:08d}", f"X{number:06d}")


def wrong(number: str) -> str:
    """With another check digit."""
    return number[:17] + ("1" if number[17] == "0" else "0")
