"""What the parts are told, and what the operator reads at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.box import lan, machine
from callcenter.box.database_tools import _reach
from callcenter.box.postgres import Cluster
from callcenter.settings import Settings, load

pytestmark = pytest.mark.unit


def test_children_load_the_same_settings_from_their_environment(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", pbx=tmp_path / "pbx", offset=3000, demo=True, lan=True)
    settings = settings.model_copy(update={"network": settings.network.model_copy(update={"public_address": "192.0.2.9"})})
    again = load(environment=machine.child_environment(settings, {"CALLCENTER_CONFIG": "/dev/null"}))
    assert again == settings


def test_no_secret_stands_in_a_childs_environment_or_command_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    part = machine.serve_part(settings)
    assert not any(word in key.lower() for key in part.environment for word in ("secret", "password", "key", "token"))
    assert part.command[1:] == ["-m", "callcenter", "serve"]


def test_ready_line_is_one_line_with_every_address_and_password() -> None:
    line = machine.ready_line(Settings(offset=1000, demo=True), {"agent01": "abc", "admin": "def"}, 4.2)
    assert "\n" not in line
    for word in ("in 4 s", "desk http://127.0.0.1:9080", "sip:95120@127.0.0.1:6060", "agent01 abc", "admin def", "visitors http://127.0.0.1:9080/try"):
        assert word in line


def test_nginx_passes_the_application_and_the_softphone_only() -> None:
    conf = lan.render(Settings(offset=2000), Path("/home/x/nginx"), Path("/c.pem"), Path("/k.pem"))
    passed = [line.strip() for line in conf.splitlines() if "proxy_pass" in line]
    assert passed == ["proxy_pass http://127.0.0.1:10088/ws;", "proxy_pass http://127.0.0.1:10080;"]
    assert "location = /ws" in conf
    assert "listen 10443 ssl;" in conf


def test_database_url_carries_an_odd_password_whole() -> None:
    cluster = Cluster(Path("/p"), Path("/d"), Path("/run/x/pg"), None)
    settings = Settings(database_url=cluster.url("a/b@c d"))
    address, environment = _reach(settings)
    assert environment["PGPASSWORD"] == "a/b@c d"
    assert "a/b" not in address
    assert "a%2Fb" not in address
    assert address.startswith("postgresql://callcenter@/callcenter?host=/run/x/pg")
