"""The tenant in which a provisioning client works."""

from gateway.ports import TenantDirectory
from gateway.services.access import Access, Call


async def tenant_of(access: Access, call: Call) -> TenantDirectory:
    """The tenant that the path names, else that of the caller's token.

    Raises:
        Forbidden: the role may not do this.
        NotFound: no such tenant, or out of reach, or none is named.
    """
    return await access.tenant(call, call.tenant_ref or call.principal.tenant_id)
