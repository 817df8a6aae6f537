"""SCIM users of all sorts, and what becomes of a user when something is written."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from adapters.scim.documents import Documents
from adapters.scim.models import CORE, DIRECTORY, ENTERPRISE, UserResource
from gateway.domain.model import JsonValue, Membership, User
from gateway.services.provisioning import WantedUser
from gateway.services.tags import UserDetails

MADE = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
SOMEBODY = f"usr_{'5' * 32}"

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", " ", "-", " - ", "\0", "x" * 300, " two  blanks ", "Ännchen", "a=b,c+d"]),
)
"""Texts that a directory likes, and others."""
addresses = st.sampled_from(
    [
        *(
            "ann@example.org",
            "Ann@Example.org",
            "bob@example.org",
            "ann@other.test",
            "ännchen@x.de",
        ),
        *("", "0123456789abcdef0123456789abcdef@email.invalid", f"{'y' * 260}@example.org"),
    ]
)
numbers = st.one_of(
    st.sampled_from(["+1 201 555 0123", "tel:+1-201-555-0123", "+1;ext=5", "+49 30 ☎", "--", "1"]),
    texts,
)
links = st.sampled_from(
    ["https://example.org/a", "https://example.org/ä b", "/relative", "urn:x:y"]
)
certificates = st.binary(min_size=1, max_size=9)


def optional(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with some of these members, some of them null."""
    return st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in parts.items()})


def lists(types: st.SearchStrategy[Any], **parts: st.SearchStrategy[Any]) -> Any:
    """Lists of complex values; several of one type, of none, the same twice, one primary."""
    labels = {} if "locality" in parts else {"display": texts}
    element = optional(type=types, primary=st.just(False), **labels, **parts)
    elements = st.lists(element, max_size=4)
    return st.none() | st.builds(_marked, elements, st.booleans(), st.none() | st.integers(0, 4))


def _marked(elements: list[dict[str, Any]], twice: bool, primary: int | None) -> Any:
    copies = [dict(element) for element in [*elements, *(elements[:1] if twice else [])]]
    if primary is not None and copies:
        copies[primary % len(copies)]["primary"] = True
    return copies


def kinds(*known: str) -> st.SearchStrategy[Any]:
    """Types: the known ones, in any case, and others."""
    return st.sampled_from([*known, known[0].upper(), "Chalet", ""])


_enterprise = optional(
    employeeNumber=texts,
    costCenter=texts,
    organization=texts,
    division=texts,
    department=texts,
    manager=optional(value=texts | st.just(SOMEBODY)),
)
usernames = st.sampled_from(["ann", "Ann@Example.org", "ann bob", "änn", "root@localhost"])
payloads = st.builds(
    lambda username, rest: {"schemas": [CORE], "userName": username, **rest},
    usernames,
    optional(
        name=optional(
            formatted=texts,
            familyName=texts,
            givenName=texts,
            middleName=texts,
            honorificPrefix=texts,
            honorificSuffix=texts,
        ),
        displayName=texts,
        nickName=texts,
        profileUrl=links,
        title=texts,
        userType=texts,
        preferredLanguage=texts,
        locale=texts,
        timezone=texts,
        emails=lists(kinds("work", "home", "other"), value=addresses),
        phoneNumbers=lists(kinds("work", "mobile", "home", "fax", "pager"), value=numbers),
        ims=lists(kinds("xmpp", "skype"), value=texts),
        photos=lists(kinds("photo", "thumbnail"), value=links),
        addresses=lists(
            kinds("work", "home"),
            formatted=texts,
            streetAddress=texts,
            locality=texts,
            region=texts,
            postalCode=texts,
            country=texts,
        ),
        entitlements=lists(texts, value=texts),
        roles=lists(texts, value=texts),
        x509Certificates=lists(texts, value=certificates),
        **{ENTERPRISE: _enterprise},
    ),
)


def resource(payload: Mapping[str, Any]) -> Any:
    """The resource that a client's JSON is read as."""
    given = {"schemas": [CORE], **payload}
    for certificate in given.get("x509Certificates") or ():
        if isinstance(certificate.get("value"), bytes):
            certificate["value"] = b64encode(certificate["value"]).decode()
    return UserResource.model_validate(given)


def written(wanted: WantedUser | None, before: User | None = None) -> User:
    """The user once everything wanted is stored, as a store would that changes nothing else."""
    if wanted is None:
        assert before is not None
        return before
    if before is None:
        values = dict(wanted.values)
        before = User(
            id=f"usr_{'1' * 32}",
            version="20260301123015.000000Z#000000#000#000000",
            created_at=MADE,
            tenant_id=f"tnt_{'2' * 32}",
            username=str(values["username"]),
            email=str(values["email"]),
        )
    empty: dict[str, object] = {"other_emails": ()}
    values = {k: empty.get(k) if v is None else v for k, v in wanted.values.items()}
    custom = {**before.custom_attributes, **wanted.custom_attributes}
    kept: dict[str, JsonValue] = {
        name: value for name, value in custom.items() if value is not None
    }
    return replace(before, **values, custom_attributes=kept)  # type: ignore[arg-type]  # by name


def shown(documents: Documents, user: User, provider_id: str | None = None) -> dict[str, Any]:
    """What a client sees of a user that it can have written itself."""
    document: dict[str, Any] = dict(documents.user(UserDetails(user=user), provider_id))
    for name in ("schemas", "id", "meta", "active", DIRECTORY):
        document.pop(name, None)
    document.get(ENTERPRISE, {}).get("manager", {}).pop("$ref", None)
    return document


def asked(resource: Any) -> dict[str, Any]:
    """What a client wrote, without what stands for nothing (RFC 7643, 2.5)."""
    document: dict[str, Any] = resource.model_dump(mode="json", by_alias=True)
    document.pop("schemas")
    result: dict[str, Any] = _assigned(document)
    return result


def _assigned(value: Any) -> Any:
    if isinstance(value, dict):
        parts = {name: _assigned(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part not in (None, [], {})}
    if isinstance(value, list):
        return [part for part in map(_assigned, value) if part not in (None, {})]
    return value


resources = payloads.map(resource)


def details(user: User, *memberships: Membership) -> UserDetails:
    """The user with its memberships."""
    return UserDetails(user=user, memberships=memberships)


def made(documents: Documents, **payload: Any) -> User:
    """The user that is made from what a client sent."""
    given = resource({"userName": "ann", **payload})
    return written(documents.wanted(given, None, None))
