"""LDIF of the entries that a directory administrator would write by hand."""

import uuid
from dataclasses import dataclass, field

from adapters.ldap.provision import unique_uri
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools, Result

PASSWORD = "Correct-horse-7"
UNIQUE_DN = "olcOverlay={0}unique,olcDatabase={1}mdb,cn=config"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandmadeTenant:
    """A tenant of its own for one test, made with ldapadd alone."""

    tools: LdapTools
    suffix: str
    slug: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    @property
    def base(self) -> str:
        """The tenant's entry."""
        return f"o={self.slug},ou=tenants,{self.suffix}"

    @property
    def people(self) -> str:
        """The container of its users."""
        return f"ou=people,{self.base}"

    @property
    def deleted(self) -> str:
        """The container of its deleted users."""
        return f"ou=deleted,{self.base}"

    @property
    def unique(self) -> str:
        """The value of the unique overlay that is this tenant's."""
        return unique_uri(self.people)

    def create(self) -> None:
        """Add the tenant, its containers, and its value of the unique overlay."""
        units = ("people", "groups", "deleted")
        head = (
            f"dn: {self.base}\nobjectClass: organization\nobjectClass: dgwTenant\no: {self.slug}\n"
        )
        done(self.tools.add("\n".join([head, *(unit(name, self.base) for name in units)])))
        done(self.tools.modify(change(UNIQUE_DN, "add", "olcUniqueURI", self.unique)))

    def remove(self) -> None:
        """Delete all of it."""
        done(self.tools.modify(change(UNIQUE_DN, "delete", "olcUniqueURI", self.unique)))
        done(self.tools.delete("-r", self.base))

    def add_user(self, uid: str, *lines: str, parent: str = "", password: str = PASSWORD) -> str:
        """Add a user who can bind and return the DN."""
        ldif = user(uid, parent or self.people, *lines, password=password)
        done(self.tools.add(ldif))
        return f"uid={uid},{parent or self.people}"

    def add_unit(self, name: str, parent: str = "") -> str:
        """Add an organizational unit and return the DN."""
        done(self.tools.add(unit(name, parent or self.people)))
        return f"ou={name},{parent or self.people}"

    def add_group(self, name: str, *members: str) -> str:
        """Add a group and return the DN; without members it has the placeholder."""
        dn = f"cn={name},ou=groups,{self.base}"
        values = members or (f"cn=placeholder,ou=services,{self.suffix}",)
        lines = "".join(f"member: {member}\n" for member in values)
        done(self.tools.add(f"dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\n{lines}"))
        return dn


def handmade_tenant(stack: Stack, tools: LdapTools) -> HandmadeTenant:
    """Return a tenant, not created yet."""
    return HandmadeTenant(tools=tools, suffix=stack.suffix)


def unit(name: str, parent: str) -> str:
    """Write an organizational unit."""
    return f"dn: ou={name},{parent}\nobjectClass: organizationalUnit\nou: {name}\n"


def user(uid: str, parent: str, *lines: str, password: str = PASSWORD) -> str:
    """Write a user; `lines` are further attribute lines."""
    mail = [] if any(line.startswith("mail:") for line in lines) else [f"mail: {uid}@example.org"]
    values = [
        "objectClass: inetOrgPerson",
        "objectClass: dgwUser",
        f"uid: {uid}",
        f"cn: {uid}",
        f"sn: {uid}",
        f"userPassword: {password}",
        *mail,
        *lines,
    ]
    return "\n".join([f"dn: uid={uid},{parent}", *values, ""])


def change(dn: str, how: str, attribute: str, *values: str) -> str:
    """Write the change of one attribute of one entry."""
    lines = [f"dn: {dn}", "changetype: modify", f"{how}: {attribute}"]
    return "\n".join([*lines, *(f"{attribute}: {value}" for value in values), ""])


def done(result: Result) -> Result:
    """Return the result of a tool that must have succeeded."""
    assert result.code == 0, result.err
    return result
