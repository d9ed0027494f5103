"""Every file of tests says in its own words what kind its tests are: whoever picks the files of one kind finds all of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.instances import PROJECT

pytestmark = pytest.mark.component

SAID = "import pytest\npytestmark = pytest.mark.unit\ndef test_it(): pass\n"
BORROWED = "from words import pytestmark\ndef test_it(): pass\n"
MIXED = "import pytest\nfrom words import pytestmark\n@pytest.mark.component\ndef test_it(): pass\n"
NOTHING = "def test_it(): pass\n"


@pytest.mark.parametrize(("text", "code"), [(SAID, 0), (BORROWED, 4), (MIXED, 4), (NOTHING, 4)], ids=["said", "borrowed", "mixed", "nothing"])
def test_a_kind_that_a_file_does_not_name_is_refused(tmp_path: Path, text: str, code: int) -> None:
    shutil.copy(PROJECT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\nmarkers =\n    unit: unit\n    component: component\n")
    (tmp_path / "words.py").write_text("import pytest\npytestmark = pytest.mark.unit\n")
    (tmp_path / "test_one.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", str(tmp_path)]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("test_one.py" in done.stderr) == bool(code)
