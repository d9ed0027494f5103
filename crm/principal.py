"""Who asks: the person that every right check sees. Pure.

In: nothing. Out: `Principal`, `SCOPES`. Must not know where rights are kept or how somebody signs in. How far a right reaches: docs/security.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SCOPES = ("own", "department", "hospital")


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, as every right check sees him."""

    id: int
    username: str
    name: str
    roles: tuple[str, ...]
    rights: frozenset[str]
    language: str = "zh"
    department_ids: tuple[int, ...] = ()
    scopes: Mapping[str, str] = field(default_factory=dict, hash=False)

    def may(self, right: str) -> bool:
        return right in self.rights

    def scope_of(self, right: str) -> str:
        """own | department | hospital: the rows this right reaches."""
        return self.scopes.get(right, "hospital")
