"""The import of a large file of patients beside COPY + upsert of the same people, written by hand and without any check.

In: `--rows`. Out: rows a second of both, their ratio, and the memory of the importing process. The hand-written way gets a clean file in the form
PostgreSQL reads; ours the file as people send it, with faults (2 %) and duplicates (5 %), reads it apart, judges it and keeps what undoes it. By hand
is measured before and after ours, as a shared machine is not as fast at one moment as at the next; the ratio is to the mean.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import resource
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import make_url, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from callcenter.box import postgres
from crm.database import Database, Session, async_url, connect_arguments
from crm.engine.registry import registry
from crm.migrate import upgrade
from crm.transfer import importing, runs
from crm.transfer.place import Place
from tests.support.instances import open_home

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英文辉玲华建国春梅红玉志海燕波宁鑫婷雪飞鹏亮龙凤云峰琴佳慧思雨浩宇晓琳立"
NAMES = ("by_hand", "ours", "by_hand_again")
HEADINGS = ("姓名", "性别", "出生日期", "身份证号", "病案号", "手机", "备注")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
BASELINE = """
INSERT INTO patient (name, initials, gender, birth_date, mrn, notes)
SELECT name, initials, gender, birth_date, mrn, notes FROM sent
ON CONFLICT (mrn) DO UPDATE SET name = excluded.name, gender = excluded.gender, birth_date = excluded.birth_date, version = patient.version + 1
"""
BASELINE_PHONES = """
INSERT INTO contact_phone (patient_id, number, raw) SELECT p.id, s.number, s.raw FROM sent s JOIN patient p ON p.mrn = s.mrn ON CONFLICT DO NOTHING
"""


BASELINE_CARDS = """
INSERT INTO patient_identifier (patient_id, kind, number) SELECT p.id, 'national_id', s.id_number FROM sent s JOIN patient p ON p.mrn = s.mrn
ON CONFLICT DO NOTHING
"""


def id_number(chance: random.Random, born: date) -> str:
    body = f"{chance.choice(('110101', '310115', '440305', '510107'))}{born:%Y%m%d}{chance.randrange(1000):03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def invent(rows: int, clean: Path, sent: Path) -> None:
    """The same people twice: as PostgreSQL reads them, and as people send them."""
    from crm.text import initials

    chance, seen = random.Random(815), set[str]()
    with clean.open("w", newline="") as one, sent.open("w", newline="", encoding="gb18030") as other:
        good, raw = csv.writer(one), csv.writer(other)
        raw.writerow(HEADINGS)
        people: list[tuple[str, ...]] = []
        for number in range(rows):
            born = date(1930, 1, 1) + timedelta(days=chance.randrange(33000))
            name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
            card = id_number(chance, born)
            while card in seen:
                card = id_number(chance, born)
            seen.add(card)
            gender = "male" if int(card[16]) % 2 else "female"
            phone, mrn = f"13{chance.randrange(10**9):09d}", f"M{number:08d}"
            good.writerow([name, initials(name), gender, born, card, mrn, "", "+86" + phone, phone])
            if number % 50 == 7:
                raw.writerow([name, "男" if gender == "male" else "女", f"{born.year}年{born.month}月{born.day}日", card[:-1] + "Z", mrn, phone, ""])
                continue
            raw.writerow([name, "男" if gender == "male" else "女", f"{born:%Y/%m/%d}", card, mrn, phone, ""])
            people.append((name, card))
            if number % 20 == 3:
                again = chance.choice(people[-2000:])
                raw.writerow([again[0], "", "", again[1], "", phone, "来过一次"])


async def by_hand(url: str, clean: Path) -> float:
    connection = await asyncpg.connect(**connect_arguments(async_url(url)))
    try:
        began = time.perf_counter()
        async with connection.transaction():
            await connection.execute(
                "CREATE TEMP TABLE sent (name text, initials text, gender text, birth_date date, id_number text, mrn text, notes text, "
                "number text, raw text) ON COMMIT DROP"
            )
            await connection.copy_to_table("sent", source=clean, format="csv", force_not_null=("notes",))
            await connection.execute("ANALYZE sent")
            await connection.execute(BASELINE)
            await connection.execute(BASELINE_PHONES)
            await connection.execute(BASELINE_CARDS)
        return time.perf_counter() - began
    finally:
        await connection.close()


async def imported(place: Place, sent: Path, undone: bool) -> dict[str, float]:
    """Seconds of each step, and what was counted."""
    folder = secrets.token_hex(8)
    place.import_folder(folder).mkdir(parents=True)
    shutil.copy(sent, place.import_folder(folder) / "upload")
    taken: dict[str, float] = {}

    async def step(state: str, run_id: int) -> None:
        await place.database.run(lambda session: runs.start(session, run_id, state, place.now()))
        began = time.perf_counter()
        await importing.handle(place, run_id)
        taken[state] = time.perf_counter() - began

    _forget_peak()
    began = time.perf_counter()
    sheets = await runs.open_upload(place, folder)
    upload = runs.Upload(folder, sent.name, 0, "0" * 64)

    async def create(session: Session) -> int:
        return (await runs.create(session, place, "patient", upload, sheets, None)).id

    run_id = await place.database.run(create)
    taken["opened"] = time.perf_counter() - began
    await step("checking", run_id)
    print("  foreseen", json.dumps(await _counts(place, run_id)))
    await step("running", run_id)
    counts = await _counts(place, run_id)
    print("  done    ", json.dumps(counts))
    taken["memory_mb"] = _peak_mb()
    taken["reader_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    taken["rows"] = sum(value for value in counts.values() if isinstance(value, int))
    if undone:
        await step("undoing", run_id)
    return taken


def _forget_peak() -> None:
    """From here on: what programs need once at their start (the check of passwords takes 64 MB) is not the import's."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def _counts(place: Place, run_id: int) -> dict[str, int]:
    run = await place.database.run(lambda session: runs.find(session, run_id))
    if run.fault:
        raise SystemExit(f"the import stopped: {run.fault}")
    return run.counts


async def measure(url: str, rows: int, folder: Path, undone: bool) -> None:
    clean, sent = folder / "clean.csv", folder / "patients.csv"
    hand, ours, again = (_url(url, name) for name in NAMES)
    before = await by_hand(hand, clean)
    database = Database(ours, timeout_s=30.0)
    place = Place(database, folder, lambda: datetime.now(UTC), ZoneInfo("Asia/Shanghai"))
    await database.run(lambda session: session.execute(text("SELECT 1")))
    registry()
    taken = await imported(place, sent, undone)
    await database.close()
    after = await by_hand(again, clean)
    seconds = (before + after) / 2
    own = taken["opened"] + taken["running"]
    print(f"COPY + upsert by hand : {rows / seconds:9.0f} rows/s  ({before:.1f} s before, {after:.1f} s after)")
    print(f"import (read + write) : {taken['rows'] / own:9.0f} rows/s  ({own:.1f} s: open {taken['opened']:.1f}, write {taken['running']:.1f})")
    print(f"check before          : {taken['rows'] / taken['checking']:9.0f} rows/s  ({taken['checking']:.1f} s)")
    if undone:
        print(f"undo                  : {taken['rows'] / taken['undoing']:9.0f} rows/s  ({taken['undoing']:.1f} s)")
    print(f"ratio import / by hand: {(taken['rows'] / own) / (rows / seconds):.2f}")
    print(f"memory                : {taken['memory_mb']:.0f} MB (importing process), {taken['reader_mb']:.0f} MB (largest reader of its own)")


async def make_databases(url: str) -> None:
    connection = await asyncpg.connect(**connect_arguments(async_url(url)))
    for name in NAMES:
        await connection.execute(f"DROP DATABASE IF EXISTS bench_{name}")
        await connection.execute(f"CREATE DATABASE bench_{name} TEMPLATE template0")
        await asyncio.to_thread(upgrade, _url(url, name))
    await connection.close()


def _url(url: str, name: str) -> str:
    return make_url(url).set(database=f"bench_{name}").render_as_string(hide_password=False)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=500_000)
    options.add_argument("--invent", type=Path)
    options.add_argument("--url", default=os.environ.get("BENCH_DATABASE_URL", ""))
    options.add_argument("--measure", type=Path)
    options.add_argument("--no-undo", action="store_true", help="do not measure how it is taken back")
    asked = options.parse_args()
    if asked.invent:
        invent(asked.rows, asked.invent / "clean.csv", asked.invent / "patients.csv")
        asyncio.run(make_databases(asked.url))
    elif asked.measure:
        asyncio.run(measure(asked.url, asked.rows, asked.measure, not asked.no_undo))
    else:
        _apart(asked)


def _apart(asked: argparse.Namespace) -> None:
    """Preparing and measuring in processes of their own, so that the one's memory is not the other's."""
    with open_home("import") as home:
        folder = home.parent
        with postgres.running(home) if not asked.url else nullcontext(asked.url) as given:
            for step in ("--invent", "--measure"):
                more = ["--no-undo"] if asked.no_undo else []
                subprocess.run([sys.executable, __file__, step, str(folder), "--rows", str(asked.rows), "--url", given, *more], check=True)


if __name__ == "__main__":
    main()
