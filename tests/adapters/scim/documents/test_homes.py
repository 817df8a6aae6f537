"""Homes: paths of mapping rows, and what fields can hold."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ldap.codec import decode, encode
from adapters.scim.documents import Documents
from adapters.scim.documents.homes import Home, Homes
from adapters.scim.documents.syntax import fits
from gateway.domain.errors import Invalid
from mappings.loader import load
from mappings.table import TEXTS, Custom, Field, Mappings, Standard
from tests.adapters.scim.documents.samples import texts

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ROWS = [row for name in ("default", "posix") for row in load(name).user.fields.values() if row.scim]


def with_path(path: str) -> Mappings:
    """The default mapping, with one standard attribute that has that path."""
    mappings = load("default")
    custom = Custom(attribute="dgwCustomAttribute", standard={"x": Standard(scim=path)})
    fields = {name: row for name, row in mappings.user.fields.items() if row.scim != path}
    user = replace(mappings.user, custom=custom, fields=MappingProxyType(fields))
    return replace(mappings, user=user)


@pytest.mark.parametrize(
    ("path", "attribute", "type_", "sub"),
    [
        ("title", "title", None, None),
        ("name.middleName", "NAME", None, "middleName"),
        ('ims[type eq "xmpp"].value', "ims", "xmpp", "value"),
        (f"{ENTERPRISE}:division", f"{ENTERPRISE}:division", None, None),
        (f"{ENTERPRISE}:manager.value", f"{ENTERPRISE.upper()}:Manager", None, "value"),
    ],
)
def test_paths_are_read(path: str, attribute: str, type_: str | None, sub: str | None) -> None:
    """Of attributes and of elements of lists, in schemas of their own, too."""
    assert Home(name="x", type=type_, sub=sub) in Homes(with_path(path).user).of(attribute)


@pytest.mark.parametrize(
    "path",
    [
        'ims[type ne "xmpp"].value',
        "title.value",
        "name",
        "ims.value",
        'title[type eq "work"].value',
        "two words",
    ],
)
def test_paths_that_fit_no_attribute_are_refused(path: str) -> None:
    """A wrong path is told when the gateway starts, not when a value is lost."""
    with pytest.raises(ValueError, match="x: "):
        Documents(with_path(path))


@given(row=st.sampled_from([row for row in ROWS if row.codec in TEXTS]), text=texts)
def test_a_field_fits_what_the_directory_gives_back(row: Field, text: str) -> None:
    """The pure rule here and the codec of LDAP say the same."""
    several = row.values.value in ("many", "further")
    try:
        octets = encode(row, (text,) if several else text)
    except Invalid:
        kept = False
    else:
        kept = decode(replace(row, values=type(row.values).ONE), octets) == text
    assert fits(row, text) is kept
