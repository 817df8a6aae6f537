"""Makes a tenant's subtree fit for writing: its containers, its policy, its uniqueness.

A tenant that an administrator adds is an entry and perhaps nothing below it. Reading it works
as it is; the first write comes here. Each step says "this shall be there", so that doing it
again, after a crash or by several workers at once, does no harm.

What was prepared is remembered by the tenant's id and DN: a tenant that was deleted and made
again has another id, a renamed one another DN.
"""

from collections.abc import Sequence

from adapters.ldap import filters
from adapters.ldap.dn import Dn
from adapters.ldap.errors import (
    AttributeOrValueExists,
    EntryAlreadyExists,
    InsufficientAccess,
    NoSuchAttribute,
    NoSuchObject,
)
from adapters.ldap.places import Backend, name_of
from adapters.ldap.provision import unique_uri
from adapters.ldap.values import Modification, Scope
from gateway.domain.errors import NotFound, Unavailable
from gateway.domain.ids import Kind

_UNIQUE = "olcUniqueURI"
_EVERYTHING = "(objectClass=*)"
_POLICY_ATTRIBUTES = (
    "pwdAttribute",
    "pwdMinAge",
    "pwdMaxAge",
    "pwdInHistory",
    "pwdCheckQuality",
    "pwdMinLength",
    "pwdMaxLength",
    "pwdExpireWarning",
    "pwdGraceAuthnLimit",
    "pwdGraceExpiry",
    "pwdLockout",
    "pwdLockoutDuration",
    "pwdMaxFailure",
    "pwdMaxRecordedFailure",
    "pwdFailureCountInterval",
    "pwdMustChange",
    "pwdAllowUserChange",
    "pwdSafeModify",
    "pwdMinDelay",
    "pwdMaxDelay",
    "pwdMaxIdle",
)


class Preparation:
    """Prepares tenants for writing.

    `unique_overlay` is the DN of the overlay's entry in cn=config. None leaves uniqueness to
    the operator, who has configured it otherwise.
    """

    def __init__(self, backend: Backend, unique_overlay: Dn | None) -> None:
        self._backend = backend
        self._overlay = unique_overlay
        self._prepared: set[tuple[str, Dn]] = set()

    async def prepare(self, tenant_id: str, base: Dn, *, again: bool = False) -> None:
        """See that all that writes need is there; cheap when this was done before.

        Raises:
            NotFound: the tenant itself is not there.
            Unavailable: the directory would not keep e-mails and usernames unique
                (`uniqueness_not_enforced`), and the gateway's account may not change that.
        """
        if (tenant_id, base) in self._prepared and not again:
            return
        if not await self._backend.search(base, Scope.BASE, _EVERYTHING, ()):
            raise NotFound(Kind.TENANT)
        await self.enforce_uniqueness(base)
        tenant = self._backend.layout.tenant(base)
        below = await self._backend.search(base, Scope.ONE, _EVERYTHING, ())
        there = {entry.dn for entry in below}
        try:
            for container in self._containers(base):
                if container not in there:
                    await self._add_container(container)
            await self._add_policy(tenant.default_policy)
        except NoSuchObject:
            raise NotFound(Kind.TENANT) from None
        self._prepared.add((tenant_id, base))

    async def enforce_uniqueness(self, base: Dn) -> None:
        """Have e-mails and usernames unique in that tenant. Raises Unavailable as `prepare`."""
        if self._overlay is None:
            return
        value = self._value(base)
        wanted = filters.eq(_UNIQUE, value.decode())
        if await self._backend.search(self._overlay, Scope.BASE, wanted, ()):
            return
        try:
            await self._backend.client.modify(
                self._overlay, [Modification("add", _UNIQUE, (value,))]
            )
        except AttributeOrValueExists:
            return
        except (InsufficientAccess, NoSuchObject):
            raise Unavailable(
                "The directory does not keep e-mails and usernames unique in this tenant, and "
                "the gateway's account may not change its configuration",
                code="uniqueness_not_enforced",
            ) from None

    async def release_uniqueness(self, base: Dn) -> None:
        """Take away what `enforce_uniqueness` has set up."""
        if self._overlay is None:
            return
        change = Modification("delete", _UNIQUE, (self._value(base),))
        try:
            await self._backend.client.modify(self._overlay, [change])
        except (NoSuchAttribute, NoSuchObject):
            return

    def forget(self, tenant_id: str, base: Dn) -> None:
        """The tenant is going away."""
        self._prepared.discard((tenant_id, base))

    def _containers(self, base: Dn) -> Sequence[Dn]:
        tenant = self._backend.layout.tenant(base)
        wanted = (
            tenant.people,
            tenant.groups,
            tenant.identity_providers,
            tenant.applications,
            tenant.scim_tokens,
            tenant.policies,
            tenant.deleted,
        )
        # Parents first; a mapping may also let kinds share a container, or need none.
        every = {c for dn in wanted for c in _down_to(dn, base)}
        return sorted(every, key=lambda dn: len(dn.rdns))

    async def _add_container(self, dn: Dn) -> None:
        name = dn.rdn.value("ou")
        values = (
            {"objectClass": [b"organizationalUnit"], "ou": [name.encode()]}
            if name is not None
            else {"objectClass": [b"organizationalRole"], "cn": [name_of(dn.rdn).encode()]}
        )
        try:
            await self._backend.client.add(dn, values)
        except EntryAlreadyExists:
            return

    async def _add_policy(self, dn: Dn) -> None:
        """Give the tenant a policy of its own: at first a copy of the one for all, if any."""
        for own in (dn, self._backend.layout.default_policy):
            attributes = ("objectClass", *_POLICY_ATTRIBUTES)
            found = await self._backend.search(own, Scope.BASE, _EVERYTHING, attributes)
            if found:
                break
        if not found or found[0].dn == dn:
            return
        values = {name: list(found[0].get(name)) for name in attributes if found[0].get(name)}
        values["cn"] = [name_of(dn.rdn).encode()]
        try:
            await self._backend.client.add(dn, values)
        except EntryAlreadyExists:
            return

    def _value(self, base: Dn) -> bytes:
        people = self._backend.layout.tenant(base).people
        attributes = self._backend.mappings.user.unique_attributes
        return unique_uri(str(people), attributes).encode()


def _down_to(dn: Dn, base: Dn) -> Sequence[Dn]:
    found = []
    while dn.is_below(base):
        found.append(dn)
        dn = dn.parent
    return found
