"""The tenant in which a provisioning client works, and what it reads there."""

from typing import TypeVar

from gateway.domain.errors import NotFound
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import Resource
from gateway.domain.query import IdIn, Query
from gateway.ports import Reader, TenantDirectory
from gateway.services.access import Access, Call

R = TypeVar("R", bound=Resource)


async def tenant_of(access: Access, call: Call) -> TenantDirectory:
    """The tenant that the path names, else that of the caller's token.

    Raises:
        Forbidden: the role may not do this.
        NotFound: no such tenant, or out of reach, or none is named.
    """
    return await access.tenant(call, call.tenant_ref or call.principal.tenant_id)


async def read(reader: Reader[R], kind: Kind, id_: str, fields: frozenset[str] | None) -> R:
    """A resource, or those of its fields that are wanted. Raises NotFound."""
    if fields is None:
        return await reader.get(id_)
    named = IdIn(frozenset({canonical_id(kind, id_)}))
    for found in (await reader.find(Query(named, limit=None, fields=fields))).items:
        return found
    raise NotFound(kind)
