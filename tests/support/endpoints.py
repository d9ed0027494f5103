"""Gives an agent a plain SIP telephone in place of his browser, through the same door the product uses for softphones."""

from __future__ import annotations

import aiohttp

from callcenter.settings import Secrets, Settings


async def push_phone(settings: Settings, secrets: Secrets, agent_id: int, contact: str = "", rtp_timeout_s: int = 5) -> None:
    """Endpoint and address `agent-<id>` without encryption; replaces what stands there. Without `contact` the phone registers itself."""
    name = f"agent-{agent_id}"
    objects = {
        "aor": {"max_contacts": "1", "remove_existing": "yes"} | ({"contact": contact} if contact else {}),
        "endpoint": {
            "transport": "udp",
            "aors": name,
            "context": "agents",
            "disallow": "all",
            "allow": "alaw",
            "direct_media": "no",
            "rtp_timeout": str(rtp_timeout_s),
            "rtp_timeout_hold": "300",
        },
    }
    base = f"http://127.0.0.1:{settings.port('asterisk_http')}/ari/asterisk/config/dynamic/res_pjsip"
    async with aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth("callcenter", secrets.ari)}) as client:
        for kind in ("endpoint", "aor", "auth"):
            async with client.delete(f"{base}/{kind}/{name}"):
                pass
        for kind, fields in objects.items():
            body = {"fields": [{"attribute": key, "value": value} for key, value in fields.items()]}
            async with client.put(f"{base}/{kind}/{name}", json=body) as answer:
                assert answer.status == 200, await answer.text()
