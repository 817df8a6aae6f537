"""Federated identities: links of a user to its accounts at identity providers."""

from dataclasses import dataclass, replace

from gateway.domain.errors import Conflict, Invalid, NotFound, Problem, StaleVersion, Taken, invalid
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import FederatedIdentity, ProviderType, User
from gateway.domain.query import Query
from gateway.ports import Clock, TenantDirectory
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.changes import retried
from gateway.services.fields import plain_text_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedIdentity:
    """A link, and the type of its provider; None where that is gone."""

    identity: FederatedIdentity
    type: ProviderType | None


class IdentityService:
    """Lists, makes and removes links.

    A user has at most one link a provider, and at most one primary link; an account at a
    provider is linked to one user of the tenant. Linking what is linked already is success and
    changes at most `primary`.
    """

    def __init__(self, *, access: Access, audit: Audit, clock: Clock) -> None:
        self._access = access
        self._audit = audit
        self._clock = clock

    async def list(self, call: Call, user_id: str) -> tuple[LinkedIdentity, ...]:
        """The links of a user: the primary one first, then by time."""
        directory, user = await self._access.user(call, user_id)
        types = await provider_types(directory)
        return tuple(_described(link, types) for link in _in_order(user.federated_identities))

    async def link(
        self,
        call: Call,
        user_id: str,
        *,
        identity_provider_id: str,
        external_id: str,
        primary: bool = False,
        version: str | None = None,
    ) -> LinkedIdentity:
        """Link a user to an account at a provider; `identity_source` stays as it is.

        `primary` takes the place of the primary link there was; linking again without it
        leaves a primary link primary.

        Raises:
            Invalid: the tenant has no such provider, or the external id is none.
            Conflict: the user has another account there (`identity_provider_linked`).
            Taken: the account is another user's. The directory knows no such rule: it is
                looked for before and after writing, and a link that lost a race is taken back.
        """

        async def attempt() -> tuple[TenantDirectory, User, User, LinkedIdentity]:
            directory, user = await self._access.user(call, user_id)
            provider_id, type_ = await _provider(directory, identity_provider_id)
            if why := plain_text_problem(external_id):
                raise invalid("external_id", why)
            if version is not None and version != user.version:
                raise StaleVersion
            links, new = _with(user, self._new(provider_id, external_id, primary))
            await refuse_taken(directory, new, user.id)
            values = {"federated_identities": links}
            after = user
            if set(links) != set(user.federated_identities):
                after = await directory.users.update(user.id, values, version=user.version)
            return directory, user, after, LinkedIdentity(identity=new, type=type_)

        directory, before, after, linked = await (attempt() if version else retried(attempt))
        if after is not before:
            try:
                await refuse_taken(directory, linked.identity, after.id)
            except Taken:
                await self._take_back(directory, after, linked.identity)
                raise
            self._audit.changed(
                call, after.id, tenant_id=directory.tenant.id, before=before, after=after
            )
        return linked

    async def unlink(
        self, call: Call, user_id: str, identity_provider_id: str, version: str | None = None
    ) -> None:
        """Remove a user's link to a provider, which may be gone itself.

        Raises:
            NotFound: the user has no link to it.
        """

        async def attempt() -> tuple[TenantDirectory, User, User]:
            directory, user = await self._access.user(call, user_id)
            kept = _without(user, identity_provider_id)
            after = await directory.users.update(
                user.id, {"federated_identities": kept}, version=version or user.version
            )
            return directory, user, after

        directory, before, after = await (attempt() if version else retried(attempt))
        self._audit.changed(
            call, after.id, tenant_id=directory.tenant.id, before=before, after=after
        )

    def _new(self, provider_id: str, external_id: str, primary: bool) -> FederatedIdentity:
        return FederatedIdentity(
            identity_provider_id=provider_id,
            external_id=external_id,
            linked_at=self._clock().replace(microsecond=0),
            primary=primary,
        )

    async def _take_back(
        self, directory: TenantDirectory, user: User, lost: FederatedIdentity
    ) -> None:
        async def attempt() -> None:
            current = await directory.users.get(user.id)
            kept = tuple(link for link in current.federated_identities if link != lost)
            await directory.users.update(
                current.id, {"federated_identities": kept}, version=current.version
            )

        await retried(attempt)


async def provider_types(directory: TenantDirectory) -> dict[str, ProviderType]:
    """The types of a tenant's identity providers, by id."""
    page = await directory.identity_providers.find(Query(limit=None))
    return {provider.id: provider.type for provider in page.items}


def _described(link: FederatedIdentity, types: dict[str, ProviderType]) -> LinkedIdentity:
    return LinkedIdentity(identity=link, type=types.get(link.identity_provider_id))


def _in_order(links: tuple[FederatedIdentity, ...]) -> list[FederatedIdentity]:
    return sorted(links, key=lambda x: (not x.primary, x.linked_at, x.identity_provider_id))


async def _provider(directory: TenantDirectory, id_: str) -> tuple[str, ProviderType]:
    try:
        provider = await directory.identity_providers.get(id_)
    except NotFound as absent:
        raise Invalid(Problem(("body", "identity_provider_id"), absent.detail)) from None
    return provider.id, provider.type


def _with(
    user: User, new: FederatedIdentity
) -> tuple[tuple[FederatedIdentity, ...], FederatedIdentity]:
    """The links of a user with a new one, and that one as it is then."""
    for old in user.federated_identities:
        if old.identity_provider_id != new.identity_provider_id:
            continue
        if old.external_id != new.external_id:
            raise Conflict(
                "The user is linked to another account at this identity provider",
                code="identity_provider_linked",
            )
        new = replace(new, linked_at=old.linked_at, primary=old.primary or new.primary)
    others = [
        replace(link, primary=False) if new.primary else link
        for link in user.federated_identities
        if link.identity_provider_id != new.identity_provider_id
    ]
    return (*others, new), new


def _without(user: User, identity_provider_id: str) -> tuple[FederatedIdentity, ...]:
    """The links of a user but for those to a provider. Raises NotFound where there is none."""
    links = user.federated_identities
    try:
        gone = canonical_id(Kind.IDENTITY_PROVIDER, identity_provider_id)
    except NotFound:
        gone = ""
    kept = tuple(link for link in links if link.identity_provider_id != gone)
    if len(kept) == len(links):
        raise NotFound(
            "identity",
            detail="Federated identity not found",
            code="federated_identity_not_found",
        )
    return kept


async def refuse_taken(
    directory: TenantDirectory, link: FederatedIdentity, own_id: str | None
) -> None:
    """Raise Taken where another user has that account; the directory knows no such rule."""
    linked = await directory.users.linked_to(link.identity_provider_id, link.external_id)
    if any(other.id != own_id for other in linked):
        raise Taken("external_id")
