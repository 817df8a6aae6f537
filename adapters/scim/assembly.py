"""Making the SCIM face of its parts, once for a process."""

from adapters.scim.app import ScimFace
from adapters.scim.capabilities import capabilities
from adapters.scim.documents import Documents
from adapters.scim.filters import FilterLimits
from adapters.scim.models import provider
from adapters.scim.names import Names
from adapters.scim.policy import SCIM_POLICY
from adapters.scim.service import GatewayScimService
from adapters.scim.settings import ScimSettings
from gateway.http.settings import HttpSettings
from gateway.services.all import Services
from mappings.table import Mappings


def make_face(
    services: Services,
    mappings: Mappings,
    *,
    http: HttpSettings,
    scim: ScimSettings,
    cursor_secret: str,
) -> ScimFace:
    """The face over services that are open.

    `cursor_secret` is what cursors are sealed with where the settings name nothing: the same
    on all workers and hosts.
    """
    own = scim.cursor_secret
    service = GatewayScimService(
        provider(capabilities(scim), SCIM_POLICY),
        secret=own.get_secret_value() if own else cursor_secret,
        access=services.access,
        filter_limits=FilterLimits(
            length=scim.filter_max_length,
            depth=scim.filter_max_depth,
            terms=scim.filter_max_terms,
        ),
        names=Names(mappings),
    )
    return ScimFace(
        services=services,
        service=service,
        documents=Documents(mappings),
        http=http,
        bulk_max_payload=scim.bulk_max_payload,
    )
