"""Writes the sample data through the ports, as any caller could; repeating it mends a cut-off run.

What is there already, by its name, is left as it is.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.devstack import people
from gateway.devstack.people import Person, Provider, SampleTenant
from gateway.domain.errors import NotFound
from gateway.domain.model import FederatedIdentity, Resource, User
from gateway.domain.query import Compare, Query
from gateway.domain.status import OWN_STATUSES, UserStatus
from gateway.ports import Directory, Store, TenantDirectory, Values

_LINKED_AT = datetime(2026, 1, 1, tzinfo=UTC)


async def ensure(directory: Directory) -> dict[str, str]:
    """Make what is missing, and name what tokens are made for.

    Returns:
        The ids of the first `tenant`, its `partner`, an `application` (and its `client_id`)
        and a `user` of it.
    """
    partners = {
        slug: await _named(directory.partners, "slug", slug, {"slug": slug, "name": name})
        for slug, name in people.PARTNERS.items()
    }
    made = [await _tenant(directory, sample, partners) for sample in people.TENANTS]
    return made[0]


async def _tenant(
    directory: Directory, sample: SampleTenant, partners: Mapping[str, str]
) -> dict[str, str]:
    partner_id = partners[sample.partner]
    values = {"slug": sample.slug, "name": sample.name, "partner_id": partner_id}
    tenant_id = await _named(directory.tenants, "slug", sample.slug, values)
    tenant = await directory.tenant(tenant_id)
    ous = await _ous(tenant)
    groups = await _groups(tenant)
    providers = {
        provider: await _named(
            tenant.identity_providers, "name", provider, {"name": provider, "type": provider.type}
        )
        for provider in Provider
        if provider is not Provider.GONE
    } | {Provider.GONE: people.GONE_PROVIDER}
    wanted = [person for person in people.PEOPLE if sample.mismatches or not person.mismatched]
    users = dict(
        zip(
            [person.username for person in wanted],
            await asyncio.gather(
                *(_user(tenant, sample, person, ous, groups, providers) for person in wanted)
            ),
            strict=True,
        )
    )
    application_id = await _application(tenant, groups, users)
    return {
        "tenant": tenant_id,
        "partner": partner_id,
        "application": application_id,
        "client_id": people.CLIENT_ID,
        "user": users[people.CLIENT_USERS[0]],
    }


async def _named(store: Store[Resource], field: str, name: str, values: Values) -> str:
    """The id of the resource whose `field` is that; it is added where there is none."""
    found = await store.find(Query(filter=Compare(field, "eq", name), limit=1))
    return (found.items[0] if found.items else await store.add(values)).id


async def _ous(tenant: TenantDirectory) -> dict[str, str]:
    ids = {unit.path: unit.id for unit in (await tenant.ous.find(Query(limit=None))).items}
    for path in people.OUS:
        if path not in ids:
            parent, _, name = path.rpartition("/")
            unit = await tenant.ous.add({"name": name, "parent_id": ids.get(parent)})
            ids[path] = unit.id
    return ids


async def _groups(tenant: TenantDirectory) -> dict[str, str]:
    ids = {
        name: await _named(tenant.groups, "name", name, {"name": name}) for name in people.GROUPS
    }
    for name, parents in people.GROUPS.items():
        for parent in parents:
            await tenant.groups.add_members(ids[parent], [ids[name]])
    return ids


async def _user(
    tenant: TenantDirectory,
    sample: SampleTenant,
    person: Person,
    ous: Mapping[str, str],
    groups: Mapping[str, str],
    providers: Mapping[Provider, str],
) -> str:
    try:
        user: User = await tenant.users.by_login(person.username)
    except NotFound:
        user = await tenant.users.add(_values(sample, person, ous, groups, providers))
    if person.status is UserStatus.LOCKED and user.status is not UserStatus.LOCKED:
        await tenant.users.lock(user.id)
    return user.id


def _values(
    sample: SampleTenant,
    person: Person,
    ous: Mapping[str, str],
    groups: Mapping[str, str],
    providers: Mapping[Provider, str],
) -> dict[str, object]:
    links = tuple(
        FederatedIdentity(
            identity_provider_id=providers[link.provider],
            external_id=f"{link.provider}|{person.username}",
            linked_at=_LINKED_AT,
            primary=link.primary,
        )
        for link in person.links
    )
    names = (person.first_name, person.last_name)
    return {
        "username": person.username,
        "email": f"{person.username}@{sample.domain}",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "display_name": " ".join(name for name in names if name),
        "phone": person.phone,
        "locale": person.locale,
        "timezone": person.timezone,
        "email_verified": person.status is not UserStatus.PENDING_EMAIL_VERIFICATION,
        "own_status": person.status if person.status in OWN_STATUSES else None,
        "identity_source": person.source,
        "federated_identities": links,
        "mfa_enabled": person.mfa,
        "mfa_factors": (b"totp:sample",) if person.mfa else (),
        "custom_attributes": person.custom,
        "password": people.PASSWORD,
        "ou_id": ous[person.ou] if person.ou else None,
        "group_ids": tuple(groups[name] for name in person.groups),
    }


async def _application(
    tenant: TenantDirectory, groups: Mapping[str, str], users: Mapping[str, str]
) -> str:
    try:
        application = await tenant.applications.by_client_id(people.CLIENT_ID)
    except NotFound:
        application = await tenant.applications.add(
            {
                "client_id": people.CLIENT_ID,
                "name": people.CLIENT_NAME,
                "scopes": people.CLIENT_SCOPES,
                "secret": people.CLIENT_SECRET,
            }
        )
    members = [groups[name] for name in people.CLIENT_GROUPS]
    members += [users[name] for name in people.CLIENT_USERS]
    await tenant.applications.add_members(application.id, members)
    return application.id
