"""What a new user is made of: the request, judged, as values for the directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from gateway.domain.email import is_stand_in
from gateway.domain.errors import Invalid, Problem
from gateway.domain.ids import Kind, canonical_id
from gateway.domain.model import IdentitySource, JsonValue
from gateway.domain.status import UserStatus
from gateway.services.fields import id_problem, problems
from gateway.services.merge import check_size, merged
from gateway.services.passwords import check_password


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to create.

    `values` are fields of `gateway.services.fields.WRITABLE`. `tenant_id` names the tenant
    where the path does not. `send_welcome_email` matters only without a password: the mail is
    the invitation to set one.
    """

    values: Mapping[str, object]
    password: str | None = None
    ou_id: str | None = None
    group_ids: tuple[str, ...] = ()
    require_password_change: bool = False
    send_welcome_email: bool = True
    tenant_id: str | None = None
    identity_source: IdentitySource = IdentitySource.LOCAL

    @property
    def invited(self) -> bool:
        """Whether the user is to prove the address and set a password by a mailed link."""
        return self.password is None and self.send_welcome_email


def check_new(new: NewUser) -> None:
    """Refuse what is wrong in itself. Raises Invalid, naming each member."""
    found = problems({**new.values, "ou_id": new.ou_id}, creating=True)
    for index, group_id in enumerate(new.group_ids):
        if why := id_problem(Kind.GROUP, group_id):
            found.append(Problem(("body", "group_ids", index), why))
    if new.password is not None:
        try:
            check_password(new.password)
        except Invalid as refused:
            found.extend(refused.problems)
    if new.invited and is_stand_in(str(new.values.get("email"))):
        found.append(Problem(("body", "email"), "No invitation can be sent there"))
    if found:
        raise Invalid(*found)
    attributes = new.values.get("custom_attributes")
    if attributes is not None:
        check_size(cast("Mapping[str, JsonValue]", attributes))


def values_of(new: NewUser) -> dict[str, object]:
    """What the directory is told: defaults filled in, ids in their one spelling.

    Unknown units and groups are the directory's to refuse, in the same operation.
    """
    values = {name: value for name, value in new.values.items() if value is not None}
    values.setdefault("username", values["email"])
    if "custom_attributes" in values:
        given = cast("Mapping[str, JsonValue]", values["custom_attributes"])
        values["custom_attributes"] = merged({}, given) or None
    if new.ou_id is not None:
        values["ou_id"] = canonical_id(Kind.ORGANIZATIONAL_UNIT, new.ou_id)
    group_ids = dict.fromkeys(canonical_id(Kind.GROUP, id_) for id_ in new.group_ids)
    if group_ids:
        values["group_ids"] = tuple(group_ids)
    if new.password is not None:
        values["password"] = new.password
    if new.require_password_change:
        values["password_change_required"] = True
    if new.invited:
        values["own_status"] = UserStatus.PENDING_EMAIL_VERIFICATION
    values["identity_source"] = new.identity_source
    return values
