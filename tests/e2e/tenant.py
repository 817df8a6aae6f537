"""A tenant to which anything may be done, by REST, by SCIM and by LDAP tools.

Whoever does something picks among what is there by numbers, so that any sequence of numbers
means something. What is refused is refused, and changes nothing, or a part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from tests.stack.tools import LdapTools

PASSWORD = "Corr3ct-horse battery"
TEXTS = ("Zoë", "ann", "ANN", "Émile Ω", "b c", "-", "a*b\\c", "ann lee")

Json = dict[str, Any]


@dataclass(slots=True)
class Tenant:
    """One tenant, the workers that are asked about it in turn, and the tools."""

    workers: tuple[httpx.Client, ...]
    tools: LdapTools
    suffix: str
    id: str
    scim: Mapping[str, str]
    numbers: "count[int]" = field(default_factory=count)
    turn: int = 0

    @property
    def base(self) -> str:
        """The tenant's entry, wherever it is by now."""
        dashed = UUID(self.id.removeprefix("tnt_"))
        return self.tools.search(self.suffix, f"(entryUUID={dashed})", "1.1").entry.dn

    @property
    def users(self) -> str:
        """Path of the tenant's users."""
        return f"/api/v1/tenants/{self.id}/users"

    def ask(self, method: str, path: str, body: Any = None, *, scim: bool = False) -> Any:
        """Ask the worker whose turn it is; the data, None where it refuses."""
        self.turn += 1
        worker = self.workers[self.turn % len(self.workers)]
        answer = worker.request(method, path, json=body, headers=self.scim if scim else None)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        if not answer.is_success or not answer.content:
            return None
        return answer.json() if scim else answer.json().get("data")

    def picked(self, path: str, number: int) -> str | None:
        """The id of one of those that a worker lists."""
        found: list[dict[str, str]] | None = self.ask("GET", path)
        return found[number % len(found)]["id"] if found else None

    def user(self, number: int) -> str | None:
        """One of the users."""
        return self.picked(f"{self.users}?sort_by=email&sort_order=asc", number)

    def group(self, number: int) -> str | None:
        """One of the groups."""
        return self.picked(f"/api/v1/admin/groups/?tenant_id={self.id}", number)

    def ou(self, number: int) -> str | None:
        """One of the units; or the root."""
        found = self.ask("GET", f"/api/v1/tenants/{self.id}/ous") or []
        places: list[str | None] = [None, *(each["id"] for each in found)]
        return places[number % len(places)]

    def dn(self, below: str, filter_: str, number: int) -> str | None:
        """One of the entries that LDAP tools find."""
        found = self.tools.search(f"{below},{self.base}", filter_, "1.1").entries
        return found[number % len(found)].dn if found else None

    def person(self, number: int) -> str | None:
        """One of the users' entries."""
        return self.dn("ou=people", "(objectClass=inetOrgPerson)", number)

    def unit(self, number: int) -> str:
        """One of the units' entries, or that of all people."""
        dn = self.dn("ou=people", "(objectClass=organizationalUnit)", number)
        assert dn is not None
        return dn

    def team(self, number: int) -> str | None:
        """One of the groups' entries."""
        return self.dn("ou=groups", "(objectClass=groupOfNames)", number)

    def change(self, dn: str | None, *lines: str) -> None:
        """Apply ldapmodify."""
        if dn is not None:
            self.tools.modify("\n".join((f"dn: {dn}", "changetype: modify", *lines, "")))


Doing = Callable[[Tenant, int, int], None]
"""Does something to a tenant, as two numbers say."""
