"""All that a face for provisioning clients (SCIM) calls."""

from copy import copy
from typing import Self

from gateway.ports import Clock
from gateway.services.access import Access, Call
from gateway.services.audit import Audit
from gateway.services.brake import Brake
from gateway.services.lockout import Lockout
from gateway.services.provisioning.groups import GroupProvisioning
from gateway.services.provisioning.links import ExternalIds
from gateway.services.provisioning.tenant import tenant_of
from gateway.services.provisioning.users import UserProvisioning
from gateway.services.sessions import SessionService
from gateway.services.users import UserService


class ProvisioningService(UserProvisioning, GroupProvisioning):
    """Users and groups of one tenant, as an outside client provisions them.

    The tenant is that of the path, else that of the token. Errors name the domain's fields,
    and `externalId`, `members`, `password`, which are no fields.
    """

    def __init__(
        self,
        *,
        access: Access,
        audit: Audit,
        clock: Clock,
        users: UserService,
        sessions: SessionService,
        lockout: Lockout,
        brake: Brake,
    ) -> None:
        UserProvisioning.__init__(
            self,
            access=access,
            audit=audit,
            external_ids=ExternalIds(audit=audit, clock=clock),
            users=users,
            sessions=sessions,
            lockout=lockout,
            brake=brake,
        )

    def of_one_request(self) -> Self:
        """The same, for the length of one request: the tenant is looked up once."""
        service = copy(self)
        service._access = self._access.of_one_request()  # noqa: SLF001 - its own
        return service

    async def provider_id(self, call: Call) -> str | None:
        """The identity provider that the caller acts for; None where none shows external ids.

        It is made only when the first external id is written. For tokens of the directory no
        server is asked below their own tenant.
        """
        principal = call.principal
        if principal.token_id is not None and call.tenant_ref in (None, principal.tenant_id):
            self._access.permit(call)
            return principal.identity_provider_id  # which was looked at with the token
        return await self._external_ids.provider_id(call, await tenant_of(self._access, call))
