"""Who is asking: a person or a system, with the roles that were granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class User:
    """Somebody who got in.

    `subject` is what the provider knows them by, and what the history and the audit trail say. `way` tells how they came:
    "local" is whoever sits at this machine, "session" a person who logged in, "bearer" a system with a token. `csrf` is what
    forms must send along; a system has none. `new_token` is a cookie's value that the browser does not have yet.
    """

    subject: str
    name: str
    roles: frozenset[str]
    way: Literal["local", "session", "bearer"]
    csrf: str = ""
    new_token: str | None = None

    def may(self, *roles: str) -> bool:
        """Return whether one of these roles was granted."""
        return not self.roles.isdisjoint(roles)
