"""The map in docs/architecture.md names every package and module at the top of the tree."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from re import findall

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Where what is")[1].split("\n## ")[0]


def drawn(tree: str) -> list[str]:
    """The names in the table of `tree`."""
    table = MAP.split(f"| `{tree}/` | holds |")[1].split("\n\n")[0]
    return [name for row in table.splitlines() if row.startswith("| `") for name in findall(r"`([^`]+)`", row.split("|")[1])]


def standing(tree: str) -> list[str]:
    folder = ROOT / tree
    packages = [f"{one.name}/" for one in folder.iterdir() if any(one.glob("*.py")) or any(one.glob("versions/*.py"))]
    return packages + [one.name for one in folder.glob("*.py") if one.name != "__init__.py"]


@pytest.mark.parametrize("tree", ["callcenter", "crm"])
def test_map_and_tree_agree(tree: str) -> None:
    names, there = drawn(tree), standing(tree)
    assert [one for one in there if not any(fnmatch(one, name) for name in names)] == []
    assert [name for name in names if not any(fnmatch(one, name) for one in there)] == []
