"""The texts by which a resource can be looked up in the mirror, besides its id."""

from gateway.domain.model import Application, Resource, Tenant, User
from gateway.domain.text import comparable


def login(text: str) -> str:
    """What a user with that e-mail or username is found by."""
    return f"login {comparable(text).strip()}"


def link(identity_provider_id: str, external_id: str) -> str:
    """What a user is found by who is linked to that account; ids compare exactly."""
    return f"link {identity_provider_id} {external_id}"


def slug(text: str) -> str:
    """What a tenant is found by."""
    return f"slug {comparable(text).strip()}"


def client(client_id: str) -> str:
    """What an application is found by."""
    return f"client {comparable(client_id).strip()}"


def keys_of(resource: Resource) -> tuple[str, ...]:
    """All that a resource is found by, without doubles."""
    match resource:
        case User():
            logins = (resource.username, resource.email, *resource.other_emails)
            links = (
                link(one.identity_provider_id, one.external_id)
                for one in resource.federated_identities
            )
            return tuple(dict.fromkeys((*map(login, filter(None, logins)), *links)))
        case Tenant():
            return (slug(resource.slug),)
        case Application():
            return (client(resource.client_id),)
        case _:
            return ()
