"""What a provisioning client may write, and what it must look like.

Values are kept as they come wherever the directory can hold them; only names to sign in with,
addresses and passwords are judged here. What stands there already is not judged again, since
clients send back what they have read, and LDAP tools may have written it.
"""

from collections.abc import Mapping
from typing import cast

from gateway.domain.email import looks_like_address
from gateway.domain.errors import Invalid, Problem
from gateway.domain.model import Group, User
from gateway.services.fields import plain_text_problem
from gateway.services.passwords import check_password
from gateway.services.provisioning.wanted import WantedGroup, WantedUser

USER_FIELDS = frozenset(
    {
        "email",
        "other_emails",
        "username",
        "first_name",
        "last_name",
        "display_name",
        "phone",
        "locale",
        "timezone",
        "avatar_url",
    }
)
GROUP_FIELDS = frozenset({"name", "description"})
EXTERNAL_ID = "externalId"
"""What an error names where the external id is wrong: no field of a resource has it."""


def check_user(wanted: WantedUser, before: User | None) -> None:
    """Refuse what is wrong in itself. Raises Invalid, naming each member."""
    found = [*_unknown(wanted.values, USER_FIELDS), *_about_external_id(wanted)]
    found += _about_name("username", wanted.values, None if before is None else before.username)
    known = set() if before is None else {before.email, *before.other_emails}
    email = cast("str | None", wanted.values.get("email"))
    others = cast("tuple[str, ...]", wanted.values.get("other_emails") or ())
    for name, addresses in (("email", (email,) if email else ()), ("other_emails", others)):
        if any(address not in known and not looks_like_address(address) for address in addresses):
            found.append(Problem(("body", name), "Not an e-mail address (RFC 5321, in ASCII)"))
    if wanted.password is not None:
        try:
            check_password(wanted.password)
        except Invalid as refused:
            found.extend(refused.problems)
    if found:
        raise Invalid(*found)


def check_group(wanted: WantedGroup, before: Group | None) -> None:
    """The same for a group."""
    found = [*_unknown(wanted.values, GROUP_FIELDS), *_about_external_id(wanted)]
    found += _about_name("name", wanted.values, None if before is None else before.name)
    if found:
        raise Invalid(*found)


def _unknown(values: Mapping[str, object], known: frozenset[str]) -> list[Problem]:
    return [
        Problem(("body", name), "Extra inputs are not permitted", "extra_forbidden")
        for name in values
        if name not in known
    ]


def _about_name(field: str, values: Mapping[str, object], before: str | None) -> list[Problem]:
    """The one name that must be there."""
    if field not in values and before is not None:
        return []
    name = values.get(field)
    if not name:
        return [Problem(("body", field), "Field required", "missing")]
    why = None if name == before else plain_text_problem(str(name))
    return [Problem(("body", field), why)] if why else []


def _about_external_id(wanted: WantedUser | WantedGroup) -> list[Problem]:
    if not isinstance(wanted.external_id, str):
        return []
    why = plain_text_problem(wanted.external_id)
    return [Problem(("body", EXTERNAL_ID), why)] if why else []
