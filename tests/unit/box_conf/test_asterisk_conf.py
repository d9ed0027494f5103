"""The renderer of Asterisk's files: what it writes, and what it refuses to write."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from callcenter.box import asterisk_conf
from callcenter.errors import ConfigError
from callcenter.ports import QueueSettings
from callcenter.settings import Did, Extension, Network, Secrets, Settings, Trunk
from tests.support.instances import PBX

pytestmark = pytest.mark.component

SECRETS = Secrets(ami="ami-secret", ari="ari-secret", database="d", session_key="s")


def rendered(home: Path, **changes: object) -> dict[str, str]:
    """Every file by its name."""
    settings = Settings(home=home, pbx=PBX, **changes)  # type: ignore[arg-type]
    conf = asterisk_conf.render(settings, SECRETS)
    return {str(path.relative_to(conf.parent)): path.read_text() for path in conf.parent.rglob("*.conf")}


def test_every_control_port_is_on_loopback_whatever_the_network(tmp_path: Path) -> None:
    files = rendered(tmp_path, network=Network(bind="0.0.0.0", public_address="192.0.2.7"))
    assert "bindaddr = 127.0.0.1" in files["manager.conf"] and "bindaddr = 127.0.0.1" in files["http.conf"]
    assert "agi://127.0.0.1:" in files["extensions.conf"]
    assert "bind = 0.0.0.0:5060" in files["pjsip.conf"] and "external_media_address = 192.0.2.7" in files["pjsip.conf"]


def test_the_ami_account_can_neither_run_commands_nor_change_the_configuration(tmp_path: Path) -> None:
    account = rendered(tmp_path)["manager.conf"]
    written = re.search(r"^write = (.*)$", account, re.MULTILINE)
    assert written and set(written[1].split(",")) == {"call", "originate", "agent", "user", "reporting"}
    assert "live_dangerously = no" in rendered(tmp_path)["asterisk.conf"]


def test_offset_moves_every_port(tmp_path: Path) -> None:
    files = rendered(tmp_path, offset=2000)
    assert "port = 7038" in files["manager.conf"] and "bindport = 10088" in files["http.conf"]
    assert "rtpstart = 28000" in files["rtp.conf"] and "rtpend = 31999" in files["rtp.conf"] and ":7060" in files["pjsip.conf"]


def test_files_with_secrets_are_ours_alone(tmp_path: Path) -> None:
    rendered(tmp_path)
    for name in ("manager.conf", "ari.conf", "pjsip.conf"):
        assert stat.S_IMODE((tmp_path / "asterisk/etc" / name).stat().st_mode) == 0o600


def test_each_number_goes_to_its_flow(tmp_path: Path) -> None:
    dialplan = rendered(tmp_path, did=(Did(number="95120"), Did(number="+861088880000", flow="night")))["extensions.conf"]
    assert "exten => 95120,1," in dialplan and "exten => +861088880000,1," in dialplan and "Set(CC_FLOW=night)" in dialplan


def test_registration_needs_a_password_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = Trunk(mode="registration", host="sip.example.net", username="hospital", password_env="TRUNK_PASSWORD")
    with pytest.raises(ConfigError, match=r"trunk\.password_env"):
        rendered(tmp_path, trunk=trunk)
    monkeypatch.setenv("TRUNK_PASSWORD", "s3cret-word")
    text = rendered(tmp_path, trunk=trunk)["pjsip.conf"]
    assert "password = s3cret-word" in text and "client_uri = sip:hospital@sip.example.net:5060" in text


@pytest.mark.parametrize("password", ["a;b", "a\nb", "a[b]", "${SHELL(id)}", 'a"b'])
def test_password_that_would_be_read_as_syntax_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("TRUNK_PASSWORD", password)
    with pytest.raises(ConfigError):
        rendered(tmp_path, trunk=Trunk(mode="registration", host="sip.example.net", username="hospital", password_env="TRUNK_PASSWORD"))


UNFIT = [{"node": "a b"}, {"node": "x\ny"}, {"trunk": Trunk(addresses=("127.0.0.1\nallow=all",))}, {"did": (Did(number="95120", flow="a,1"),)}]


@pytest.mark.parametrize("changes", UNFIT)
def test_unfit_settings_are_refused_with_their_name(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        rendered(tmp_path, **changes)


@given(name=st.text(min_size=1, max_size=12))
def test_no_name_of_a_queue_adds_a_line_or_a_section(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    home = tmp_path_factory.mktemp("queues")
    try:
        asterisk_conf.render_queues(Settings(home=home, pbx=PBX), [QueueSettings(name, "名", "name")])
    except ConfigError:
        return
    text = (home / "asterisk/etc/queues.d/queues.conf").read_text()
    assert set(re.findall(r"^\[(.*)\]$", text, re.MULTILINE)) == {"service_desk", name}


def test_the_fallback_queue_is_always_there(tmp_path: Path) -> None:
    asterisk_conf.render_queues(Settings(home=tmp_path, pbx=PBX), [])
    assert "[service_desk]" in (tmp_path / "asterisk/etc/queues.d/queues.conf").read_text()


def test_rendering_again_keeps_the_queues_of_the_hospital(tmp_path: Path) -> None:
    rendered(tmp_path)
    asterisk_conf.render_queues(Settings(home=tmp_path, pbx=PBX), [QueueSettings("outpatient", "门诊", "Outpatient")])
    assert "[outpatient]" in rendered(tmp_path)["queues.d/queues.conf"]


@pytest.mark.parametrize("name", ["i", "s", "h", "_x", "Reception", "a b", "a,1", "9"])
def test_an_extension_has_a_name_that_the_dialplan_takes_for_no_other(name: str) -> None:
    with pytest.raises(ValidationError):
        Extension(name=name, number="8001")


def test_only_configured_extensions_are_in_the_dialplan(tmp_path: Path) -> None:
    dialplan = rendered(tmp_path, extension=(Extension(name="reception", number="8001"), Extension(name="pharmacy", number="8002")))
    text = dialplan["extensions.d/dial.conf"]
    assert [line for line in text.splitlines() if line.startswith("exten => ")][1:] == [
        "exten => reception,1,Gosub(ring-extension,s,1(8001))",
        "exten => pharmacy,1,Gosub(ring-extension,s,1(8002))",
        "exten => i,1,Goto(session,s,1)",
        "exten => s,1,Dial(PJSIP/${ARG1}@trunk,30,gm(default)f(95120))",
    ]
