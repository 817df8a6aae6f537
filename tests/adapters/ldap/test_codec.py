"""Codecs: what goes into an attribute comes back, or is refused by name; nothing odd breaks."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ldap.client import LdapClient
from adapters.ldap.codec import decode, decode_fields, encode
from adapters.ldap.dn import Dn, InvalidDn
from adapters.ldap.values import Entry, Modification
from gateway.domain.errors import Invalid
from gateway.domain.model import FederatedIdentity, IdentitySource, ProviderType
from gateway.domain.status import FOREVER, OWN_STATUSES
from mappings.table import SEVERAL, Codec, Field, Mappings, Values
from tests.adapters.ldap.conftest import person
from tests.adapters.ldap.sampling import on_slapd, seconds

IDP = "idp_" + "0a" * 16
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
texts = st.text(st.one_of(st.characters(), st.sampled_from("\x00\ud800\udcff \t-'é")), max_size=40)


def dns(pairs: list[str]) -> Dn | None:
    """A DN with these values, as far as they can be in one."""
    try:
        dn = Dn()
        for value in pairs:
            dn = dn.child("cn", value)
    except InvalidDn:
        return None
    return dn if all(pair.storable for pair in dn.rdns) and dn.rdns else None


ROWS: Mapping[Codec, Field] = {
    codec: Field(name="thing", attribute=attribute, codec=codec)
    for codec, attribute in {
        Codec.TEXT: "displayName",
        Codec.IA5: "mail",
        Codec.TELEPHONE: "telephoneNumber",
        Codec.BOOLEAN: "dgwMfaEnabled",
        Codec.TIME: "dgwTokensValidFrom",
        Codec.LOCK: "pwdAccountLockedTime",
        Codec.REFERENCE: "seeAlso",
        Codec.LINK: "dgwFederatedIdentity",
        Codec.OPAQUE: "dgwMfaFactor",
    }.items()
} | {
    Codec.ENUM: Field(
        name="thing", attribute="dgwStatus", codec=Codec.ENUM, words=("DISABLED", "OTHER")
    )
}
VALUES: Mapping[Codec, st.SearchStrategy[object]] = {
    Codec.TEXT: texts,
    Codec.IA5: st.one_of(texts, st.text(st.characters(max_codepoint=127))),
    Codec.TELEPHONE: st.one_of(texts, st.text("0123456789 ()-+./:?,='abZ")),
    Codec.BOOLEAN: st.booleans(),
    Codec.TIME: seconds,
    Codec.LOCK: st.one_of(seconds, st.just(FOREVER)),
    Codec.REFERENCE: st.lists(texts.filter(str.strip), min_size=1, max_size=3).map(dns),
    Codec.LINK: st.builds(
        FederatedIdentity,
        identity_provider_id=st.just(IDP),
        external_id=texts,
        linked_at=seconds,
        primary=st.booleans(),
    ),
    Codec.OPAQUE: st.binary(),
    Codec.ENUM: st.sampled_from(["DISABLED", "OTHER", "disabled", "ELSE"]),
}
samples = st.sampled_from(sorted(ROWS)).flatmap(
    lambda codec: st.tuples(st.just(ROWS[codec]), VALUES[codec])
)


@pytest_asyncio.fixture(scope="module")
async def someone(client: LdapClient, place: Dn) -> AsyncIterator[Dn]:
    """An entry for values to be written into."""
    async with person(client, place) as dn:
        yield dn


@on_slapd
@example((ROWS[Codec.TEXT], " x  y "))
@example((ROWS[Codec.TEXT], "\r\n\t\x7f"))
@example((ROWS[Codec.TEXT], "e\u0301"))
@example((ROWS[Codec.IA5], "a b"))
@example((ROWS[Codec.TELEPHONE], "--"))
@given(samples)
async def test_what_is_written_reads_back_or_is_refused(
    client: LdapClient, someone: Dn, sample: tuple[Field, object]
) -> None:
    """Each value that is not refused comes back from slapd as it was, octet by octet."""
    row, value = sample
    try:
        octets = encode(row, value)
    except Invalid:
        return
    change = Modification("replace", row.attribute, octets)
    entry = await client.modify(someone, [change], post_read=[row.attribute], relax=True)
    assert decode(row, entry.get(row.attribute)) == value


async def test_every_octet_comes_back_in_text(client: LdapClient, someone: Dn) -> None:
    """All characters of one octet but NUL are kept, within a text and at its ends."""
    row = ROWS[Codec.TEXT]
    for code in range(1, 256):
        value = f"{chr(code)}a{chr(code)}"
        change = Modification("replace", row.attribute, encode(row, value))
        entry = await client.modify(someone, [change], post_read=[row.attribute])
        assert decode(row, entry.get(row.attribute)) == value


@given(st.sampled_from(sorted(Codec)), st.lists(st.binary()), st.sampled_from(sorted(Values)))
def test_no_octets_break_reading(codec: Codec, held: list[bytes], values: Values) -> None:
    """Whatever stands in an attribute, it reads as a value or as absent."""
    row = Field(name="thing", attribute="x", codec=codec, values=values, words=("A",))
    value = decode(row, tuple(held))
    assert isinstance(value, tuple) == (values in SEVERAL)


@pytest.mark.parametrize(
    ("codec", "value", "reason"),
    [
        (Codec.TEXT, "", "must not be blank"),
        (Codec.TEXT, " \t", "must not be blank"),
        (Codec.TEXT, "a\x00b", "must not have the character NUL"),
        (Codec.TEXT, "\ud800", "has characters that are no Unicode text"),
        (Codec.TEXT, 5, "is no text"),
        (Codec.TEXT, "x" * 257, "is longer than 256 characters"),
        (Codec.IA5, "ä@example.org", "may have ASCII characters only"),
        (Codec.TELEPHONE, "+49 *7", "may have letters, digits, blanks and '()+,-./:=? only"),
        (Codec.BOOLEAN, "TRUE", "is no boolean"),
        (Codec.TIME, "now", "is no time with a zone"),
        (Codec.ENUM, "ELSE", "is none of DISABLED, OTHER"),
        (Codec.REFERENCE, "cn=x", "is no name of an entry"),
        (Codec.OPAQUE, b"", "is no octets"),
        (Codec.LINK, "x", "is no link"),
        (
            Codec.LINK,
            FederatedIdentity(identity_provider_id="x y", external_id="a", linked_at=NOON),
            "is no link",
        ),
    ],
)
def test_what_ldap_cannot_hold_is_refused_by_name(codec: Codec, value: object, reason: str) -> None:
    """A refusal names the field and says what is wrong with the value."""
    with pytest.raises(Invalid) as refused:
        encode(ROWS[codec], value)
    assert [(p.loc, p.message) for p in refused.value.problems] == [(("body", "thing"), reason)]


def test_defaults_and_placeholders_stand_for_absence() -> None:
    """The default is stored as nothing, an absent value as the placeholder that is demanded."""
    locale = Field(name="locale", attribute="x", default="en")
    assert encode(locale, "en") == encode(locale, None) == ()
    assert decode(locale, ()) == "en"
    assert encode(locale, "de") == (b"de",)
    surname = Field(name="last_name", attribute="sn", placeholder="-")
    assert encode(surname, None) == (b"-",)
    assert decode(surname, (b"-",)) is decode(surname, (b" - ",)) is None
    with pytest.raises(Invalid, match="stands for an absent value"):
        encode(surname, "-")
    with pytest.raises(Invalid, match="must not be empty"):
        encode(Field(name="email", attribute="mail", required=True), None)


def test_first_and_many_values() -> None:
    """Of several values one is shown, or all that can be read."""
    assert decode(ROWS[Codec.TEXT], (b"a", b"b")) == "a"
    many = replace(ROWS[Codec.TIME], values=Values.MANY)
    assert decode(many, (b"20240101120000Z", b"odd")) == (NOON,)
    assert decode(many, ()) == ()
    assert encode(many, [NOON, NOON, NOON + timedelta(1)]) == (
        b"20240101120000Z",
        b"20240102120000Z",
    )
    with pytest.raises(Invalid, match="is no list"):
        encode(replace(ROWS[Codec.TEXT], values=Values.MANY), "text")


def test_links_that_nobody_can_read_are_left_out() -> None:
    """An odd link breaks no user, and shows no half of a link."""
    link = replace(ROWS[Codec.LINK], values=Values.MANY)
    good = FederatedIdentity(identity_provider_id=IDP, external_id="a b", linked_at=NOON)
    odd = (b"", b"x", f"{IDP} now primary x".encode(), f"{IDP} 20240101120000Z second x".encode())
    assert decode(link, (*odd, *encode(link, [good]))) == (good,)


def test_words_of_the_mapping_are_those_of_the_domain(mappings: Mappings) -> None:
    """Enumerations are stored under the names that the domain has for them."""
    assert set(mappings.user.fields["own_status"].words) == set(OWN_STATUSES)
    assert mappings.user.fields["identity_source"].words == tuple(IdentitySource)
    assert mappings.identity_provider.fields["type"].words == tuple(ProviderType)


def test_unknown_words_read_as_absent_or_default(mappings: Mappings) -> None:
    """A word that an LDAP tool has invented breaks no page."""
    fields = mappings.user.fields
    assert decode(fields["own_status"], (b"gone",)) is None
    assert decode(fields["own_status"], (b" disabled",)) == "DISABLED"
    assert decode(fields["identity_source"], (b"?",)) == "LOCAL"


def test_all_fields_of_an_entry_are_decoded(mappings: Mappings) -> None:
    """Absent attributes read as None, as the default, or as no values."""
    entry = Entry(Dn.parse("uid=a,dc=x"), {"uid": (b"a",), "mail": (b"a@x", b"b@x"), "sn": (b"-",)})
    values = decode_fields(mappings.user, entry)
    assert values.keys() == {*mappings.user.fields, "custom_attributes"}
    assert (values["username"], values["email"], values["last_name"]) == ("a", "a@x", None)
    assert values["other_emails"] == ("b@x",)
    assert (values["locale"], values["mfa_enabled"]) == (None, False)
    assert (values["federated_identities"], values["custom_attributes"]) == ((), {})
