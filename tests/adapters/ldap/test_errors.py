"""Refusals: every result code has its exception, every exception its meaning in the domain."""

import pytest

from adapters.ldap import errors
from adapters.ldap.client import LdapClient
from adapters.ldap.dn import Dn
from adapters.ldap.errors import RESULTS, LdapError, UnexpectedResult, from_result, translate
from adapters.ldap.values import Modification
from gateway.domain.errors import (
    Conflict,
    GatewayError,
    Invalid,
    NotFound,
    StaleVersion,
    Taken,
    Unavailable,
)
from gateway.domain.ids import Kind
from mappings.table import Mappings
from tests.adapters.ldap.conftest import person

# RFC 4511, 4.1.9: all codes that are assigned, but success.
CODES = (
    *(*range(1, 9), 10, 11, 12, 13, 14, *range(16, 22), 32, 33, 34, 36, *range(48, 55)),
    *(*range(64, 70), 71, 80, 118, 119, 120, 121, 122),
)


@pytest.mark.parametrize("code", CODES)
def test_every_result_code_has_its_exception(code: int) -> None:
    """The table is total, and keeps what the server has said."""
    error = from_result(code, "because", "dc=org")
    assert type(error) is RESULTS[code][1]
    assert (error.result_code, error.diagnostic, error.matched_dn) == (code, "because", "dc=org")
    assert str(error) == f"{RESULTS[code][0]} ({code}): because"


def test_codes_that_nobody_has_assigned_are_unexpected() -> None:
    """A server may say anything."""
    assert isinstance(from_result(4242), UnexpectedResult)
    assert set(RESULTS) == set(CODES)


def kinds(base: type[LdapError]) -> list[type[LdapError]]:
    """All exceptions of the tree."""
    return [base, *(one for kind in base.__subclasses__() for one in kinds(kind))]


@pytest.mark.parametrize("kind", kinds(LdapError))
def test_every_exception_means_something(kind: type[LdapError]) -> None:
    """No refusal leaves the adapter untranslated, and the sentence holds no DN or value."""
    error = kind(80, "other", "uid=secret,dc=example: value #0 is bad", "dc=example")
    for fields in (None, {"uid": "username"}):
        meaning = translate(error, kind=Kind.USER, fields=fields, name_field="username")
        assert isinstance(meaning, GatewayError)
        assert "secret" not in meaning.detail
        assert "dc=" not in meaning.detail


def test_the_drawing_shows_every_exception() -> None:
    """The tree at the top of the module is the tree."""
    assert errors.__doc__
    drawn = {line.split()[0] for line in errors.__doc__.splitlines() if line.startswith("      ")}
    assert drawn == {kind.__name__ for kind in kinds(LdapError)} - {"LdapError"}


@pytest.mark.parametrize(
    ("code", "diagnostic", "kind", "detail"),
    [
        (32, "", NotFound, "User not found"),
        (122, "", StaleVersion, "The resource was changed meanwhile"),
        (68, "", Taken, "This username is already in use"),
        (19, "non-unique attributes found with (|(mail=x))", Taken, "This email is already in use"),
        (19, "non-unique attributes found with (|(x=mail))", Taken, "This email is already in use"),
        (
            19,
            "Password is in history of old passwords",
            Invalid,
            "password: Password is",
        ),
        (19, "displayName: multiple values provided", Invalid, "username: is not a value"),
        (21, "telephoneNumber: value #0 invalid per syntax", Invalid, "phone: is not a value"),
        (34, "invalid DN", Invalid, "username: is not a value"),
        (65, "object class 'inetOrgPerson' requires attribute 'sn'", Invalid, "last_name: "),
        (65, "no structural class", Conflict, "does not allow"),
        (66, "subordinate objects must be deleted first", Conflict, "entries below"),
        (51, "", Unavailable, "does not answer: busy"),
        (50, "", Unavailable, "not set up for the gateway: insufficientAccessRights"),
        (17, "zz: attribute type undefined", Unavailable, "not set up for the gateway"),
    ],
)
def test_refusals_are_translated(
    code: int, diagnostic: str, kind: type[GatewayError], detail: str
) -> None:
    """What slapd says becomes the error of the field, the entry or the server that it is about."""
    fields = {"mail": "email", "telephonenumber": "phone", "sn": "last_name", "uid": "username"}
    meaning = translate(
        from_result(code, diagnostic), kind=Kind.USER, fields=fields, name_field="username"
    )
    assert type(meaning) is kind
    assert detail in meaning.detail


@pytest.mark.parametrize(
    ("attribute", "value", "field"),
    [
        ("telephoneNumber", "é".encode(), "phone"),
        ("mail", "é".encode(), "email"),
        ("userPassword", b"abc", "password"),
        ("dgwMfaEnabled", b"perhaps", "mfa_enabled"),
        ("preferredLanguage", b"", "locale"),
        ("dgwCustomAttribute", b"", "custom_attributes"),
    ],
)
async def test_slapds_own_words_name_the_field(
    client: LdapClient, place: Dn, mappings: Mappings, attribute: str, value: bytes, field: str
) -> None:
    """What slapd refuses is told with the name that the field has in REST."""
    async with person(client, place) as dn:
        with pytest.raises(LdapError) as refused:
            await client.modify(dn, [Modification("replace", attribute, (value,))])
    fields = mappings.user.fields_by_attribute
    meaning = translate(refused.value, kind=Kind.USER, fields=fields)
    assert isinstance(meaning, Invalid)
    assert [problem.loc for problem in meaning.problems] == [("body", field)]
