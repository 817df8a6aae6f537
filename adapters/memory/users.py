"""Users: what is listed, looked up, added and changed."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapters.memory.graph import MemberGraph
from adapters.memory.groups import MemoryGroups
from adapters.memory.policy import Password, PasswordPolicy
from adapters.memory.store import MemoryStore, Traits, same
from adapters.memory.ticks import Ticks
from adapters.memory.units import MemoryUnits
from adapters.memory.values import secret_text
from gateway.domain.errors import NotFound, Taken
from gateway.domain.ids import Kind
from gateway.domain.model import JsonValue, User
from gateway.domain.predicate import Surroundings
from gateway.domain.query import LinkedTo
from gateway.domain.status import derive, locked_until
from gateway.ports import OneTimeSecret, Values
from mappings.table import Codec, ResourceMapping

DERIVED: Mapping[str, object] = {
    name: User.__dataclass_fields__[name].default
    for name in (
        "ou_path",
        "status",
        "locked_until",
        "last_login_at",
        "password_changed_at",
        "deleted_at",
    )
}
"""Fields that follow from others, or that the directory writes by itself."""


NAMES = ("email", "other_emails", "username")
"""What no two users share, in the order in which it is told."""


class Reference(str):
    """The id of a user where another user's attribute refers to it; shown while it is there."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Not as the text alone, which refers to nobody."""
        return f"Reference({super().__repr__()})"


@dataclass(slots=True)
class Account:
    """What the directory keeps about a user's way in; no reader sees it."""

    password: Password = field(default_factory=Password)
    factors: tuple[bytes, ...] = ()
    failures: list[datetime] = field(default_factory=list)
    locked_at: datetime | None = None
    secrets: dict[str, OneTimeSecret] = field(default_factory=dict)


class UserRows(MemoryStore[User]):
    """The users of a tenant that are there; `accounts` holds those of retired ones, too."""

    def __init__(
        self,
        tenant_id: str,
        ticks: Ticks,
        mapping: ResourceMapping,
        policy: PasswordPolicy,
        graph: MemberGraph,
    ) -> None:
        super().__init__(
            Traits(
                kind=Kind.USER,
                cls=User,
                mapping=mapping,
                given={"tenant_id": tenant_id, **DERIVED},
                also=("password", "group_ids", "mfa_factors", "one_time_secrets"),
            ),
            ticks,
        )
        standard = mapping.custom.standard.items() if mapping.custom else ()
        self._referring = {name for name, home in standard if home.codec is Codec.REFERENCE}
        self._policy = policy
        self._graph = graph
        self._accounts: dict[str, Account] = {}
        self._units: MemoryUnits
        self._groups: MemoryGroups

    def stand_among(self, units: MemoryUnits, groups: MemoryGroups) -> None:
        """Know the units and groups of the same tenant, which know the users in turn."""
        self._units = units
        self._groups = groups

    async def add(self, values: Values) -> User:
        """Add a user, with password and groups."""
        group_ids = values.get("group_ids") or ()
        if not isinstance(group_ids, Collection):
            raise TypeError("group_ids is no collection")
        groups = self._groups.resolve("group_ids", group_ids)
        account = Account()
        row = self._make(values)
        password = self._new_password(account, values)
        self._rows[row.id] = row
        self._accounts[row.id] = account
        if password is not None:
            account.password.set(password, self._policy)
        self._keep(account, values)
        for group in groups:
            self._graph.join(group, [row.id])
            self._groups.touch(group)
        return self._shown(row)

    async def update(self, id_: str, values: Values, *, version: str | None = None) -> User:
        """Change the named fields, and the password."""
        return self._apply(self._row(id_, version), values)

    async def by_login(self, login: str) -> User:
        """The user with that e-mail or username."""
        for row in self._rows.values():
            if _is_called(row, login):
                return self._shown(row)
        raise NotFound(Kind.USER)

    async def linked_to(self, identity_provider_id: str, external_id: str) -> tuple[User, ...]:
        """Users linked to that account at that provider."""
        return tuple(self.matching(LinkedTo(identity_provider_id, external_id)))

    def name(self, id_: str) -> str | None:
        """The name that a user has as a member."""
        row = self._rows.get(id_)
        return row.username if row else None

    def shown(self, id_: str) -> User:
        """The user with that canonical id."""
        return self._shown(self._rows[id_])

    def stand_in(self, ou_id: str) -> bool:
        """Whether users stand in a unit itself."""
        return any(row.ou_id == ou_id for row in self._rows.values())

    def _apply(self, row: User, values: Values) -> User:
        """Make changes, all or none."""
        account = self._accounts[row.id]
        if "group_ids" in values:
            raise TypeError("groups are changed by their members")
        kept = self._kept(values, row.id)
        password = self._new_password(account, values)
        touched = self._keep(account, values)
        if "password" in values:
            account.password.set(password, self._policy)
            touched = True
        if password is not None:  # a new one opens the account
            account.failures, account.locked_at = [], None
            kept.setdefault("password_change_required", False)
            kept["password_changed_at"] = self._ticks.now()
        changed = self._change(row, kept)
        if touched and changed is row:
            self.touch(row.id)
        return self.shown(row.id)

    def _keep(self, account: Account, values: Values) -> bool:
        """Take over what is neither a field nor the password; answers whether it changed."""
        before = (account.factors, len(account.secrets))
        if "mfa_factors" in values:
            account.factors = _factors(values)
        if values.get("one_time_secrets", ...) is None:
            account.secrets.clear()
        return before != (account.factors, len(account.secrets))

    def _new_password(self, account: Account, values: Values) -> str | None:
        password = secret_text("password", values)
        if password is not None:
            account.password.check(password, self._policy)
        return password

    def _kept(self, values: Values, own: str | None) -> dict[str, Any]:
        unit = values.get("ou_id")
        if isinstance(unit, str):
            values = {**values, "ou_id": self._units.resolve("ou_id", unit)}
        kept = super()._kept(values, own)
        if "custom_attributes" in kept:  # null under a name is no attribute
            held = kept["custom_attributes"]
            kept["custom_attributes"] = {
                k: self._kept_value(k, v) for k, v in held.items() if v is not None
            }
        if "email" in kept or "other_emails" in kept:
            row = self._rows.get(own or "")
            first = kept["email"] if "email" in kept or row is None else row.email
            further = kept.get("other_emails", row.other_emails if row else ())
            kept["other_emails"] = _distinct(first, further)
        return kept

    def _kept_value(self, name: str, value: JsonValue) -> JsonValue:
        """A custom attribute as it is kept: ids of users as such where they refer to them."""
        if name in self._referring and isinstance(value, str):
            with suppress(NotFound):
                return Reference(self.canonical(value))
        return value

    def _check_unique(self, values: Mapping[str, object], own: str | None) -> None:
        """No e-mail or username may be another user's e-mail or username."""
        for name in NAMES:
            value = values.get(name)
            for text in value if isinstance(value, tuple) else (value,):
                for row in self._rows.values():
                    if row.id != own and isinstance(text, str) and _is_called(row, text):
                        raise Taken(name)

    def _remove(self, row: User) -> None:
        super()._remove(row)
        del self._accounts[row.id]
        self._leave_groups(row.id)

    def _leave_groups(self, user_id: str) -> None:
        for left in self._graph.leave(user_id):
            self._groups.touch(left)

    def _shown(self, row: User) -> User:
        account = self._accounts[row.id]
        until = locked_until(account.locked_at, self._policy.lockout)
        return replace(
            row,
            ou_path=self._units.path(row.ou_id),
            locked_until=until,
            status=derive(row.own_status, until, self._ticks.exactly()),
            custom_attributes={
                name: str(value) if isinstance(value, Reference) else value
                for name, value in row.custom_attributes.items()
                if not isinstance(value, Reference) or value in self
            },
        )

    def _around(self) -> Surroundings:
        return Surroundings(
            searched=self._traits.mapping.searchable,
            below=self._units.below,
            members=self._groups.users,
            direct=self._groups.direct_users,
        )


def _is_called(user: User, name: str) -> bool:
    return any(same(name, each) for each in (user.username, user.email, *user.other_emails))


def _distinct(first: str, further: Iterable[str]) -> tuple[str, ...]:
    """Further e-mails without those that are the same."""
    found = [first]
    for each in further:
        if not any(same(each, other) for other in found):
            found.append(each)
    return tuple(found[1:])


def _factors(values: Values) -> tuple[bytes, ...]:
    factors = values.get("mfa_factors") or ()
    if not isinstance(factors, tuple):
        raise TypeError("mfa_factors is no tuple")
    return tuple(bytes(factor) for factor in factors)
