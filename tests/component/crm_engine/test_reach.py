"""Nobody reaches beyond his own: his department, what he may read, what he sees unmasked, whichever way he tries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from crm.access import accounts, tokens
from crm.database import Database
from crm.engine import audit, saved_views, store, trail
from crm.engine.registry import registry
from crm.engine.store import Actor, Ask
from crm.errors import InvalidValue, InvalidValues, NotFound
from crm.telephony import calls
from tests.component.api_data.conftest import Product, SignIn, Someone
from tests.component.crm.calls import NODE, answered_call, numbered
from tests.component.crm_engine.conftest import NOW, As

pytestmark = pytest.mark.component
PATIENT, PHONE, RELATIVE, CALLBACK, TO_DO, USER, ROLE = (
    registry().by_name[name] for name in ("patient", "contact_phone", "relative", "callback_request", "to_do", "user", "role")
)
OUTSIDE = """SELECT min(id) FROM patient p WHERE NOT EXISTS (SELECT 1 FROM visit v WHERE v.patient_id = p.id AND v.department_id = 1)
    AND NOT EXISTS (SELECT 1 FROM appointment a JOIN clinic_session s ON s.id = a.session_id WHERE a.patient_id = p.id AND s.department_id = 1)"""
INSIDE = "SELECT min(patient_id) FROM visit WHERE department_id = 1"


async def one(demo: Database, statement: str) -> Any:
    return await demo.run(lambda session: session.scalar(text(statement)))


def narrowed(actor: Actor, **scopes: str) -> Actor:
    """The same person, these rights of whom reach less far: `patient__delete="department"`."""
    return replace(actor, principal=replace(actor.principal, scopes={name.replace("__", "."): scope for name, scope in scopes.items()}))


def test_what_has_a_patient_is_limited_like_the_patient() -> None:
    assert [one.name for one in registry().resources if one.person and not one.scope.limited] == []


# -- rights of different reach ----------------------------------------------------------------------------------------


async def test_a_removed_file_of_another_department_is_neither_listed_nor_brought_back(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    outside = await one(demo, OUTSIDE)
    version = (await demo.run(lambda s: store.detail(s, PATIENT, admin, str(outside))))["version"]
    await demo.run(lambda s: store.remove(s, PATIENT, admin, str(outside), version, "doppelt"))
    limited = narrowed(await acting("supervisor01", departments=(1,)), patient__delete="department")
    removed = await demo.run(lambda s: store.find(s, PATIENT, limited, Ask(removed=True)))
    assert outside not in {row["id"] for row in removed.items}
    with pytest.raises(NotFound):
        await demo.run(lambda s: store.restore(s, PATIENT, limited, str(outside), version + 1))
    await demo.run(lambda s: store.restore(s, PATIENT, admin, str(outside), version + 1))


async def test_a_value_is_revealed_only_where_the_right_to_reveal_reaches(demo: Database, acting: As) -> None:
    limited = narrowed(await acting("agent01", departments=(1,)), contact_phone__reveal="department")
    phone = await one(demo, f"SELECT min(id) FROM contact_phone WHERE patient_id = ({OUTSIDE})")
    with pytest.raises(NotFound):
        await demo.run(lambda s: store.reveal(s, PHONE, limited, str(phone), "number"))
    mine = await one(demo, f"SELECT min(id) FROM contact_phone WHERE patient_id = ({INSIDE})")
    assert (await demo.run(lambda s: store.reveal(s, PHONE, limited, str(mine), "number"))).startswith("+86")


async def test_nobody_changes_what_he_may_not_see(demo: Database, acting: As) -> None:
    limited = narrowed(await acting("agent01", departments=(1,)), patient__read="department")
    outside = await one(demo, OUTSIDE)
    for version in (1, 99):
        with pytest.raises(NotFound):
            await demo.run(lambda s, version=version: store.change(s, PATIENT, limited, str(outside), version, {}))


# -- what is pointed to -----------------------------------------------------------------------------------------------


async def test_a_file_out_of_reach_cannot_be_pointed_to_and_so_tells_no_name(demo: Database, acting: As) -> None:
    limited = await acting("agent01", scope="department", departments=(1,))
    outside, inside = await one(demo, OUTSIDE), await one(demo, INSIDE)
    values = {"title": "回电", "assigned_to": limited.principal.id}
    with pytest.raises(InvalidValues, match="is no patient"):
        await demo.run(lambda s: store.add(s, TO_DO, limited, values | {"patient_id": outside}))
    row = await demo.run(lambda s: store.add(s, TO_DO, limited, values | {"patient_id": inside}))
    with pytest.raises(InvalidValues, match="is no patient"):
        await demo.run(lambda s: store.change(s, TO_DO, limited, str(row["id"]), row["version"], {"patient_id": outside}))
    kept = await demo.run(lambda s: store.change(s, TO_DO, limited, str(row["id"]), row["version"], {"patient_id": inside, "title": "再回电"}))
    assert kept["title"] == "再回电"
    stranger = await acting("agent01", less=("patient.read",))
    with pytest.raises(InvalidValues, match="is no patient"):
        await demo.run(lambda s: store.add(s, TO_DO, stranger, values | {"patient_id": inside}))


async def test_a_callback_for_another_departments_patient_is_not_there(demo: Database, acting: As) -> None:
    admin, limited = await acting("admin"), await acting("agent01", scope="department", departments=(1,))
    outside, inside = await one(demo, OUTSIDE), await one(demo, INSIDE)
    fields = {"number": "13900000001", "queue": await one(demo, "SELECT min(name) FROM queue"), "due_at": admin.at + timedelta(hours=1)}
    made = [
        (await demo.run(lambda s, n=n, who=who: store.add(s, CALLBACK, admin, fields | {"number": f"1390000000{n}", "patient_id": who})))["id"]
        for n, who in enumerate((outside, inside, None))
    ]
    seen = {row["id"] for row in (await demo.run(lambda s: store.find(s, CALLBACK, limited, Ask(limit=200)))).items}
    assert [key in seen for key in made] == [False, True, True]


# -- calls ------------------------------------------------------------------------------------------------------------


async def test_calls_are_seen_as_far_as_the_right_reaches(product: Product, demo: Database, acting: As) -> None:
    outside, inside = await one(demo, OUTSIDE), await one(demo, INSIDE)
    told = [answered_call(f"node1-{n}.7", NOW + timedelta(minutes=n), agent=2, patient=who) for n, who in enumerate((outside, inside, None))]
    await product.gateway.facts.copy(NODE, numbered([event for call in told for event in call]))
    ids = [await one(demo, f"SELECT id FROM call_record WHERE linkedid = 'node1-{n}.7'") for n in range(3)]
    limited, agent = await acting("supervisor01", scope="department", departments=(1,)), await acting("agent01")
    assert calls.reach_of((await acting("supervisor01")).principal) is None and calls.reach_of(agent.principal) == calls.Reach(agent.principal.id)
    assert calls.reach_of((await acting("supervisor01", scope="own")).principal) == calls.Reach(limited.principal.id)
    reach = calls.reach_of(limited.principal)
    seen = {row["id"] for row in (await demo.run(lambda s: calls.find(s, calls.CallFilter(only_agent=reach), limit=200))).items}
    assert [key in seen for key in ids] == [False, True, True]
    with pytest.raises(NotFound):
        await demo.run(lambda s: calls.one(s, ids[0], reach))
    with pytest.raises(NotFound):
        await demo.run(lambda s: calls.timeline(s, ids[0], reach))
    talked = calls.Reach(2)
    assert (await demo.run(lambda s: calls.one(s, ids[0], talked)))["id"] == ids[0]


async def limited_to_department_one(product: Product, sign_in: SignIn, username: str) -> Someone:
    change = f"UPDATE user_account SET scope = 'department', department_ids = '{{1}}' WHERE username = '{username}'"
    await product.database.run(lambda s: s.execute(text(change)))
    return await sign_in(username)


async def test_hand_written_routes_know_no_patient_out_of_reach(product: Product, sign_in: SignIn, demo: Database) -> None:
    outside, inside = await one(demo, OUTSIDE), await one(demo, INSIDE)
    whole = await sign_in("agent02")
    limited = await limited_to_department_one(product, sign_in, "agent01")
    path = "/api/booking/appointments"
    for who, patient, status in ((whole, outside, 200), (limited, inside, 200), (limited, outside, 404)):
        assert (await who.get(path, params={"patient_id": str(patient)})).status == status
    here = "SELECT 1 FROM appointment b JOIN clinic_session s ON s.id = b.session_id WHERE b.patient_id = a.patient_id AND s.department_id = 1"
    elsewhere = f"NOT EXISTS (SELECT 1 FROM visit v WHERE v.patient_id = a.patient_id AND v.department_id = 1) AND NOT EXISTS ({here})"
    booked = await one(demo, f"SELECT min(id) FROM appointment a WHERE number IS NOT NULL AND state = 'booked' AND {elsewhere}")
    number = await one(demo, f"SELECT number FROM appointment WHERE id = {booked}")
    for who, status in ((whole, 200), (limited, 404)):
        assert (await who.get(f"{path}/{booked}")).status == status
        assert (await who.get(path, params={"number": number})).status == status
    slot = await one(demo, "SELECT min(id) FROM clinic_slot")
    held = await limited.post("/api/booking/holds", {"slot_id": slot, "patient_id": outside})
    assert held.status == 404 and (await held.json())["detail"]
    assert (await limited.post(f"{path}/{booked}/cancel", {"reason": "x"})).status == 404
    merging = {"kept_id": str(inside), "dropped_id": str(outside)}
    supervisor = await limited_to_department_one(product, sign_in, "supervisor01")
    assert (await supervisor.get("/api/patient-merges/preview", params=merging)).status == 404
    assert (await supervisor.get(f"/api/patients/{outside}/timeline")).status == 404
    back = text("UPDATE user_account SET scope = NULL, department_ids = '{}' WHERE username IN ('agent01', 'supervisor01')")
    await demo.run(lambda s: s.execute(back))


CLINIC = "SELECT min(s.id) FROM clinic_session s JOIN appointment a ON a.session_id = s.id AND a.state = 'booked' WHERE s.department_id {} 1"


async def test_clinics_of_another_department_are_not_there(product: Product, sign_in: SignIn, demo: Database) -> None:
    own, other = await one(demo, CLINIC.format("=")), await one(demo, CLINIC.format("<>"))
    day = await one(demo, f"SELECT day::text FROM clinic_session WHERE id = {other}")
    boss = await limited_to_department_one(product, sign_in, "supervisor01")
    path = "/api/booking/sessions"
    detail = await boss.json(f"{path}/{own}")
    people = [one["patient_id"] for slot in detail["slots"] for one in slot["appointments"]]
    assert people and [(await boss.get(f"/api/patients/{one}")).status for one in people] == [200] * len(people)
    week = (await boss.json("/api/booking/week", params={"day": day}))["items"]
    slot = await one(demo, f"SELECT min(id) FROM clinic_slot WHERE session_id = {other}")
    doctor = await one(demo, "SELECT min(id) FROM doctor WHERE department_id <> 1 AND active")
    extra = {"doctor_id": doctor, "day": day, "starts": "20:00:00", "ends": "21:00:00"}
    refused = [
        await boss.get(f"{path}/{other}"), await boss.post(f"{path}/{other}/reopen"), await boss.post(path, extra),
        await boss.post(f"/api/booking/slots/{slot}/seats", {"count": 1}), await boss.post("/api/booking/stops", {"session_id": other}),
        await boss.post("/api/booking/stops", {"doctor_id": doctor, "first": day}),
        await boss.post("/api/booking/stops", {"department_id": 2, "first": day}),
    ]  # fmt: skip
    await whole_again(demo)
    assert {row["department_id"] for row in week} <= {1}
    assert [answer.status for answer in refused] == [404] * 7
    assert (await (await sign_in("supervisor01")).get(f"{path}/{other}")).status == 200


async def test_appointments_are_seen_as_far_as_that_right_reaches_though_people_are_seen_everywhere(
    product: Product, sign_in: SignIn, demo: Database
) -> None:
    other, patient = await one(demo, CLINIC.format("<>")), f"({OUTSIDE.replace('min(id)', 'id')})"
    booked = f"SELECT min(id) FROM appointment WHERE state = 'booked' AND patient_id IN {patient}"
    appointment = await one(demo, booked)

    async def work(session: Any) -> None:
        for code, rights, scope in (("looks", "{patient.read,clinic_session.read}", "hospital"), ("clerk", "{appointment.read}", "department")):
            values = {"code": code, "rights": rights, "scope": scope}
            role = "INSERT INTO role (code, title_zh, title_en, rights, scope) VALUES (:code, :code, :code, CAST(:rights AS varchar[]), :scope)"
            await session.execute(text(role).bindparams(**values))
        user_id = await accounts.create_user(session, "clerk09", "分诊台", "unusable", ["looks", "clerk"])
        await session.execute(text("UPDATE user_account SET department_ids = '{1}' WHERE id = :id").bindparams(id=user_id))

    await demo.run(work)
    clerk, path = await sign_in("clerk09"), "/api/booking/appointments"
    whose = await one(demo, f"SELECT patient_id FROM appointment WHERE id = {appointment}")
    assert (await clerk.get(f"/api/patients/{whose}")).status == 200
    assert [(await clerk.get(f"{path}/{appointment}")).status, (await clerk.get(path, params={"patient_id": str(whose)})).status] == [404, 404]
    detail = await clerk.json(f"/api/booking/sessions/{other}")
    seen = {one["patient_id"] for slot in detail["slots"] for one in slot["appointments"]}
    assert detail["session"]["booked"] > 0 and whose not in seen


async def whole_again(demo: Database) -> None:
    back = text("UPDATE user_account SET scope = NULL, department_ids = '{}' WHERE username = 'supervisor01'")
    await demo.run(lambda s: s.execute(back))


async def test_a_timeline_shows_what_the_lists_show(product: Product, sign_in: SignIn, demo: Database, acting: As) -> None:
    admin, inside = await acting("admin"), await one(demo, INSIDE)
    complaint, other = registry().by_name["complaint"], await one(demo, "SELECT max(id) FROM department")
    for department, subject in ((1, "本科室的投诉"), (other, "别科室的投诉")):
        values = {"kind": "complaint", "subject": subject, "patient_id": inside, "department_id": department, "received_at": admin.at.isoformat()}
        await demo.run(lambda s, values=values: store.add(s, complaint, admin, values))
    whole = await sign_in("supervisor01")
    path = f"/api/patients/{inside}/timeline?kinds=complaint"
    assert {row["title"] for row in (await whole.json(path))["items"]} >= {"本科室的投诉", "别科室的投诉"}
    limited = await limited_to_department_one(product, sign_in, "agent04")
    page = await limited.json(path)
    titles = {row["title"] for row in page["items"]}
    assert "本科室的投诉" in titles and "别科室的投诉" not in titles and page["counts"]["complaint"] == len(page["items"])


async def test_names_of_callers_are_masked_in_calls_as_everywhere(product: Product, sign_in: SignIn, demo: Database) -> None:
    patient = await one(demo, INSIDE)
    name = await one(demo, f"SELECT name FROM patient WHERE id = {patient}")
    await product.gateway.facts.copy(NODE, numbered(answered_call("node1-9.9", NOW, agent=2, patient=patient), first=10_000))
    await demo.run(lambda s: s.execute(text("UPDATE role SET rights = array_remove(rights, 'see.name') WHERE code = 'supervisor'")))
    listed = (await (await sign_in("supervisor01")).json("/api/call-records", params={"patient_id": patient}))["items"]
    await demo.run(lambda s: s.execute(text("UPDATE role SET rights = array_append(rights, 'see.name') WHERE code = 'supervisor'")))
    assert listed and {one["patient"]["name"][1:] for one in listed} == {"*" * (len(name) - 1)}


async def test_a_message_is_heard_within_the_reach_of_its_caller(product: Product, sign_in: SignIn, demo: Database) -> None:
    patients = {"inside": await one(demo, INSIDE), "outside": await one(demo, OUTSIDE)}
    for place, (name, patient) in enumerate(patients.items()):
        facts = numbered(answered_call(f"{name}-1.1", NOW, agent=2, patient=patient), first=20_000 + 1000 * place)
        await product.gateway.facts.copy(NODE, facts)
    columns, values = "id, linkedid, purpose, file, duration_s, source, left_at", ":id, :call, 'complaint', 'x.wav', 3, 'ivr', now()"
    left = f"INSERT INTO voice_message ({columns}) VALUES ({values})"
    for name in (*patients, "nobody"):
        await demo.run(lambda s, name=name: s.execute(text(left).bindparams(id=f"reach-{name}", call=f"{name}-1.1")))
    limited = await limited_to_department_one(product, sign_in, "agent03")
    listed = await limited.json("/api/messages?state=open&limit=200")
    ids = {one["id"] for one in listed["items"] if one["id"].startswith("reach-")}
    assert ids == {"reach-inside", "reach-nobody"} and listed["total"] == len(listed["items"])
    whole = {one["id"] for one in (await (await sign_in("agent02")).json("/api/messages?state=open&limit=200"))["items"]}
    assert "reach-outside" in whole
    for path, body in (("number", None), ("handle", {"note": "已回电"})):
        assert (await limited.post(f"/api/messages/reach-outside/{path}", body)).status == 404
        assert (await limited.post(f"/api/messages/reach-inside/{path}", body)).status == 200
    assert (await limited.get("/api/messages/reach-outside/audio")).status == 404
    assert await one(demo, "SELECT handled_at FROM voice_message WHERE id = 'reach-outside'") is None


async def test_the_server_writes_no_values_into_its_log(demo: Database) -> None:
    """What a refused row holds stands in the detail of an error."""
    assert await one(demo, "SELECT current_setting('log_error_verbosity')") == "terse"


# -- what is shown beside the columns ---------------------------------------------------------------------------------


async def test_extras_of_a_file_need_the_right_of_what_they_tell_of_and_wear_its_masks(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    patient = await one(demo, INSIDE)
    await demo.run(lambda s: store.add(s, RELATIVE, admin, {"patient_id": patient, "name": "欧阳娜娜", "relation": "女儿"}))
    owned = {"patient_id": patient, "number": "13900008123", "owner_name": "欧阳锋"}
    await demo.run(lambda s: store.add(s, PHONE, admin, owned))
    seen = await demo.run(lambda s: store.detail(s, PATIENT, admin, str(patient)))
    assert "欧阳锋" in str(seen["contacts"]) and "欧阳娜娜" in str(seen["relatives"]) and seen["visits"]
    masked = await acting("agent01", less=("see.name",))
    covered = str(await demo.run(lambda s: store.detail(s, PATIENT, masked, str(patient))))
    assert "欧阳娜娜" not in covered and "欧阳锋" not in covered
    bare = await acting("agent01", less=("visit.read", "relative.read", "medical_order.read", "contact_phone.read"))
    file = await demo.run(lambda s: store.detail(s, PATIENT, bare, str(patient)))
    assert [file[name] for name in ("visits", "relatives", "orders")] == [None] * 3
    listed = await demo.run(lambda s: store.find(s, PATIENT, bare, Ask(ids=(str(patient),))))
    assert listed.items[0]["phones"] is None


async def test_a_masked_field_orders_nothing(demo: Database, acting: As) -> None:
    hidden = await acting("agent01", less=("see.name",))
    with pytest.raises(InvalidValue, match="is one of"):
        await demo.run(lambda s: store.find(s, PATIENT, hidden, Ask(sort="name")))
    by_number = replace(PHONE, sort="number")
    page = await demo.run(lambda s: store.find(s, by_number, hidden, Ask(limit=5)))
    ids = [row["id"] for row in page.items]
    assert ids == sorted(ids, reverse=True) and len(ids) == 5


async def test_masked_values_in_a_list_are_not_taken_for_new_ones(demo: Database, acting: As) -> None:
    tags = replace(PATIENT, fields=tuple(replace(one, mask="text") if one.name == "tags" else one for one in PATIENT.fields))
    hidden = await acting("agent01", less=("see.text",))
    row = await demo.run(lambda s: store.detail(s, PATIENT, hidden, "1"))
    with pytest.raises(InvalidValues, match="masked"):
        await demo.run(lambda s: store.change(s, tags, hidden, "1", row["version"], {"tags": ["****"]}))


@pytest.mark.parametrize(("words", "sees"), [("国栋", False), ("zg", False), ("诸葛国", False), ("诸葛国栋", True)])
async def test_a_masked_name_is_found_by_the_whole_of_it_only(demo: Database, acting: As, words: str, sees: bool) -> None:
    admin, hidden = await acting("admin"), await acting("agent01", less=("see.name",))
    row = await demo.run(lambda s: store.add(s, PATIENT, admin, {"name": "诸葛国栋"}))
    for actor, expected in ((admin, True), (hidden, sees)):
        page = await demo.run(lambda s, actor=actor: store.find(s, PATIENT, actor, Ask(q=words, limit=200)))
        assert (row["id"] in {one["id"] for one in page.items}) is expected


# -- the trail --------------------------------------------------------------------------------------------------------


async def trailed(demo: Database, actor: Actor, **asked: Any) -> list[dict[str, Any]]:
    return (await demo.run(lambda s: trail.of_all(s, actor, trail.TrailAsk(**asked))))["items"]


async def test_the_trail_tells_nothing_of_what_its_reader_may_not_read(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    deed = audit.Deed("conduct_report.change", "conduct_report", "7", {"fields": ["state"], "from": "new", "to": "closed"})
    await demo.run(lambda s: audit.write(s, admin.at, None, deed))
    (entry,) = await trailed(demo, await acting("supervisor01"), kind="conduct_report", limit=1)
    assert (entry["action"], entry["fields"], entry["details"]) == ("conduct_report.change", [], {})
    (entry,) = await trailed(demo, await acting("supervisor01", more=("conduct_report.read",)), kind="conduct_report", limit=1)
    assert entry["details"] == {"from": "new", "to": "closed"}
    row = await demo.run(lambda s: store.add(s, PATIENT, admin, {"name": "司马懿", "notes": "秘密"}))
    blind = await acting("supervisor01", less=("patient.read",))
    (entry,) = await trailed(demo, blind, kind="patient", action="patient.add", limit=1)
    assert (entry["object"]["id"], entry["object"]["label"], entry["after"]) == (str(row["id"]), None, None)


async def test_the_trail_shows_no_column_that_is_made_of_a_masked_one(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    await demo.run(lambda s: store.add(s, PATIENT, admin, {"name": "司马昭"}))
    (whole,) = await trailed(demo, admin, kind="patient", action="patient.add", limit=1)
    (hidden,) = await trailed(demo, await acting("supervisor01", less=("see.name",)), kind="patient", action="patient.add", limit=1)
    assert (whole["after"]["name"], hidden["after"]["name"]) == ("司马昭", "司**")
    assert "initials" not in whole["after"] and "initials" not in hidden["after"]


async def test_the_trail_reaches_as_far_as_the_right_to_read_it(demo: Database, acting: As) -> None:
    admin, agent = await acting("admin"), await acting("agent01")
    await demo.run(lambda s: s.execute(text("UPDATE user_account SET department_ids = '{1}' WHERE username = 'agent01'")))
    for actor in (admin, agent):
        await demo.run(lambda s, actor=actor: store.add(s, PATIENT, actor, {"name": "范围"}))
    limited = await acting("supervisor01", scope="department", departments=(1,))
    colleagues = set(await demo.run(lambda s: s.scalars(text("SELECT id FROM user_account WHERE 1 = ANY (department_ids)"))))
    assert admin.principal.id not in colleagues
    assert {one["user"]["id"] for one in await trailed(demo, limited, limit=200)} <= {*colleagues, limited.principal.id}
    assert agent.principal.id in {one["user"]["id"] for one in await trailed(demo, limited, limit=200)}
    assert await trailed(demo, limited, user_id=admin.principal.id) == []
    own = await acting("supervisor01", scope="own")
    assert {one["user"]["id"] for one in await trailed(demo, own, limit=200)} <= {own.principal.id}
    await demo.run(lambda s: s.execute(text("UPDATE user_account SET department_ids = '{}' WHERE username = 'agent01'")))


# -- giving ------------------------------------------------------------------------------------------------------------


async def test_nobody_gives_or_takes_a_reach_wider_than_his_own(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    clerk = await acting("admin", scope="department", departments=(1,))
    agent = await one(demo, "SELECT id FROM user_account WHERE username = 'agent02'")
    row = await demo.run(lambda s: store.detail(s, USER, admin, str(agent)))
    for values in ({"name": "别名"}, {"scope": "department", "department_ids": [1, 2]}):
        with pytest.raises(InvalidValues, match=r"reaches further|are among your own"):
            await demo.run(lambda s, values=values: store.change(s, USER, clerk, str(agent), row["version"], values))
    fitting = {"scope": "department", "department_ids": [1]}
    row = await demo.run(lambda s: store.change(s, USER, clerk, str(agent), row["version"], fitting))
    with pytest.raises(InvalidValues, match="reaches further"):
        await demo.run(lambda s: store.change(s, USER, clerk, str(agent), row["version"], {"scope": "hospital"}))
    role = {"code": "wide", "title_zh": "宽", "title_en": "Wide", "rights": ["patient.read"], "scope": "hospital"}
    with pytest.raises(InvalidValues, match="reaches further"):
        await demo.run(lambda s: store.add(s, ROLE, clerk, role))
    made = await demo.run(lambda s: store.add(s, ROLE, clerk, role | {"scope": "department"}))
    with pytest.raises(InvalidValues, match="reaches further"):
        await demo.run(lambda s: store.change(s, ROLE, clerk, "wide", made["version"], {"scope": "hospital"}))
    await demo.run(lambda s: store.change(s, USER, admin, str(agent), row["version"], {"scope": None, "department_ids": []}))


async def test_a_token_reaches_no_further_than_who_made_it(demo: Database, acting: As) -> None:
    clerk, admin = await acting("agent01", more=("api_token.change",), scope="department", departments=(1,)), await acting("admin")
    wide = tokens.NewToken("全院", admin.principal.id, ("patient.read",), NOW + timedelta(days=1))
    with pytest.raises(InvalidValues, match="reaches no further"):
        await demo.run(lambda s: tokens.make(s, clerk.principal, wide, NOW))
    own = replace(wide, user_id=clerk.principal.id)
    made = await demo.run(lambda s: tokens.make(s, clerk.principal, own, NOW))
    assert (await demo.run(lambda s: tokens.principal_of(s, made["token"], NOW))) is not None


async def test_a_closed_account_ends_its_tokens_for_good(demo: Database, acting: As) -> None:
    admin = await acting("admin")
    agent = await one(demo, "SELECT id FROM user_account WHERE username = 'agent03'")
    new = tokens.NewToken("旧系统", agent, ("patient.read",), NOW + timedelta(days=1))
    made = await demo.run(lambda s: tokens.make(s, admin.principal, new, NOW))
    row = await demo.run(lambda s: store.detail(s, USER, admin, str(agent)))
    row = await demo.run(lambda s: store.change(s, USER, admin, str(agent), row["version"], {"active": False}))
    await demo.run(lambda s: store.change(s, USER, admin, str(agent), row["version"], {"active": True}))
    assert await demo.run(lambda s: tokens.principal_of(s, made["token"], NOW)) is None


async def test_a_changed_view_names_known_columns_only(demo: Database, acting: As) -> None:
    who = (await acting("agent01")).principal.id
    view = await demo.run(lambda s: saved_views.save(s, who, PATIENT, {"title": "列", "query": {}, "columns": ["name"], "sort": ""}))
    with pytest.raises(InvalidValue, match="is no field"):
        await demo.run(lambda s: saved_views.change(s, who, view["id"], {"columns": ["password_hash"]}))
    assert (await demo.run(lambda s: saved_views.change(s, who, view["id"], {"columns": ["age"]})))["columns"] == ["age"]
