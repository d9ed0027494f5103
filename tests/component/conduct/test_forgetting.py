"""What is left of a caller in the journal and in the database once his call was made anonymous."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter import events as ev
from callcenter.crm_gateway import CrmFacts, Store
from callcenter.hotline.anonymous import blank_cdr
from callcenter.journal import FileJournal
from callcenter.journal_files import segments
from callcenter.settings import Hospital, Timeouts
from crm.database import Database, Session
from crm.models import Base
from crm.telephony import conduct
from tests.component.crm.calls import NODE, answered_call, numbered

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
CALL, OTHER, NUMBER = "node1-1700000001.5", "node1-1700000001.55", "+8613955550001"


def told(linkedid: str, number: str) -> list[ev.Event]:
    common: dict[str, Any] = {"at": AT, "linkedid": linkedid}
    return [
        ev.CallArrived(**common, uniqueid=linkedid, channel="PJSIP/trunk-1", caller_number=number, dialled_number="95120"),
        ev.CallerMatched(**common, patient_ids=(4711, 4712)),
        ev.PatientChosen(**common, patient_id=4711, how="number"),
        ev.RecordingStarted(**common, file=f"raw/{linkedid}"),
        ev.NodeEntered(**common, flow="main_menu", version=1, node="choices"),
        ev.InputHeard(**common, flow="main_menu", node="choices", exit="entered", digits="19660504"),
        ev.MessageRecorded(**common, message_id=f"{linkedid}-3", purpose="complaint", file=f"messages/{linkedid}-3.wav", duration_s=4.0),
    ]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[FileJournal]:
    opened = FileJournal(tmp_path, NODE, sync_s=0.005)
    yield opened
    opened.close()


def whole(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*.jsonl")))


def test_the_journal_forgets_one_caller_and_no_other(journal: FileJournal) -> None:
    memory = {"_language": "en", "birth": "19660504", "person": {"id": "4711"}}
    state: dict[str, Any] = {"step": {"flow": "main_menu", "node": "choices", "memory": memory}, "queued": False}
    for linkedid, number in ((CALL, NUMBER), (OTHER, "+8613955550002")):
        for event in told(linkedid, number):
            journal.append_event(event)
        journal.append_checkpoint(linkedid, state)
    before = whole(journal.folder)
    others = [line for line in before.splitlines() if OTHER.encode() in line]
    journal.append_event(ev.CallMadeAnonymous(at=AT, linkedid=CALL))
    journal.erase_caller(CALL)
    after = whole(journal.folder)
    assert NUMBER.encode() not in after
    assert [line for line in after.splitlines() if OTHER.encode() in line] == others, "lines of a call whose id begins alike stand as they were"
    of_call = [line for line in after.splitlines() if CALL.encode() in line and OTHER.encode() not in line]
    assert not any(word in line for line in of_call for word in (b"4711", b"19660504", b"complaint"))
    assert journal.checkpoint(CALL) == state | {"step": state["step"] | {"memory": {"_language": "en"}}}
    assert journal.checkpoint(OTHER) == state


def test_a_new_process_reads_what_is_left_and_knows_who_is_anonymous(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, NODE)
    for event in [*told(CALL, NUMBER), ev.CallMadeAnonymous(at=AT, linkedid=CALL)]:
        journal.append_event(event)
    last = journal.last_number
    journal.erase_caller(CALL)
    journal.close()
    again = FileJournal(tmp_path, NODE)
    try:
        assert again.last_number == last and set(again.anonymous()) == {CALL}
        kinds = [event.kind for event in again.live_events()]
        assert kinds == ["call_arrived", "node_entered", "input_heard", "call_made_anonymous"]
    finally:
        again.close()


def test_a_touched_line_keeps_its_length_so_that_writers_and_readers_go_on(journal: FileJournal) -> None:
    for event in told(CALL, NUMBER):
        journal.append_event(event)
    sizes = [(path, path.stat().st_size) for _, path in segments(journal.folder)]
    journal.erase_caller(CALL)
    assert [(path, path.stat().st_size) for _, path in segments(journal.folder)] == sizes
    journal.append_event(ev.CallEnded(at=AT, linkedid=CALL, cause=16))
    assert [record["number"] for record in journal.records(1)] == list(range(1, len(told(CALL, NUMBER)) + 2))


def test_the_call_s_lines_in_asterisk_s_own_list_become_spaces(tmp_path: Path) -> None:
    path = tmp_path / "hotline.csv"
    mine = f'"{CALL}","{CALL}","{NUMBER}","95120",1.0,2.0,3.0,2,1,"ANSWERED"\n'
    other = f'"{OTHER}","{OTHER}","13955550002","95120",1.0,2.0,3.0,2,1,"ANSWERED"\n'
    path.write_text(other + mine + other)
    assert blank_cdr(path, CALL) == 1
    assert path.read_text() == other + " " * (len(mine) - 1) + "\n" + other
    assert blank_cdr(path, CALL) == 0 and blank_cdr(tmp_path / "none.csv", CALL) == 0


async def test_the_database_forgets_the_caller_whenever_the_wish_arrives(database: Database) -> None:
    store = CrmFacts(Store(database, Timeouts(store_s=10.0)), Hospital())
    events = told(CALL, NUMBER)
    records = numbered([*events, ev.CallMadeAnonymous(at=AT + timedelta(seconds=9), linkedid=CALL), *told(OTHER, "+8613955550002")])
    await database.run(lambda session: _rows_of_services(session))
    await store.copy(NODE, records[:4])
    await store.copy(NODE, records[4:])
    seen = await database.run(_everything)
    assert NUMBER not in seen and CALL in seen, "the call is there, its caller is not"
    assert "+8613955550002" in seen
    (record,) = await database.run(lambda session: _record(session, CALL))
    assert (record["anonymous"], record["caller_number"], record["number"], record["patient_id"], record["candidate_ids"]) == (True, "", "", None, [])
    assert record["message_ids"] == [] and record["recording_file"] == ""


async def _rows_of_services(session: Session) -> None:
    await session.execute(text(f"INSERT INTO caller_language (number, language, chosen_at) VALUES ('{NUMBER}', 'en', '{AT + timedelta(seconds=2)}')"))
    await session.execute(text(f"INSERT INTO ivr_act (key, name, answer, at) VALUES ('{CALL}-4', 'identify', '{{\"n\": \"{NUMBER}\"}}', now())"))
    await session.execute(
        text(f"INSERT INTO identity_attempt (at, linkedid, number, result) VALUES ('{AT}', '{CALL}', '{NUMBER}', 'refused')")
    )


async def _everything(session: Session) -> str:
    found = []
    for table in Base.metadata.sorted_tables:
        found += [str(tuple(row)) for row in await session.execute(text(f"SELECT * FROM {table.name}"))]
    return "\n".join(found)


async def _record(session: Session, linkedid: str) -> list[Any]:
    return list((await session.execute(text("SELECT * FROM call_record WHERE linkedid = :it"), {"it": linkedid})).mappings())


def test_every_table_with_a_call_s_id_was_thought_of() -> None:
    """A new one is unlinked when its column may be empty; whether its rows must go is for a person to decide, here and in crm.telephony.conduct."""
    thought_of = conduct.FACTS_OF_CALL | conduct.REMOVED_WITH_CALL | {
        "appointment", "complaint", "inquiry", "follow_up_task", "callback_request", "text_message",
    }  # fmt: skip
    assert {table.name for table in Base.metadata.sorted_tables if "linkedid" in table.columns} == thought_of


async def test_an_agent_s_ordinary_call_is_not_touched(database: Database) -> None:
    store = CrmFacts(Store(database, Timeouts(store_s=10.0)), Hospital())
    await store.copy("node9", numbered(answered_call("node9-1.1", AT, patient=3)))
    (record,) = await database.run(lambda session: _record(session, "node9-1.1"))
    assert (record["anonymous"], record["patient_id"], record["number"]) == (False, 3, "+8613900000001")
