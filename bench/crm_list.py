"""Lists and searches of many patients through the engine, beside the same question in SQL written by hand.

In: `--rows`, `--rounds`. Out: p50 and p95 of both and their difference, as JSON; the two are asked in turns, and must find the same ids.
Fails when an engine's p95 is beyond 1.2 times the hand-written one plus 5 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

sys.path.insert(0, str(Path(__file__).parent.parent))

from callcenter.box import postgres
from crm.database import Database, connect_arguments
from crm.engine.registry import registry
from crm.engine.store import Actor, Ask, find
from crm.migrate import upgrade
from crm.principal import Principal
from crm.text import initials
from tests.support.instances import open_home

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英文辉玲华建国春梅红玉志海燕波宁鑫婷雪飞鹏亮龙凤云峰琴佳慧思雨浩宇晓琳立"
PLAIN = "SELECT id, name, gender, birth_date, mrn, language, tags, alerts, notes, version FROM patient WHERE removed_at IS NULL"
PHONES = "SELECT patient_id, number FROM contact_phone WHERE patient_id = ANY($1) ORDER BY rating DESC, id"
COUNT = "SELECT count(*) FROM (SELECT 1 FROM patient WHERE removed_at IS NULL {where} LIMIT 10001) AS counted"


def questions() -> list[tuple[str, Ask, str, str]]:
    """Name, what the engine is asked, the condition and the order by hand."""
    by_name = "AND crm_grams(name) @> ARRAY['张伟'] AND name LIKE '%张伟%'"
    by_initials = "AND (initials LIKE 'zw%' OR mrn LIKE 'zw%')"
    by_number = (
        "AND id IN (SELECT patient_id FROM contact_phone WHERE number LIKE '%0001234%' UNION SELECT id FROM patient WHERE mrn ILIKE '%0001234%')"
    )
    return [
        ("first page", Ask(), "", "ORDER BY id DESC"),
        ("two characters", Ask(q="张伟"), by_name, "ORDER BY name <> '张伟', id"),
        ("initials", Ask(q="zw"), by_initials, "ORDER BY id"),
        ("part of a number", Ask(q="0001234"), by_number, "ORDER BY id"),
        ("born since 2010", Ask(filters=(("birth_date", "ge", "2010-01-01"),), sort="-birth_date"), "AND birth_date >= '2010-01-01'",
         "ORDER BY birth_date DESC, id DESC"),
    ]  # fmt: skip


async def fill(connection: asyncpg.Connection[Any], rows: int) -> None:
    """So many invented patients, each with a number."""
    chance, today = random.Random(7), date(2026, 1, 1)
    names = {(name := one + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))): initials(name) for one in SURNAMES for _ in range(400)}
    known = list(names.items())
    people = (
        (*chance.choice(known), chance.choice(("male", "female")), today - timedelta(days=chance.randint(0, 32_000)), f"{n:08d}") for n in range(rows)
    )
    await connection.copy_records_to_table("patient", records=people, columns=["name", "initials", "gender", "birth_date", "mrn"])
    first = await connection.fetchval("SELECT min(id) FROM patient")
    phones = ((first + n, f"+86139{chance.randint(0, 99_999_999):08d}") for n in range(rows))
    await connection.copy_records_to_table("contact_phone", records=phones, columns=["patient_id", "number"])
    await connection.execute("VACUUM ANALYZE patient, contact_phone")


async def timed(ask: Callable[[], Awaitable[list[int]]]) -> tuple[float, list[int]]:
    began = time.perf_counter()
    found = await ask()
    return (time.perf_counter() - began) * 1000, found


async def compare(database: Database, connection: asyncpg.Connection[Any], rounds: int) -> list[dict[str, Any]]:
    declared = registry()
    patient, now = declared.by_name["patient"], datetime(2026, 1, 1, tzinfo=UTC)
    actor = Actor(Principal(1, "bench", "bench", ("admin",), frozenset(declared.rights)), now, now.date(), declared)
    results: list[dict[str, Any]] = []
    for name, asked, where, order in questions():

        async def ours(asked: Ask = asked) -> list[int]:
            return [one["id"] for one in (await database.run(lambda session: find(session, patient, actor, asked))).items]

        async def by_hand(where: str = where, order: str = order) -> list[int]:
            rows = await connection.fetch(f"{PLAIN} {where} {order} LIMIT 51")
            await connection.fetchval(COUNT.format(where=where))
            await connection.fetch(PHONES, [row["id"] for row in rows[:50]])
            return [row["id"] for row in rows[:50]]

        results.append(await _measured(name, ours, by_hand, rounds))
    return results


async def _measured(name: str, ours: Callable[[], Awaitable[list[int]]], by_hand: Callable[[], Awaitable[list[int]]], rounds: int) -> dict[str, Any]:
    times: tuple[list[float], list[float]] = ([], [])
    for place in range(rounds + 3):
        (mine, found), (hand, wanted) = await timed(ours), await timed(by_hand)
        if found != wanted:
            raise SystemExit(f"{name}: the engine found other patients than the statement by hand")
        if place >= 3:
            times[0].append(mine)
            times[1].append(hand)
    (mine50, mine95), (hand50, hand95) = (
        (statistics.median(one), sorted(one)[min(round(len(one) * 0.95), len(one) - 1)]) for one in times
    )
    fine = mine95 <= 1.2 * hand95 + 5
    return {"list": name, "engine_p50_ms": round(mine50, 2), "engine_p95_ms": round(mine95, 2), "by_hand_p50_ms": round(hand50, 2),
            "by_hand_p95_ms": round(hand95, 2), "within": fine}  # fmt: skip


async def measure(url: str, rows: int, rounds: int) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(**connect_arguments(make_url(url)))
    database = Database(url, timeout_s=60.0, pool_size=1)
    try:
        if not await connection.fetchval("SELECT count(*) FROM patient"):
            await fill(connection, rows)
        return await compare(database, connection, rounds)
    finally:
        await database.close()
        await connection.close()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=40)
    words.add_argument("--home", type=Path, help="keep the database there, and use the one that is there already")
    asked = words.parse_args()
    with nullcontext(asked.home) if asked.home else open_home("list") as home, postgres.running(home) as url:
        upgrade(url)
        results = asyncio.run(measure(url, asked.rows, asked.rounds))
    print(json.dumps({"rows": asked.rows, "lists": results}, ensure_ascii=False, indent=2))
    raise SystemExit(0 if all(one["within"] for one in results) else 1)


if __name__ == "__main__":
    main()
