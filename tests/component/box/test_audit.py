"""The audit reads rendered files; each hole that it must see is cut into files that are otherwise sound."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from callcenter.box import audit
from callcenter.box.findings import Level, NotFit, allowed, refuse_bad, stop
from callcenter.box.pbx import is_new_enough
from callcenter.settings import Settings

pytestmark = pytest.mark.component

SOUND = {
    "manager.conf": "[general]\nenabled=yes\nbindaddr=127.0.0.1\n[cc]\nsecret=s\nread=call\nwrite = call,originate,agent,user,reporting\n",
    "http.conf": "[general]\nbindaddr = 127.0.0.1 ; only here\n",
    "ari.conf": "[general]\nenabled=yes\n[cc]\ntype=user\npassword=0123456789abcdef01\n",
    "asterisk.conf": "[options]\nlive_dangerously => no\n",
    "pjsip.conf": "[global]\ntype=global\nendpoint_identifier_order=username,ip\n[trunk]\ntype=endpoint\n[trunk]\ntype=identify\nmatch=192.0.2.7\n",
}

HOLES = [
    ("ami-bound", "manager.conf", "bindaddr=127.0.0.1", "bindaddr=0.0.0.0"),
    ("ami-bound", "manager.conf", "bindaddr=127.0.0.1\n", ""),
    ("ami-rights", "manager.conf", "write = call", "write = system,call"),
    ("ami-rights", "manager.conf", "write = call,originate,agent,user,reporting", "write = all"),
    ("ari-bound", "http.conf", "127.0.0.1", "::"),
    ("ari-password", "ari.conf", "0123456789abcdef01", "1234"),
    ("live-dangerously", "asterisk.conf", "=> no", "= yes"),
    ("guest-endpoint", "pjsip.conf", "[trunk]\ntype=endpoint", "[anonymous]\ntype=endpoint"),
    ("guest-endpoint", "pjsip.conf", "username,ip", "username,ip,anonymous"),
    ("trunk-addresses", "pjsip.conf", "192.0.2.7", "0.0.0.0/0"),
]


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_sound_configuration_passes(tmp_path: Path) -> None:
    findings = audit.rendered(Settings(), written(tmp_path, SOUND))
    assert [one.id for one in findings if one.level is Level.STOP] == []
    assert {one.id for one in findings} >= {"ami-bound", "ami-rights", "ari-bound", "live-dangerously", "guest-endpoint"}


@pytest.mark.parametrize(("identity", "file", "sound", "hole"), HOLES)
def test_each_hole_stops_the_start_under_its_name(tmp_path: Path, identity: str, file: str, sound: str, hole: str) -> None:
    assert sound in SOUND[file]
    findings = audit.rendered(Settings(), written(tmp_path, SOUND | {file: SOUND[file].replace(sound, hole, 1)}))
    assert [one.id for one in findings if one.level is Level.STOP] == [identity]
    assert all(one.mend for one in findings if one.level is Level.STOP)


def test_commented_lines_do_not_count(tmp_path: Path) -> None:
    files = SOUND | {"asterisk.conf": "[options]\n; live_dangerously = yes\n"}
    assert not [one for one in audit.rendered(Settings(), written(tmp_path, files)) if one.level is Level.STOP]


def test_refusal_names_every_reason_with_its_mend() -> None:
    with pytest.raises(NotFit) as refused:
        refuse_bad([stop("one", "is open", "close it"), stop("two", "is old", "renew it")])
    assert str(refused.value) == "one: is open\n  mend: close it\ntwo: is old\n  mend: renew it"


def test_only_the_named_finding_is_let_pass() -> None:
    findings = [stop("one", "is open", "close it"), stop("two", "is old", "renew it")]
    passed = allowed(findings, {"CALLCENTER_ALLOW": "two, three"})
    assert [one.level for one in passed] == [Level.STOP, Level.NOTE]
    assert "CALLCENTER_ALLOW" in passed[1].says


@pytest.mark.parametrize(
    ("version", "fit"), [("22.10.1", True), ("22.11.0", True), ("23.0.0", True), ("22.10.0", False), ("22.9.9", False), ("20.99.99", False)]
)
def test_version_is_compared_by_number(version: str, fit: bool) -> None:
    assert is_new_enough(version) is fit


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ("00000000000000000000000001000000", "::1"),
    ],
)
def test_kernel_addresses_are_read_in_their_byte_order(text: str, address: str) -> None:
    assert audit._address(text) == ipaddress.ip_address(address)
