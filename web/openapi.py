"""Prints the OpenAPI of the routes that screens name, for `npm run types`. Builds no application and opens no socket.

The routes of declared things are left out: their screens are drawn from GET /api/meta, and their types would be a hundred thousand lines.
"""

from __future__ import annotations

import json

from callcenter.api.application import MODULES
from callcenter.api.openapi import openapi
from callcenter.api.routing import collect

routes = [one for one in collect(MODULES) if one.path.startswith("/api/")]
print(json.dumps(openapi(routes, "callcenter", "")))
