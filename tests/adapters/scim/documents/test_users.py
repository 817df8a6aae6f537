"""Documents of users: lossless, true to their homes, and quiet where nothing changes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scim2_models import Context

from adapters.scim.documents import MEMBERSHIPS, Documents
from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, UserResource
from gateway.domain.email import is_stand_in
from gateway.domain.model import (
    FederatedIdentity,
    IdentitySource,
    Membership,
    MembershipType,
)
from gateway.domain.status import UserStatus
from mappings.table import Mappings
from tests.adapters.scim.documents.samples import (
    MADE,
    asked,
    details,
    made,
    payloads,
    resource,
    resources,
    shown,
    texts,
    written,
)

PROVIDER = f"idp_{'3' * 32}"
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(resource=resources)
def test_what_is_written_is_read(documents: Documents, resource: Any) -> None:
    """Whatever a client writes, it reads to the letter."""
    user = written(documents.wanted(resource, None, None))
    assert shown(documents, user) == asked(resource)


@MANY
@given(first=resources, second=resources)
def test_a_replacement_leaves_nothing_of_what_was(
    documents: Documents, first: Any, second: Any
) -> None:
    """A user that is replaced reads as the replacement alone, and asking again changes nothing."""
    before = written(documents.wanted(first, None, None))
    wanted = documents.wanted(second, details(before), None)
    after = written(wanted, before)
    assert shown(documents, after) == asked(second)
    assert documents.wanted(second, details(after), None) is None


@MANY
@given(resource=resources, data=st.data())
def test_homes_are_the_truth(
    mappings: Mappings, documents: Documents, resource: Any, data: st.DataObject
) -> None:
    """What an LDAP tool sets in a home is shown, what it deletes is gone; a PUT of that is none."""
    user = written(documents.wanted(resource, None, None))
    mapping = mappings.user
    homes = {row.scim: row.name for row in mapping.fields.values() if row.name in CHANGED}
    assert mapping.custom is not None
    customs = {row.scim: name for name, row in mapping.custom.standard.items() if row.scim}
    path = data.draw(st.sampled_from(sorted([*map(str, homes), *map(str, customs)])))
    text = data.draw(st.none() | texts.filter(lambda text: text.strip() not in ("", "-")))
    if path in homes:
        was = getattr(user, homes[path])
        now = replace(user, **{homes[path]: text})  # type: ignore[arg-type]  # by name
    else:
        was = user.custom_attributes.get(customs[path])
        custom = {**user.custom_attributes, customs[path]: text}
        kept = {name: value for name, value in custom.items() if value is not None}
        now = replace(user, custom_attributes=kept)
    before, after = (found(shown(documents, one), path) for one in (user, now))
    if text is not None and not path.startswith("photos"):
        assert after[0] == text
    elif was is not None:
        assert after.count(was) == before.count(was) - 1
    again = UserResource.model_validate(documents.user(details(now), None))
    assert documents.wanted(again, details(now), None) is None


CHANGED = {"first_name", "last_name", "display_name", "phone", "locale", "timezone", "avatar_url"}
"""Fields that are single texts, and may be absent."""


def found(document: dict[str, Any], path: str) -> list[Any]:
    """The values of a path of a mapping row in a document, in their order."""
    schema, _, rest = path.rpartition(":") if path.startswith("urn:") else ("", "", path)
    at = document.get(schema, {}) if schema else document
    name, _, sub = rest.partition(".")
    name, _, filter_ = name.partition("[")
    value = at.get(name)
    if filter_:
        kind = filter_.split('"')[1]
        return [one.get(sub) for one in value or () if one.get("type") == kind and sub in one]
    value = (value or {}).get(sub) if sub else value
    return [] if value is None else [value]


@pytest.mark.parametrize(
    ("name", "homes", "custom"),
    [
        ("emails", {"email": "new@x.org"}, {}),
        ("phoneNumbers", {"phone": "+1 2"}, {}),
        ("name", {"last_name": "Other"}, {}),
        ("addresses", {}, {"l": "Elsewhere"}),
    ],
)
def test_what_was_said_of_a_value_goes_with_it(
    plain: Documents, name: str, homes: dict[str, Any], custom: dict[str, Any]
) -> None:
    """Displayed and formatted texts do not outlive the values that they retell."""
    user = made(
        plain,
        emails=[{"value": "a@x.org", "type": "work", "display": "stale"}],
        phoneNumbers=[{"value": "+1", "type": "work", "display": "stale", "primary": True}],
        name={"familyName": "Ames", "formatted": "stale", "honorificPrefix": "Dr."},
        addresses=[{"type": "work", "locality": "Here", "country": "DE", "formatted": "stale"}],
    )
    assert "stale" in str(plain.attribute(user, name, None))
    changed = replace(user, **homes, custom_attributes={**user.custom_attributes, **custom})
    assert "stale" not in str(plain.attribute(changed, name, None))
    if name == "name":
        assert plain.attribute(changed, name, None) == {
            "familyName": "Other",
            "honorificPrefix": "Dr.",
        }


def test_details_are_kept_only_where_they_say_something(plain: Documents) -> None:
    """What the homes show by themselves is stored in them alone."""
    user = made(
        plain,
        name={"givenName": "Ann", "familyName": "Ames"},
        emails=[{"value": "a@x.org", "type": "work", "primary": True}],
        phoneNumbers=[{"value": "+1", "type": "work"}, {"value": "+2", "type": "mobile"}],
        addresses=[{"type": "work", "locality": "Here"}],
        title="Boss",
        roles=[],
    )
    assert user.custom_attributes == {"title": "Boss", "mobile": "+2", "l": "Here"}
    assert (user.first_name, user.last_name, user.phone) == ("Ann", "Ames", "+1")


@pytest.mark.parametrize(
    ("emails", "email", "others"),
    [
        ([("a@x", "home", None), ("b@x", "work", None)], "b@x", ("a@x",)),
        (
            [("a@x", "home", None), ("b@x", "work", None), ("c@x", None, True)],
            "c@x",
            ("a@x", "b@x"),
        ),
        ([("a@x", None, None), ("A@X", "home", None)], "a@x", ()),
        ([("ä@x", None, True), ("b@x", None, None)], "b@x", ()),
    ],
)
def test_the_email_is_the_primary_address_else_the_work_one_else_the_first(
    documents: Documents, emails: Any, email: str, others: tuple[str, ...]
) -> None:
    """Each address that `mail` can hold is held once; which is the first one is a rule."""
    elements = [{"value": v, "type": t, "primary": p} for v, t, p in emails]
    user = made(documents, emails=elements)
    assert (user.email, user.other_emails) == (email, others)


def test_without_addresses_the_username_or_a_stand_in_is_the_email(documents: Documents) -> None:
    """It is not shown, follows a new username, and stays itself while nothing else changes."""
    ann = made(documents, userName="ann")
    assert is_stand_in(ann.email)
    assert "emails" not in shown(documents, ann)
    renamed = written(documents.wanted(resource({"userName": "bea"}), details(ann), None), ann)
    assert renamed.email == ann.email
    cat = resource({"userName": "cat@example.org"})
    cat_user = written(documents.wanted(cat, details(ann), None), ann)
    assert cat_user.email == "cat@example.org"
    assert "emails" not in shown(documents, cat_user)
    assert documents.wanted(cat, details(cat_user), None) is None
    moved = replace(cat_user, email="new@example.org")
    assert shown(documents, moved)["emails"] == [
        {"value": "new@example.org", "type": "work", "primary": True}
    ]


def test_ldap_decides_which_address_is_the_first(documents: Documents) -> None:
    """Swapped values of `mail` move the primary mark; one more is shown as well."""
    user = made(
        documents,
        emails=[
            {"value": "a@x", "type": "work", "primary": True, "display": "A"},
            {"value": "b@x", "type": "home", "display": "B"},
        ],
    )
    swapped = replace(user, email="b@x", other_emails=("c@x", "a@x"))
    assert shown(documents, swapped)["emails"] == [
        {"value": "a@x", "type": "work", "display": "A"},
        {"value": "b@x", "type": "home", "display": "B", "primary": True},
        {"value": "c@x"},
    ]


@MANY
@given(
    custom=st.dictionaries(
        st.sampled_from(
            [
                *("emails", "name", "roles", "photos", "x509Certificates", "nickName", "mobile"),
                *("profileUrl", "manager", "displayName", "phoneNumbers", "title"),
            ]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["value", "type", "primary", "formatted", "x"]),
                    inner,
                    max_size=3,
                )
            ),
        ),
    )
)
@example(custom={"emails": [{"value": "x", "primary": True}, {"value": "y", "primary": True}]})
@example(custom={"roles": [{"value": "x", "primary": True}, {"value": "y", "primary": True}]})
def test_anything_under_an_attributes_name_breaks_no_answer(
    documents: Documents, custom: Any
) -> None:
    """Custom attributes are anybody's to write: a document is valid whatever they are."""
    user = replace(made(documents), custom_attributes=custom)
    document = documents.user(details(user), None)
    UserResource.model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


@MANY
@given(payload=payloads)
def test_attributes_are_those_of_the_document(documents: Documents, payload: Any) -> None:
    """Each attribute alone is what the document has, by its name in any case or with its URN."""
    user = written(documents.wanted(resource(payload), None, None))
    document: dict[str, Any] = documents.user(details(user), None)
    for field in UserResource.model_fields.values():
        alias = str(field.serialization_alias)
        if alias != "password":
            for spelled in (alias, alias.upper(), alias if ":" in alias else f"{CORE}:{alias}"):
                assert documents.attribute(user, spelled, None) == document.get(alias)
    for schema in (ENTERPRISE, DIRECTORY):
        for name, value in document.get(schema, {}).items():
            assert documents.attribute(user, f"{schema}:{name}", None) == value


def test_fields_are_all_that_an_attribute_looks_at(documents: Documents) -> None:
    """A store that reads those fields alone shows the same."""
    assert documents.fields("active") == {"status"}
    assert documents.fields("groups") == {MEMBERSHIPS}
    assert documents.fields("userName") == {"username"}
    assert documents.fields("name") == {"first_name", "last_name", "custom_attributes"}
    assert documents.fields(f"{ENTERPRISE}:department") == {"custom_attributes"}
    assert documents.fields("externalId") == {"federated_identities"}
    for name in ("password", "nothing", f"{ENTERPRISE}:nothing"):
        with pytest.raises(KeyError):
            documents.fields(name)


def test_a_user_in_full(documents: Documents) -> None:
    """Times, version, memberships and our extension, as SCIM spells them."""
    link = FederatedIdentity(
        identity_provider_id=PROVIDER, external_id="00u1", linked_at=MADE, primary=True
    )
    user = replace(
        made(documents, userName="ann"),
        federated_identities=(link,),
        identity_source=IdentitySource.SCIM,
        status=UserStatus.LOCKED,
        email_verified=True,
        ou_id="ou_1",
        ou_path="/A",
    )
    group = Membership(group_id="grp_1", name="G", type=MembershipType.NESTED)
    document = documents.user(details(user, group), PROVIDER)
    assert document["externalId"] == "00u1"
    assert "externalId" not in documents.user(details(user), None)
    assert document["schemas"] == [CORE, DIRECTORY]
    assert document["active"] is True
    assert document["groups"] == [
        {"value": "grp_1", "$ref": "Groups/grp_1", "display": "G", "type": "indirect"}
    ]
    meta: Any = document["meta"]
    assert meta["created"] == meta["lastModified"] == "2026-03-01T12:30:15Z"
    assert meta["version"].startswith(f'W/"{user.version}-')
    alone: Any = documents.user(details(user), PROVIDER)["meta"]
    assert alone["version"] != meta["version"]
    assert document[DIRECTORY] == {
        "identitySource": "SCIM",
        "status": "LOCKED",
        "mfaEnabled": False,
        "emailVerified": True,
        "ouId": "ou_1",
        "ouPath": "/A",
        "federatedIdentities": [
            {
                "identityProviderId": PROVIDER,
                "externalId": "00u1",
                "linkedAt": "2026-03-01T12:30:15Z",
                "primary": True,
            }
        ],
    }


@pytest.mark.parametrize("status", list(UserStatus))
@pytest.mark.parametrize("active", [None, True, False])
def test_active_is_wanted_only_where_it_is_not_so(
    documents: Documents, status: UserStatus, active: bool | None
) -> None:
    """A locked account is active; nobody undoes the lock by writing back what was read."""
    user = replace(made(documents), status=status)
    wanted = documents.wanted(resource({"userName": "ann", "active": active}), details(user), None)
    now = status in (UserStatus.ACTIVE, UserStatus.LOCKED)
    if active is None or active is now:
        assert wanted is None
    else:
        assert wanted is not None
        assert wanted.active is active
        assert (wanted.values, wanted.custom_attributes) == ({}, {})
