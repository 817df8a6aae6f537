"""A directory that an administrator turns upside down, step by step."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import LdapError, NoSuchObject
from adapters.ldap.settings import Layout
from adapters.ldap.values import Modification, Scope

TENANTS = ("a", "b")
NAMES = ("x", "y", "z")
UNITS = ("", "ou=p", "ou=q", "ou=q,ou=p", "cn=odd", "ou=p,cn=odd", "ou=r,ou=q,ou=p")
"""Places below the people, the own RDN first; `cn=odd` is no unit."""

tenants = st.sampled_from(TENANTS)
names = st.sampled_from(NAMES)
places = st.tuples(tenants, st.sampled_from(UNITS))
people = st.tuples(places, names)
marks = st.sampled_from(["mail", "deleted", "lock", "manager", "policy", "title", "bad"])
steps = st.one_of(
    st.tuples(st.just("user"), people),
    st.tuples(st.just("user"), people),
    st.tuples(st.just("inner"), places),
    st.tuples(st.just("inner"), places),
    st.tuples(st.just("move"), people, people),
    st.tuples(st.just("move_inner"), places, places),
    st.tuples(st.just("move_inner"), places, places),
    st.tuples(st.just("delete"), people),
    st.tuples(st.just("delete_inner"), places),
    st.tuples(st.just("mark"), people, marks, people),
    st.tuples(st.just("mark"), people, marks, people),
    st.tuples(st.just("group"), tenants, names),
    st.tuples(st.just("move_group"), tenants, names, names, tenants),
    st.tuples(st.just("container"), tenants, st.sampled_from(["people", "folk"])),
    st.tuples(st.just("rename_tenant"), tenants),
    st.tuples(st.just("tenant_class"), tenants),
    st.tuples(st.just("partner"), tenants, st.sampled_from(["add", "rename", "name", "delete"])),
    st.tuples(st.just("lockout"), st.sampled_from(["60", "90"])),
    st.tuples(st.just("unit_class"), places),
    st.tuples(st.just("away")),
    st.tuples(st.just("slow")),
)

Place = tuple[str, str]
Person = tuple[Place, str]


@dataclass(slots=True, repr=False)
class World:
    """Two tenants; steps that cannot be taken change nothing."""

    client: LdapClient
    layout: Layout
    taken: Counter[str] = field(default_factory=Counter)

    def base(self, tenant: str) -> Dn:
        """The tenant's entry."""
        return self.layout.tenants.child("o", tenant)

    def inner(self, place: Place) -> Dn:
        """The people of a tenant, or what stands below them."""
        tenant, path = place
        people = self.layout.tenant(self.base(tenant)).people
        return people.below(*Dn.parse(path).rdns)

    def person(self, who: Person) -> Dn:
        """A user."""
        return self.inner(who[0]).child("uid", who[1])

    async def begin(self) -> None:
        """Two tenants with nobody in them, and no partner."""
        outside = [self.layout.suffix.child("o", tenant) for tenant in TENANTS]
        for top in (self.layout.tenants, self.layout.partners, *outside):
            try:
                found = await self.client.search(top, Scope.SUBTREE, "(objectClass=*)", ())
            except NoSuchObject:
                continue
            for entry in sorted(found, key=lambda e: -len(e.dn.rdns)):
                if entry.dn != top or top in outside:
                    await self.client.delete(entry.dn)
        for tenant in TENANTS:
            base = self.base(tenant)
            await self._add(base, "organization", "dgwTenant", o=tenant)
            place = self.layout.tenant(base)
            for dn in (place.people, place.groups):
                await self._unit(dn)
            for path in UNITS[1:]:
                await self._inner((tenant, path))
            for path in ("", "ou=p", "ou=q,ou=p"):
                await self._user(((tenant, path), "x"))

    async def group(self, dn: Dn, *members: Dn) -> None:
        """A group with these members."""
        values = {"cn": [b"group"], "member": [str(member).encode() for member in members]}
        await self.client.add(dn, {"objectClass": [b"groupOfNames"], **values})

    async def do(self, step: Sequence[object]) -> None:
        """Take one step, unless the directory refuses."""
        with suppress(LdapError):
            await getattr(self, f"_{step[0]}")(*step[1:])
            self.taken[str(step[0])] += 1

    async def _user(self, who: Person) -> None:
        name = who[1]
        classes = ("inetOrgPerson", "dgwUser", "posixAccount", "shadowAccount")
        number = {"uidNumber": "1000", "gidNumber": "1000", "homeDirectory": "/"}
        given = {"cn": name, "sn": name, "uid": name, "mail": f"{name}@example.org", **number}
        await self._add(self.person(who), *classes, **given)

    async def _inner(self, place: Place) -> None:
        dn = self.inner(place)
        if dn.rdn == Rdn.of("cn", "odd"):
            await self._add(dn, "organizationalRole", cn="odd")
        else:
            await self._unit(dn)

    async def _move(self, who: Person, there: Person) -> None:
        await self._to(self.person(who), self.person(there))

    async def _move_inner(self, place: Place, there: Place) -> None:
        await self._to(self.inner(place), self.inner(there))

    async def _delete(self, who: Person) -> None:
        await self.client.delete(self.person(who))

    async def _delete_inner(self, place: Place) -> None:
        await self.client.delete(self.inner(place))

    async def _mark(self, who: Person, mark: str, other: Person) -> None:
        dn = self.person(who)
        other = ((who[0][0], other[0][1]), other[1])
        attribute, value = {
            "mail": ("mail", None),
            "deleted": ("dgwDeletedAt", "20260101000000Z"),
            "lock": ("pwdAccountLockedTime", "20260101000000Z"),
            "manager": ("manager", str(self.person(other))),
            "policy": ("pwdPolicySubentry", str(self.layout.no_lockout_policy)),
            "title": ("title", other[1]),
            "bad": ("dgwCustomAttribute", "x=" + "[" * 5000),
        }[mark]
        if mark != "manager":
            try:  # what is there already is taken away again
                await self.client.modify(dn, [Modification("delete", attribute)])
            except LdapError:
                value = value or "again@example.org"
            else:
                return
        if value is not None:
            await self.client.modify(dn, [Modification("replace", attribute, (value.encode(),))])

    async def _group(self, tenant: str, name: str) -> None:
        dn = self.layout.tenant(self.base(tenant)).groups.child("cn", name)
        await self._add(dn, "groupOfNames", cn=name, member=str(self.layout.placeholder))

    async def _move_group(self, tenant: str, name: str, to: str, there: str) -> None:
        groups = [self.layout.tenant(self.base(t)).groups for t in (tenant, there)]
        await self._to(groups[0].child("cn", name), groups[1].child("cn", to))

    async def _container(self, tenant: str, name: str) -> None:
        people = self.layout.tenant(self.base(tenant)).people
        other = people.parent.child("ou", "folk")
        await self._to(*((people, other) if name == "folk" else (other, people)))

    async def _rename_tenant(self, tenant: str) -> None:
        base = self.base(tenant)
        other = base.parent.child("o", f"{tenant}2")
        try:
            await self._to(base, other)
        except LdapError:
            await self._to(other, base)

    async def _tenant_class(self, tenant: str) -> None:
        """Out of the container of tenants, or back: it is none there."""
        base = self.base(tenant)
        outside = self.layout.suffix.child("o", tenant)
        try:
            await self._to(base, outside)
        except LdapError:
            await self._to(outside, base)

    async def _partner(self, tenant: str, what: str) -> None:
        partners = self.layout.partners
        ours, renamed = partners.child("cn", "p"), partners.child("cn", "p2")
        match what:
            case "add":
                await self._add(ours, "organizationalRole", "dgwPartnerOrganization", cn="p")
            case "rename":
                await self._to(ours, renamed)
            case "delete":
                await self.client.delete(ours)
            case _:
                change = Modification("replace", "dgwPartner", (str(ours).encode(),))
                await self.client.modify(self.base(tenant), [change])

    async def _lockout(self, seconds: str) -> None:
        change = Modification("replace", "pwdLockoutDuration", (seconds.encode(),))
        await self.client.modify(self.layout.default_policy, [change])

    async def _unit_class(self, place: Place) -> None:
        """A class that means nothing comes or goes."""
        change = Modification("replace", "description", (b"changed",))
        await self.client.modify(self.inner(place), [change])

    async def _to(self, dn: Dn, there: Dn) -> None:
        above = there.parent if there.parent != dn.parent else None
        await self.client.modify_dn(dn, there.rdn, new_superior=above)

    async def _unit(self, dn: Dn) -> None:
        name = dn.rdn.value("ou") or ""
        await self._add(dn, "organizationalUnit", ou=name)

    async def _add(self, dn: Dn, *classes: str, **values: str) -> None:
        attributes = {name: [value.encode()] for name, value in values.items()}
        await self.client.add(dn, {"objectClass": [c.encode() for c in classes], **attributes})
