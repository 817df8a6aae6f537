"""Filters of the domain on a real slapd: nothing that is meant is missed, nothing exact is more."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.codec import decode_fields
from adapters.ldap.dn import Dn
from adapters.ldap.filters import EVERYTHING, NOTHING
from adapters.ldap.queries import Context, Translated, translate, undecided
from adapters.ldap.values import Entry, Scope
from gateway.domain.ids import Kind, format_id
from gateway.domain.model import Resource
from gateway.domain.predicate import Surroundings, matches
from gateway.domain.query import (
    And,
    Below,
    Compare,
    Everything,
    Filter,
    HasMember,
    IdIn,
    Judged,
    LinkedTo,
    MemberOf,
    Not,
    Or,
    Present,
    StatusIs,
    TextSearch,
)
from gateway.domain.status import LockoutPolicy, UserStatus, derive, locked_until
from mappings.loader import load
from mappings.table import Mappings, ResourceMapping
from tests.adapters.ldap.conftest import remove
from tests.adapters.ldap.sampling import on_slapd

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
IDP = "idp_" + "0a" * 16
GROUP, EMPTY = "grp_" + "1" * 32, "grp_" + "2" * 32
POLICY = LockoutPolicy(enabled=True, duration=timedelta(minutes=15))

# Values that are equal in one way of comparing and not in another.
TEXTS = [
    *("a", "A", "ab", "a b", "a  b", " a", "-", "Straße", "STRASSE", "\u017f", "s", "K", "k"),
    *("\ufb01", "fi", "e\u0301", "\u00e9", "É", "İ", "*", "(", "\\2a", "x*y", "日本", "\t", "z\rz"),
]
PHONES = ["+49 30 1", "+49301", "+49-30-1", "a-b", "1", "(1)"]
LOCALES = ["en", "EN", "de-CH", "fr"]
TIMES = [b"20240601120000Z", b"20240601115000Z", b"20240601120000.5Z", b"202406011400+0200"]
COMPARED = [
    *TEXTS,
    *PHONES,
    *LOCALES,
    "a@x",
    "A@X",
    "LOCAL",
    "scim",
    "DISABLED",
    "",
    " ",
    IDP,
    "\x00",
    "1",
    "null",
]
LINKED = ["x", "X", "y x", "primary x", "a  b", "", "\x00"]
CUSTOM = [
    *('nick="a"', "nick=null", 'n%69ck="B"', "nick=[1]", 'my name="a"', 'my%20name="A"'),
    *('title={"a":1}', 'title="ab"', "mobile=1", "manager=true", "nick", "=1", 'a.b="%"'),
]
NAMES = [
    "nick",
    "Nick",
    "my name",
    "title",
    "mobile",
    "manager",
    "a.b",
    "",
    "facsimileTelephoneNumber",
]
SPECIAL = ["federated_identities", "own_status", "identity_source", "mfa_enabled", "id", "status"]
WORDS = ["username", "email", "first_name", "last_name", "display_name", "phone", "locale"]
CLOCKS = ["created_at", "last_login_at", "deleted_at", "locked_at", "failed_at"]
CUSTOM_FIELDS = [f"custom_attributes.{name}" for name in NAMES]
FIELDS = [*WORDS, *SPECIAL, *CLOCKS, "policy_dn", "ou_id", "timezone", "email_verified"]
FIELDS += ["other_emails", *CUSTOM_FIELDS]


def attributes(number: int) -> dict[str, list[bytes]]:
    """The attributes of the n-th person: combinations, none of them alike."""
    text = TEXTS[number % len(TEXTS)]
    held: dict[str, list[bytes | None]] = {
        "objectClass": [b"inetOrgPerson", b"dgwUser"],
        "cn": [b"x"],
        "sn": [[b"-", b" - ", text.encode()][number % 3]],
        "mail": [f"{'aAbx'[number % 4]}{number}@x".encode(), b"a@x" if number == 7 else None],
        "displayName": [text.encode() if number % 4 else None],
        "givenName": [TEXTS[-number % len(TEXTS)].encode() if number % 5 else None, b"second"],
        "telephoneNumber": [PHONES[number % len(PHONES)].encode() if number % 3 else None, b"7"],
        "preferredLanguage": [LOCALES[number % 4].encode() if number % 2 else None],
        "dgwIdentitySource": [[None, b"SCIM", b"ldap", b"odd", b"LOCAL"][number % 5]],
        "dgwStatus": [[None, None, b"DISABLED", b"pending_approval", b"odd"][number % 5]],
        "dgwMfaEnabled": [[None, b"TRUE", b"FALSE"][number % 3]],
        "dgwDeletedAt": [[*TIMES, None][number % 5]],
        "pwdAccountLockedTime": [[None, *TIMES, b"000001010000Z"][number % 6]],
        "dgwFederatedIdentity": [
            [None, f"{IDP} 2024010112Z primary x".encode(), b"odd"][number % 3],
            f"{IDP} 2024010112Z secondary {LINKED[number % 5]}".encode() if number % 2 else None,
        ],
        "dgwCustomAttribute": [
            CUSTOM[number % len(CUSTOM)].encode(),
            CUSTOM[(number + 5) % len(CUSTOM)].encode() if number % 4 else None,
        ],
        "title": [text.encode() if number % 3 == 1 else None],
        "mobile": [PHONES[number % len(PHONES)].encode() if number % 5 == 1 else None],
        "facsimileTelephoneNumber": [b"1" if number % 7 == 1 else None],
        "manager": [b"cn=a,dc=x" if number % 4 == 1 else None],
    }
    return {name: [v for v in values if v] for name, values in held.items() if any(values)}


class Crowd:
    """Entries below one place, with what the domain knows of each."""

    def __init__(self, base: Dn, entries: list[Entry], mapping: ResourceMapping) -> None:
        self.base = base
        self.mapping = mapping
        self.items = {str(entry.dn): self._item(entry) for entry in entries}
        self.members = frozenset(entry.dn for entry in entries[::3])
        ids = {str(dn): self.items[str(dn)].id for dn in self.members}
        self._context = Context(
            kind=Kind.USER,
            now=NOW,
            policies={None: POLICY},
            members={MemberOf(GROUP): self.members, MemberOf(GROUP, direct=True): self.members},
        )
        self.around = Surroundings(
            searched=mapping.searchable,
            members=lambda id_: set(ids.values()) if id_ == GROUP else set(),
            direct=lambda id_: set(ids.values()) if id_ == GROUP else set(),
        )

    def __repr__(self) -> str:
        return "the crowd"

    def _item(self, entry: Entry) -> Resource:
        values: dict[str, Any] = decode_fields(self.mapping, entry)
        until = locked_until(values["locked_at"], POLICY)
        own = values["own_status"]
        values["status"] = derive(UserStatus(own) if own else None, until, NOW)
        values["id"] = format_id(Kind.USER, cast("UUID", values["id"]))
        values["ou_id"] = None
        return cast("Resource", SimpleNamespace(**values))

    def translate(self, filter_: Filter) -> Translated:
        """The filter as it is put to slapd."""
        return translate(filter_, self.mapping, self._context)

    def left(self, filter_: Filter) -> Filter:
        """What is left to decide then."""
        return undecided(filter_, self.mapping, self._context)

    def wanted(self, filter_: Filter) -> set[str]:
        """The DNs of those that the domain means."""
        return {dn for dn, item in self.items.items() if matches(filter_, item, self.around)}


@pytest_asyncio.fixture(scope="module")
async def crowd(client: LdapClient, place: Dn, mappings: Mappings) -> AsyncIterator[Crowd]:
    """Sixty people of all sorts."""
    base = place.child("ou", "asked")
    await client.add(base, {"objectClass": [b"organizationalUnit"]})
    for number in range(60):
        text = TEXTS[number % len(TEXTS)].strip() or "blank"
        await client.add(base.child("uid", f"{text}{number}"), attributes(number))
    entries = await client.search(
        base, Scope.ONE, "(objectClass=inetOrgPerson)", mappings.user.attributes
    )
    yield Crowd(base, entries, mappings.user)
    await remove(client, base)


def judged(bound: Filter) -> Filter:
    """Something that only a function can tell: whose display name is of an even length."""
    return Judged("even", bound, frozenset({"display_name"}), even)


def even(item: Any) -> bool:
    """Whether there is a display name of an even length."""
    return item.display_name is not None and len(item.display_name) % 2 == 0


compared = st.one_of(
    st.sampled_from(COMPARED),
    st.text(max_size=3),
    st.booleans(),
    st.sampled_from([NOW, NOW - timedelta(minutes=10), NOW + timedelta(microseconds=500000)]),
)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.just(Everything()),
    st.builds(
        Compare,
        st.sampled_from(FIELDS),
        st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
        compared,
    ),
    st.builds(Present, st.sampled_from(FIELDS)),
    st.builds(TextSearch, st.sampled_from(COMPARED)),
    st.builds(StatusIs, st.sampled_from(UserStatus)),
    st.builds(MemberOf, st.sampled_from([GROUP, EMPTY]), st.booleans()),
    st.builds(HasMember, st.just(GROUP)),
    st.builds(LinkedTo, st.sampled_from([IDP, "idp_x"]), st.sampled_from(LINKED)),
    st.builds(Below, st.just("ou_" + "3" * 32)),
    st.builds(IdIn, st.frozensets(st.sampled_from(["usr_" + "4" * 32, "usr_x", GROUP]))),
)
asked = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(judged, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


def by_directory(filter_: Filter) -> bool:
    """Whether a unique field is compared, where the directory's own equality counts."""
    match filter_:
        case Compare("username" | "email", "eq", _):
            return True
        case Not(term):
            return by_directory(term)
        case And(terms) | Or(terms):
            return any(map(by_directory, terms))
        case _:
            return False


@on_slapd
@example(Not(Compare("first_name", "eq", "a")))
@example(Not(Compare("identity_source", "eq", "SCIM")))
@example(Not(Present("last_name")))
@example(Compare("locale", "eq", "en"))
@example(Compare("identity_source", "eq", "LOCAL"))
@example(Compare("mfa_enabled", "eq", False))
@example(Compare("deleted_at", "gt", NOW))
@example(Not(Compare("deleted_at", "le", NOW)))
@example(TextSearch("STRASSE"))
@example(TextSearch("*"))
@example(Compare("phone", "co", "4930"))
@example(LinkedTo(IDP, "x"))
@example(Not(Or((judged(Everything()), Present("first_name")))))
@example(Not(And((judged(Everything()), Present("first_name")))))
@example(And((Not(Not(judged(Present("display_name")))), Compare("mfa_enabled", "eq", True))))
@example(Present("custom_attributes.nick"))
@example(Present("custom_attributes.my name"))
@example(Compare("custom_attributes.title", "eq", "AB"))
@example(Compare("custom_attributes.mobile", "eq", "+49301"))
@example(Compare("custom_attributes.nick", "sw", "b"))
@given(asked)
async def test_slapd_finds_what_is_meant(client: LdapClient, crowd: Crowd, filter_: Filter) -> None:
    """All that the domain means is found, and nothing else where the translation is exact."""
    translated = crowd.translate(filter_)
    filter_text = f"(&(uid=*){translated.text})"
    entries = await client.search(crowd.base, Scope.ONE, filter_text, ())
    found, wanted = {str(entry.dn) for entry in entries}, crowd.wanted(filter_)
    if by_directory(filter_):
        return
    assert wanted <= found, translated
    if translated.exact:
        assert found == wanted, translated
    assert found & crowd.wanted(crowd.left(filter_)) == wanted, crowd.left(filter_)


async def test_unique_fields_compare_as_the_directory_does(
    client: LdapClient, crowd: Crowd
) -> None:
    """A username or e-mail that is taken is found by it: whatever case, whichever value."""
    for field, value, count in (
        ("email", "A7@X", 0),
        ("email", "X7@x", 1),
        ("email", "a@X", 1),
        ("username", "AB54", 1),
        ("username", "strasse7", 0),
        ("username", "STRAßE7", 1),
        ("username", "", 0),
        ("username", "ab54\x00", 0),
    ):
        translated = crowd.translate(Compare(field, "eq", value))
        assert translated.exact is (field == "username")  # of e-mails there may be several
        entries = await client.search(crowd.base, Scope.ONE, translated.text, ())
        assert len(entries) == count, (field, value)


@pytest.mark.parametrize(
    ("filter_", "text", "exact"),
    [
        (Everything(), EVERYTHING, True),
        (Or(()), NOTHING, True),
        (Compare("identity_source", "eq", "SCIM"), "(dgwIdentitySource=SCIM)", True),
        (Compare("mfa_enabled", "eq", True), "(dgwMfaEnabled=TRUE)", True),
        (Compare("mfa_enabled", "eq", False), "(!(dgwMfaEnabled=TRUE))", True),
        (Compare("mfa_enabled", "eq", "TRUE"), NOTHING, True),
        (Compare("created_at", "ge", NOW), "(createTimestamp>=20240601120000Z)", True),
        (Compare("phone", "sw", "+49 3"), r"(telephoneNumber=\2b493*)", False),
        (Compare("phone", "co", "é"), NOTHING, False),
        (Compare("first_name", "co", "a"), "(givenName=*)", False),
        (Compare("email", "co", "@x"), "(mail=*@x*)", False),
        (Present("last_name"), "(&(sn=*)(!(sn=-)))", True),
        (Present("identity_source"), EVERYTHING, True),
        (TextSearch("\x00"), NOTHING, True),
        (MemberOf(EMPTY), NOTHING, True),
        (IdIn(frozenset({"usr_" + "0" * 32})), f"(entryUUID={UUID(int=0)})", True),
        (IdIn(frozenset({"nonsense"})), NOTHING, True),
        (Not(Compare("first_name", "co", "a")), EVERYTHING, False),
        (judged(Compare("email", "eq", "a@x")), r"(mail=a@x)", False),
        (Not(judged(Compare("email", "eq", "a@x"))), EVERYTHING, False),
        (
            Not(Or((judged(Everything()), Not(Compare("mfa_enabled", "eq", True))))),
            "(dgwMfaEnabled=TRUE)",
            False,
        ),
        (LinkedTo(IDP, "a b"), rf"(dgwFederatedIdentity={IDP}\20*\20a\20b)", False),
        (LinkedTo(IDP, ""), NOTHING, True),
        (HasMember(GROUP), NOTHING, True),
        (
            Present("custom_attributes.title"),
            r"(|(dgwCustomAttribute=title\3d*)(dgwCustomAttribute=*\25*)(title=*))",
            False,
        ),
        (
            Compare("custom_attributes.mobile", "eq", "12"),
            r"(|(dgwCustomAttribute=mobile\3d*)(dgwCustomAttribute=*\25*)(mobile=12))",
            False,
        ),
    ],
)
def test_filters_are_as_narrow_as_can_be(filter_: Filter, text: str, exact: bool) -> None:
    """Where LDAP can decide it is asked to, with its indexes."""
    context = Context(kind=Kind.USER, now=NOW)
    assert translate(filter_, load("default").user, context) == Translated(text, exact)


def test_what_ldap_has_decided_is_not_decided_again() -> None:
    """Of a conjunction only the terms are left that LDAP could not tell, and of bounds as well."""
    mapping, context = load("default").user, Context(kind=Kind.USER, now=NOW)
    told, open_ = Compare("mfa_enabled", "eq", True), Compare("first_name", "eq", "a")
    cases: list[tuple[Filter, Filter]] = [
        (told, Everything()),
        (open_, open_),
        (And((told, open_, told)), And((open_,))),
        (Or((told, open_)), Or((told, open_))),
        (judged(told), judged(Everything())),
        (And((told, judged(And((told, open_))))), And((judged(And((open_,))),))),
    ]
    assert [undecided(filter_, mapping, context) for filter_, _ in cases] == [w for _, w in cases]


def test_members_are_looked_up_beforehand() -> None:
    """A group is asked for the DN of the member that an id stands for."""
    known = Context(kind=Kind.GROUP, now=NOW, references={GROUP: Dn.parse("cn=g")})
    translated = translate(HasMember(GROUP), load("default").group, known)
    assert translated == Translated(r"(member=cn\3dg)", exact=True)


def test_references_are_looked_up_beforehand() -> None:
    """A tenant's partner is compared by the DN that its id stands for."""
    mapping, partner = load("default").tenant, "prt_" + "5" * 32
    known = Context(kind=Kind.TENANT, now=NOW, references={partner: Dn.parse("cn=p")})
    filter_ = Compare("partner_id", "eq", partner)
    assert translate(filter_, mapping, known) == Translated(r"(dgwPartner=cn\3dp)", exact=True)
    unknown = Context(kind=Kind.TENANT, now=NOW)
    assert translate(filter_, mapping, unknown) == Translated(NOTHING, exact=True)


def test_large_groups_are_left_to_the_caller() -> None:
    """A filter of thousands of names would cost more than it saves."""
    members = frozenset(Dn.parse("dc=x").child("uid", str(n)) for n in range(501))
    context = Context(kind=Kind.USER, now=NOW, members={MemberOf(GROUP): members})
    assert not translate(MemberOf(GROUP), load("default").user, context).exact


def test_unknown_fields_are_an_error() -> None:
    """A name that no row has is nobody's field."""
    with pytest.raises(KeyError):
        translate(Present("shoe_size"), load("default").user, Context(kind=Kind.USER, now=NOW))
