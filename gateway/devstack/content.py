"""What stands in the private directory: the sample data, synthetic users, and facts of both."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jwt import get_unverified_header

from adapters.ldap.ldif import render
from adapters.ldap.settings import Layout
from gateway.config import Settings
from gateway.container import open_services
from gateway.devstack import people, ready, sample, synthetic
from gateway.devstack.configuration import AUDIENCE, ISSUER
from gateway.devstack.processes import DevStackError
from gateway.devstack.redis import RedisServer
from gateway.devstack.slapd import SlapdServer
from gateway.devstack.state import DevState, StateFolder
from gateway.domain.ids import Kind
from gateway.domain.query import Query
from gateway.feeding import open_feeding
from gateway.mirror.apply.session import Room
from gateway.ports import Directory
from mappings.loader import load

_PATIENCE = 600.0
"""Seconds for one operation on a directory of any size."""


def fill(
    settings: Settings,
    folder: StateFolder,
    state: DevState,
    slapd: SlapdServer,
    users: int,
    doing: Callable[[str], None],
) -> DevState:
    """Put in what the state does not know of yet; what people removed since stays removed."""
    if not state.sample:
        doing("Making the sample data")
        state = replace(state, sample=asyncio.run(_make_sample(settings)))
        folder.save(state)
    if users > state.synthetic:
        doing(f"Loading {users - state.synthetic:,} synthetic users")
        slapd.stop()
        _load(folder, slapd, layout(settings), state.synthetic, users)
        slapd.start()
        state = replace(state, synthetic=users)
        folder.save(state)
    return state


async def facts(
    settings: Settings, state: DevState, slapd: SlapdServer, redis: RedisServer, pids: ready.Pids
) -> ready.Facts:
    """Everything that the ready file tells."""
    patient = settings.ldap.model_copy(update={"operation_timeout": _PATIENCE})
    settings = settings.model_copy(update={"ldap": patient})
    async with open_services(settings) as services, open_feeding(settings) as feeding:
        if services.issuer is None:
            msg = "The built-in issuer is switched off: gateway dev needs it"
            raise DevStackError(msg)
        tokens = await ready.tokens(services.issuer, state.sample)
        return ready.Facts(
            base_url=str(settings.http.public_url).rstrip("/"),
            ldap_url=slapd.url,
            ldap_suffix=settings.ldap.suffix,
            ldap_admin_dn=slapd.site.rootdn,
            ldap_admin_password=state.admin_password,
            redis_url=redis.url,
            tokens=tokens,
            tenants=await _tenants(services.directory, layout(settings), feeding.room),
            issuer=ready.IssuerFacts(
                private_key_file=str(settings.tokens.builtin.private_key_file),
                kid=str(get_unverified_header(tokens["super_admin"])["kid"]),
                issuer=ISSUER,
                audience=AUDIENCE,
            ),
            pids=pids,
        )


def layout(settings: Settings) -> Layout:
    """Where things stand in the private directory."""
    return Layout(settings.ldap, load(settings.ldap.mapping))


async def _make_sample(settings: Settings) -> dict[str, str]:
    async with open_services(settings) as services:
        return await sample.ensure(services.directory)


async def _tenants(
    directory: Directory, places: Layout, mirror: Room
) -> tuple[ready.TenantFacts, ...]:
    """All tenants, those of the sample data first and in their order."""
    order = {tenant.slug: place for place, tenant in enumerate(people.TENANTS)}
    found = (await directory.tenants.find(Query(limit=None))).items
    facts = []
    for tenant in sorted(found, key=lambda each: (order.get(each.slug, len(order)), each.slug)):
        users = await _users(directory, tenant.id, mirror)
        base = places.tenants.child("o", tenant.slug)
        facts.append(
            ready.TenantFacts(id=tenant.id, slug=tenant.slug, base_dn=str(base), users=users)
        )
    return tuple(facts)


async def _users(directory: Directory, tenant_id: str, mirror: Room) -> int:
    """How many users a tenant has, from the mirror where that is believed."""
    epoch = await mirror.truth.believed()
    standing = None if epoch is None else await mirror.store.standing(tenant_id)
    if standing is not None and standing.complete and standing.epoch == epoch:
        return standing.counts.get(Kind.USER, 0)
    return (await (await directory.tenant(tenant_id)).users.find(Query(limit=1))).total


def _load(folder: StateFolder, slapd: SlapdServer, places: Layout, start: int, end: int) -> None:
    """Add synthetic users to the stopped server; a load that was cut off is completed."""
    there = slapd.names(synthetic.FILTER)
    password = slapd.hashed(people.PASSWORD)
    shares = zip(people.TENANTS, synthetic.shares(start), synthetic.shares(end), strict=False)
    with tempfile.NamedTemporaryFile("w", dir=folder.path, suffix=".ldif") as file:
        for tenant, first, last in shares:
            where = places.tenant(places.tenants.child("o", tenant.slug))
            place = synthetic.Place(
                slug=tenant.slug,
                people=str(where.people),
                groups=str(where.groups),
                policy=str(where.default_policy),
            )
            made = synthetic.records(place, first, last, password)
            file.write(render(record for record in made if record.dn not in there) + "\n")
        file.flush()
        slapd.load(Path(file.name))
