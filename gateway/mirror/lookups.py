"""The texts by which a resource can be looked up in the mirror, besides its id."""

from collections.abc import Iterable, Iterator

from gateway.domain.model import Application, FederatedIdentity, Group, Resource, Tenant, User
from gateway.domain.text import comparable


def login(text: str) -> str:
    """What a user with that e-mail or username is found by."""
    return f"login {comparable(text).strip()}"


def link(identity_provider_id: str, external_id: str) -> str:
    """What a user or group is found by that is linked to that account; ids compare exactly."""
    return f"link {identity_provider_id} {external_id}"


def name(text: str) -> str:
    """What groups of that name are found by."""
    return f"name {comparable(text).strip()}"


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
            found = map(login, filter(None, logins))
            return tuple(dict.fromkeys((*found, *_links(resource.federated_identities))))
        case Group():
            return tuple(
                dict.fromkeys((name(resource.name), *_links(resource.federated_identities)))
            )
        case Tenant():
            return (slug(resource.slug),)
        case Application():
            return (client(resource.client_id),)
        case _:
            return ()


def _links(accounts: Iterable[FederatedIdentity]) -> Iterator[str]:
    return (link(one.identity_provider_id, one.external_id) for one in accounts)
