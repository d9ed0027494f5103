"""Settings that are wrong: where they stand, the rule, the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter import settings
from callcenter.errors import ConfigError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("file", "environment", "options", "where", "rule"),
    [
        ("[network]\nhttp_prot = 1\n", {}, {}, "callcenter.toml:2", "network.http_prot: is no setting"),
        ("", {"DATABASE_URL": "mysql://db/x"}, {}, "environment variable DATABASE_URL", "database_url: must begin with postgresql://"),
        ("", {"CALLCENTER_OFFSET": "5"}, {}, "environment variable CALLCENTER_OFFSET", "offset: must be a multiple of 1000"),
        ("", {"CALLCENTER_OFFSET": "1000"}, {"offset": 5}, "option --offset", "offset: must be a multiple of 1000"),
    ],
)
def test_a_wrong_setting_is_refused_where_it_was_given(tmp_path: Path, file: str, environment: dict, options: dict, where: str, rule: str) -> None:
    path = tmp_path / "callcenter.toml"
    path.write_text(file, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        settings.load(options, {"CALLCENTER_CONFIG": str(path), **environment})
    assert caught.value.where.endswith(where)
    assert caught.value.rule.startswith(rule)
    assert caught.value.mend
