"""The commonest questions of identity providers cost the directory one indexed search."""

from datetime import UTC, datetime

import pytest

from adapters.ldap.queries import Context, translate
from adapters.scim.documents import Documents
from adapters.scim.filters import FilterLimits, parse, transpile_group, transpile_user
from gateway.domain.ids import Kind
from mappings.loader import load
from tests.adapters.scim.filters.people import PROVIDER

MAPPINGS = load("default")
DOCUMENTS = Documents(MAPPINGS)
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DISABLED = (
    "(|(dgwStatus=PENDING_EMAIL_VERIFICATION)(dgwStatus=PENDING_APPROVAL)(dgwStatus=DISABLED))"
)
SINCE = "(&(modifyTimestamp>=20231231220000Z)(!(modifyTimestamp=20231231220000Z)))"
GIVEN = "2024-01-01T00:00:00+02:00"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('userName eq "Ann@Example.org"', "(uid=ann@example.org)"),
        ('externalId eq "00u1"', rf"(dgwFederatedIdentity={PROVIDER}\20*\2000u1)"),
        ('emails eq "Ann@Example.org"', "(mail=ann@example.org)"),
        ('emails.value eq "ann@example.org"', "(mail=ann@example.org)"),
        ('emails[type eq "work"].value eq "ann@example.org"', "(mail=ann@example.org)"),
        (
            'emails[type eq "work" and value eq "a@b.c"] and active eq true',
            f"(&(mail=a@b.c)(!{DISABLED}))",
        ),
        (
            f'userName eq "ann" and meta.lastModified gt "{GIVEN}"',
            f"(&(uid=ann){SINCE})",
        ),
        ('userName eq "a*b"', r"(uid=a\2ab)"),
    ],
)
def test_tight_bounds(text: str, asked: str) -> None:
    """What is unique is asked for by its value, and the answer judged in the exact sense."""
    assert to_ldap(text) == (asked, False)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            'id eq "usr_00000000000000000000000000000001"',
            "(entryUUID=00000000-0000-0000-0000-000000000001)",
        ),
        ("active eq true", f"(!{DISABLED})"),
        ('active eq "False"', DISABLED),
        ("active ne true", DISABLED),
        (f'meta.lastModified gt "{GIVEN}"', SINCE),
        (f'meta.lastModified gt "{GIVEN}" and active eq false', f"(&{SINCE}{DISABLED})"),
        ('schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"', "(objectClass=*)"),
        ("id eq null", "(!(objectClass=*))"),
    ],
)
def test_exact_questions(text: str, asked: str) -> None:
    """What LDAP decides as SCIM does needs no second look."""
    assert to_ldap(text) == (asked, True)


@pytest.mark.parametrize(
    "text", ['title eq "x"', 'nickName sw "x"', f'{ENTERPRISE}:department eq "x"', "roles pr"]
)
def test_other_attributes_are_bounded(text: str) -> None:
    """Whatever else is asked, those without any such value are not looked at."""
    asked, exact = to_ldap(text)
    assert asked != "(objectClass=*)"
    assert not exact


def test_names_of_groups() -> None:
    """A group is found by its name's index."""
    context = Context(kind=Kind.GROUP, now=datetime.now(UTC))
    filter_ = transpile_group(parse('displayName eq "Sales"', FilterLimits()), DOCUMENTS, None)
    assert translate(filter_, MAPPINGS.group, context).text == "(cn=sales)"


def to_ldap(text: str) -> tuple[str, bool]:
    """The LDAP filter of a question about users, and whether it decides."""
    context = Context(kind=Kind.USER, now=datetime.now(UTC))
    filter_ = transpile_user(parse(text, FilterLimits()), DOCUMENTS, PROVIDER)
    translated = translate(filter_, MAPPINGS.user, context)
    return translated.text, translated.exact
