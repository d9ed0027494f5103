"""One frozen tree of settings; everything else receives it, nothing reads the environment by itself.

In: `callcenter.toml` (path in `CALLCENTER_CONFIG`, default ./callcenter.toml, may be missing), the environment, command-line values.
Out: `Settings` and, for the processes of one instance, `Secrets` (generated once into `$CALLCENTER_HOME/secrets.json`, mode 600).
A wrong or unknown key is a ConfigError naming file, line and mend. Units stand in the names.
"""

from __future__ import annotations

import json
import os
import re
import secrets as randomness
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from callcenter.errors import ConfigError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hospital(_Part):
    """Who runs the hotline."""

    name_zh: str = "安和医院"
    name_en: str = "Anhe Hospital"
    timezone: str = "Asia/Shanghai"
    country_calling_code: str = "86"
    area_code: str = "010"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no time zone of the tz database; write for example Asia/Shanghai")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Trunk(_Part):
    """The line to the telephone network."""

    mode: Literal["ip", "registration"] = "ip"
    addresses: tuple[str, ...] = ("127.0.0.1",)
    host: str = ""
    port: int = Field(default=5060, ge=1, le=65535)
    username: str = ""
    password_env: str = ""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    codecs: tuple[Literal["alaw", "ulaw", "g722"], ...] = ("alaw", "ulaw")
    max_channels: int = Field(default=60, ge=1)
    caller_id: str = "95120"


class Did(_Part):
    """A number that patients dial, and the flow that serves it."""

    number: str = Field(pattern=r"^\+?[0-9]{3,15}$")
    flow: str = "main_menu"


class Extension(_Part):
    """A telephone of the hospital that a flow may ring, and nothing else can: flows name it, they never give a number."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,30}$")
    number: str = Field(pattern=r"^\+?[0-9]{2,15}$")
    title_zh: str = ""
    title_en: str = ""


class Sms(_Part):
    """The HTTP gateway that takes text messages; without `url` none go out, and each says so. `headers_env`: see docs/services.md."""

    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    headers_env: str = ""
    timeout_s: float = Field(default=10.0, gt=0)


class Network(_Part):
    """Addresses and ports before the offset."""

    bind: str = "127.0.0.1"
    public_address: str = "127.0.0.1"
    sip_port: int = 5060
    http_port: int = 8080
    asterisk_http_port: int = 8088
    ami_port: int = 5038
    agi_port: int = 4573
    aeap_port: int = 9099
    rtp_first_port: int = 20000
    rtp_ports: int = 4000
    https_port: int = 8443
    certificate: Path | None = None
    certificate_key: Path | None = None


class Timeouts(_Part):
    """How long each wait on the outside may last."""

    agi_header_s: float = 5.0
    agi_idle_s: float = 300.0
    ami_action_s: float = 5.0
    ami_connect_s: float = 5.0
    ami_ping_s: float = 5.0
    ari_s: float = 3.0
    store_s: float = 2.0
    store_patience_s: float = Field(default=0.5, gt=0)
    store_retry_s: float = Field(default=4.0, ge=0)
    caller_lookup_s: float = 0.8
    act_s: float = Field(default=5.0, gt=0)
    silence_s: float = Field(default=0.7, ge=0)
    heartbeat_s: float = 1.0
    heartbeat_limit_s: float = 3.0
    shutdown_grace_s: float = 5.0
    part_start_s: float = 60.0
    program_s: float = 120.0
    fetch_s: float = 1800.0


class Desk(_Part):
    """How agents work."""

    login_max_failures: int = 5
    login_slow_down_s: float = 2.0
    session_max_h: float = 12.0
    session_idle_h: float = 2.0
    softphone_rtp_timeout_s: int = 5
    ring_no_answer: Literal["pause", "available"] = "pause"
    phone_grace_s: float = 10.0
    transfer_ring_s: float = 25.0
    silent_line_s: float = Field(default=0.3, gt=0)
    rejoin_ring_s: float = Field(default=10.0, gt=0)
    live_queue_limit: int = Field(default=256, ge=8)
    live_ping_s: float = 5.0
    live_stall_s: float = 5.0
    visitor_account_min: float = 10.0


class Recording(_Part):
    """What is kept of a call."""

    enabled: bool = True
    length_tolerance_s: float = 1.0
    keep_days: int = 365
    settle_s: float = Field(default=5.0, ge=0)
    encode_timeout_s: float = Field(default=300.0, gt=0)
    disk_warn_percent: int = 90


class Transfer(_Part):
    """Files that people bring and take."""

    upload_max_mb: int = Field(default=200, ge=1, le=2000)
    max_rows: int = Field(default=1_000_000, ge=1)
    max_columns: int = Field(default=300, ge=1, le=16_384)
    reader_memory_mb: int = Field(default=2000, ge=200)
    read_timeout_s: float = Field(default=120.0, gt=0)
    batch_timeout_s: float = Field(default=60.0, gt=0)
    keep_exports_h: float = Field(default=24.0, gt=0)
    keep_uploads_days: float = Field(default=7.0, gt=0)


class Speech(_Part):
    """Listening to callers and speaking at run time; a process of its own, without which callers use keys and hear rendered prompts."""

    enabled: bool = True
    recogniser: Literal["whisper", "vosk"] = "whisper"
    vosk_model_zh: Path | None = None
    vosk_model_en: Path | None = None
    recognitions: int = Field(default=2, ge=1, le=64)
    listeners: int = Field(default=60, ge=1, le=1000)
    open_s: float = Field(default=0.08, gt=0, le=0.1)
    end_of_speech_s: float = Field(default=0.7, ge=0.3, le=3)
    longest_answer_s: float = Field(default=8.0, ge=1, le=25)
    recognise_s: float = Field(default=4.0, gt=0, le=20)
    speak_in_call_s: float = Field(default=0.3, gt=0, le=2)
    speak_s: float = Field(default=60.0, gt=0)


class Prompts(_Part):
    """Sound files that people bring for prompts."""

    upload_max_mb: int = Field(default=20, ge=1, le=200)
    shortest_s: float = Field(default=0.3, gt=0)
    longest_s: float = Field(default=180.0, gt=1)
    convert_s: float = Field(default=40.0, gt=0)


class Settings(_Part):
    """Everything one instance needs to know."""

    hospital: Hospital = Hospital()
    trunk: Trunk = Trunk()
    did: tuple[Did, ...] = (Did(number="95120"),)
    extension: tuple[Extension, ...] = ()
    network: Network = Network()
    timeouts: Timeouts = Timeouts()
    desk: Desk = Desk()
    recording: Recording = Recording()
    sms: Sms = Sms()
    transfer: Transfer = Transfer()
    speech: Speech = Speech()
    prompts: Prompts = Prompts()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    home: Path = Path("var")
    pbx: Path | None = None
    database_url: str = ""
    node: str = "node1"
    offset: int = 0
    demo: bool = False
    lan: bool = False

    @field_validator("offset")
    @classmethod
    def _step_of_1000(cls, value: int) -> int:
        if value % 1000 or not 0 <= value <= 10000:
            raise ValueError("must be a multiple of 1000 between 0 and 10000")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
            raise ValueError("must begin with postgresql://, for the product keeps everything in PostgreSQL")
        return value

    # -- ports of this instance --------------------------------------------------------------------------------------

    def port(self, name: Literal["sip", "http", "asterisk_http", "ami", "agi", "aeap", "https"]) -> int:
        """The port of `name` at this instance's offset."""
        return getattr(self.network, f"{name}_port") + self.offset

    @property
    def rtp_range(self) -> tuple[int, int]:
        """First and last RTP port."""
        first = self.network.rtp_first_port + 4 * self.offset
        return first, first + self.network.rtp_ports - 1

    # -- folders -----------------------------------------------------------------------------------------------------

    @property
    def pbx_root(self) -> Path:
        """The read-only Asterisk tree, shareable between instances."""
        return self.pbx or self.home / "pbx"

    @property
    def asterisk_folder(self) -> Path:
        """State of Asterisk: etc, log, run, lib, spool, data."""
        return self.home / "asterisk"

    @property
    def recordings_folder(self) -> Path:
        """What MixMonitor writes (`raw/`), what we keep (`YYYY/MM/DD/`), spoken messages (`messages/`)."""
        return self.home / "recordings"

    @property
    def fallback_folder(self) -> Path:
        """What the local script leaves while the controller is away: `<uniqueid>.json` beside `<uniqueid>.wav`."""
        return self.home / "fallback"

    @property
    def transfer_folder(self) -> Path:
        """Uploaded files until they are imported or forgotten, exports until they expire."""
        return self.home / "transfer"

    @property
    def sounds_folder(self) -> Path:
        """Sounds made here, by language: `custom/` prompts of the hospital, `tts/` names rendered at run time."""
        return self.home / "sounds"

    @property
    def journal_folder(self) -> Path:
        return self.home / "journal"

    @property
    def audit_anchors(self) -> Path:
        """What was noted of the audit trail's end, outside the database."""
        return self.home / "audit-anchors"

    @property
    def run_folder(self) -> Path:
        """Locks, pid files, the notify socket."""
        return self.home / "run"


class Secrets(_Part):
    """Passwords of one instance, generated; never shown, never logged."""

    ami: str
    ari: str
    database: str
    session_key: str


_ENVIRONMENT = {
    "CALLCENTER_HOME": "home",
    "CALLCENTER_PBX": "pbx",
    "DATABASE_URL": "database_url",
    "CALLCENTER_NODE": "node",
    "CALLCENTER_OFFSET": "offset",
    "CALLCENTER_DEMO": "demo",
    "CALLCENTER_LAN": "lan",
    "CALLCENTER_LOG_LEVEL": "log_level",
}


def load(overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of file, environment and `overrides`, each later one stronger. Raises ConfigError."""
    path = Path(environment.get("CALLCENTER_CONFIG", "callcenter.toml"))
    text = ""
    values: dict[str, Any] = {}
    if path.exists():
        text = path.read_text(encoding="utf-8")
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as wrong:
            raise ConfigError(str(path), f"is not TOML: {wrong}", "correct the line that is named") from wrong
    elif "CALLCENTER_CONFIG" in environment:
        raise ConfigError(str(path), "does not exist", "create it, or unset CALLCENTER_CONFIG")
    values |= {key: environment[name] for name, key in _ENVIRONMENT.items() if environment.get(name)}
    if environment.get("CALLCENTER_PUBLIC_ADDRESS"):
        values["network"] = values.get("network", {}) | {"public_address": environment["CALLCENTER_PUBLIC_ADDRESS"]}
    values |= {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        dotted = ".".join(str(part) for part in first["loc"])
        rule, mend = first["msg"].removeprefix("Value error, "), "correct the value"
        if first["type"] == "extra_forbidden":
            rule, mend = "is no setting", "remove it or correct its name"
        given = first["loc"] and overrides and overrides.get(str(first["loc"][0])) is not None
        where = f"option --{dotted}" if given else _place(path, text, first["loc"])
        raise ConfigError(where, f"{dotted}: {rule}", mend) from wrong
    return settings.model_copy(update={"home": settings.home.absolute(), "pbx": settings.pbx.absolute() if settings.pbx else None})


def _place(path: Path, text: str, location: tuple[int | str, ...]) -> str:
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(rf"\s*(\[+\s*)?{re.escape(key)}\b", line):
            return f"{path}:{number}"
    for variable, name in _ENVIRONMENT.items():
        if name == key:
            return f"environment variable {variable}"
    return str(path)


def load_secrets(home: Path) -> Secrets:
    """The instance's secrets, generated at the first call. Raises ConfigError when the file is damaged."""
    path = home / "secrets.json"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = {name: randomness.token_urlsafe(24) for name in Secrets.model_fields}
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(fresh, file)
    try:
        return Secrets.model_validate_json(path.read_text())
    except ValidationError as wrong:
        raise ConfigError(str(path), "is damaged", "restore it from a backup, or remove it to have new secrets made") from wrong
