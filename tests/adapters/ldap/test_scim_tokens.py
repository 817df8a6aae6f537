"""SCIM tokens beside the LDAP tools: where they stand, and what of them is stored."""

import hashlib
from uuid import uuid4

import pytest

from adapters.ldap.client import LdapClient
from adapters.ldap.directory import LdapDirectory
from adapters.ldap.settings import LdapSettings
from gateway.domain.errors import NotFound
from tests.adapters.ldap.stores import directory_of
from tests.stack.entries import HandmadeTenant, done, handmade_tenant, unit
from tests.stack.stack import Stack
from tests.stack.tools import LdapTools

PROVIDER = f"idp_{'0a' * 16}"


@pytest.fixture
def directory(client: LdapClient, settings: LdapSettings) -> LdapDirectory:
    """The directory of a gateway that has just started."""
    return directory_of(client, settings)


@pytest.fixture
def admin(stack: Stack, ldap_tools: LdapTools) -> HandmadeTenant:
    """A tenant of which an administrator has made the entry alone."""
    made = handmade_tenant(stack, ldap_tools)
    done(ldap_tools.add(f"dn: {made.base}\nobjectClass: organization\no: {made.slug}\n"))
    return made


def digest() -> str:
    """What a token that nobody else has hashes to."""
    return hashlib.sha256(uuid4().bytes).hexdigest()


def written(name: str, hashed: str, parent: str) -> str:
    """A token as an administrator would write it."""
    return (
        f"dn: cn={name},{parent}\nobjectClass: organizationalRole\nobjectClass: dgwScimToken\n"
        f"cn: {name}\ndgwTokenDigest: {hashed}\ndgwProviderId: {PROVIDER}\n"
    )


async def test_the_container_is_made_when_it_is_needed(
    directory: LdapDirectory, admin: HandmadeTenant
) -> None:
    """In a tenant that has none yet, and again where an administrator took it away."""
    tenant, container = await directory.tenant(admin.slug), f"ou=scim-tokens,{admin.base}"
    for name in ("first", "second"):
        hashed = digest()
        values = {"name": name, "digest": hashed, "identity_provider_id": PROVIDER}
        made = await tenant.scim_tokens.add(values)
        assert await directory.scim_token(hashed) == made
        entry = admin.tools.read(f"cn={name},{container}")
        assert set(entry.texts("objectClass")) == {"organizationalRole", "dgwScimToken"}
        assert entry.texts("dgwTokenDigest") == (hashed,)
        done(admin.tools.delete("-r", container))
        with pytest.raises(NotFound):
            await directory.scim_token(hashed)


async def test_a_token_that_ldapadd_adds_is_one(
    directory: LdapDirectory, admin: HandmadeTenant
) -> None:
    """It is found by its digest, also under a renamed tenant, and gone with ldapdelete."""
    hashed, tenant = digest(), await directory.tenant(admin.slug)
    done(admin.tools.add(unit("scim-tokens", admin.base)))
    done(admin.tools.add(written("okta", hashed, f"ou=scim-tokens,{admin.base}")))
    found = await directory.scim_token(hashed)
    assert (found.name, found.tenant_id, found.identity_provider_id, found.expires_at) == (
        *("okta", tenant.tenant.id, PROVIDER, None),
    )
    assert await tenant.scim_tokens.get(found.id) == found
    done(admin.tools.rename(admin.base, f"o=x{admin.slug}"))
    assert (await directory.scim_token(hashed)).tenant_id == tenant.tenant.id
    done(admin.tools.delete(f"cn=okta,ou=scim-tokens,o=x{admin.slug},ou=tenants,{admin.suffix}"))
    with pytest.raises(NotFound):
        await directory.scim_token(hashed)


async def test_a_token_elsewhere_is_none(directory: LdapDirectory, admin: HandmadeTenant) -> None:
    """Only those in a tenant's own container let anybody in."""
    done(admin.tools.add(unit("people", admin.base)))
    for parent in (f"ou=people,{admin.base}", admin.base, f"ou=tenants,{admin.suffix}"):
        hashed, name = digest(), f"t{uuid4().hex}"
        done(admin.tools.add(written(name, hashed, parent)))
        with pytest.raises(NotFound):
            await directory.scim_token(hashed)
        done(admin.tools.delete(f"cn={name},{parent}"))
