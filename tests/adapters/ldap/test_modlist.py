"""Modifications: the least that is needed, and on slapd what was wanted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.codec import decode_fields
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING
from adapters.ldap.modlist import modifications, new_entry
from adapters.ldap.values import Entry, Modification, Scope
from gateway.domain.errors import Invalid
from gateway.domain.model import FederatedIdentity
from gateway.domain.status import FOREVER
from mappings.loader import load
from tests.adapters.ldap.conftest import person
from tests.adapters.ldap.sampling import on_slapd

USER, POSIX = load("default").user, load("posix").user
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
NEW = {"username": "ann", "email": "ann@x"}
LINKS = [
    FederatedIdentity(
        identity_provider_id="idp_" + str(n) * 32, external_id="x", linked_at=NOON, primary=n == 1
    )
    for n in range(1, 5)
]


def entry(**attributes: bytes | tuple[bytes, ...]) -> Entry:
    """An entry as it was read."""
    held = {
        "objectclass": (b"inetOrgPerson", b"dgwuser"),
        "uid": (b"ann",),
        "mail": (b"ann@x",),
        "sn": (b"-",),
        "cn": (b"ann",),
    }
    given = {k.lower(): v if isinstance(v, tuple) else (v,) for k, v in attributes.items()}
    return Entry(Dn.parse("uid=ann,dc=x"), held | given)


def test_a_new_entry_has_what_its_classes_demand() -> None:
    """Mandatory attributes without a value of their own are filled, defaults are not written."""
    assert new_entry(USER, {**NEW, "mfa_enabled": False, "identity_source": "LOCAL"}) == {
        "objectClass": (b"inetOrgPerson",),
        "uid": (b"ann",),
        "mail": (b"ann@x",),
        "sn": (b"-",),
        "cn": (b"ann",),
    }


def test_a_new_entry_has_the_auxiliary_class_where_it_is_needed() -> None:
    """Values that no standard class holds bring the class that does."""
    values = {**NEW, "timezone": "Europe/Zurich", "custom_attributes": {"title": "x", "y": 1}}
    made = new_entry(USER, values)
    assert made["objectClass"] == (b"inetOrgPerson", b"dgwUser")
    assert made["dgwTimezone"] == (b"Europe/Zurich",)
    assert made["title"] == (b"x",)
    assert made["dgwCustomAttribute"] == (b"y=1",)


@pytest.mark.parametrize("missing", ["username", "email"])
def test_a_new_entry_needs_its_required_fields(missing: str) -> None:
    """What is required is named when it is not given."""
    with pytest.raises(Invalid, match=missing):
        new_entry(USER, {name: value for name, value in NEW.items() if name != missing})


@pytest.mark.parametrize("name", ["x" * 243, "," * 100, "é" * 130])
def test_names_that_no_entry_can_have_are_refused(name: str) -> None:
    """What slapd's database has no room for in a DN is named before it is tried."""
    with pytest.raises(Invalid, match="username: is too long"):
        new_entry(USER, {**NEW, "username": name})
    with pytest.raises(Invalid, match="username: is too long"):
        modifications(USER, entry(), {"username": name})
    other = Entry(Dn.parse("cn=ann,dc=x"), entry().attributes)
    assert modifications(USER, other, {"username": name}) == []


def test_the_name_of_a_new_entry_is_the_best_there_is() -> None:
    """`cn` is the display name, else the username."""
    assert new_entry(USER, {**NEW, "display_name": "Ann É"})["cn"] == ("Ann É".encode(),)


def test_generated_attributes_follow_their_rows() -> None:
    """A UNIX account gets a number, a home and a shell; a user name makes no path of its own."""
    made = new_entry(POSIX, {**NEW, "username": "../é b"})
    assert made["homeDirectory"] == (b"/home/..%2F%C3%A9%20b",)
    assert made["gidNumber"] == (b"100",)
    assert made["loginShell"] == (b"/bin/bash",)
    numbers = {int(new_entry(POSIX, NEW)["uidNumber"][0]) for _ in range(20)}
    assert len(numbers) > 10
    assert all(100000 <= number <= 2147483647 for number in numbers)


@pytest.mark.parametrize(
    ("old", "values", "expected"),
    [
        (entry(), {}, []),
        (entry(), {"email": "ann@x", "last_name": None, "mfa_enabled": False, "phone": None}, []),
        (entry(preferredLanguage=b"en"), {"locale": "en"}, []),
        (entry(), {"username": "other"}, [Modification("replace", "cn", (b"other",))]),
        (entry(), {"first_name": "A"}, [Modification("replace", "givenName", (b"A",))]),
        (entry(givenName=b"A"), {"first_name": None}, [Modification("replace", "givenName")]),
        (entry(sn=b"B"), {"last_name": None}, [Modification("replace", "sn", (b"-",))]),
        (
            entry(preferredLanguage=b"de"),
            {"locale": None},
            [Modification("replace", "preferredLanguage")],
        ),
        (entry(), {"email": "b@x"}, [Modification("replace", "mail", (b"b@x",))]),
        (
            entry(mail=(b"ann@x", b"c@x")),
            {"email": "b@x"},
            [
                Modification("delete", "mail", (b"ann@x", b"c@x")),
                Modification("add", "mail", (b"b@x", b"c@x")),
            ],
        ),
        (
            entry(mail=(b"ann@x", b"c@x")),
            {"email": "C@x"},
            [
                Modification("delete", "mail", (b"ann@x", b"c@x")),
                Modification("add", "mail", (b"C@x",)),
            ],
        ),
        (
            entry(mail=(b"ann@x", b"c@x")),
            {"other_emails": ("c@x", "d@x")},
            [Modification("add", "mail", (b"d@x",))],
        ),
        (
            entry(mail=(b"ann@x", b"c@x", b"d@x")),
            {"other_emails": ("d@x",)},
            [Modification("delete", "mail", (b"c@x",))],
        ),
        (
            entry(mail=(b"ann@x", b"c@x", b"d@x")),
            {"email": "d@x", "other_emails": ("ANN@x", "D@x", "c@x", "ann@x")},
            [
                Modification("delete", "mail", (b"ann@x", b"c@x", b"d@x")),
                Modification("add", "mail", (b"d@x", b"ANN@x", b"c@x")),
            ],
        ),
        (
            entry(mail=(b"ann@x", b"c@x")),
            {"email": "ann@x", "other_emails": ()},
            [Modification("delete", "mail", (b"c@x",))],
        ),
        (
            entry(telephoneNumber=(b"1", b"2")),
            {"phone": None},
            [Modification("replace", "telephoneNumber")],
        ),
        (entry(), {"password": "p"}, [Modification("replace", "userPassword", (b"p",))]),
        (
            entry(pwdAccountLockedTime=b"20240101120000Z"),
            {"locked_at": None},
            [Modification("delete", "pwdAccountLockedTime")],
        ),
        (entry(), {"locked_at": None}, []),
        (
            entry(),
            {"locked_at": FOREVER},
            [Modification("replace", "pwdAccountLockedTime", (b"000001010000Z",))],
        ),
    ],
)
def test_only_what_changes_is_modified(
    old: Entry, values: dict[str, object], expected: list[Modification]
) -> None:
    """Unchanged fields are not touched; first values go first; locks go as slapd wants it."""
    assert modifications(USER, old, values) == expected


def test_many_values_come_and_go_one_by_one() -> None:
    """Links are added and deleted singly, and what nobody can read stays."""
    odd = b"odd"
    written = new_entry(USER, {**NEW, "federated_identities": LINKS})["dgwFederatedIdentity"]
    # The same link, as an LDAP tool may have written its time.
    other = written[1].replace(b"20240101120000Z", b"2024010112Z")
    old = entry(dgwFederatedIdentity=(odd, written[0], other))
    assert modifications(USER, old, {"federated_identities": LINKS[1:3]}) == [
        Modification("delete", "dgwFederatedIdentity", (written[0],)),
        Modification("add", "dgwFederatedIdentity", (written[2],)),
    ]
    assert modifications(USER, old, {"federated_identities": LINKS[:2]}) == []
    assert modifications(USER, old, {"federated_identities": None}) == [
        Modification("delete", "dgwFederatedIdentity", (written[0], other))
    ]


def test_the_auxiliary_class_is_added_when_first_needed() -> None:
    """An entry that a tool has made gets the class together with the first value for it."""
    old = entry(objectClass=(b"inetOrgPerson",))
    assert modifications(USER, old, {"timezone": "Asia/Tokyo"}) == [
        Modification("add", "objectClass", (b"dgwUser",)),
        Modification("replace", "dgwTimezone", (b"Asia/Tokyo",)),
    ]
    assert modifications(USER, old, {"first_name": "A", "timezone": None}) == [
        Modification("replace", "givenName", (b"A",))
    ]


def test_a_generated_name_follows_unless_somebody_has_put_another() -> None:
    """`cn` follows the display name; what an LDAP tool wrote there stays."""
    change = {"display_name": "Ann"}
    follow = Modification("replace", "cn", (b"Ann",))
    assert follow in modifications(USER, entry(), change)
    assert follow not in modifications(USER, entry(cn=b"Somebody"), change)
    assert follow not in modifications(USER, entry(cn=(b"ann", b"nick")), change)
    named = Entry(Dn.parse("cn=ann,dc=x"), entry().attributes)
    assert follow not in modifications(USER, named, change)
    back = modifications(USER, entry(displayName=b"Ann", cn=b"Ann"), {"display_name": None})
    assert Modification("replace", "cn", (b"ann",)) in back
    assert not modifications(POSIX, entry(homeDirectory=b"/home/ann", cn=b"x"), {"username": "b"})


@pytest.mark.parametrize(
    ("old", "custom", "expected"),
    [
        (entry(dgwCustomAttribute=b"a=1"), {"a": 1}, []),
        (entry(dgwCustomAttribute=b"a=1"), {"a": True}, [
            Modification("delete", "dgwCustomAttribute", (b"a=1",)),
            Modification("add", "dgwCustomAttribute", (b"a=true",)),
        ]),
        (entry(dgwCustomAttribute=(b"a=1", b"a=2", b"b=1")), {"b": 1}, [
            Modification("delete", "dgwCustomAttribute", (b"a=1", b"a=2")),
        ]),
        (entry(dgwCustomAttribute=(b"odd", b"b=1")), None, [
            Modification("delete", "dgwCustomAttribute", (b"b=1",)),
        ]),
        (entry(title=(b"x", b"second")), {"title": "y"}, [
            Modification("delete", "title", (b"x", b"second")),
            Modification("add", "title", (b"y", b"second")),
        ]),
        (entry(title=b"x"), {}, [Modification("replace", "title")]),
        (entry(title=b"x"), {"title": 5}, [
            Modification("add", "dgwCustomAttribute", (b"title=5",)),
            Modification("replace", "title"),
        ]),
        (entry(dgwCustomAttribute=b"title=5"), {"title": "x"}, [
            Modification("delete", "dgwCustomAttribute", (b"title=5",)),
            Modification("replace", "title", (b"x",)),
        ]),
    ],
)  # fmt: skip
def test_custom_attributes_change_by_name(
    old: Entry, custom: object, expected: list[Modification]
) -> None:
    """Names that do not change are not touched, and a value moves to where it belongs."""
    assert modifications(USER, old, {"custom_attributes": custom}) == expected


texts = st.text(st.characters(codec="utf-8"), max_size=8)
ascii_texts = st.text(st.sampled_from("abAB-@.1"), max_size=8)
wanted = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.none() | texts,
        "last_name": st.none() | texts,
        "display_name": st.none() | texts,
        "email": ascii_texts,
        "other_emails": st.lists(
            st.sampled_from(["b@x", "c@x", "C@x", "d@x"]), max_size=4, unique_by=str.lower
        ).map(tuple),
        "phone": st.none() | ascii_texts,
        "locale": st.none() | st.sampled_from(["en", "de"]),
        "mfa_enabled": st.booleans(),
        "own_status": st.sampled_from([None, "DISABLED"]),
        "locked_at": st.sampled_from([None, FOREVER, NOON]),
        "tokens_valid_from": st.sampled_from([None, NOON, NOON + timedelta(1)]),
        "federated_identities": st.lists(st.sampled_from(LINKS), unique=True).map(tuple),
        "custom_attributes": st.dictionaries(
            st.sampled_from(["title", "mobile", "a", "b=", ""]),
            st.one_of(texts, st.integers(), st.lists(st.booleans(), max_size=2)),
            max_size=4,
        ),
    },
)


@on_slapd
@given(st.lists(wanted, min_size=2, max_size=3))
async def test_on_slapd_the_fields_are_as_wanted(
    client: LdapClient, place: Dn, steps: list[dict[str, object]]
) -> None:
    """Step by step each change leaves the named fields as wanted and all others as they were."""
    async with person(client, place, objectClass=b"inetOrgPerson", mail=b"x@x") as dn:
        for values in steps:
            (old,) = await client.search(dn, Scope.BASE, EVERYTHING, USER.attributes)
            before = decode_fields(USER, old)
            try:
                changes = modifications(USER, old, values)
            except Invalid:
                continue
            await client.modify(dn, changes)
            (new,) = await client.search(dn, Scope.BASE, EVERYTHING, USER.attributes)
            after = decode_fields(USER, new)
            kept = {"version", "updated_at", "failed_at"}
            for name in after.keys() - kept:
                expected = values.get(name, before[name])
                if name == "other_emails":
                    first = str(after["email"]).lower()
                    expected = tuple(each for each in expected if each.lower() != first)  # type: ignore[attr-defined] # a tuple of texts
                if name == "federated_identities":
                    assert set(after[name]) == set(expected)  # type: ignore[call-overload] # both are tuples
                else:
                    assert after[name] == expected, name
            assert not modifications(USER, new, values)
