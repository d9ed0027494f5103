"""Prints the OpenAPI of the declared routes, for `npm run types`. Builds no application and opens no socket."""

from __future__ import annotations

import json

from callcenter.api import resources
from callcenter.api.application import MODULES
from callcenter.api.openapi import openapi
from callcenter.api.routing import collect

routes = [one for one in [*collect(MODULES), *resources.routes()] if one.path.startswith("/api/")]
print(json.dumps(openapi(routes, "callcenter", "")))
