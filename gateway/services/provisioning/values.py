"""From what a client wants to what the directory is told, given what is there."""

from collections.abc import Iterable, Mapping
from typing import cast

from gateway.domain.email import is_stand_in, looks_like_address, stand_in
from gateway.domain.model import FederatedIdentity, IdentitySource, JsonValue, User
from gateway.domain.status import UserStatus
from gateway.domain.text import comparable
from gateway.services.changes import unproven
from gateway.services.merge import check_size
from gateway.services.provisioning.wanted import WantedUser

Links = tuple[FederatedIdentity, ...]

_FROM_WHAT_IS_THERE = frozenset({"custom_attributes", "federated_identities", "other_emails"})


def depends_on_current(written: Mapping[str, object]) -> bool:
    """Whether parts of what is written were there before, so that a race must be seen."""
    return not _FROM_WHAT_IS_THERE.isdisjoint(written)


def new_user(wanted: WantedUser, links: Links) -> dict[str, object]:
    """What a user is made of. Without a password there is no way to sign in, and no mail.

    Raises:
        Invalid: the custom attributes are too large.
    """
    values = {name: value for name, value in wanted.values.items() if value}
    values.setdefault("email", _address(str(values["username"]), None))
    others = _apart(str(values["email"]), cast("Iterable[str]", values.pop("other_emails", ())))
    if others:
        values["other_emails"] = others
    if attributes := _merged({}, wanted.custom_attributes):
        values["custom_attributes"] = attributes
    if wanted.password is not None:
        values["password"] = wanted.password
    if wanted.active is False:
        values["own_status"] = UserStatus.DISABLED
    if links:
        values["federated_identities"] = links
    return {**values, "identity_source": IdentitySource.SCIM}


def changed_user(before: User, wanted: WantedUser, links: Links) -> dict[str, object]:
    """What differs from what is there; nothing at all where nothing does.

    `links` are all links of the user as they are to be. Whoever is given an external id, or
    was nobody's before, is provisioned from now on.

    Raises:
        Invalid: the custom attributes grow too large.
    """
    after = {name: value or None for name, value in wanted.values.items()}
    if "email" in after and after["email"] is None:
        after["email"] = _address(str(after.get("username", before.username)), before.email)
    email = str(after.get("email", before.email))
    others = cast("Iterable[str]", after.get("other_emails", before.other_emails) or ())
    after["other_emails"] = _apart(email, others)
    after["custom_attributes"] = _merged(before.custom_attributes, wanted.custom_attributes)
    after["federated_identities"] = links
    if wanted.active is not None and wanted.active is not (before.own_status is None):
        after["own_status"] = None if wanted.active else UserStatus.DISABLED
    written = {name: value for name, value in after.items() if value != getattr(before, name)}
    if set(links) == set(before.federated_identities):
        written.pop("federated_identities", None)
    if wanted.password is not None:
        written |= {"password": wanted.password, "password_change_required": False}
    written |= unproven(before, email)
    adopted = isinstance(wanted.external_id, str) or (
        bool(written) and before.identity_source is IdentitySource.LOCAL
    )
    if adopted and before.identity_source is not IdentitySource.SCIM:
        written["identity_source"] = IdentitySource.SCIM
    return written


def _address(username: str, before: str | None) -> str:
    """The e-mail of somebody who is given none."""
    if looks_like_address(username):
        return username
    return before if before is not None and is_stand_in(before) else stand_in()


def _apart(email: str, others: Iterable[str]) -> tuple[str, ...]:
    """Further addresses, each once, without the first one: the directory keeps no value twice."""
    apart = {comparable(other): other for other in reversed(tuple(others))}
    apart.pop(comparable(email), None)
    return tuple(reversed(apart.values()))


def _merged(
    before: Mapping[str, JsonValue], changes: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Custom attributes, whole values replaced by their names."""
    both = {**before, **changes}
    after: dict[str, JsonValue] = {n: value for n, value in both.items() if value is not None}
    if changes:
        check_size(after)
    return after
