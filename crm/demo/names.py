"""Writes sounds/names.toml: every name the hotline must be able to speak, in both languages.

In: the invented hospital's departments, doctors and titles, and what its automatic services say. Out: the text of the file, `[[name]]` tables of
zh, en, kind.
Must not touch the database. Invariant: one table for each (kind, zh).
Run: python -m crm.demo.names > sounds/names.toml
"""

from __future__ import annotations

import sys

from crm.demo import ivr_services
from crm.demo.hospital import DEPARTMENTS, DOCTORS, TITLES


def names_toml() -> str:
    """The whole file."""
    rows = [("department", one.name_zh, one.name_en) for one in DEPARTMENTS]
    rows += [("title", zh, en) for zh, en in TITLES.values()]
    rows += [("doctor", one.name_zh, one.name_en) for one in DOCTORS]
    rows += ivr_services.spoken()
    head = "# Names that are spoken. Written by `python -m crm.demo.names`; each is rendered in both languages.\n"
    return head + "".join(f'\n[[name]]\nzh = "{zh}"\nen = "{en}"\nkind = "{kind}"\n' for kind, zh, en in rows)


if __name__ == "__main__":
    sys.stdout.write(names_toml())
