"""Where the speech process is reached, and how a caller shows that he belongs to this instance.

In: settings, the instance's secrets. Out: address and pass for the process itself, its clients and Asterisk's configuration. Pure.
Invariant: the pass is derived, so it is the same in every process and stands in no file but Asterisk's own configuration (mode 600).
"""

from __future__ import annotations

import hashlib
import hmac

from callcenter.settings import Secrets, Settings

HOST = "127.0.0.1"


def door_pass(secrets: Secrets) -> str:
    """What must stand in every path."""
    return hmac.new(secrets.session_key.encode(), b"speech", hashlib.sha256).hexdigest()[:40]


def base_url(settings: Settings, secrets: Secrets) -> str:
    """Of the HTTP side."""
    return f"http://{HOST}:{settings.port('aeap')}/{door_pass(secrets)}"


def aeap_url(settings: Settings, secrets: Secrets) -> str:
    """Where Asterisk connects."""
    return f"ws://{HOST}:{settings.port('aeap')}/{door_pass(secrets)}/aeap"
