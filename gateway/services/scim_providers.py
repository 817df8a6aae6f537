"""Which identity provider a provisioning client acts for: the one place of that rule.

A client acts for one identity provider of type SCIM of its tenant, whose account ids are the
client's external ids. Where the client names none, it is the tenant's only one.
"""

from collections.abc import Callable, Iterator
from itertools import count

from gateway.domain.errors import NotFound, Taken
from gateway.domain.ids import Kind
from gateway.domain.model import IdentityProvider, ProviderType
from gateway.domain.query import Compare, Query
from gateway.ports import TenantDirectory

NAME = "SCIM"
"""The name of a provider that is made since there is none."""


def _untold(_: IdentityProvider) -> None:
    """Nobody is told."""


async def scim_provider(
    directory: TenantDirectory,
    named: str | None,
    *,
    make: bool,
    made: Callable[[IdentityProvider], None] = _untold,
) -> IdentityProvider | None:
    """The identity provider that a client of this tenant acts for.

    Args:
        directory: the tenant.
        named: the id of the provider that the client names; it is that one or none.
        make: whether one may be made where the tenant has none of type SCIM.
        made: is told of a provider that was made here, for the audit log.

    Returns:
        The named one, else the only one of type SCIM. None where there are several, or there
        is none and none may be made.

    Raises:
        NotFound: the tenant has no provider with the named id, or it is not of type SCIM.
    """
    if named is not None:
        provider = await directory.identity_providers.get(named)
        if provider.type is not ProviderType.SCIM:
            raise NotFound(Kind.IDENTITY_PROVIDER)
        return provider
    found = await _of_scim(directory)
    for name in _names() if make else ():
        if found:
            break
        try:
            provider = await directory.identity_providers.add(
                {"name": name, "type": ProviderType.SCIM}
            )
        except Taken:  # by one of another type; or somebody made ours in this moment
            found = await _of_scim(directory)
        else:
            made(provider)
            return provider
    return found[0] if len(found) == 1 else None


def _names() -> Iterator[str]:
    yield NAME
    yield from (f"{NAME} {number}" for number in count(2))


async def _of_scim(directory: TenantDirectory) -> tuple[IdentityProvider, ...]:
    """All, of which there are few: a window of them would be two searches."""
    asked = Query(filter=Compare("type", "eq", ProviderType.SCIM), limit=None)
    return (await directory.identity_providers.find(asked)).items
