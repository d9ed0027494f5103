"""Every test module says what kind it is; what cannot run here is reported as skipped, never as passed."""

from __future__ import annotations

import functools
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis

# How long one example takes says more about the machine than about the code.
hypothesis.register_profile("any machine", deadline=None)
hypothesis.load_profile("any machine")
SAID_LINES = 80
KINDS = ("unit", "component", "telephony", "browser")


def pytest_configure(config: pytest.Config) -> None:
    # pyst2 names its threads in a way that Python 3.10 deprecated
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:asterisk.*")
    config.addinivalue_line("filterwarnings", "ignore::SyntaxWarning:asterisk.*")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unmarked = sorted({item.nodeid.split("::")[0] for item in items if not _kinds(item) or _kinds(item) - _said_in(item.path)})
    if unmarked:
        raise pytest.UsageError(f"say what kind of tests these are, with pytestmark = pytest.mark.<{' | '.join(KINDS)}>: {', '.join(unmarked)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the product said lately stands beside what failed with it."""
    report = yield
    for given in getattr(item, "funcargs", {}).values() if report.failed else ():
        log = Path(settings.home).parent / "up.log" if (settings := getattr(given, "settings", None)) and hasattr(settings, "home") else None
        if log is not None and log.is_file():
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-SAID_LINES:]
            report.sections.append(("what the product said", "\n".join(lines)))
            break
    return report


def _kinds(item: pytest.Item) -> frozenset[str]:
    return frozenset(kind for kind in KINDS if item.get_closest_marker(kind))


@functools.cache
def _said_in(file: Path) -> frozenset[str]:
    """The kinds a file names in its own text: whoever picks the files of one kind reads no more than that."""
    text = file.read_text(encoding="utf-8")
    return frozenset(kind for kind in KINDS if f"mark.{kind}" in text)
