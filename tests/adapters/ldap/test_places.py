"""Places in the tree: whose entries are, and the paths of units."""

import pytest

from adapters.ldap.dn import Dn
from adapters.ldap.places import Owner, label, path_of, placed, recognising, searched
from adapters.ldap.values import Entry
from mappings.table import Mappings

ACME, BIG = Dn.parse("o=acme,ou=tenants,dc=x"), Dn.parse("o=big,ou=tenants,dc=x")
PEOPLE = {base.child("ou", "people"): Owner(f"tnt_{n}", base) for n, base in enumerate((ACME, BIG))}


def entry(dn: str, **attributes: str) -> Entry:
    """An entry with single values."""
    return Entry(Dn.parse(dn), {name: (value.encode(),) for name, value in attributes.items()})


def test_entries_belong_to_the_container_above_them() -> None:
    """However deep and however spelled; what stands below none of them belongs to nobody."""
    found = placed(
        [
            entry("uid=a,ou=People , O=ACME,ou=tenants,dc=x"),
            entry("uid=b,ou=A,ou=B,ou=people,o=big,ou=tenants,dc=x"),
            entry("uid=c,ou=deleted,o=big,ou=tenants,dc=x"),
            entry("ou=people,o=big,ou=tenants,dc=x"),
        ],
        PEOPLE,
    )
    assert [(str(i.entry.dn.rdn), i.owner.id) for i in found] == [
        ("uid=a", "tnt_0"),
        ("uid=b", "tnt_1"),
    ]
    one = dict([next(iter(PEOPLE.items()))])
    assert placed([entry("ou=people,o=acme,ou=tenants,dc=x")], one) == []


@pytest.mark.parametrize(
    ("dn", "path"),
    [
        ("ou=A,ou=people,dc=x", "/A"),
        ("ou=B,ou=A,ou=people,dc=x", "/A/B"),
        ("ou=B/b,ou=A\\, a,ou=people,dc=x", "/A, a/B%2Fb"),
        ("ou=100%25,ou=people,dc=x", "/100%25"),
        ("ou=#0402,ou=people,dc=x", "/0402"),
    ],
)
def test_a_path_names_the_units_from_the_top(dn: str, path: str) -> None:
    """A slash inside a name is escaped, so that paths can be split."""
    assert path_of(Dn.parse(dn), Dn.parse("ou=people,dc=x")) == path


def test_an_entry_has_a_label_whatever_it_is_named_by(mappings: Mappings) -> None:
    """The value in the RDN, the first username, the e-mail, any other name."""
    rows = mappings.user
    assert label(rows, entry("uid=Ann,dc=x", uid="other", mail="m")) == "Ann"
    assert label(rows, entry("cn=X,dc=x", uid="ann", mail="m")) == "ann"
    assert label(rows, entry("cn=X,dc=x", mail="m")) == "m"
    assert label(rows, entry("cn=X,dc=x")) == "X"


def test_one_search_serves_many_bases() -> None:
    """Few bases are searched each, many from above."""
    bases = [ACME.child("ou", str(n)) for n in range(20)]
    assert searched(bases[:8], ACME) == bases[:8]
    assert searched(bases, ACME) == [ACME]


def test_a_kind_is_recognised_by_class_demands_and_words(mappings: Mappings) -> None:
    """Retired users and providers of unknown types are not of their kind."""
    assert recognising(mappings.user) == (
        "(&(objectClass=inetOrgPerson)(mail=*)(!(dgwDeletedAt=*)))"
    )
    assert recognising(mappings.group) == "(objectClass=groupOfNames)"
    types = "".join(
        f"(dgwProviderType={word})" for word in mappings.identity_provider.field("type").words
    )
    assert recognising(mappings.identity_provider) == (
        f"(&(objectClass=dgwIdentityProvider)(|{types}))"
    )
