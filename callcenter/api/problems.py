"""Errors as `application/problem+json` (RFC 9457): what is wrong, with which field, by which rule, and the way out.

In: `Problem` raised by any handler, pydantic's ValidationError, engine errors. Out: one JSON shape for all of them:
`{"type", "title", "status", "detail", "errors": [{"field", "rule", "mend"}]}`, and what a type says besides. Nothing else leaves on failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that breaks one rule. `field` is dotted, empty for the whole request."""

    field: str
    rule: str
    mend: str = ""


class Problem(Exception):
    """A refusal with a reason. `title` and `kind` are stable English for programs; `detail` is for people; `more` stands beside them."""

    def __init__(
        self, status: int, title: str, detail: str = "", errors: Iterable[FieldError] = (), headers: Mapping[str, str] | None = None,
        kind: str = "about:blank", more: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(f"{status} {title}")
        self.kind, self.more = kind, dict(more or {})
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self) -> web.Response:
        """As it goes over the wire."""
        body = {"type": self.kind, "title": self.title, "status": self.status, "detail": self.detail}
        errors = [{"field": one.field, "rule": one.rule, "mend": one.mend} for one in self.errors]
        return web.json_response(
            body | {"errors": errors} | self.more, status=self.status, content_type="application/problem+json", headers=self.headers
        )


def not_found(what: str) -> Problem:
    return Problem(404, "not found", f"There is no such {what}, or you may not see it.")


def from_validation(wrong: ValidationError, part: str) -> Problem:
    """The request's `part` (body | query) broke the route's model."""
    errors = [FieldError(".".join(str(step) for step in one["loc"]), one["msg"], "correct this field and send it again") for one in wrong.errors()]
    return Problem(422, "invalid input", f"The {part} breaks {len(errors)} rule(s).", errors)
