"""The client on a real slapd: operations, controls, binds, and what it tells of them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn, Rdn
from adapters.ldap.errors import (
    AssertionFailed,
    AttributeOrValueExists,
    EntryAlreadyExists,
    InvalidCredentials,
    NoSuchObject,
    Unavailable,
)
from adapters.ldap.filters import EVERYTHING, eq, present
from adapters.ldap.settings import LdapSettings
from adapters.ldap.values import Entry, Modification, Scope
from tests.adapters.ldap.conftest import person, remove
from tests.stack.stack import Stack

HOSTILE = 'x, y+#"\\ <>;=é '
PASSWORD = "correct horse é"


@pytest_asyncio.fixture
async def someone(client: LdapClient, place: Dn) -> AsyncIterator[Dn]:
    """A person with a password."""
    async with person(client, place, userPassword=PASSWORD.encode()) as dn:
        yield dn


async def read(client: LdapClient, dn: Dn, *attributes: str) -> Entry:
    """An entry as it is."""
    (entry,) = await client.search(dn, Scope.BASE, EVERYTHING, attributes)
    return entry


async def test_add_returns_what_the_directory_holds(client: LdapClient, place: Dn) -> None:
    """The entry comes back in the same round trip, with operational attributes (RFC 4527)."""
    dn = place.child("uid", HOSTILE)
    entry = await client.add(
        dn,
        {"objectClass": [b"inetOrgPerson"], "cn": [b"a", b"b"], "sn": [b"c"]},
        post_read=["entryUUID", "cn", "uid", "createTimestamp"],
    )
    assert entry.dn == dn
    assert entry.get("cn") == (b"a", b"b")
    assert entry.text("uid") == HOSTILE
    assert len(entry.text("entryuuid") or "") == 36
    assert entry.attributes.keys() == {"entryuuid", "cn", "uid", "createtimestamp"}
    with pytest.raises(EntryAlreadyExists):
        await client.add(dn, {"objectClass": [b"inetOrgPerson"], "cn": [b"a"], "sn": [b"c"]})
    await client.delete(dn)
    with pytest.raises(NoSuchObject):
        await client.delete(dn)


async def test_modifications_are_made_in_the_order_given(client: LdapClient, someone: Dn) -> None:
    """Several changes of one attribute keep their order, also between other attributes."""
    entry = await client.modify(
        someone,
        [
            Modification("add", "description", (b"a", b"b")),
            Modification("add", "title", (b"x",)),
            Modification("delete", "description", (b"a",)),
            Modification("add", "description", (b"a",)),
            Modification("replace", "title"),
        ],
        post_read=["description", "title"],
    )
    assert entry.get("description") == (b"b", b"a")
    assert entry.get("title") == ()
    with pytest.raises(AttributeOrValueExists):
        await client.modify(
            someone,
            [
                Modification("add", "description", (b"a",)),
                Modification("delete", "description", (b"a",)),
            ],
        )


async def test_any_octets_are_values(client: LdapClient, someone: Dn) -> None:
    """Values are octets; nothing is taken for text on the way."""
    octets = bytes(range(256))
    change = Modification("add", "dgwMfaFactor", (octets,))
    entry = await client.modify(someone, [change], post_read=["dgwMfaFactor"])
    assert entry.get("dgwMfaFactor") == (octets,)


async def test_a_stale_assertion_changes_nothing(client: LdapClient, someone: Dn) -> None:
    """The directory itself decides whether the entry is still the one that was read (RFC 4528)."""
    csn = (await read(client, someone, "entryCSN")).text("entryCSN") or ""
    fresh = eq("entryCSN", csn)
    change = Modification("replace", "title", (b"x",))
    await client.modify(someone, [change], assertion=fresh)
    for stale in (
        client.modify(someone, [Modification("replace", "title", (b"y",))], assertion=fresh),
        client.modify_dn(someone, Rdn.of("uid", uuid4().hex), assertion=fresh),
        client.delete(someone, assertion=fresh),
    ):
        with pytest.raises(AssertionFailed):
            await stale
    assert (await read(client, someone, "title")).text("title") == "x"


async def test_entries_are_renamed_and_moved(client: LdapClient, place: Dn, someone: Dn) -> None:
    """One operation renames and moves, to any name, with or without keeping the old value."""
    elsewhere = place.child("ou", HOSTILE)
    await client.add(elsewhere, {"objectClass": [b"organizationalUnit"]})
    old = someone.rdn.value("uid")
    rdn = Rdn.of("uid", HOSTILE)
    entry = await client.modify_dn(someone, rdn, new_superior=elsewhere, post_read=["uid"])
    assert entry.dn == elsewhere.below(rdn)
    assert entry.text("uid") == HOSTILE
    moved = await client.modify_dn(
        entry.dn, Rdn.of("cn", "id"), new_superior=place, delete_old_rdn=False, post_read=["uid"]
    )
    assert moved.dn == place.child("cn", "id")
    assert moved.text("uid") == HOSTILE != old
    await client.delete(moved.dn)
    await remove(client, elsewhere)


async def test_searches_name_scope_attributes_and_limit(client: LdapClient, place: Dn) -> None:
    """What comes back is what was asked for, and never half of it without a word."""
    base = place.child("ou", uuid4().hex)
    await client.add(base, {"objectClass": [b"organizationalUnit"]})
    for name in ("a", "b", "c"):
        await client.add(base.child("ou", name), {"objectClass": [b"organizationalUnit"]})
    assert len(await client.search(base, Scope.SUBTREE, EVERYTHING, ["ou"])) == 4
    one = await client.search(base, Scope.ONE, EVERYTHING, ())
    assert [entry.attributes for entry in one] == [{}, {}, {}]
    (found,) = await client.search(base, Scope.SUBTREE, "(ou=b)", ["OU", "structuralObjectClass"])
    assert found.attributes == {"ou": (b"b",), "structuralobjectclass": (b"organizationalUnit",)}
    assert len(await client.search(base, Scope.ONE, EVERYTHING, (), size_limit=2)) == 2
    with pytest.raises(NoSuchObject) as refused:
        await client.search(base.child("ou", "z"), Scope.BASE, EVERYTHING, ())
    assert Dn.parse(refused.value.matched_dn) == base
    await remove(client, base)


async def test_a_large_value_crosses_in_both_directions(client: LdapClient, someone: Dn) -> None:
    """Messages larger than any buffer are put together."""
    octets = b"x" * 3_000_000
    change = Modification("replace", "dgwMfaFactor", (octets,))
    entry = await client.modify(someone, [change], post_read=["dgwMfaFactor"])
    assert entry.get("dgwMfaFactor") == (octets,)
    assert (await read(client, someone, "dgwMfaFactor")).get("dgwMfaFactor") == (octets,)


async def test_binds_tell_right_from_wrong(client: LdapClient, place: Dn, someone: Dn) -> None:
    """A bind says whether the password is right; what is not there is as wrong as the rest."""
    assert (await client.bind(someone, PASSWORD)).ok
    assert not (await client.bind(someone, PASSWORD + " ")).ok
    assert not (await client.bind(place.child("uid", "nobody"), PASSWORD)).ok
    assert not (await client.bind(place, PASSWORD)).ok
    assert not (await client.bind(someone, "\ud800")).ok


async def test_an_empty_password_is_never_right(client: LdapClient, someone: Dn) -> None:
    """What a server would take for an anonymous bind is refused before it is asked."""
    assert not (await client.bind(someone, "")).ok


async def test_binds_tell_what_the_policy_says(client: LdapClient, someone: Dn) -> None:
    """A password that was reset must be changed; enough failures lock."""
    await client.modify(someone, [Modification("replace", "pwdReset", (b"TRUE",))])
    bound = await client.bind(someone, PASSWORD)
    assert (bound.ok, bound.must_change) == (True, True)
    for _ in range(5):
        await client.bind(someone, "wrong")
    assert not (await client.bind(someone, PASSWORD)).ok
    assert (await read(client, someone, "pwdAccountLockedTime")).get("pwdAccountLockedTime")


async def test_passwords_are_sent_as_they_are(client: LdapClient, place: Dn) -> None:
    """No preparation changes a password: what a tool has set is what a bind sends."""
    odd = "a\u00a0b\u00adc\ufb01 d\u0000e"
    async with person(client, place, userPassword=odd.encode()) as dn:
        assert (await client.bind(dn, odd)).ok
        assert not (await client.bind(dn, "a bcfi d\u0000e")).ok


async def test_a_bind_leaves_the_gateways_account_alone(
    client: LdapClient, someone: Dn, stack: Stack
) -> None:
    """After a bind as a user, operations still have the gateway's rights."""
    await client.bind(someone, PASSWORD)
    await client.modify(someone, [Modification("replace", "title", (b"x",))])
    entry = await read(client, someone, "modifiersName")
    assert Dn.parse(entry.text("modifiersName") or "") == Dn.parse(stack.service_dn)


async def test_relaxed_changes_reach_operational_attributes(
    client: LdapClient, someone: Dn
) -> None:
    """With the Relax Rules control also times of failures can be set."""
    change = Modification("replace", "pwdFailureTime", (b"20240101000000Z",))
    entry = await client.modify(someone, [change], post_read=["pwdFailureTime"], relax=True)
    assert entry.get("pwdFailureTime") == (b"20240101000000Z",)


async def test_every_operation_is_observed(settings: LdapSettings, place: Dn) -> None:
    """Whoever wants to measure is told name, seconds and outcome of each operation."""
    seen: list[tuple[str, str]] = []

    def observe(operation: str, seconds: float, outcome: str) -> None:
        assert 0 < seconds < 60
        seen.append((operation, outcome))

    observed = LdapClient(settings, observe=observe)
    await observed.ping()
    with pytest.raises(NoSuchObject):
        await observed.delete(place.child("ou", "nothing"))
    await observed.bind(place, "x")
    await observed.close()
    assert seen == [("search", "success"), ("delete", "noSuchObject"), ("bind", "refused")]


async def test_an_account_that_cannot_log_in_is_told(settings: LdapSettings) -> None:
    """A wrong password of the gateway itself is no missing server."""
    wrong = LdapClient(settings.model_copy(update={"bind_dn": "cn=nobody,dc=example,dc=org"}))
    with pytest.raises(InvalidCredentials, match="account"):
        await wrong.ping()
    await wrong.close()


async def test_the_first_server_that_answers_is_used(settings: LdapSettings) -> None:
    """A server that is down is passed over; with none left the directory is unavailable."""
    several = f"ldap://127.0.0.1:1 {settings.url}"
    client = LdapClient(settings.model_copy(update={"url": several}))
    await client.ping()
    await client.close()
    client = LdapClient(settings.model_copy(update={"url": "ldap://127.0.0.1:1"}))
    with pytest.raises(Unavailable, match="ldap://127"):
        await client.ping()
    await client.close()


async def test_a_permissive_change_takes_what_is_there_already(
    client: LdapClient, place: Dn
) -> None:
    """A value to add that is there is no error then; so one can be deleted that may be there."""
    async with person(client, place, description=(b"a", b"b")) as dn:
        changes = [
            Modification("add", "description", (b"b", b"x")),
            Modification("delete", "description", (b"x", b"b")),
            Modification("add", "description", (b"a", b"c")),
        ]
        with pytest.raises(AttributeOrValueExists):
            await client.modify(dn, changes)
        entry = await client.modify(dn, changes, permissive=True, post_read=["description"])
        assert sorted(entry.get("description")) == [b"a", b"c"]
        with pytest.raises(AssertionFailed):
            await client.modify(dn, changes, permissive=True, assertion=eq("description", "b"))


async def test_a_search_tells_only_the_values_that_match(client: LdapClient, place: Dn) -> None:
    """Of all that was asked for (RFC 3876); an attribute that nothing is said of has none."""
    async with person(client, place, description=(b"a", b"b", b"(*\\)"), mail=b"m@x") as dn:
        wanted = [eq("description", "(*\\)"), eq("description", "B"), present("entryUUID")]
        attributes = ["description", "mail", "entryUUID"]
        (entry,) = await client.search(dn, Scope.BASE, EVERYTHING, attributes, matched=wanted)
        assert sorted(entry.get("description")) == [b"(*\\)", b"b"]
        assert entry.get("mail") == ()
        assert len(entry.text("entryUUID") or "") == 36
