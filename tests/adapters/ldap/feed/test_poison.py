"""Entries that are hard to make a resource of, and some that nobody can make one of."""

import logging
from dataclasses import replace

import pytest

from adapters.ldap.feed.directory_feed import LdapFeed
from gateway.ports.feed import Held, NotHeld
from mappings.table import Mappings
from tests.adapters.ldap.feed.audience import attending
from tests.adapters.ldap.feed.following import QUICK
from tests.adapters.ldap.feed.scene import Scene, agree

pytestmark = pytest.mark.native_only

CLASSES = [b"organizationalRole", b"dgwIdentityProvider"]


async def begin(scene: Scene) -> None:
    """A tenant with room for identity providers."""
    await scene.world.begin()
    units = {"objectClass": [b"organizationalUnit"], "ou": [b"identity-providers"]}
    await scene.world.client.add(scene.world.base("a").child("ou", "identity-providers"), units)


async def provider(scene: Scene, name: str, attribute: str, value: str) -> bytes:
    """Add an identity provider; its UUID."""
    entry = await scene.world.client.add(
        scene.world.base("a").child("ou", "identity-providers").child("cn", name),
        {"objectClass": CLASSES, "cn": [name.encode()], attribute: [value.encode()]},
        post_read=["entryUUID"],
    )
    return bytes.fromhex((entry.text("entryUUID") or "").replace("-", ""))


def with_a_word_more(rows: Mappings) -> Mappings:
    """A mapping that knows a type of providers that the domain does not know."""
    provider = rows.identity_provider
    type_ = provider.field("type")
    fields = {**provider.fields, "type": replace(type_, words=(*type_.words, "KERBEROS"))}
    return replace(rows, identity_provider=replace(provider, fields=fields))


async def test_odd_words_are_read_as_the_directory_compares_them(scene: Scene) -> None:
    """Marked by a language, in letters of another width or size: such an entry is of its kind."""
    await begin(scene)
    async with attending(scene.feed) as audience:
        await audience.caught_up()
        uuids = [
            await provider(scene, "tagged", "dgwProviderType;lang-en", "OIDC"),
            await provider(scene, "wide", "dgwProviderType", "\uff2cdap"),
            await provider(scene, "long", "dgwProviderType", "\u017faml"),
        ]
        await agree(audience, scene)
        assert [type(audience.held[uuid]) for uuid in uuids] == [Held] * 3


@pytest.mark.parametrize("amid", [True, False])
async def test_an_odd_entry_ends_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture, *, amid: bool
) -> None:
    """It is no resource, is logged without what stands in it, and what follows is told."""
    await begin(scene)
    mappings = with_a_word_more(scene.backend.mappings)
    feed = LdapFeed(scene.settings, replace(scene.backend, mappings=mappings), QUICK)
    caplog.set_level(logging.DEBUG)
    uuids: list[bytes] = []

    async def add() -> None:
        uuids.append(await provider(scene, "first", "dgwProviderType", "LDAP"))
        uuids.append(await provider(scene, "secretive", "dgwProviderType", "KERBEROS"))
        uuids.append(await provider(scene, "second", "dgwProviderType", "SAML"))

    if not amid:
        await add()
    async with attending(feed) as audience:
        if amid:
            await audience.caught_up()
            await add()
        await audience.caught_up()
        await scene.world.do(("user", (("a", ""), "y")))
        await audience.caught_up()
        told = [type(audience.held[uuid]) for uuid in uuids]
        assert told == [Held, NotHeld, Held]
        assert any(getattr(one, "username", None) == "y" for one in audience.resources.values())
    odd = uuids[1].hex()
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    (warning,) = [text for text in warnings if odd in text.replace("-", "")]
    assert "ValueError" in warning
    assert "secretive" not in caplog.text
    assert "KERBEROS" not in caplog.text
