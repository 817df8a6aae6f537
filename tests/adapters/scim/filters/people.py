"""Random users, with all that SCIM shows of them, and random questions about them."""

import json
from typing import Any

from hypothesis import strategies as st
from scim2_models import InvalidFilterException, ScimFilter

from adapters.scim.documents import Documents
from adapters.scim.filters import FilterLimits, parse, transpile_user
from adapters.scim.models import DIRECTORY, ENTERPRISE, UserResource
from gateway.domain.model import User
from gateway.domain.query import Filter
from gateway.domain.status import OWN_STATUSES
from gateway.services.tags import UserDetails
from mappings.loader import load
from tests.adapters.scim.filters.texts import OPERATORS, grown, joined, spelled

PROVIDER = "idp_" + "0" * 31 + "1"
OTHER = "idp_" + "0" * 31 + "2"
DOCUMENTS = Documents(load("default"))

WORDS = ["a", "A", "ab", "b a", "é", "E\u0301", "\u017f", "ß", "SS", "İ"]
ADDRESSES = ["a@example.org", "A@Example.org", "b@example.org", "zz@example.com"]
PHONES = ["+1 2", "+1-2", "12", "+49 30 5"]
KINDS = ["work", "WORK", "home", "other"]

words = st.sampled_from(WORDS)
kinds = st.sampled_from(KINDS)


def parts(**of: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these members, at least one."""
    return st.fixed_dictionaries({}, optional=of).filter(bool)


def lists(**of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Complex values with these sub-attributes, and with types."""
    return st.lists(parts(**of, type=kinds, primary=st.booleans()), min_size=1, max_size=3)


customs = st.fixed_dictionaries(
    {},
    optional={
        "title": words,
        "employeeType": words,
        "nickName": words,
        "departmentNumber": words,
        "costCenter": words,
        "preferredLanguage": st.sampled_from(["nl", "NL"]),
        "l": words,
        "mobile": st.sampled_from(PHONES),
        "name": parts(middleName=words, formatted=words),
        "emails": lists(value=st.sampled_from(ADDRESSES), display=words),
        "phoneNumbers": lists(value=st.sampled_from(PHONES)),
        "addresses": lists(locality=words, region=words),
        "roles": lists(value=words, display=words),
        "x509Certificates": lists(value=st.sampled_from(["AAAA", "AAE="])),
        "userType": st.sampled_from([5, "stray"]),
    },
)
people = st.fixed_dictionaries(
    {"custom_attributes": customs},
    optional={
        "first_name": words,
        "last_name": words,
        "display_name": words,
        "phone": st.sampled_from(PHONES),
        "locale": st.sampled_from(["en", "EN", "nl"]),
        "timezone": st.sampled_from(["UTC", "Europe/Berlin"]),
        "own_status": st.sampled_from(sorted(OWN_STATUSES)),
        "mfa_enabled": st.booleans(),
    },
)
"""Values of users, but for what is unique."""

_ENTERPRISE = f"{ENTERPRISE}:"
_DIRECTORY = f"{DIRECTORY}:"
_NAMED = [
    *("displayName", "title", "nickName", "userType", "name.givenName", "name.familyName"),
    *("name.middleName", "emails.display", "addresses.locality", "addresses.region", "roles"),
    *("roles.display", f"{_ENTERPRISE}department", f"{_ENTERPRISE}costCenter"),
    "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName",
]
_LABELLED = ["emails.type", "phoneNumbers.type", "addresses.type", "x509Certificates.type"]
_ADDRESSED = ["emails", "emails.value", "userName"]
TEXTS = [
    *(*_NAMED, *_LABELLED, *_ADDRESSED, "preferredLanguage", "locale", "timezone"),
    *("phoneNumbers.value", "externalId", "id", "schemas", "meta.resourceType"),
    *(f"{_ENTERPRISE}manager.value", f"{_DIRECTORY}identitySource", f"{_DIRECTORY}status"),
    *(f"{_DIRECTORY}ouPath", f"{_DIRECTORY}federatedIdentities.externalId"),
]
FLAGS = [
    *("active", "emails.primary", "roles.primary"),
    *(f"{_DIRECTORY}mfaEnabled", f"{_DIRECTORY}emailVerified"),
]
TIMES = ["meta.created", "meta.lastModified", f"{_DIRECTORY}federatedIdentities.linkedAt"]
WHOLE = ["emails", "name", "addresses", "roles", "meta", "phoneNumbers", "x509Certificates"]
SELECTED = {
    "emails": ["value", "type", "display"],
    "phoneNumbers": ["value", "type"],
    "addresses": ["locality", "region", "type"],
    "roles": ["value", "display", "type"],
}
MOMENTS = [
    *("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00", "2024-06-01"),
    *("2999-01-01T00:00:00-11:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
]
ASKED = [
    *(*WORDS, *ADDRESSES, *PHONES, *KINDS, "", "en", "User", "SCIM", "ACTIVE", "acc 1", "ACC 1"),
    *(ENTERPRISE, DIRECTORY.upper(), "nl", "u1", "u1@example.org", "%", "*", "a\x00", "\ud800"),
]


def quoted(values: list[str]) -> st.SearchStrategy[str]:
    """JSON texts of these values."""
    return st.sampled_from([json.dumps(one) for one in values])


asked = quoted(ASKED) | st.just("null")


def cased(names: list[str]) -> st.SearchStrategy[str]:
    """Names, in some case."""
    return spelled(names)


def compared(paths: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Comparisons of these attributes."""
    return joined(cased(paths), " ", spelled(OPERATORS), " ", values)


_flags = st.sampled_from(["true", "false", '"True"', "null"])
_inside = st.sampled_from(sorted(SELECTED)).flatmap(
    lambda top: joined(
        top,
        "[",
        grown(
            st.one_of(
                compared(SELECTED[top], asked),
                compared(SELECTED[top], quoted([*WORDS, *ADDRESSES, *PHONES])),
                compared(["type"], quoted(KINDS)),
                joined(cased(SELECTED[top]), " pr"),
                compared(["primary"], _flags),
            ),
            3,
        ),
        "]",
    )
)
questions = grown(
    st.one_of(
        compared(TEXTS, asked),
        compared(_NAMED, quoted(WORDS)),
        compared(_LABELLED, quoted(KINDS)),
        compared(_ADDRESSED, quoted([*ADDRESSES, "a", "@", "example.org", "u1"])),
        compared(["phoneNumbers"], quoted([*PHONES, "+1", "2"])),
        compared(FLAGS, _flags),
        compared(TIMES, quoted(MOMENTS) | st.just("null")),
        compared(["x509Certificates"], st.sampled_from(['"AAAA"', '"AAA="', "null"])),
        joined(cased([*TEXTS, *FLAGS, *TIMES, *WHOLE]), " pr"),
        _inside,
        joined(st.sampled_from(["emails", "roles"]), '[type eq "work"].value eq ', asked),
    ),
    4,
)
"""Filters about users, some of which are refused."""


def expected(text: str, users: list[User], provider: str | None) -> set[str] | None:
    """The ids of those whose documents scim2-models finds matching; None: refused."""
    try:
        wanted = ScimFilter[UserResource](text)
    except InvalidFilterException:
        return None
    documents = (DOCUMENTS.user(UserDetails(user=user), provider) for user in users)
    models = [UserResource.model_validate(document) for document in documents]
    return {str(model.id) for model in models if wanted.match(model)}


def transpiled(text: str, provider: str | None) -> Filter | None:
    """The domain's filter; None: refused."""
    try:
        return transpile_user(parse(text, FilterLimits()), DOCUMENTS, provider)
    except InvalidFilterException:
        return None
